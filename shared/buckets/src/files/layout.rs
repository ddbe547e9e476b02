//! The layout of what is in quarantine.

use super::folder::{self, Folder, Kind};
use custodian_domain::identity::mention::rows::Layout;
use custodian_domain::record::source::Source;

/// The layout of the rows of an object in quarantine.
pub(super) fn layout(key: &str) -> Layout {
    let Some((kind, of, _)) = folder::own(key) else {
        return Layout::Unknown;
    };
    match (kind, of) {
        (Kind::Rows, _) => Layout::Quarantined,
        (Kind::Whole, Folder::Granicus) => Layout::One,
        (Kind::Whole, Folder::Of(Source::Reviews)) => Layout::List,
        (Kind::Whole, Folder::Of(Source::Interviews | Source::Support)) => Layout::Lines,
        (
            Kind::Whole,
            Folder::Of(Source::WebForm | Source::Telephone | Source::Social | Source::Complaints),
        )
        | (Kind::Header, _) => Layout::Csv,
        (Kind::Whole, Folder::Unknown)
        | (Kind::Progress | Kind::Handover | Kind::Report | Kind::Index, _) => Layout::Unknown,
    }
}
