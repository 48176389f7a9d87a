-- Named sets of rules that rewrite numbers. Preferences name a set by its id.
CREATE TABLE rewrite_rule_sets (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    description {key},
    -- Random, and another one after each change of the set's rules.
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX rewrite_rule_sets_name ON rewrite_rule_sets (name);
CREATE INDEX rewrite_rule_sets_reseller ON rewrite_rule_sets (reseller_id, id);

CREATE TABLE rewrite_rules (
    id {pk},
    set_id BIGINT NOT NULL REFERENCES rewrite_rule_sets (id),
    -- That of the set.
    reseller_id BIGINT NOT NULL,
    -- in, out, lnp
    direction {key} NOT NULL,
    -- caller, callee
    field {key} NOT NULL,
    -- The lowest is tried first.
    priority BIGINT NOT NULL,
    match_pattern TEXT NOT NULL,
    replace_pattern TEXT NOT NULL,
    description {key} NOT NULL,
    enabled BOOLEAN NOT NULL
);
CREATE INDEX rewrite_rules_set ON rewrite_rules (set_id, direction, field, priority, id);
CREATE INDEX rewrite_rules_set_id ON rewrite_rules (set_id, id);
CREATE INDEX rewrite_rules_reseller ON rewrite_rules (reseller_id, id);

-- Named sets of rules that change the headers of SIP messages.
CREATE TABLE header_rule_sets (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    -- Of this subscriber alone; null: of whoever names it.
    subscriber_id BIGINT REFERENCES subscribers (id),
    name {key} NOT NULL,
    description {key}
);
CREATE UNIQUE INDEX header_rule_sets_name ON header_rule_sets (reseller_id, name);
CREATE INDEX header_rule_sets_reseller ON header_rule_sets (reseller_id, id);
CREATE INDEX header_rule_sets_subscriber ON header_rule_sets (subscriber_id) WHERE subscriber_id IS NOT NULL;

CREATE TABLE header_rules (
    id {pk},
    set_id BIGINT NOT NULL REFERENCES header_rule_sets (id),
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    description {key},
    -- The lowest comes first.
    priority BIGINT NOT NULL,
    direction {key} NOT NULL,
    -- No rule after it is looked at once it has applied.
    stopper BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL
);
CREATE INDEX header_rules_set ON header_rules (set_id, priority, id);
CREATE INDEX header_rules_reseller ON header_rules (reseller_id, id);

-- All conditions of a rule must hold.
CREATE TABLE header_rule_conditions (
    id {pk},
    rule_id BIGINT NOT NULL REFERENCES header_rules (id),
    set_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    -- header, preference, avp
    match_type {key} NOT NULL,
    -- full, username, domain, port
    match_part {key} NOT NULL,
    match_name {key} NOT NULL,
    -- is, contains, matches, regexp
    expression {key} NOT NULL,
    expression_negation BOOLEAN NOT NULL,
    -- input, preference, avp
    value_type {key} NOT NULL,
    -- Array of texts, any of which will do.
    value_list {json} NOT NULL,
    -- The rules that what is compared passes before.
    rwr_set_id BIGINT REFERENCES rewrite_rule_sets (id),
    rwr_dp {key},
    rwr_dp_id BIGINT,
    enabled BOOLEAN NOT NULL
);
CREATE INDEX header_rule_conditions_rule ON header_rule_conditions (rule_id, id);
CREATE INDEX header_rule_conditions_set ON header_rule_conditions (set_id);
CREATE INDEX header_rule_conditions_reseller ON header_rule_conditions (reseller_id, id);
CREATE INDEX header_rule_conditions_rewrites ON header_rule_conditions (rwr_set_id) WHERE rwr_set_id IS NOT NULL;

CREATE TABLE header_rule_actions (
    id {pk},
    rule_id BIGINT NOT NULL REFERENCES header_rules (id),
    set_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    -- The lowest comes first.
    priority BIGINT NOT NULL,
    header {key} NOT NULL,
    -- full, username, domain, port
    header_part {key} NOT NULL,
    -- set, add, remove, rsub, header, preference
    action_type {key} NOT NULL,
    value_part {key} NOT NULL,
    value {key},
    rwr_set_id BIGINT REFERENCES rewrite_rule_sets (id),
    rwr_dp {key},
    rwr_dp_id BIGINT,
    enabled BOOLEAN NOT NULL
);
CREATE INDEX header_rule_actions_rule ON header_rule_actions (rule_id, priority, id);
CREATE INDEX header_rule_actions_set ON header_rule_actions (set_id);
CREATE INDEX header_rule_actions_reseller ON header_rule_actions (reseller_id, id);
CREATE INDEX header_rule_actions_rewrites ON header_rule_actions (rwr_set_id) WHERE rwr_set_id IS NOT NULL;

-- The numbers that stand in for those that a subscriber's devices provide.
CREATE TABLE upn_rewrite_sets (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    new_cli {key} NOT NULL,
    -- Array of {pattern}.
    upn_rewrite_sources {json} NOT NULL
);
CREATE INDEX upn_rewrite_sets_subscriber ON upn_rewrite_sets (subscriber_id, id);
CREATE INDEX upn_rewrite_sets_reseller ON upn_rewrite_sets (reseller_id, id);
