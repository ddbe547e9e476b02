//! What an erasure would delete: counts, never the data. Only what was planned can be approved.

use crate::place::Place;
use crate::record::processor_copy::Processor;
use crate::record::source::Source;
use crate::rights::constraint::Limb;
use crate::rights::erasure::Counts;
use crate::rights::holding::Holding;
use crate::rights::package::RequestId;
use crate::validation::json;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many records there are, by source and by the month (UTC) in which they were collected.
pub type Periods = BTreeMap<Source, BTreeMap<String, u64>>;

/// What an erasure would delete and leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Records that would be deleted.
    pub records: Periods,
    /// Records that would be left, because the order excludes them.
    pub left: Periods,
    /// Links that would be deleted.
    pub links: u64,
    /// Profiles that would be deleted.
    pub profiles: u64,
    /// Packages that would be deleted.
    pub packages: u64,
    /// Rows in quarantine that mention the person.
    pub quarantined: u64,
    /// Rows and files in quarantine that nobody can look into, such as a workbook. They may name
    /// anybody, and an erasure waits until they are corrected or deleted. Left out if there are
    /// none, so that plans of earlier versions keep their hash.
    #[serde(default, skip_serializing_if = "crate::validation::is_zero")]
    pub unreadable: u64,
    /// The day on which the last of these is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable_until: Option<NaiveDate>,
    /// How many records each processor holds a copy of, as far as the council knows.
    pub custody: BTreeMap<Processor, u64>,
    /// Under how many keys the person is known.
    pub holders: u64,
    /// Access requests of the same person that are not answered yet: they come first.
    pub access_first: Vec<RequestId>,
    /// Other requests of the same person that are open.
    pub open_requests: Vec<RequestId>,
    /// Holds on records that would be deleted. They must be lifted before an erasure, or the
    /// records excluded.
    pub holds: Vec<String>,
    /// Restrictions on records that would be deleted, by the request that placed them. Left out if
    /// there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub restrictions: BTreeMap<String, Limb>,
    /// How many links the DPO was shown; `None` in a plan of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<u64>,
    /// Identifies the records, without saying anything about them.
    pub contents: Contents,
}

/// What has arrived since a plan was made. It is not part of the plan, and does not make the plan
/// stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivedSince {
    /// Records that were collected after the plan: they stay.
    pub records: u64,
    /// Links to somebody else: they are not followed.
    pub links: u64,
    /// Other requests of the same person.
    pub requests: u64,
    /// Rows in quarantine that name the person: they are deleted.
    pub rows: u64,
}

/// A digest of a set, independent of the order in which it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Contents([u8; 16]);

impl Contents {
    /// Adds something to the set.
    pub fn add(&mut self, parts: &[&str]) {
        let digest = parts.iter().fold(Sha256::new(), |digest, part| {
            digest.chain_update(part).chain_update([0])
        });
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
    /// What a place holds, as far as the council knows.
    #[must_use]
    pub fn held(&self, place: Place) -> Counts {
        let of_place = Holding::ALL
            .into_iter()
            .filter(|holding| holding.place() == Some(place));
        let counts = of_place.filter_map(|holding| {
            Some((
                holding,
                holding.counted_as()?.to_owned(),
                self.count(holding)?,
            ))
        });
        // Receipts and plans of earlier versions do not have it: it is there only if there is some.
        let counts =
            counts.filter(|(holding, _, count)| *holding != Holding::Unreadable || *count > 0);
        counts.map(|(_, kind, count)| (kind, count)).collect()
    }

    /// How many an erasure would delete of this kind; `None` if a plan does not count it.
    #[must_use]
    pub fn count(&self, holding: Holding) -> Option<u64> {
        match holding {
            Holding::Records => Some(total(&self.records)),
            Holding::Links => Some(self.links),
            Holding::Profiles => Some(self.profiles),
            Holding::Packages => Some(self.packages),
            Holding::Quarantine => Some(self.quarantined),
            Holding::Unreadable => Some(self.unreadable),
            Holding::Copies(processor) => Some(self.custody.get(&processor).copied().unwrap_or(0)),
            Holding::Waiting
            | Holding::OptOuts
            | Holding::Confirmations
            | Holding::Looks
            | Holding::Asked
            | Holding::Requests
            | Holding::Constraints
            | Holding::Suppressions => None,
        }
    }

    /// How many records would be left.
    #[must_use]
    pub fn records_left(&self) -> u64 {
        total(&self.left)
    }

    /// What the DPO has changed since the plan that blocks an erasure, or no longer does:
    /// `holds: CLAIM-1, was nothing`. A plan of an earlier version said nothing about restrictions.
    #[must_use]
    pub fn obstacles_since(&self, before: &Self) -> Vec<String> {
        self.changes_since(before, |field| match field {
            "access_first" | "holds" => true,
            "restrictions" => before.linked.is_some(),
            _ => false,
        })
    }

    /// Which of the counts differ from the plan: `records.web_form.2026-11: 2, was 1`.
    #[must_use]
    pub fn counts_since(&self, before: &Self) -> Vec<String> {
        const OTHERS: [&str; 6] = [
            "access_first",
            "holds",
            "restrictions",
            "open_requests",
            "linked",
            "holders",
        ];
        self.changes_since(before, |field| !OTHERS.contains(&field))
    }

    /// What has arrived since the plan, where `records` were collected after it.
    #[must_use]
    pub fn arrived_since(&self, before: &Self, records: u64) -> ArrivedSince {
        let new = self
            .open_requests
            .iter()
            .filter(|request| !before.open_requests.contains(request));
        let linked = self.linked.zip(before.linked);
        ArrivedSince {
            records,
            links: linked.map_or(0, |(links, known)| links.saturating_sub(known)),
            requests: new.fold(0, |count, _| count + 1),
            rows: self.quarantined.saturating_sub(before.quarantined),
        }
    }

    /// Which of the given fields have changed.
    fn changes_since(&self, before: &Self, asked: impl Fn(&str) -> bool) -> Vec<String> {
        let (was, is) = (flat(before), flat(self));
        let paths: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        let or_nothing =
            |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
        let field = |path: &str| {
            path.split_once('.')
                .map_or(path, |(field, _)| field)
                .to_owned()
        };
        let changed = paths
            .into_iter()
            .filter(|path| was.get(*path) != is.get(*path) && asked(&field(path)));
        let changed = changed.map(|path| match path.as_str() {
            "contents" => "which records they are".to_owned(),
            _ => format!(
                "{path}: {}, was {}",
                or_nothing(is.get(path)),
                or_nothing(was.get(path))
            ),
        });
        changed.collect()
    }
}

fn total(periods: &Periods) -> u64 {
    periods.values().flat_map(BTreeMap::values).sum()
}

/// Every number and text of a plan by its path.
fn flat(plan: &Plan) -> BTreeMap<String, String> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        let below = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        match value {
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, value)| walk(&below(name), value, into)),
            Value::Array(values) => {
                let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                into.insert(
                    path.to_owned(),
                    if texts.is_empty() {
                        "nothing".to_owned()
                    } else {
                        texts.join(", ")
                    },
                );
            }
            Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
            other => drop(into.insert(path.to_owned(), other.to_string())),
        }
    }
    let mut into = BTreeMap::new();
    walk("", &json::value(plan), &mut into);
    into
}

#[cfg(test)]
mod tests {
    use super::{ArrivedSince, Contents, Plan};
    use crate::place::Place;
    use crate::record::source::Source;
    use crate::rights::constraint::Limb;
    use crate::rights::holding::Holding;
    use std::collections::BTreeMap;

    fn plan(records: u64) -> Plan {
        let months = BTreeMap::from([("2026-11".to_owned(), records)]);
        Plan {
            records: BTreeMap::from([(Source::WebForm, months)]),
            ..Plan::default()
        }
    }

    #[test]
    fn what_has_changed_is_told_by_its_count() {
        let mut now = plan(3);
        now.access_first
            .push("SAR-1".to_owned().try_into().unwrap());
        now.contents.add(&["subject", "record"]);
        assert_eq!(
            now.counts_since(&plan(2)),
            [
                "which records they are",
                "records.web_form.2026-11: 3, was 2"
            ]
        );
        assert_eq!(
            now.obstacles_since(&plan(2)),
            ["access_first: SAR-1, was nothing"]
        );
        assert_eq!(
            (
                plan(2).counts_since(&plan(2)),
                plan(2).obstacles_since(&plan(2))
            ),
            (Vec::new(), Vec::new())
        );
    }

    #[test]
    fn a_restriction_is_news_to_a_plan_that_could_have_told_it() {
        let restricted = Plan {
            restrictions: BTreeMap::from([("RES-1".to_owned(), Limb::Unlawful)]),
            linked: Some(0),
            ..plan(1)
        };
        let before = Plan {
            linked: Some(0),
            ..plan(1)
        };
        assert_eq!(
            restricted.obstacles_since(&before),
            ["restrictions.RES-1: 18(1)(b), was nothing"]
        );
        assert_eq!(
            restricted.obstacles_since(&plan(1)),
            [""; 0],
            "an earlier version told none"
        );
        let text = serde_json::to_string(&plan(1)).unwrap();
        assert!(
            !text.contains("restrictions") && !text.contains("linked"),
            "plans of earlier versions stay true"
        );
    }

    #[test]
    fn what_has_come_is_counted_and_what_has_gone_is_not() {
        let before = Plan {
            linked: Some(2),
            quarantined: 1,
            ..plan(1)
        };
        let mut now = Plan {
            linked: Some(5),
            quarantined: 4,
            ..plan(1)
        };
        now.open_requests
            .push("SAR-1".to_owned().try_into().unwrap());
        assert_eq!(
            now.arrived_since(&before, 7),
            ArrivedSince {
                records: 7,
                links: 3,
                requests: 1,
                rows: 3
            }
        );
        assert_eq!(before.arrived_since(&now, 0), ArrivedSince::default());
        assert_eq!(
            now.arrived_since(&plan(1), 0).links,
            0,
            "an earlier version counted none"
        );
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
            !serde_json::to_string(&plan(1))
                .unwrap()
                .contains("unreadable"),
            "plans of earlier versions stay true"
        );
        assert_eq!(
            plan(1).held(Place::Intake),
            BTreeMap::from([("rows".to_owned(), 0)])
        );
        let some = Plan {
            unreadable: 2,
            ..plan(1)
        };
        assert_eq!(some.held(Place::Intake)["unreadable"], 2);
        assert_eq!(some.counts_since(&plan(1)), ["unreadable: 2, was nothing"]);
    }

    #[test]
    fn each_place_has_what_the_plan_says_of_it() {
        let said = |place| plan(3).held(place).into_iter().collect::<Vec<_>>();
        let counts = |counts: &[(&str, u64)]| {
            counts
                .iter()
                .map(|(kind, n)| ((*kind).to_owned(), *n))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(Place::Records),
            counts(&[("links", 0), ("profiles", 0), ("records", 3)])
        );
        assert_eq!(said(Place::Exports), counts(&[("packages", 0)]));
        assert_eq!(said(Place::Intake), counts(&[("rows", 0)]));
        assert_eq!(said(Place::Five9), counts(&[("records", 0)]));
    }

    #[test]
    fn what_a_receipt_has_a_name_for_is_what_a_plan_counts() {
        for holding in Holding::ALL {
            assert_eq!(
                holding.counted_as().is_some(),
                plan(1).count(holding).is_some(),
                "{holding:?}"
            );
        }
    }
}
