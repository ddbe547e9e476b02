//! Records, as far as they say who somebody is.

use super::Records;
use super::deletion_candidate::part;
use crate::{Item, flag, keys, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::source::Source;
use custodian_dynamo::Pages;

/// The attribute of a record that says who it is about.
const CONTACT: &str = "contact";
/// The attributes that are read: nothing that anybody told the council, except whether they want
/// the newsletter.
const READ: [&str; 6] = [
    keys::EXPIRES_AT,
    CONTACT,
    "source",
    "source_id",
    "collected_at",
    "newsletter",
];

/// A record, as far as it says who somebody is.
#[derive(Debug)]
pub struct Witness {
    /// Who it is about.
    pub contact: Contact,
    /// How it reached the council.
    pub source: Source,
    /// Whether the person typed it into the council's own form.
    pub is_of_our_form: bool,
    /// Whether it asks for the newsletter.
    pub asks_for_newsletter: bool,
    /// When it was collected.
    pub collected_at: DateTime<Utc>,
}

impl Records {
    /// A subject's records as witnesses, in pages.
    #[must_use]
    pub fn witnesses(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Pages<Witness> {
        self.0
            .live(
                "read whose records they are",
                subject.as_str(),
                keys::RECORD,
                now,
                |item| witness(&item),
            )
            .showing(&READ)
    }

    /// How many records are stored under a key.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be counted.
    pub async fn count(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let pages = self
            .0
            .live("count records", subject.as_str(), keys::RECORD, now, |_| {
                Some(())
            });
        let (mut pages, mut records) = (pages.showing(&[keys::EXPIRES_AT]), 0);
        while let Some(page) = pages.next().await? {
            records += u64::try_from(page.len()).unwrap_or(u64::MAX);
        }
        Ok(records)
    }
}

fn witness(item: &Item) -> Option<Witness> {
    Some(Witness {
        contact: part(item, CONTACT)?,
        source: Source::named(text(item, "source")?)?,
        is_of_our_form: !item.contains_key("source_id"),
        asks_for_newsletter: flag(item, "newsletter"),
        collected_at: text(item, "collected_at")?.parse().ok()?,
    })
}
