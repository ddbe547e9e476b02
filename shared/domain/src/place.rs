//! Every place where a person's data is stored.

use crate::record::processor_copy::Processor;
use serde::{Deserialize, Serialize};

/// A place. It is matched exhaustively: a new one does not compile until the code says how to find
/// and how to erase data there.
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
    /// The sender of the newsletters.
    Newsletter,
    /// The sender of the emails that ask people to confirm an address.
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

    /// The place with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == name)
    }

    /// Whether it can be informed about what it holds: that it has to be deleted, is restricted, or
    /// was wrong.
    #[must_use]
    pub fn can_be_notified(self) -> bool {
        self.processor().is_some() && self != Self::Notify
    }

    /// The processor that holds it for the council; `None` where the council holds it itself.
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
