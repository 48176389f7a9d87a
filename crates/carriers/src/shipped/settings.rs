//! The shipped plugins' own file, `numbervendors.toml`: this system's dial plan, and what a vendor needs beyond its arguments.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use e164::DialPlan;
use serde::Deserialize;
use toml::Spanned;

/// Where the file is looked for; the first that is there is taken.
const PLACES: [&str; 2] = ["/etc/strowger/numbervendors.toml", "/etc/enswitch/numbervendors.toml"];

const LARGEST: u64 = 1024 * 1024;

/// The settings of one call.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// How numbers are written on this system: what is printed, and what `-o` holds.
    pub(super) dial_plan: DialPlan,
    /// The settings of the vendor that was asked for.
    pub(super) vendor: VendorSettings,
}

/// The two public generations of Voxbone's interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Generation {
    /// REST v3, with user and password.
    #[default]
    Rest,
    /// Global v1, with an API key.
    Global,
}

/// A table `[vendor.KEY]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VendorSettings {
    /// How the vendor's system writes numbers, where its server does not convert to E.164.
    dial_plan: Option<Spanned<DialPlan>>,
    /// A PEM file; only certificates issued by those in it are trusted.
    pub(super) ca_file: Option<PathBuf>,
    /// Trust any certificate.
    pub(super) insecure_tls: bool,
    /// Takes the place of `-h`.
    pub(super) base_url: Option<String>,
    /// Takes the place of `-d` where there is none.
    pub(super) destination: Option<String>,
    /// `enswitch`: the `dtype` that sends a number to a SIP address.
    pub(super) dtype: Option<String>,
    /// `voxbone`: which interface.
    pub(super) generation: Generation,
    /// `voxbone`: the countries, in three letters, whose groups are listed.
    countries: Option<Spanned<Vec<String>>>,
    /// `dummy`: where the stock is.
    pub(super) stock_file: Option<PathBuf>,
}

impl VendorSettings {
    pub(super) fn dial_plan(&self) -> Option<&DialPlan> {
        self.dial_plan.as_ref().map(Spanned::get_ref)
    }

    pub(super) fn countries(&self) -> &[String] {
        self.countries.as_ref().map_or(&[], |list| list.get_ref())
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contents {
    dial_plan: Option<Spanned<DialPlan>>,
    vendor: BTreeMap<String, VendorSettings>,
}

/// A mistake and where it starts, in bytes.
type Mistake = (usize, String);

impl Contents {
    fn read(text: &str) -> Result<Self, Mistake> {
        let contents: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            (start, error.message().to_owned())
        })?;
        contents.validate()?;
        Ok(contents)
    }

    fn validate(&self) -> Result<(), Mistake> {
        let check = |plan: &Option<Spanned<DialPlan>>| match plan {
            Some(plan) => plan.get_ref().validate().map_err(|error| (plan.span().start, format!("dial_plan.{error}"))),
            None => Ok(()),
        };
        check(&self.dial_plan)?;
        for vendor in self.vendor.values() {
            check(&vendor.dial_plan)?;
            let Some(countries) = &vendor.countries else {
                continue;
            };
            let wrong = countries
                .get_ref()
                .iter()
                .find(|code| code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()));
            if let Some(code) = wrong {
                let message = format!("countries: {code:?} is not a code of three letters such as \"GBR\"");
                return Err((countries.span().start, message));
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Reads the file at `path`, or else the first one that is at a usual place; without any, all settings have their defaults.
    ///
    /// # Errors
    /// Names the file and the line.
    pub(super) fn find(path: Option<&OsStr>, vendor: &str) -> Result<Self, String> {
        let usual = || PLACES.into_iter().map(Path::new).find(|path| path.exists());
        match path.map(Path::new).or_else(usual) {
            Some(path) => Ok(Self::of(read_file(path)?, vendor)),
            None => Ok(Self::default()),
        }
    }

    fn of(mut contents: Contents, vendor: &str) -> Self {
        Self {
            dial_plan: contents.dial_plan.map(Spanned::into_inner).unwrap_or_default(),
            vendor: contents.vendor.remove(vendor).unwrap_or_default(),
        }
    }
}

/// Reads a dial plan of the form `44,0,00`.
pub(super) fn read_dial_plan(text: &OsStr) -> Result<DialPlan, String> {
    let text = text.to_string_lossy();
    match text.split(',').collect::<Vec<_>>()[..] {
        [country, national, international] => {
            DialPlan::new(country, national, international).map_err(|error| format!("dial plan {text:?}: {error}"))
        }
        _ => Err(format!("dial plan {text:?} is not three prefixes with commas between")),
    }
}

fn read_file(path: &Path) -> Result<Contents, String> {
    let unreadable = |error: std::io::Error| format!("can't read {}: {error}", path.display());
    let mut text = String::new();
    File::open(path).map_err(unreadable)?.take(LARGEST).read_to_string(&mut text).map_err(unreadable)?;
    Contents::read(&text).map_err(|(start, message)| {
        let line = text.bytes().take(start).filter(|&b| b == b'\n').count() + 1;
        format!("{}:{line}: {message}", path.display())
    })
}

/// Checks the shipped plugins' own file without running a plugin.
///
/// # Errors
/// What is wrong with it, as `file:line: message`.
pub fn check_settings(path: &Path) -> Result<(), String> {
    read_file(path).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbervendors.toml");
        std::fs::write(&path, text).unwrap();
        let message = check_settings(&path).unwrap_err();
        message.replace(&format!("{}:", path.display()), "")
    }

    #[test]
    fn reads_the_table_of_the_vendor() {
        let text = r#"
            [dial_plan]
            country_code = "44"
            national_prefix = "0"
            international_prefix = "00"
            [vendor.one]
            dial_plan = { country_code = "1", international_prefix = "011" }
            insecure_tls = true
            generation = "global"
            countries = ["GBR", "BEL"]
            [vendor.two]
        "#;
        let settings = |vendor| Settings::of(Contents::read(text).unwrap(), vendor);
        let one = settings("one");
        assert_eq!(one.dial_plan, DialPlan::new("44", "0", "00").unwrap());
        assert_eq!(one.vendor.dial_plan(), Some(&DialPlan::new("1", "", "011").unwrap()));
        assert_eq!(one.vendor.generation, Generation::Global);
        assert_eq!(one.vendor.countries(), ["GBR", "BEL"]);
        assert!(one.vendor.insecure_tls);
        let three = settings("three").vendor;
        assert_eq!((three.generation, three.insecure_tls), (Generation::Rest, false));
    }

    #[test]
    fn mistakes_name_their_line() {
        assert!(error("\n\ncolour = 1\n").starts_with("3: unknown field `colour`"));
        assert!(error("[vendor.a]\nca_fil = \"x\"\n").starts_with("2: unknown field `ca_fil`"));
        assert!(error("[vendor.a]\ngeneration = \"soap\"\n").starts_with("2: unknown variant"));
        assert!(
            error("[vendor.a]\n\ndial_plan = { country_code = \"44\" }\n")
                .starts_with("3: dial_plan.international_prefix: must not be empty")
        );
        assert_eq!(
            error("[vendor.a]\ncountries = [\"gb\"]\n"),
            "2: countries: \"gb\" is not a code of three letters such as \"GBR\""
        );
        assert!(error("[vendor.a\n").starts_with("1: "));
    }

    #[test]
    fn a_named_file_must_be_there() {
        let error = Settings::find(Some(OsStr::new("/nowhere/numbervendors.toml")), "a");
        assert!(error.unwrap_err().starts_with("can't read /nowhere/numbervendors.toml: "));
    }
}
