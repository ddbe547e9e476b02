//! The machine-readable document, piece by piece. Its schema is `docs/export.schema.json`.

use crate::gathering::Gathered;
use crate::sections::{Item, Section};
use crate::supplementary::{Council, Seen};
use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::facts::{Fact, Fields, Nature};
use custodian_domain::record::{Record, RecordBody};
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::{PackageKind, RequestId};
use custodian_domain::rights::taking_out::{Mark, take_out};
use custodian_domain::survey::words::Words;
use custodian_domain::validation::violation::Violation;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// The line before the records, the beginning of the one that counts them, and of the one that says
/// what was taken out.
pub const RECORDS: &str = "\"records\":[";
pub const RECORD_COUNT: &str = "\"record_count\":";
pub const TAKEN_OUT: &str = "\"taken_out\":";

/// The path of the schema of a document, below the product's own address.
const SCHEMA: &str = "/schemas/export.schema.json";

/// The parts of a document besides its records and rows.
pub struct Head<'a> {
    /// What it is for.
    pub kind: PackageKind,
    /// The request that it answers.
    pub request: &'a RequestId,
    /// The identifiers that the order names.
    pub identifiers: &'a [Identifier],
    /// Whether some records were found through an identifier that others may share, and nobody
    /// confirmed that yet.
    pub shared: bool,
    /// Who made it.
    pub about: &'a Council,
    /// The product's own address.
    pub public_url: &'a str,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What is held.
    pub gathered: &'a Gathered,
}

/// One record, as in the document and the report.
pub struct PackagedRecord<'a> {
    /// The fields of every record.
    pub details: &'a RecordBody,
    /// The facts that a package of this kind contains.
    pub facts: Vec<Fact<'a>>,
    /// Which processors hold a copy, for access.
    pub held_elsewhere: Vec<KnownCopy>,
    kind: PackageKind,
}

/// A processor that holds a copy.
#[derive(serde::Serialize)]
pub struct KnownCopy {
    /// Its name.
    pub by: &'static str,
    /// Until when, if it deletes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl<'a> PackagedRecord<'a> {
    /// The contents of a record in a package of this kind, in the words that the person was asked
    /// with.
    pub fn of(record: &'a Record, words: &'a Words, kind: PackageKind, now: DateTime<Utc>) -> Self {
        let details = &record.details;
        let mut facts = details.facts(words);
        facts.retain(|fact| fact.nature.is_in(kind));
        let lasting = details
            .custody
            .iter()
            .filter(|custody| kind == PackageKind::Access && custody.lasts(now));
        let held = lasting.map(|custody| KnownCopy {
            by: custody.at.label(),
            until: custody.until,
        });
        Self {
            details,
            facts,
            held_elsewhere: held.collect(),
            kind,
        }
    }

    /// The same, without what marks take out.
    pub fn without(mut self, marks: &[&Mark]) -> Result<Self, Violation> {
        take_out(&mut self.facts, marks)?;
        Ok(self)
    }

    /// Until when it is kept, or would be without a hold; for access.
    pub fn kept_until(&self) -> Option<DateTime<Utc>> {
        (self.kind == PackageKind::Access).then(|| self.details.retention.due().instant())
    }

    /// Whether it is kept beyond that because of a hold, for access.
    pub fn is_held(&self) -> bool {
        self.kind == PackageKind::Access && self.details.retention.is_held()
    }
}

impl Serialize for PackagedRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", self.details.source.as_str())?;
        map.serialize_entry("reference", &self.details.reference)?;
        map.serialize_entry("lawful_basis", &self.details.lawful_basis)?;
        if let Some(version) = &self.details.notice_version {
            map.serialize_entry("notice_version", version)?;
        }
        for nature in Nature::ALL
            .into_iter()
            .filter(|nature| nature.is_in(self.kind))
        {
            let fields = Fields(&self.facts, nature);
            if nature != Nature::Others || !fields.is_empty() {
                map.serialize_entry(nature.as_str(), &fields)?;
            }
        }
        if let Some(until) = self.kept_until() {
            map.serialize_entry("kept_until", &until)?;
        }
        if self.is_held() {
            map.serialize_entry("on_hold", &true)?;
        }
        if self.details.restricted {
            map.serialize_entry("restricted", &true)?;
        }
        if !self.held_elsewhere.is_empty() {
            map.serialize_entry("held_elsewhere", &self.held_elsewhere)?;
        }
        map.end()
    }
}

/// Everything up to the records.
pub fn opening(head: &Head<'_>) -> String {
    let identifiers: Vec<Value> = head
        .identifiers
        .iter()
        .map(|identifier| json!({"type": identifier.kind(), "value": identifier.canonical()}))
        .collect();
    let fields = Map::from_iter([
        (
            "$schema".to_owned(),
            json!(format!("{}{SCHEMA}", head.public_url)),
        ),
        ("format".to_owned(), json!("custodian.export.v2")),
        ("kind".to_owned(), json!(head.kind)),
        ("request_id".to_owned(), json!(head.request)),
        ("made_at".to_owned(), json!(head.made_at)),
        ("controller".to_owned(), head.about.controller()),
        ("identifiers".to_owned(), json!(identifiers)),
    ]);
    let object = Value::Object(fields).to_string();
    format!(
        "{},\n{RECORDS}",
        object.strip_suffix('}').unwrap_or(&object)
    )
}

/// One record.
pub fn record(packaged: &PackagedRecord<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string(packaged)
}

/// Everything between the records and the rows in quarantine, which are the last of what is held.
pub fn held(head: &Head<'_>, records: u64) -> Result<String, serde_json::Error> {
    let mut parts = Vec::new();
    for section in listed(head) {
        parts.push(format!(
            "\n\"{}\":{}",
            section.holding.as_str(),
            serde_json::to_string(section)?
        ));
    }
    if has_rows(head) {
        let (count, note) = (
            head.gathered.count(Holding::Quarantine),
            json!(Section::note(Holding::Quarantine)),
        );
        let name = Holding::Quarantine.as_str();
        parts.push(format!(
            "\n\"{name}\":{{\"count\":{count},\"note\":{note},\"items\":["
        ));
    }
    Ok(format!(
        "\n],\n{RECORD_COUNT}{records},\n\"held\":{{{}",
        parts.join(",")
    ))
}

/// One row in quarantine.
pub fn row(item: &Item) -> Result<String, serde_json::Error> {
    serde_json::to_string(item)
}

/// Everything after the rows in quarantine.
pub fn closing(head: &Head<'_>, seen: &Seen, message: Option<&str>) -> String {
    let (access, not_followed) = (head.kind == PackageKind::Access, head.gathered.not_followed);
    let fields = [
        (
            "links_not_followed",
            (not_followed > 0).then(|| json!(not_followed)),
        ),
        (
            "supplementary",
            access.then(|| head.about.supplementary(head.gathered, seen)),
        ),
        ("message", message.map(|message| json!(message))),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!(",\n\"{name}\":{}", value?)));
    let end = if has_rows(head) { "]}}" } else { "}" };
    format!("{end}{}}}\n", fields.collect::<String>())
}

/// What a package of this kind contains besides rows in quarantine.
fn listed<'a>(head: &'a Head<'_>) -> impl Iterator<Item = &'a Section> {
    let sections = head
        .gathered
        .sections
        .iter()
        .filter(|section| section.holding != Holding::Quarantine);
    sections.filter(|section| Section::is_in(section.holding, head.kind))
}

/// Whether a package of this kind contains rows in quarantine.
fn has_rows(head: &Head<'_>) -> bool {
    Section::is_in(Holding::Quarantine, head.kind)
}
