//! Who owns the objects of the intake bucket: a partner, or Custodian, whose keys have a shape that
//! nobody else chooses.

use custodian_domain::record::source::Source;
use serde::{Deserialize, Serialize};

/// The folder of what could not be read.
pub(super) const QUARANTINE: &str = "quarantine/";
/// How many hexadecimal digits the name of an import has.
const ID: usize = 16;

/// The contents of a folder of the intake bucket, as keys and reports spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Folder {
    /// Files of a source.
    Of(Source),
    /// Messages of Granicus that were refused; nobody drops files there.
    Granicus,
    /// Anything outside the agreed folders of sources.
    Unknown,
}

impl Folder {
    /// The name, as keys and reports spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Of(source) => source.as_str(),
            Self::Granicus => "granicus",
            Self::Unknown => "unknown",
        }
    }

    /// The folder with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let other = [Self::Granicus, Self::Unknown]
            .into_iter()
            .find(|folder| folder.as_str() == name);
        other.or_else(|| Source::named(name).map(Self::Of))
    }

    /// The source, if it is the folder of one.
    #[must_use]
    pub const fn source(self) -> Option<Source> {
        match self {
            Self::Of(source) => Some(source),
            Self::Granicus | Self::Unknown => None,
        }
    }

    /// The folder that a partner's key names: `{source}/{file}`, or anything else.
    #[must_use]
    pub(super) fn dropped(key: &str) -> Self {
        let source = key
            .split_once('/')
            .and_then(|(source, _)| Source::named(source));
        source
            .filter(|source| source.comes_in_files())
            .map_or(Self::Unknown, Self::Of)
    }
}

impl From<Source> for Folder {
    fn from(source: Source) -> Self {
        Self::Of(source)
    }
}

impl From<Folder> for &'static str {
    fn from(folder: Folder) -> Self {
        folder.as_str()
    }
}

impl TryFrom<String> for Folder {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::named(&name).ok_or("there is no folder of this name")
    }
}

/// What one of our own objects beside a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Progress,
    Handover,
    Report,
    Rows,
    Header,
    Whole,
    /// Who may be named in one of the three above.
    Index,
}

/// Reads a key of our own: its kind, its folder, and the name of the import. A partner's key is
/// never one, whatever it looks like: a partner may drop `reports/calls.csv` as well.
pub(super) fn own(key: &str) -> Option<(Kind, Folder, &str)> {
    let mut parts = key.split('/');
    let (kind, folder) = (parts.next()?, Folder::named(parts.next()?)?);
    let (name, beside) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (kind, id) = match (kind, beside) {
        ("progress", None) => (Kind::Progress, name.strip_suffix(".json")?),
        ("reports", None) => (Kind::Report, name.strip_suffix(".json")?),
        ("handover", None) => (Kind::Handover, name),
        ("quarantine", Some(kept)) => (kept_kind(kept)?, name),
        ("indexes", Some(kept)) => kept_kind(kept).map(|_| (Kind::Index, name))?,
        _ => return None,
    };
    let is_id = id.len() == ID
        && id
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then_some((kind, folder, id))
}

/// The kind of an object in quarantine, by the last part of its key.
fn kept_kind(name: &str) -> Option<Kind> {
    match name {
        "file" => Some(Kind::Whole),
        "header" => Some(Kind::Header),
        rows => {
            let digits = rows.strip_suffix(".jsonl")?;
            (digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .then_some(Kind::Rows)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, Kind, own};
    use custodian_domain::record::source::Source;

    #[test]
    fn a_key_that_is_not_spelt_by_us_is_a_partner_s() {
        let id = "0123456789abcdef";
        for (key, kind) in [
            (format!("progress/telephone/{id}.json"), Kind::Progress),
            (format!("handover/unknown/{id}"), Kind::Handover),
            (format!("reports/web_form/{id}.json"), Kind::Report),
            (
                format!("quarantine/social/{id}/0000000000.jsonl"),
                Kind::Rows,
            ),
            (
                format!("quarantine/social/{id}/12345678901.jsonl"),
                Kind::Rows,
            ),
            (format!("quarantine/social/{id}/header"), Kind::Header),
            (format!("quarantine/granicus/{id}/file"), Kind::Whole),
            (format!("indexes/granicus/{id}/file"), Kind::Index),
            (format!("indexes/social/{id}/0000000000.jsonl"), Kind::Index),
        ] {
            assert_eq!(
                own(&key).map(|(kind, _, id)| (kind, id)),
                Some((kind, id)),
                "{key}"
            );
        }
        for key in [
            "calls.csv",
            "",
            "/",
            "telephone",
            "telephone/x.csv",
            "reports/x.csv",
            "progress/telephone/x.json",
            "quarantine/calls.csv",
            "quarantine/telephone/0123456789abcdef",
            "handover/fax/0123456789abcdef",
            "quarantine/telephone/0123456789abcdef/file/x",
            "quarantine/telephone/0123456789ABCDEF/file",
            "Reports/telephone/0123456789abcdef.json",
            "/reports/telephone/0123456789abcdef.json",
            "quarantine/telephone/0123456789abcdef/calls.jsonl",
            "indexes/telephone/0123456789abcdef/calls.jsonl",
            "indexes/telephone/0123456789abcdef",
        ] {
            assert_eq!(own(key), None, "{key}");
        }
    }

    #[test]
    fn a_file_is_of_the_source_whose_name_its_folder_has_to_the_letter() {
        for (key, folder) in [
            ("telephone/x.csv", Folder::Of(Source::Telephone)),
            ("telephone/2026/x.csv", Folder::Of(Source::Telephone)),
            ("Telephone/x.csv", Folder::Unknown),
            ("/telephone/x.csv", Folder::Unknown),
            (" telephone/x.csv", Folder::Unknown),
            ("telephone", Folder::Unknown),
            ("phone/x.csv", Folder::Unknown),
            ("web_form/x.csv", Folder::Unknown),
            ("granicus/x.csv", Folder::Unknown),
            ("calls.csv", Folder::Unknown),
        ] {
            assert_eq!(Folder::dropped(key), folder, "{key}");
        }
    }

    #[test]
    fn a_folder_is_found_by_its_name() {
        let all = Source::ALL
            .map(Folder::Of)
            .into_iter()
            .chain([Folder::Granicus, Folder::Unknown]);
        for folder in all {
            assert_eq!(Folder::named(folder.as_str()), Some(folder));
            let json = serde_json::to_string(&folder).unwrap();
            assert_eq!(
                serde_json::from_str::<Folder>(&json).unwrap(),
                folder,
                "{json}"
            );
        }
        assert!(serde_json::from_str::<Folder>("\"fax\"").is_err());
    }
}
