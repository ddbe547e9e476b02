//! Gathers what is held about a person, by the list that an erasure counts by too.

pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod records;
pub(crate) mod register;

use crate::sections::{Counted, Item, Section};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::Files;
use custodian_domain::record::facts::Value;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::RequestId;
use custodian_rights::people::Found;
use custodian_store::confirmations::Confirmations;
use custodian_store::records::Records;
use links::LinkGatherer;
use lists::ListGatherer;
use records::{Overview, Position};
use register::RegisterGatherer;
use std::mem::take;

/// Looks everywhere for what is held about a person.
#[derive(Debug)]
pub(crate) struct Gatherer {
    pub(crate) records: Records,
    pub(crate) confirmations: Confirmations,
    pub(crate) files: Files,
    pub(crate) lists: ListGatherer,
    pub(crate) links: LinkGatherer,
    pub(crate) register: RegisterGatherer,
}

/// What is held about a person, without the contents of records and of rows in quarantine.
pub struct Gathered {
    /// The positions of the records, the latest first.
    pub records: Vec<Position>,
    /// One of each kind of thing, in their order.
    pub sections: Vec<Section>,
    /// How many links were not followed, and that nobody has decided on.
    pub not_followed: u64,
    /// The earliest end of a thing that ends before a package would.
    pub earliest_end: Option<DateTime<Utc>>,
}

impl Gathered {
    /// How many there are of each kind of thing.
    pub fn counted(&self) -> Counted {
        let held = self
            .sections
            .iter()
            .map(|section| (section.holding.as_str().to_owned(), section.count));
        Counted {
            held: held.collect(),
            not_followed: self.not_followed,
        }
    }

    /// How many there are of this kind.
    pub fn count(&self, holding: Holding) -> u64 {
        self.sections
            .iter()
            .filter(|section| section.holding == holding)
            .map(|section| section.count)
            .sum()
    }

    /// Whether everything that may be the person's is known and included.
    pub fn is_whole(&self) -> bool {
        self.not_followed + self.count(Holding::Unreadable) + self.count(Holding::Waiting) == 0
    }
}

/// The things of one kind, and their ends.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Item>,
    pub(crate) ends: Vec<DateTime<Utc>>,
}

impl From<Vec<Item>> for Listed {
    fn from(items: Vec<Item>) -> Self {
        Self {
            items,
            ends: Vec::new(),
        }
    }
}

impl Gatherer {
    /// Looks everywhere for what is held about a person. It only counts records and rows in
    /// quarantine.
    pub(crate) async fn gather(
        &self,
        request: &RequestId,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<Gathered, StorageError> {
        let Overview {
            mut records,
            mut copies,
            contacts,
        } = Overview::read(&self.records, &found.holders, now).await?;
        records.sort_unstable();
        // The emails about a request are on no record.
        for until in self.confirmations.mailed(&found.holders, now).await? {
            let (mails, last) = copies.entry(Processor::Notify).or_default();
            (*mails, *last) = (*mails + 1, (*last).max(Some(until)));
        }
        let holders = &found.holders;
        // None depends on another, so this waits for the slowest and not for all.
        let (mentioned, mut opt_outs, mut profiles, mut confirmed, mut links) = tokio::try_join!(
            self.files.mentions(&found.identifiers, now),
            self.lists.opt_outs(found, now),
            self.lists.profiles(holders, now),
            self.lists.confirmed(holders, now),
            self.links.to(found, &contacts, now),
        )?;
        let (mut looks, mut asked, mut requests, mut constraints, mut suppressions, mut packages) =
            tokio::try_join!(
                self.register.looks(holders, now),
                self.register.asked(holders, now),
                self.register.requests(holders, now),
                self.register.constraints(holders, now),
                self.register.suppressions(holders, now),
                self.register.other_packages(request, holders, now),
            )?;
        let (mut sections, mut ends) = (Vec::new(), Vec::new());
        let mut of = |holding, listed: Listed| {
            ends.extend(listed.ends);
            Section::of(holding, listed.items)
        };
        for holding in Holding::ALL {
            sections.push(match holding {
                Holding::Records => Section::counted(holding, count(records.len())),
                Holding::OptOuts => of(holding, take(&mut opt_outs)),
                Holding::Profiles => of(holding, take(&mut profiles)),
                Holding::Confirmations => of(holding, take(&mut confirmed)),
                Holding::Looks => of(holding, take(&mut looks)),
                Holding::Asked => of(holding, take(&mut asked)),
                Holding::Links => of(holding, take(&mut links)),
                Holding::Requests => of(holding, take(&mut requests)),
                Holding::Constraints => of(holding, take(&mut constraints)),
                Holding::Suppressions => of(holding, take(&mut suppressions)),
                Holding::Packages => of(holding, take(&mut packages)),
                Holding::Quarantine => Section::counted(holding, mentioned.rows),
                Holding::Unreadable => Section::counted(holding, mentioned.unreadable),
                Holding::Waiting => Section::counted(holding, mentioned.waiting),
                Holding::Copies(processor) => copy(processor, copies.get(&processor), now),
            });
        }
        let not_followed = count(
            found
                .linked
                .iter()
                .filter(|link| !link.followed && !link.is_decided())
                .count(),
        );
        let earliest_end = ends.into_iter().filter(|end| *end > now).min();
        Ok(Gathered {
            records,
            sections,
            not_followed,
            earliest_end,
        })
    }
}

/// What a processor is known to hold, and until when.
fn copy(
    processor: Processor,
    known: Option<&(u64, Option<DateTime<Utc>>)>,
    now: DateTime<Utc>,
) -> Section {
    let holding = Holding::Copies(processor);
    let Some((records, until)) = known else {
        return Section::counted(holding, 0);
    };
    let until = until.filter(|until| now < *until);
    let item = Item::default().with(
        "until",
        "It deletes the last log of these by itself on",
        until.map(Value::Time),
    );
    Section {
        holding,
        count: *records,
        items: until.map(|_| item).into_iter().collect(),
    }
}

/// Each once, in order: one person may be stored under several versions of the keys.
pub(crate) fn distinct(items: Vec<Item>) -> Vec<Item> {
    let mut once: Vec<Item> = Vec::new();
    for item in items {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    once
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
