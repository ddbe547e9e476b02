//! Gathers what is held about a person, by the list that an erasure counts by too.

use crate::Export;
use crate::held::{Counted, Item, Section};
use crate::order::PackageOrder;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::Holder;
use custodian_domain::record::facts::Value;
use custodian_domain::record::processor_copy::{self, Processor};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::RequestId;
use custodian_rights::people::Found;
use custodian_store::Key;
use custodian_store::packages::State;
use custodian_store::records::Link;
use custodian_store::requests::Stage;
use futures_util::stream::{self, StreamExt};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::mem::take;
use std::pin::pin;

/// How many partitions are read at once for links.
const AT_ONCE: usize = 16;

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

/// What is found out about all records before any of them is read whole.
#[derive(Default)]
struct Overview {
    records: Vec<Position>,
    /// For each processor, how many records it is known to hold something of, and until when it
    /// holds the last of them, if it deletes its copy by itself.
    copies: BTreeMap<Processor, (u64, Option<DateTime<Utc>>)>,
    /// Whom the records name as the person, each spelling once.
    contacts: HashSet<(Option<String>, Option<String>, Option<String>)>,
}

impl Export {
    /// Looks everywhere for what is held about a person. It only counts records and rows in
    /// quarantine.
    pub(crate) async fn gather(
        &self,
        order: &PackageOrder,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<Gathered, StorageError> {
        let Overview {
            mut records,
            mut copies,
            contacts,
        } = self.overview(&found.holders, now).await?;
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
            self.opt_outs(found, now),
            self.profiles(holders, now),
            self.confirmed(holders, now),
            self.links(found, &contacts, now),
        )?;
        let (mut requests, mut standing, mut suppressed, mut packages) = tokio::try_join!(
            self.requests(holders, now),
            self.standing(holders, now),
            self.suppressed(holders, now),
            self.other_packages(order, holders, now),
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
                Holding::Links => of(holding, take(&mut links)),
                Holding::Requests => of(holding, take(&mut requests)),
                Holding::Standings => of(holding, take(&mut standing)),
                Holding::Suppressions => of(holding, take(&mut suppressed)),
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

    /// Reads when every record was collected, and who else holds it. For a hundred thousand records
    /// that is some megabytes.
    async fn overview(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Overview, StorageError> {
        let mut overview = Overview::default();
        for (number, holder) in holders.iter().enumerate() {
            let mut pages = self.records.outlines(holder, now);
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
                    overview.contacts.insert((email, phone, reference));
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

    /// Links to the person, from any identifier that was given, or that a record names.
    async fn links(
        &self,
        found: &Found,
        contacts: &HashSet<(Option<String>, Option<String>, Option<String>)>,
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let named = contacts
            .iter()
            .cloned()
            .flat_map(|(email, phone, reference)| {
                Contact {
                    name: None,
                    email,
                    phone,
                    reference,
                }
                .identifiers()
            });
        let identifiers: BTreeSet<Identifier> =
            found.identifiers.iter().cloned().chain(named).collect();
        let own: BTreeMap<SubjectKey, &Identifier> = identifiers
            .iter()
            .flat_map(|identifier| {
                self.people
                    .keys
                    .keys(identifier)
                    .map(move |key| (key, identifier))
            })
            .filter(|(key, _)| {
                found
                    .holders
                    .iter()
                    .any(|holder| holder.subject() == Some(key))
            })
            .collect();
        let from = identifiers
            .iter()
            .flat_map(|from| self.people.keys.keys(from).map(|key| (from.clone(), key)));
        let from: Vec<(Identifier, SubjectKey)> = from.collect();
        // Anybody can write any number beside anybody's address: there may be thousands.
        let mut links = pin!(
            stream::iter(from)
                .map(|(from, key)| self.links_from(from, key, now))
                .buffered(AT_ONCE)
        );
        let (mut items, mut ends, mut told) = (Vec::new(), Vec::new(), HashSet::new());
        while let Some(links) = links.next().await {
            let (from, links) = links?;
            for link in links {
                // A link to somebody else is theirs, and not part of this.
                let Some(to) = own.get(&link.to) else {
                    continue;
                };
                ends.extend(
                    link.retention
                        .and_then(Retention::end)
                        .map(ExpiresAt::instant),
                );
                if told.insert((from.clone(), *to, link.retention)) {
                    let item = Item::default().text("from", "From", from.canonical().to_owned());
                    let item = item.text("to", "To your records under", to.canonical().to_owned());
                    items.push(item.kept(link.retention));
                }
            }
        }
        Ok(Listed { items, ends })
    }

    async fn links_from(
        &self,
        from: Identifier,
        key: SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<(Identifier, Vec<Link>), StorageError> {
        Ok((from, self.records.links(&key, now).all().await?))
    }

    async fn requests(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut open = BTreeSet::new();
        for holder in holders {
            let mut pages = self.requests.open_about(holder, now);
            while let Some(page) = pages.next().await? {
                open.extend(page);
            }
        }
        let mut items = Vec::new();
        for id in open {
            let Some(request) = self.requests.find(&id, now).await? else {
                continue;
            };
            let stage = match request.stage {
                Stage::Planned => "It is planned, and not approved yet",
                Stage::Approved if request.stopped_by.is_some() => {
                    "It was stopped, and what had begun is being ended"
                }
                Stage::Approved => "It is being carried out",
                // A plan that nobody approved in time leaves its pointer a little longer.
                Stage::Closed => continue,
            };
            let item = named(&id).code("request", "What is asked", request.action);
            let item = item.time(
                "since",
                "Since",
                request.approved_at.unwrap_or(request.planned_at),
            );
            items.push(item.text("state", "How far it is", stage));
        }
        Ok(items.into())
    }

    async fn standing(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let standings = self.constraints.of(holders, now).await?.into_iter();
        let item =
            |(id, standing): (RequestId, custodian_domain::rights::constraint::Constraint)| {
                let notice = standing.notice.map(|act| Value::Time(act.at));
                let item = named(&id).code("standing", "What stands", standing.kind);
                item.time("since", "Since", standing.placed.at).with(
                    "told_at",
                    "You were told that it will be lifted",
                    notice,
                )
            };
        Ok(standings.map(item).collect::<Vec<_>>().into())
    }

    async fn suppressed(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for holder in holders {
            let Some(suppression) = self.suppressions.of(holder, now).await? else {
                continue;
            };
            let end = suppression.ends().instant();
            ends.push(end);
            for erased in &suppression.erasures {
                let left = (!erased.except.is_empty()).then_some(Value::YesNo(true));
                let item =
                    Item::default().time("erased_at", "You were erased", erased.approved_at());
                let item = item.with(
                    "something_was_left",
                    "Something was left, as we told you",
                    left,
                );
                items.push(item.time("kept_until", "The digest is kept until", end));
            }
        }
        Ok(Listed {
            items: distinct(items),
            ends,
        })
    }

    /// The packages of other requests, as the Register lists them: nobody here may read what is in
    /// them.
    async fn other_packages(
        &self,
        order: &PackageOrder,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Listed, StorageError> {
        let mut requests = BTreeSet::new();
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(page) = pages.next().await? {
                requests.extend(page.into_iter().filter(|other| *other != order.request));
            }
        }
        let mut packages = self.packages.find_all(requests, now).await?;
        packages.sort_by_key(|(id, package)| (Reverse(package.requested_at), id.clone()));
        let mut items = Vec::new();
        for (id, package) in packages {
            let state = match package.state {
                State::Started => "It is being made, or its making broke off",
                State::Complete => "It is there",
                // A closed package no longer says whose it was.
                State::Expired | State::Erased | State::Withdrawn => continue,
            };
            let until = package.made.as_ref().map_or(
                package.requested_at + custodian_store::packages::DAYS,
                |made| made.expires_at,
            );
            let item = named(&id).code("package", "What it is", package.kind);
            let item = item
                .time("asked_for_at", "Asked for", package.requested_at)
                .text("state", "How far it is", state);
            let handed_over = package.handed_over_at.map(Value::Time);
            items.push(
                item.with("handed_over_at", "Handed over", handed_over)
                    .time("kept_until", "Kept until", until),
            );
        }
        Ok(items.into())
    }
}

fn named(request: &RequestId) -> Item {
    Item::default().text("request_id", "Request", request.as_str().to_owned())
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
