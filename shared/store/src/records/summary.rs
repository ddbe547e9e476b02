//! Records as the DPO's office lists them: nothing that anybody told the council.

use super::deletion_candidate::part;
use super::{RECTIFICATION, Records};
use crate::keys::{self, EXPIRES_AT, Key, PK, RESTRICTED, RETENTION_DUE_AT, SK};
use crate::retention::retention;
use crate::{Item, text};
use chrono::{DateTime, Utc};
use custodian_domain::record::Holder;
use custodian_domain::record::rectification::Rectification;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::retention::Retention;
use custodian_dynamo::Pages;

/// The attributes that are read.
const READ: [&str; 9] = [
    PK,
    SK,
    EXPIRES_AT,
    RETENTION_DUE_AT,
    RESTRICTED,
    RECTIFICATION,
    "source",
    "reference",
    "collected_at",
];

/// A record as it is listed.
#[derive(Clone, Debug)]
pub struct RecordSummary {
    /// Its key.
    pub key: Key,
    /// How it reached the council.
    pub source: Source,
    /// What the person can quote.
    pub reference: Reference,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
    /// Until when it is kept.
    pub retention: Retention,
    /// Whether it may only be stored.
    pub restricted: bool,
    /// What was corrected, and what the person says about it.
    pub rectification: Rectification,
}

impl Records {
    /// A holder's live records, in the order of source and id, in pages.
    #[must_use]
    pub fn summaries(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<RecordSummary> {
        let partition = keys::partition(holder);
        self.0
            .live("list records", &partition, keys::RECORD, now, |item| {
                summary(&item)
            })
            .showing(&READ)
    }

    /// The same from behind this sort key on.
    #[must_use]
    pub fn summaries_behind(
        &self,
        holder: &Holder,
        sort: &str,
        now: DateTime<Utc>,
    ) -> Pages<RecordSummary> {
        self.summaries(holder, now)
            .behind(&keys::partition(holder), sort)
    }
}

fn summary(item: &Item) -> Option<RecordSummary> {
    Some(RecordSummary {
        key: Key::of(item)?,
        source: Source::named(text(item, "source")?)?,
        reference: Reference::try_from(text(item, "reference")?.to_owned()).ok()?,
        collected_at: text(item, "collected_at")?.parse().ok()?,
        retention: retention(item)?,
        restricted: item.contains_key(RESTRICTED),
        rectification: part(item, RECTIFICATION)?,
    })
}
