//! The parameters of a request.

use std::collections::BTreeMap;

/// Parameters by name. Each may be there once (RFC 6749, section 3.1).
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The parameters of a query or a form; `None` if one is there twice.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            if parameters
                .insert(name.into_owned(), value.into_owned())
                .is_some()
            {
                return None;
            }
        }
        Some(Self(parameters))
    }

    /// The value of a parameter; `None` if it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}
