//! Everything that may be held about a person. An erasure counts by this list, and a package lists
//! by it.

use crate::place::Place;
use crate::record::processor_copy::Processor;

/// One kind of thing that may be held about a person. It is matched exhaustively: a new kind does
/// not compile until the code says where it is stored, what a plan counts of it, and how a package
/// lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holding {
    /// What the person said, and what was noted and concluded.
    Records,
    /// That the person no longer wants a list, in the Register: it is kept after an erasure.
    OptOuts,
    /// The same, beside the person's records.
    Profiles,
    /// That the person was asked to confirm an address, or has confirmed it.
    Confirmations,
    /// When and why somebody at the council looked at the person's data.
    Looks,
    /// Which requests for a copy are the person's.
    Asked,
    /// That one identifier leads to the records that are stored under another.
    Links,
    /// Requests about the person that are not closed.
    Requests,
    /// Holds and restrictions that are in force.
    Constraints,
    /// That the person was erased, so that nothing of theirs is stored again.
    Suppressions,
    /// Packages that were made for earlier requests.
    Packages,
    /// Rows in quarantine that name the person.
    Quarantine,
    /// Rows and files in quarantine that nobody can look into, such as a workbook. They may name
    /// anybody.
    Unreadable,
    /// Partners' files that wait to be read: nobody knows whose data is in them.
    Waiting,
    /// What a processor is known to hold.
    Copies(Processor),
}

impl Holding {
    /// Every kind, in the order in which a package lists them.
    pub const ALL: [Self; 18] = [
        Self::Records,
        Self::OptOuts,
        Self::Profiles,
        Self::Confirmations,
        Self::Looks,
        Self::Asked,
        Self::Links,
        Self::Requests,
        Self::Constraints,
        Self::Suppressions,
        Self::Packages,
        Self::Quarantine,
        Self::Unreadable,
        Self::Waiting,
        Self::Copies(Processor::Granicus),
        Self::Copies(Processor::Five9),
        Self::Copies(Processor::Newsletter),
        Self::Copies(Processor::Notify),
    ];

    /// The name, as a package's document spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::OptOuts => "opt_outs",
            Self::Profiles => "profiles",
            Self::Confirmations => "confirmations",
            Self::Looks => "looks",
            Self::Asked => "asked",
            Self::Links => "links",
            Self::Requests => "requests",
            Self::Constraints => "standings",
            Self::Suppressions => "suppressions",
            Self::Packages => "packages",
            Self::Quarantine => "quarantine",
            Self::Unreadable => "unreadable",
            Self::Waiting => "waiting",
            Self::Copies(processor) => processor.as_str(),
        }
    }

    /// The place where an erasure deletes it; `None` for what the Register keeps after an erasure.
    #[must_use]
    pub const fn place(self) -> Option<Place> {
        match self {
            Self::Records
            | Self::Profiles
            | Self::Confirmations
            | Self::Looks
            | Self::Asked
            | Self::Links => Some(Place::Records),
            Self::Packages => Some(Place::Exports),
            Self::Quarantine | Self::Unreadable | Self::Waiting => Some(Place::Intake),
            Self::Copies(Processor::Granicus) => Some(Place::Granicus),
            Self::Copies(Processor::Five9) => Some(Place::Five9),
            Self::Copies(Processor::Newsletter) => Some(Place::Newsletter),
            Self::Copies(Processor::Notify) => Some(Place::Notify),
            Self::OptOuts | Self::Requests | Self::Constraints | Self::Suppressions => None,
        }
    }

    /// The name of its number in a receipt; `None` where an erasure counts none.
    #[must_use]
    pub const fn counted_as(self) -> Option<&'static str> {
        match self {
            Self::Records | Self::Copies(_) => Some("records"),
            Self::Links => Some("links"),
            Self::Profiles => Some("profiles"),
            Self::Packages => Some("packages"),
            Self::Quarantine => Some("rows"),
            Self::Unreadable => Some("unreadable"),
            Self::Waiting
            | Self::OptOuts
            | Self::Confirmations
            | Self::Looks
            | Self::Asked
            | Self::Requests
            | Self::Constraints
            | Self::Suppressions => None,
        }
    }

    /// Its items, by their keys, as the table in docs/data-retention.md spells them; empty if it is
    /// in no table.
    #[must_use]
    pub const fn items(self) -> &'static [&'static str] {
        match self {
            // That a record was moved to the person is said in the record: when it was corrected.
            Self::Records => &[
                "`subject#…` / `record#…`",
                "`anon#…` / `record#…`",
                "`SUPPRESSION#moved#…` / `META`",
            ],
            Self::Profiles => &["`subject#…` / `@profile`"],
            Self::Links => &["`subject#…` / `link#…`"],
            Self::OptOuts => &["`OPTOUT#…` / `newsletter`"],
            Self::Confirmations => &[
                "`CONFIRMED#…` / `newsletter`",
                "`CONFIRMED#…` / `opt_in`",
                "`CONFIRMED#…` / `request`",
                "`CONFIRMATIONS` / `…`",
            ],
            Self::Looks => &["`LOOKED#…` / `…`"],
            Self::Asked => &["`ASKED#…` / `…`"],
            Self::Requests => &[
                "`REQUEST#…` / `META`",
                "`SUBJECT#…` / `REQUEST#…`",
                "`CLICK#…` / `META`",
                "`CLICKED#…` / `REQUEST#…`",
            ],
            Self::Constraints => &["`REQUEST#…` / `STANDING`", "`STANDING#…` / `META`"],
            Self::Suppressions => &["`SUPPRESSION#…` / `META`"],
            Self::Packages => &["`REQUEST#…` / `PACKAGE`", "`SUBJECT#…` / `PACKAGE#…`"],
            Self::Quarantine | Self::Unreadable | Self::Waiting | Self::Copies(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Holding;
    use crate::place::Place;
    use crate::record::processor_copy::Processor;
    use std::collections::BTreeSet;

    #[test]
    fn every_place_holds_something_and_every_name_is_one_only() {
        let places: BTreeSet<Place> = Holding::ALL
            .into_iter()
            .filter_map(Holding::place)
            .collect();
        assert_eq!(places, Place::ALL.into());
        let names: BTreeSet<&str> = Holding::ALL.into_iter().map(Holding::as_str).collect();
        assert_eq!(names.len(), Holding::ALL.len());
    }

    #[test]
    fn every_processor_has_copies_at_its_own_place() {
        for processor in Processor::ALL {
            let holding = Holding::Copies(processor);
            assert!(Holding::ALL.contains(&holding));
            assert_eq!(holding.place().and_then(Place::processor), Some(processor));
        }
    }
}
