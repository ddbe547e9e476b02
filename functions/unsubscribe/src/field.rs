//! The fields of the buttons that people press, and that mail programs press for them.

/// A field of a button, and its value.
#[derive(Debug)]
pub struct Field {
    /// The field's name.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// Whether an empty body means it as well.
    pub empty: bool,
}

/// What ends a newsletter (RFC 8058, 3.1).
pub const ONE_CLICK: Field = Field {
    name: "List-Unsubscribe",
    value: "One-Click",
    empty: true,
};
/// Confirms an address: a program that posts to every link that it finds sends nothing like it.
pub const CONFIRM: Field = Field {
    name: "confirm",
    value: "yes",
    empty: false,
};

impl Field {
    pub fn is(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name)
    }
}
