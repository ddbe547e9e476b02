//! The meaning of a path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that may stay in a part of a path (RFC 3986, 2.3); anything else could mean something
/// to a browser.
const PART: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Everything that has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// The list of open surveys.
    List,
    /// The form of a survey.
    Form(&'a str),
    /// The address that the form of a survey is sent to.
    Responses(&'a str),
    /// What a person sees after an answer.
    ThankYou(&'a str),
    /// The privacy notice that is in use.
    Privacy,
    /// One version of the privacy notice.
    Notice(&'a str),
    /// The accessibility statement.
    Accessibility,
    /// The stylesheet.
    Stylesheet,
    /// The schema of a package's document.
    ExportSchema,
    /// What browsers ask for by themselves; there is none.
    Icon,
    /// A page of another function, if its path has a slash too many.
    Elsewhere,
}

impl<'a> Address<'a> {
    /// The meaning of these parts of a path.
    pub fn read(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            [] | ["surveys"] => Self::List,
            ["surveys", survey] => Self::Form(survey),
            ["surveys", survey, "responses"] => Self::Responses(survey),
            ["surveys", survey, "thank-you"] => Self::ThankYou(survey),
            ["privacy"] => Self::Privacy,
            ["privacy", version] => Self::Notice(version),
            ["accessibility"] => Self::Accessibility,
            ["assets", "custodian.css"] => Self::Stylesheet,
            ["schemas", "export.schema.json"] => Self::ExportSchema,
            ["favicon.ico"] => Self::Icon,
            ["unsubscribe" | "confirm" | "packages", _] => Self::Elsewhere,
            _ => return None,
        })
    }

    /// The methods that are answered, as the header `Allow` lists them.
    pub const fn allows(self) -> &'static str {
        if matches!(self, Self::Responses(_)) {
            "GET, HEAD, POST"
        } else {
            "GET, HEAD"
        }
    }
}

/// The parts of a path, without the slashes around them.
pub fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// The path of these parts: decoded, as a function gets it.
pub fn plain(parts: &[&str]) -> String {
    format!("/{}", parts.join("/"))
}

/// The same path in the form of a link.
pub fn encoded(parts: &[&str]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| utf8_percent_encode(part, &PART).to_string())
        .collect();
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Address, encoded, parts, plain};
    use proptest::prelude::*;

    #[test]
    fn slashes_that_are_too_many_lead_to_the_same_address() {
        for path in ["/surveys/bins", "/surveys/bins/", "//surveys///bins//"] {
            assert_eq!(
                Address::read(&parts(path)),
                Some(Address::Form("bins")),
                "{path}"
            );
            assert_eq!(plain(&parts(path)), "/surveys/bins");
        }
        assert_eq!(Address::read(&parts("//")), Some(Address::List));
        assert_eq!(Address::read(&parts("/surveys/bins/other")), None);
    }

    proptest! {
        /// A browser reads `//host`, and `/\host`, as another website.
        #[test]
        fn no_path_leads_to_another_website(path in "[/\\\\.:@?#a-z%\u{0}-\u{20}é]{0,20}") {
            let link = encoded(&parts(&path));
            prop_assert!(link.starts_with('/') && !link.starts_with("//"));
            prop_assert!(link.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte)), "{link}");
        }
    }
}
