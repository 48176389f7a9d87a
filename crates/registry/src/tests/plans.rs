//! How SQLite would find the rows of each statement: none may read a big table from end to end.

use std::collections::BTreeSet;

use store::Val;
use store::testing::{Engine, TestDb};

use super::NOW;
use crate::{MIGRATIONS, listing, sources, statements};

/// Tables that grow with the installation.
const BIG: &[&str] = &[
    "numbers",
    "orders",
    "jobs",
    "order_lines",
    "charges",
    "number_reservations",
    "account_ancestors",
    "accounts",
    "import_rows",
    "lnp_numbers",
    "subscribers",
    "preferences",
    "reminders",
    "subscriber_services",
    "speed_dials",
    "auto_attendants",
    "voicemail_greetings",
    "voicemail_greeting_recordings",
    "reseller_phonebook_entries",
    "customer_phonebook_entries",
    "subscriber_phonebook_entries",
    "sound_sets",
    "sound_files",
    "sound_recordings",
    "header_rule_sets",
    "upn_rewrite_sets",
    "customer_locations",
    "customer_location_blocks",
    "subscriber_location_mappings",
    "trusted_sources",
    "otp_secrets",
    "interceptions",
    "billing_mappings",
    "balance_intervals",
    "vouchers",
    "topup_logs",
    "credit_holds",
    "period_costs",
    "customer_fraud_preferences",
    "fraud_events",
    "subscriber_events",
    "dns_zones",
    "dns_records",
    "dns_fancy_records",
    "dns_changes",
    "served_zones",
    "zone_nameservers",
    "enum_ranges",
    "enum_numbers",
    "enum_mappings",
    "account_details",
    "account_credentials",
    "sip_domains",
    "sip_account_settings",
    "sip_account_groups",
    "sip_account_counters",
    "sip_account_balances",
    "sip_account_credits",
    "sip_aliases",
    "trusted_peers",
    "pstn_carriers",
    "pstn_gateways",
    "pstn_gateway_rules",
    "pstn_routes",
    "account_properties",
    "rating_profiles",
];

/// The big tables of a statement, under their names and the names that it gives them.
fn big(sql: &str) -> BTreeSet<&str> {
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let called = |at: usize| words.get(at + 1).filter(|next| next.chars().all(|c| c.is_ascii_lowercase()));
    let named = (0..words.len()).filter(|at| BIG.contains(&words[*at]));
    named.flat_map(|at| [Some(&words[at]), called(at)]).flatten().copied().collect()
}

/// Statements that read a whole table on purpose: one that stops early, and those of a change that concerns all zones.
const MEANT: [&str; 7] = [
    "registry::job::DEPTH",
    "registry::dns::change::NOTE_ALL",
    "registry::dns::defaults::BUMP_ZONES",
    "registry::dns::defaults::BUMP_RANGES",
    "registry::dns::defaults::BUMP_FANCY",
    "registry::dns::defaults::NOTE_ALL",
    "registry::dns::defaults::NOTE_FANCY",
];

pub(crate) async fn plan(test: &TestDb, sql: &str) -> Vec<String> {
    let parameters: BTreeSet<&str> = sql
        .split('$')
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
        .filter(|number| !number.is_empty())
        .collect();
    let values = vec![Val::Null; parameters.len()];
    let rows = test.db.reader().query(&format!("EXPLAIN QUERY PLAN {sql}"), &values).await;
    rows.unwrap_or_else(|error| panic!("{error}\n{sql}"))
        .iter()
        .map(|row| row.get("detail").expect("a line of the plan"))
        .collect()
}

pub(crate) async fn migrated() -> TestDb {
    let test = TestDb::new(Engine::Sqlite).await;
    store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
    test
}

#[tokio::test]
async fn no_statement_reads_a_big_table_from_end_to_end() {
    let test = migrated().await;
    let mut wrong = Vec::new();
    for (name, sql) in statements() {
        if MEANT.contains(&name) {
            continue;
        }
        let big = big(sql);
        for line in plan(&test, sql).await {
            let mut words = line.split(' ');
            // A plan also has the tables that refer to this one; they are read only where a row that they refer to goes.
            if words.next() == Some("SCAN") && words.next().is_some_and(|table| big.contains(table)) {
                wrong.push(format!("{name}: {line}\n    {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "add an index in a migration, or bound the statement:\n{}", wrong.join("\n"));
}

/// What a reseller exposes is found beside what is one's own, each by its index.
#[tokio::test]
async fn lists_that_are_shared_are_not_read_from_end_to_end() {
    let test = migrated().await;
    let mut known = 0;
    for source in sources() {
        let Some(sql) = listing::exposed(source) else { continue };
        known += 1;
        let lines = plan(&test, &sql).await;
        assert!(!lines.iter().any(|line| line.starts_with("SCAN")), "{}:\n{}", source.name, lines.join("\n"));
    }
    assert!(known > 3, "{known}");
}

/// SQLite counts parameters in the order in which they appear.
#[test]
fn parameters_are_numbered_as_they_appear() {
    for (name, sql) in statements() {
        let mut known = 0;
        for rest in sql.split('$').skip(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let number: u32 = digits.parse().unwrap_or_else(|_| panic!("{name}: a lone $\n{sql}"));
            assert!(number <= known + 1, "{name}: ${number} stands before ${}\n{sql}", known + 1);
            known = known.max(number);
        }
    }
}

/// The statements that run with every sale and every refill must use the index made for them.
#[tokio::test]
async fn the_statements_that_run_most_use_their_own_index() {
    let test = migrated().await;
    let all = statements();
    for (name, index) in [
        ("registry::number::sale::CLAIM", "numbers_free (pool_id=?)"),
        ("registry::number::sale::DUE", "numbers_until (until<?)"),
        ("registry::number::list::FREE", "numbers_free (pool_id=? AND digits>? AND digits<?)"),
        (
            "registry::number::list::FREE_OF_CLASS",
            "numbers_free_class (pool_id=? AND class_id=? AND digits>? AND digits<?)",
        ),
        ("registry::number::list::COUNT_UP_TO", "numbers_free"),
        ("registry::number::list::PREVIOUSLY_OWNED", "numbers_aging (pool_id=? AND previous_account_id=?"),
        ("registry::number::list::BY_REFERENCE", "numbers_reference (account_id=? AND reference=?)"),
        ("registry::order::supply::ON_ORDER", "orders_pool_open (pool_id=?)"),
        ("registry::order::supply::EXPOSED", "orders_pool_open (pool_id=?)"),
        ("registry::order::supply::GRACE_END", "orders_pool_open (pool_id=?)"),
        ("registry::order::supply::DOUBTFUL_LINKS", "orders_pool_open (pool_id=?)"),
        ("registry::order::supply::SPENT", "orders_vendor (vendor_id=? AND created_at>?)"),
        ("registry::order::OF_ACCOUNT", "orders_account (account_id=?"),
        ("registry::order::OPEN_FOR", "orders_digits_open (digits=?)"),
        ("registry::offer::ON_ORDER", "orders_digits_open (digits=?)"),
        ("registry::job::CLAIM", "jobs_due (run_after<?)"),
        ("registry::job::WAITING", "jobs_waiting (kind=? AND subject=?)"),
        ("registry::account::BY_NAME", "accounts_by_name (name=?)"),
    ] {
        let (_, sql) = all.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no statement {name}"));
        let lines = plan(&test, sql).await;
        assert!(lines.iter().any(|line| line.contains(index)), "{name} does not use {index}:\n{}", lines.join("\n"));
        let sorts = lines.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
        assert!(!sorts || name.ends_with("OF_ACCOUNT"), "{name} sorts what it has read:\n{}", lines.join("\n"));
    }
}
