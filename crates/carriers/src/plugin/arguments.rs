//! What a plugin is told: its arguments, and the few variables of its otherwise clean environment.

use std::ffi::OsString;

use e164::DialPlan;

use super::PluginSettings;
use crate::conf::VendorLine;

/// Where programs are looked for when this process has no `PATH` to pass on.
const STANDARD_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a plugin is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Groups,
    Available {
        group: &'a str,
        count: u32,
    },
    /// `number` is in the system's dial plan.
    Add {
        group: &'a str,
        destination: &'a str,
        count: u32,
        number: Option<&'a str>,
        reference: &'a str,
    },
    /// Our extension: what became of an order.
    Lookup {
        reference: &'a str,
        destination: &'a str,
    },
    /// Our extension: gives a number back. `number` is in the system's dial plan.
    Release {
        number: &'a str,
    },
}

impl Action<'_> {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Groups => "get_groups",
            Self::Available { .. } => "get_available_numbers_from_group",
            Self::Add { .. } => "add_numbers_from_group",
            Self::Lookup { .. } => "get_numbers_from_order",
            Self::Release { .. } => "release_number",
        }
    }

    fn reference(self) -> Option<String> {
        match self {
            Self::Add { reference, .. } | Self::Lookup { reference, .. } => Some(reference.to_owned()),
            _ => None,
        }
    }
}

pub(crate) fn arguments(line: &VendorLine, action: Action<'_>) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut give = |flag: &str, value: &str| arguments.extend([OsString::from(flag), OsString::from(value)]);
    give("-v", &line.key);
    give("-n", &line.name);
    if !line.host.is_empty() {
        give("-h", &line.host);
    }
    give("-u", &line.user);
    give("-p", line.password.reveal());
    give("-a", action.name());
    match action {
        Action::Groups => {}
        Action::Lookup { destination, .. } => give("-d", destination),
        Action::Available { group, count } => {
            give("-g", group);
            give("-c", &count.to_string());
        }
        Action::Add { group, destination, count, number, .. } => {
            give("-g", group);
            give("-d", destination);
            give("-c", &count.to_string());
            if let Some(number) = number {
                give("-o", number);
            }
        }
        Action::Release { number } => give("-o", number),
    }
    arguments
}

/// The whole environment of a run; nothing else of this process's own is passed on.
pub(crate) fn environment(
    action: Action<'_>,
    shipped: Option<&'static str>,
    settings: &PluginSettings,
) -> Vec<(&'static str, OsString)> {
    let mut environment =
        vec![("PATH", std::env::var_os("PATH").unwrap_or_else(|| STANDARD_PATH.into())), ("LANG", "C.UTF-8".into())];
    environment.extend(std::env::var_os("TZ").map(|zone| ("TZ", zone)));
    environment.extend(action.reference().map(|reference| ("STROWGER_ORDER_REFERENCE", reference.into())));
    environment.extend(settings.plugins_toml.as_ref().map(|path| ("STROWGER_NUMBERVENDORS_TOML", path.into())));
    if let Some(name) = shipped {
        environment.push(("STROWGER_PLUGIN", name.into()));
        // What a shipped plugin prints is read in this plan, whatever its own file says.
        let DialPlan { country_code, national_prefix, international_prefix } = &settings.dial_plan;
        let plan = format!("{country_code},{national_prefix},{international_prefix}");
        environment.push(("STROWGER_PLUGIN_DIAL_PLAN", plan.into()));
        let seconds = settings.deadline.as_secs().max(1).to_string();
        environment.push(("STROWGER_PLUGIN_DEADLINE_SECONDS", seconds.into()));
    }
    #[cfg(feature = "fault-points")]
    environment.extend(std::env::var_os("STROWGER_PLUGIN_FAULT").map(|fault| ("STROWGER_FAULT", fault)));
    environment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::read_vendors;

    const LOOKUP: Action<'_> = Action::Lookup { reference: "r-1", destination: "sip.example.com:5060" };

    fn shown(host: &str, action: Action<'_>) -> String {
        let (vendors, _) =
            read_vendors(&format!("test = Test Vendor, dummy, {host}, user, pass, sip.example.com:5060"));
        let words: Vec<String> =
            arguments(&vendors[0], action).into_iter().map(|word| word.into_string().unwrap()).collect();
        words.join("|")
    }

    #[test]
    fn each_action_gets_exactly_its_flags() {
        let common = "-v|test|-n|Test Vendor|-h|api.example.com|-u|user|-p|pass|-a|";
        let host = "api.example.com";
        assert_eq!(shown(host, Action::Groups), format!("{common}get_groups"));
        assert_eq!(
            shown(host, Action::Available { group: "123", count: 10 }),
            format!("{common}get_available_numbers_from_group|-g|123|-c|10")
        );
        let add = Action::Add {
            group: "123",
            destination: "sip.example.com:5060",
            count: 1,
            number: Some("2125551212"),
            reference: "r-1",
        };
        assert_eq!(
            shown(host, add),
            format!("{common}add_numbers_from_group|-g|123|-d|sip.example.com:5060|-c|1|-o|2125551212")
        );
        let add = Action::Add { group: "123", destination: "", count: 7, number: None, reference: "r-1" };
        assert_eq!(shown(host, add), format!("{common}add_numbers_from_group|-g|123|-d||-c|7"));
        assert_eq!(shown(host, LOOKUP), format!("{common}get_numbers_from_order|-d|sip.example.com:5060"));
        assert_eq!(
            shown(host, Action::Release { number: "2125551212" }),
            format!("{common}release_number|-o|2125551212")
        );
    }

    #[test]
    fn an_empty_host_is_left_out() {
        assert_eq!(shown("", Action::Groups), "-v|test|-n|Test Vendor|-u|user|-p|pass|-a|get_groups");
    }

    #[test]
    fn the_reference_goes_only_with_orders() {
        let names = |action| {
            environment(action, None, &PluginSettings::default())
                .into_iter()
                .map(|(name, _)| name)
                .filter(|name| *name != "TZ")
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Action::Groups), ["PATH", "LANG"]);
        assert_eq!(names(LOOKUP), ["PATH", "LANG", "STROWGER_ORDER_REFERENCE"]);
        let settings = PluginSettings {
            plugins_toml: Some("/etc/x.toml".into()),
            dial_plan: DialPlan::new("44", "0", "00").unwrap(),
            ..PluginSettings::default()
        };
        let all = environment(LOOKUP, Some("dummy"), &settings);
        assert_eq!(
            all[all.len() - 5..],
            [
                ("STROWGER_ORDER_REFERENCE", "r-1".into()),
                ("STROWGER_NUMBERVENDORS_TOML", "/etc/x.toml".into()),
                ("STROWGER_PLUGIN", "dummy".into()),
                ("STROWGER_PLUGIN_DIAL_PLAN", "44,0,00".into()),
                ("STROWGER_PLUGIN_DEADLINE_SECONDS", "50".into()),
            ]
        );
    }
}
