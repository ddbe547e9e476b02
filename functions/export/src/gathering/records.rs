//! What is found out about all records before any of them is read whole.

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::Holder;
use custodian_domain::record::processor_copy::{self, Processor};
use custodian_store::Key;
use custodian_store::records::Records;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

/// The position of a record, in the order of the package: the latest first. It is small, because
/// there may be many.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    collected_at: Reverse<DateTime<Utc>>,
    holder: usize,
    sort: Box<str>,
}

impl Position {
    /// The record's key, if its holder is among these.
    pub fn key(&self, holders: &[Holder]) -> Option<Key> {
        Some(Key::under(holders.get(self.holder)?, &*self.sort))
    }
}

/// Whom a record names as the person, without the name: each spelling of an identifier counts.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct NamedContact {
    email: Option<String>,
    phone: Option<String>,
    reference: Option<String>,
}

impl NamedContact {
    /// The identifiers in it.
    pub(super) fn identifiers(&self) -> Vec<Identifier> {
        let contact = Contact {
            name: None,
            email: self.email.clone(),
            phone: self.phone.clone(),
            reference: self.reference.clone(),
        };
        contact.identifiers()
    }
}

/// What is found out about all records before any of them is read whole.
#[derive(Default)]
pub(super) struct Overview {
    pub(super) records: Vec<Position>,
    /// For each processor, how many records it is known to hold something of, and until when it
    /// holds the last of them, if it deletes its copy by itself.
    pub(super) copies: BTreeMap<Processor, (u64, Option<DateTime<Utc>>)>,
    /// Whom the records name as the person, each spelling once.
    pub(super) contacts: HashSet<NamedContact>,
}

impl Overview {
    /// Reads when every record was collected, and who else holds it. For a hundred thousand records
    /// that is some megabytes.
    pub(super) async fn read(
        table: &Records,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Self, StorageError> {
        let mut overview = Self::default();
        for (number, holder) in holders.iter().enumerate() {
            let mut pages = table.outlines(holder, now);
            while let Some(page) = pages.next().await? {
                for outline in page {
                    let copies = processor_copy::copies(
                        outline.source,
                        &outline.custody,
                        outline.newsletter,
                        now,
                    );
                    for (processor, until) in copies {
                        let (records, last) = overview.copies.entry(processor).or_default();
                        (*records, *last) = (*records + 1, (*last).max(until));
                    }
                    let Contact {
                        name: _,
                        email,
                        phone,
                        reference,
                    } = outline.contact;
                    overview.contacts.insert(NamedContact {
                        email,
                        phone,
                        reference,
                    });
                    let (collected_at, sort) =
                        (Reverse(outline.collected_at), outline.sort.into_boxed_str());
                    overview.records.push(Position {
                        collected_at,
                        holder: number,
                        sort,
                    });
                }
            }
        }
        Ok(overview)
    }
}
