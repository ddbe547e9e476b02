//! What an erasure would touch: counts, never the data. What was planned is what is approved, or it is refused.

use super::custody::Processor;
use super::erasure::Counts;
use super::package::RequestId;
use super::place::Place;
use super::source::Source;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many records there are, by source and by the month (UTC) in which they were collected.
pub type Periods = BTreeMap<Source, BTreeMap<String, u64>>;

/// What an erasure would touch and leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Records that would go.
    pub records: Periods,
    /// Records that would be left, because the order excludes them.
    pub left: Periods,
    /// Links that would go.
    pub links: u64,
    /// Profiles that would go.
    pub profiles: u64,
    /// Packages that would go.
    pub packages: u64,
    /// Rows in quarantine that mention the person.
    pub quarantined: u64,
    /// Rows and files in quarantine that nobody can look into, such as a workbook: they may name anybody, and an erasure
    /// waits until they are mended or gone. Left out where there are none, so that plans of earlier versions stay true.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreadable: u64,
    /// The day on which the last of those is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable_until: Option<NaiveDate>,
    /// Of how many records a processor holds a copy, as far as the council knows.
    pub custody: BTreeMap<Processor, u64>,
    /// Under how many keys the person is known.
    pub holders: u64,
    /// Access requests of the same person that are not answered yet: they come first.
    pub access_first: Vec<RequestId>,
    /// Other requests of the same person that are open.
    pub open_requests: Vec<RequestId>,
    /// What holds records that would go: they may not be erased before it is lifted, or they are excluded.
    pub holds: Vec<String>,
    /// Tells which records they are, without telling anything of them.
    pub contents: Contents,
}

/// A digest of a set, whatever the order in which it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Contents([u8; 16]);

impl Contents {
    /// Adds something to the set.
    pub fn add(&mut self, parts: &[&str]) {
        let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part).chain_update([0]));
        for (sum, byte) in self.0.iter_mut().zip(digest.finalize()) {
            *sum ^= byte;
        }
    }
}

impl From<Contents> for String {
    fn from(contents: Contents) -> Self {
        hex::encode(contents.0)
    }
}

impl TryFrom<String> for Contents {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut contents = [0; 16];
        hex::decode_to_slice(text, &mut contents).map(|()| Self(contents))
    }
}

impl Plan {
    /// What each place holds, as far as the council knows.
    #[must_use]
    pub fn held(&self, place: Place) -> Counts {
        let counts: &[(&str, u64)] = match place {
            Place::Records => &[("records", total(&self.records)), ("links", self.links), ("profiles", self.profiles)],
            Place::Exports => &[("packages", self.packages)],
            Place::Intake if self.unreadable > 0 => &[("rows", self.quarantined), ("unreadable", self.unreadable)],
            Place::Intake => &[("rows", self.quarantined)],
            Place::Granicus | Place::Five9 | Place::Newsletter => {
                let known = place.processor().and_then(|processor| self.custody.get(&processor));
                &[("records", known.copied().unwrap_or_default())]
            }
        };
        counts.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
    }

    /// How many records would be left.
    #[must_use]
    pub fn records_left(&self) -> u64 {
        total(&self.left)
    }

    /// What has changed since: `records.web_form.2026-11: 2, was 1`.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let (was, is) = (flat(before), flat(self));
        let paths: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        let told = |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
        let changed = paths.into_iter().filter(|path| was.get(*path) != is.get(*path));
        let changed = changed.map(|path| match path.as_str() {
            "contents" => "which records they are".to_owned(),
            _ => format!("{path}: {}, was {}", told(is.get(path)), told(was.get(path))),
        });
        changed.collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn total(periods: &Periods) -> u64 {
    periods.values().flat_map(BTreeMap::values).sum()
}

/// Every number and text of a plan by its path.
fn flat(plan: &Plan) -> BTreeMap<String, String> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(&below(name), value, into)),
            Value::Array(values) => {
                let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                into.insert(path.to_owned(), if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") });
            }
            Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
            other => drop(into.insert(path.to_owned(), other.to_string())),
        }
    }
    let mut into = BTreeMap::new();
    walk("", &serde_json::to_value(plan).unwrap_or_default(), &mut into);
    into
}

#[cfg(test)]
mod tests {
    use super::{Contents, Plan};
    use crate::domain::place::Place;
    use crate::domain::source::Source;
    use std::collections::BTreeMap;

    fn plan(records: u64) -> Plan {
        let months = BTreeMap::from([("2026-11".to_owned(), records)]);
        Plan { records: BTreeMap::from([(Source::WebForm, months)]), ..Plan::default() }
    }

    #[test]
    fn what_has_changed_is_told_by_its_count() {
        let mut now = plan(3);
        now.access_first.push("SAR-1".to_owned().try_into().unwrap());
        now.contents.add(&["subject", "record"]);
        assert_eq!(
            now.changes_since(&plan(2)),
            ["access_first: SAR-1, was nothing", "which records they are", "records.web_form.2026-11: 3, was 2"]
        );
        assert_eq!(plan(2).changes_since(&plan(2)), [""; 0]);
    }

    #[test]
    fn contents_are_the_same_in_any_order_and_tell_sets_apart() {
        let of = |parts: &[&str]| {
            let mut contents = Contents::default();
            for part in parts {
                contents.add(&[part]);
            }
            contents
        };
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        let text = String::from(of(&["a"]));
        assert_eq!(Contents::try_from(text).unwrap(), of(&["a"]));
    }

    #[test]
    fn what_nobody_can_look_into_is_said_only_where_there_is_some() {
        assert!(
            !serde_json::to_string(&plan(1)).unwrap().contains("unreadable"),
            "plans of earlier versions stay true"
        );
        assert_eq!(plan(1).held(Place::Intake), BTreeMap::from([("rows".to_owned(), 0)]));
        let some = Plan { unreadable: 2, ..plan(1) };
        assert_eq!(some.held(Place::Intake)["unreadable"], 2);
        assert_eq!(some.changes_since(&plan(1)), ["unreadable: 2, was nothing"]);
    }

    #[test]
    fn each_place_has_what_the_plan_says_of_it() {
        assert_eq!(plan(3).held(Place::Records)["records"], 3);
        assert_eq!(plan(3).held(Place::Five9)["records"], 0);
    }
}
