//! How each place counts what it holds of a person, and how it forgets.

use crate::Erase;
use chrono::{DateTime, Utc};
use shared::domain::erasure::Counts;
use shared::domain::ledger::{Cause, ItemKind};
use shared::domain::place::Place;
use shared::domain::record::Holder;
use shared::domain::subject::SubjectKey;
use shared::storage::packages::State;
use shared::storage::records::Doomed;
use shared::storage::{StorageError, keys};
use std::collections::HashSet;

impl Erase {
    /// What a place holds of these holders, by kind.
    pub(crate) async fn held(
        &self,
        place: Place,
        holders: &[Holder],
        approved_at: DateTime<Utc>,
    ) -> Result<Counts, StorageError> {
        match place {
            Place::Records => self.records_held(holders, approved_at).await,
            Place::Exports => self.packages_held(holders).await,
        }
    }

    /// Forgets everything of these holders that was there at `approved_at`; a second time finds nothing to do.
    pub(crate) async fn forget(
        &self,
        place: Place,
        holders: &[Holder],
        approved_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        match place {
            Place::Records => self.forget_records(holders, approved_at).await,
            Place::Exports => self.forget_packages(holders).await,
        }
    }

    async fn records_held(&self, holders: &[Holder], approved_at: DateTime<Utc>) -> Result<Counts, StorageError> {
        let (mut records, mut profiles, mut links) = (0, 0, HashSet::new());
        for holder in holders {
            let mut pages = self.records.lying_under(holder);
            while let Some(page) = pages.next().await? {
                for doomed in page.iter().filter(|doomed| goes(doomed, holders, approved_at)) {
                    match doomed.kind {
                        ItemKind::Record => records += 1,
                        ItemKind::Profile => profiles += 1,
                        ItemKind::Link => drop(links.insert(doomed.key.sort.clone() + &doomed.key.partition)),
                    }
                    links.extend(self.links_to(doomed, holder).map(|link| link.key.sort + &link.key.partition));
                }
            }
        }
        let links = u64::try_from(links.len()).unwrap_or(u64::MAX);
        Ok(Counts::from(
            [("records", records), ("links", links), ("profiles", profiles)].map(|(k, n)| (k.to_owned(), n)),
        ))
    }

    /// Records go with the links that only they know of; what leads here from the identifiers that the DPO gave goes
    /// last, so that a run that breaks off and is ordered anew still finds its way.
    async fn forget_records(&self, holders: &[Holder], approved_at: DateTime<Utc>) -> Result<(), StorageError> {
        for records_first in [true, false] {
            for holder in holders {
                let mut pages = self.records.lying_under(holder);
                while let Some(page) = pages.next().await? {
                    let now = self.clock.now();
                    let going = page.into_iter().filter(|doomed| {
                        goes(doomed, holders, approved_at) && (doomed.kind == ItemKind::Record) == records_first
                    });
                    let going: Vec<Doomed> = going.collect();
                    let lone =
                        |link: &Doomed| !holders.iter().any(|holder| keys::partition(holder) == link.key.partition);
                    let mut doomed: Vec<Doomed> =
                        going.iter().flat_map(|record| self.links_to(record, holder)).filter(lone).collect();
                    doomed.sort_by(|a, b| a.key.partition.cmp(&b.key.partition));
                    doomed.dedup_by(|a, b| a.key == b.key);
                    doomed.extend(going);
                    self.records.forget(doomed, &self.ledger, Cause::Erasure, now).await?;
                }
            }
        }
        Ok(())
    }

    /// The links that lead to a record's holder from its further identifiers, under every version of the keys.
    fn links_to<'a>(&'a self, record: &'a Doomed, holder: &'a Holder) -> impl Iterator<Item = Doomed> + 'a {
        let further = record.contact.identifiers().into_iter().skip(1);
        let from = further.flat_map(|identifier| self.people.keys.keys(&identifier).collect::<Vec<SubjectKey>>());
        from.filter_map(move |from| {
            let key = keys::link(&from, holder.subject()?);
            Some(Doomed { key, kind: ItemKind::Link, source: None, ..record.clone() })
        })
    }

    async fn packages_held(&self, holders: &[Holder]) -> Result<Counts, StorageError> {
        let mut requests = HashSet::new();
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(page) = pages.next().await? {
                requests.extend(page);
            }
        }
        Ok(Counts::from([("packages".to_owned(), u64::try_from(requests.len()).unwrap_or(u64::MAX))]))
    }

    /// Objects first, then what the Register says of them: what is said to be gone is gone.
    async fn forget_packages(&self, holders: &[Holder]) -> Result<(), StorageError> {
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(requests) = pages.next().await? {
                for request in requests {
                    self.exports.discard(&request).await?;
                    let now = self.clock.now();
                    if let Some(package) = self.packages.find(&request, now).await? {
                        self.packages.close(&request, &package, State::Erased, now).await?;
                    }
                    self.packages.drop_entry(&keys::package_of(holder, &request)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Whether an erasure covers something: records up to the approval, links to whom it is about, and their profile.
/// What the person tells the council after that is a new matter.
fn goes(doomed: &Doomed, holders: &[Holder], approved_at: DateTime<Utc>) -> bool {
    match doomed.kind {
        ItemKind::Record => doomed.collected_at.is_none_or(|collected_at| collected_at <= approved_at),
        ItemKind::Profile => true,
        ItemKind::Link => keys::link_target(&doomed.key.sort)
            .is_some_and(|to| holders.iter().any(|holder| holder.subject() == Some(&to))),
    }
}
