//! Everywhere that a person's data lies.

use crate::record::processor_copy::Processor;
use serde::{Deserialize, Serialize};

/// A place. Matched exhaustively: adding one does not compile until it is said how to find and how
/// to forget there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The bucket of packages made for requests.
    Exports,
    /// The table of records, with links and profiles.
    Records,
    /// Partners' files that wait to be read, and what could not be read of them.
    Intake,
    /// The partner for online forms.
    Granicus,
    /// The telephony partner.
    Five9,
    /// Who sends the newsletters.
    Newsletter,
    /// Who sends the mails that ask people to confirm an address.
    Notify,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 7] = [
        Self::Exports,
        Self::Records,
        Self::Intake,
        Self::Granicus,
        Self::Five9,
        Self::Newsletter,
        Self::Notify,
    ];

    /// The name, as keys and receipts spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exports => "exports",
            Self::Records => "records",
            Self::Intake => "intake",
            Self::Granicus => "granicus",
            Self::Five9 => "five9",
            Self::Newsletter => "newsletter",
            Self::Notify => "notify",
        }
    }

    /// The place that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == name)
    }

    /// Whether it can be told anything of what it holds: that it is to go, is restricted, or was
    /// wrong.
    #[must_use]
    pub fn can_be_told(self) -> bool {
        self.processor().is_some() && self != Self::Notify
    }

    /// Who holds it for the council; nothing where the council does so itself.
    #[must_use]
    pub const fn processor(self) -> Option<Processor> {
        match self {
            Self::Exports | Self::Records | Self::Intake => None,
            Self::Granicus => Some(Processor::Granicus),
            Self::Five9 => Some(Processor::Five9),
            Self::Newsletter => Some(Processor::Newsletter),
            Self::Notify => Some(Processor::Notify),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_found_by_its_name() {
        assert!(
            Place::ALL
                .into_iter()
                .all(|place| Place::named(place.as_str()) == Some(place))
        );
        assert_eq!(Place::named("elsewhere"), None);
    }
}
