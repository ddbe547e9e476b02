//! The fields of the buttons that people press, and that mail programs press for them.

/// A field of a button, and what it says.
#[derive(Debug)]
pub struct Field {
    /// The field's name.
    pub name: &'static str,
    /// What it says.
    pub value: &'static str,
    /// Whether a body that says nothing means it as well.
    pub empty: bool,
}

/// What ends a newsletter (RFC 8058, 3.1).
pub const ONE_CLICK: Field = Field {
    name: "List-Unsubscribe",
    value: "One-Click",
    empty: true,
};
/// What confirms an address: a program that posts to every link that it finds sends nothing of the
/// kind.
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
