//! Records without their contents: enough to sort them, and to know who else holds them.

use super::deletion_candidate::part;
use super::{Records, record};
use crate::keys::{self, EXPIRES_AT, Key, PK, SK};
use crate::{Item, flag, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::source::Source;
use custodian_domain::record::{Holder, Record};
use custodian_dynamo::Pages;
use std::collections::HashMap;

/// The attributes that [`outline`] reads.
const READ: [&str; 8] = [
    PK,
    SK,
    EXPIRES_AT,
    "source",
    "collected_at",
    "contact",
    "custody",
    "newsletter",
];

/// A record without its contents.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its sort key, under its holder.
    pub sort: String,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
    /// How it reached the council.
    pub source: Source,
    /// Who the person is.
    pub contact: Contact,
    /// Which processors hold a copy.
    pub custody: Vec<ProcessorCopy>,
    /// Whether the person asked for the newsletter.
    pub newsletter: bool,
}

impl Records {
    /// Every live record of a holder without its contents, in pages.
    #[must_use]
    pub fn outlines(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<Outline> {
        self.0
            .live(
                "look up which records exist",
                &keys::partition(holder),
                keys::RECORD,
                now,
                |item| outline(&item),
            )
            .showing(&READ)
    }

    /// These records, in this order, without those that are missing or not live at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if one of them cannot be read.
    pub async fn these(
        &self,
        keys: Vec<Key>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Record>, StorageError> {
        const OPERATION: &str = "read records in order";
        let places: HashMap<Key, usize> = keys.iter().cloned().zip(0..).collect();
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let read = |item: Item| Some((*places.get(&Key::of(&item)?)?, record(item)?));
        let mut records = Vec::with_capacity(items.len());
        for item in items {
            records.push(read(item).ok_or(StorageError::unreadable(OPERATION))?);
        }
        records.sort_by_key(|(place, _)| *place);
        Ok(records.into_iter().map(|(_, record)| record).collect())
    }
}

fn outline(item: &Item) -> Option<Outline> {
    Some(Outline {
        sort: text(item, SK)?.to_owned(),
        collected_at: text(item, "collected_at")?.parse().ok()?,
        source: Source::named(text(item, "source")?)?,
        contact: part(item, "contact")?,
        custody: part(item, "custody")?,
        newsletter: flag(item, "newsletter"),
    })
}
