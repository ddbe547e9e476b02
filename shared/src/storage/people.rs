//! Finding a person whole: from identifiers to the holders whose records are theirs.

use super::records::Records;
use super::table::Pages;
use super::{Item, StorageError, keys};
use crate::domain::identifier::{Identifier, Kind};
use crate::domain::order::BadOrder;
use crate::domain::record::{Contact, Holder};
use crate::domain::reference::Reference;
use crate::domain::subject::{SubjectKey, SubjectKeys};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// How many links are shown for one identifier, and how many further identifiers are looked up: more is no household.
const SHOWN: usize = 100;
/// How many links are followed unasked: as many as one order can confirm.
const FOLLOWED: usize = 10;
/// The attribute of a record that says who it is about.
const CONTACT: &str = "contact";

/// Finds people.
#[derive(Clone, Debug)]
pub struct People {
    /// Makes subject keys of identifiers.
    pub keys: SubjectKeys,
    /// Where links lie.
    pub records: Records,
}

/// Which links are followed. A household can share a telephone, so a link is a question to the DPO, not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Those that the DPO confirmed, and those that are the only one of their identifier: for a package, which the
    /// DPO sees before anybody else does.
    Unambiguous,
    /// Those that the DPO confirmed: for what cannot be undone.
    Confirmed,
}

/// Whose data an order is about.
#[derive(Clone, Debug)]
pub struct Found {
    /// The holders, in a stable order.
    pub holders: Vec<Holder>,
    /// Who is linked to what was given.
    pub linked: Vec<Linked>,
    /// What identifies the person: what was given, and what was followed.
    pub identifiers: Vec<Identifier>,
    /// What their records name beside, that leads to nobody else; it is not known to be theirs alone.
    pub named: Vec<Identifier>,
}

/// Somebody who once gave one of these identifiers beside their own, or another identifier that the person gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The link's name, for confirming it.
    pub link: String,
    /// The kind of identifier that leads there, or that it is.
    pub through: Kind,
    /// Their own identifier, masked.
    pub person: String,
    /// Whether it was followed.
    pub followed: bool,
    /// Whether the DPO confirmed it.
    pub confirmed: bool,
}

/// Somebody who is looked up: an identifier, under every version of the keys.
#[derive(Debug)]
struct Known {
    /// What kind of identifier it is, if that is known.
    kind: Option<Kind>,
    keys: Vec<SubjectKey>,
}

/// A search under way.
struct Search<'a> {
    people: &'a People,
    confirmed: &'a [String],
    follow: Follow,
    now: DateTime<Utc>,
    found: Vec<SubjectKey>,
    linked: Vec<Linked>,
    identifiers: Vec<Identifier>,
    named: Vec<Identifier>,
    /// Who was found, and is still to be looked up.
    waiting: VecDeque<Known>,
}

impl People {
    /// Resolves identifiers to holders: those whom links lead to, and the further identifiers that their records name.
    ///
    /// # Errors
    /// [`StorageError`] if the links or the records cannot be read.
    pub async fn find(
        &self,
        identifiers: &[Identifier],
        confirmed: &[String],
        follow: Follow,
        now: DateTime<Utc>,
    ) -> Result<Found, StorageError> {
        let waiting: VecDeque<Known> = identifiers.iter().map(|identifier| self.known(identifier)).collect();
        let found = waiting.iter().flat_map(|known| known.keys.clone()).collect();
        let (linked, named, identifiers) = (Vec::new(), Vec::new(), identifiers.to_vec());
        let mut search = Search { people: self, confirmed, follow, now, found, linked, identifiers, named, waiting };
        while let Some(known) = search.waiting.pop_front() {
            search.along_links(&known).await?;
            search.along_records(&known).await?;
        }
        let Search { found, linked, mut identifiers, mut named, .. } = search;
        let given = identifiers.iter().filter_map(anonymous);
        let mut holders: Vec<Holder> = found.into_iter().map(Holder::Subject).chain(given).collect();
        holders.sort();
        holders.dedup();
        identifiers.sort();
        identifiers.dedup();
        named.retain(|one| !identifiers.contains(one));
        named.sort();
        named.dedup();
        Ok(Found { holders, linked, identifiers, named })
    }

    /// Refuses links that were confirmed and are not there: a name that is mistyped must not end in a certificate.
    ///
    /// # Errors
    /// [`BadOrder`], which does not repeat them.
    pub fn must_know(confirmed: &[String], found: &Found) -> Result<(), BadOrder> {
        let is_known = |link: &String| {
            let of_holder = found.holders.iter().filter_map(Holder::subject).any(|subject| name(subject) == *link);
            of_holder || found.linked.iter().any(|linked| linked.link == *link)
        };
        if confirmed.iter().all(is_known) {
            Ok(())
        } else {
            Err(BadOrder::new("confirmed_links", "names a link that is not there"))
        }
    }

    fn known(&self, identifier: &Identifier) -> Known {
        Known { kind: Some(identifier.kind()), keys: self.keys.keys(identifier).collect() }
    }

    /// The subjects that keys lead to.
    async fn led_to(&self, from: &[SubjectKey], now: DateTime<Utc>) -> Result<Vec<SubjectKey>, StorageError> {
        let mut subjects = Vec::new();
        for from in from {
            let mut pages = self.records.links(from, now);
            while let Some(page) = pages.next().await? {
                subjects.extend(page.into_iter().map(|link| link.to));
                if subjects.len() >= SHOWN {
                    break;
                }
            }
        }
        subjects.sort();
        subjects.dedup();
        subjects.truncate(SHOWN);
        Ok(subjects)
    }

    /// Who a subject's records are about, in pages; nothing else of them is read.
    fn contacts(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Pages<Contact> {
        let read = |item: &Item| match item.get(CONTACT) {
            Some(contact) => serde_dynamo::from_attribute_value(contact.clone()).ok(),
            None => Some(Contact::default()),
        };
        self.records.0.live("read who records are about", subject.as_str(), keys::RECORD, now, read).only(CONTACT)
    }

    /// The identifier that a subject's records are kept under.
    ///
    /// # Errors
    /// [`StorageError`] if the records cannot be read.
    pub async fn own(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Result<Option<Identifier>, StorageError> {
        let mut pages = self.contacts(subject, now);
        while let Some(page) = pages.next().await? {
            if let Some(own) = page.iter().find_map(|contact| contact.identifiers().into_iter().next()) {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    /// Whether any of these has a record.
    async fn hold(&self, subjects: &[SubjectKey], now: DateTime<Utc>) -> Result<bool, StorageError> {
        for subject in subjects {
            let mut pages = self.contacts(subject, now);
            while let Some(page) = pages.next().await? {
                if !page.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The identifiers that somebody's records name beside the one that they are kept under.
    async fn named_beside(&self, known: &Known, now: DateTime<Utc>) -> Result<Vec<Identifier>, StorageError> {
        let parts = [(Kind::Email, "email"), (Kind::Phone, "phone"), (Kind::Reference, "reference")];
        let others = parts.into_iter().filter(|(kind, _)| Some(*kind) != known.kind);
        let others: Vec<&str> = others.map(|(_, part)| part).collect();
        let (mut named, mut read) = (Vec::new(), Vec::new());
        for subject in &known.keys {
            let mut pages = self.contacts(subject, now).having(CONTACT, &others);
            while let Some(page) = pages.next().await? {
                // Most people write the same thing every time; making an identifier of it takes longer than comparing.
                for contact in page {
                    if named.len() < SHOWN && !read.contains(&contact) {
                        named.extend(contact.identifiers().into_iter().filter(|one| Some(one.kind()) != known.kind));
                        named.sort();
                        named.dedup();
                        read.push(contact);
                        read.drain(..read.len().saturating_sub(SHOWN));
                    }
                }
            }
        }
        Ok(named)
    }
}

impl Search<'_> {
    /// Looks at whom links lead to. A person may have been kept under several versions of the keys.
    async fn along_links(&mut self, known: &Known) -> Result<(), StorageError> {
        let mut led_to: Vec<(Option<Identifier>, Vec<SubjectKey>)> = Vec::new();
        for to in self.people.led_to(&known.keys, self.now).await? {
            let own = self.people.own(&to, self.now).await?;
            match led_to.iter_mut().find(|(other, _)| own.is_some() && *other == own) {
                Some((_, keys)) => keys.push(to),
                None => led_to.push((own, vec![to])),
            }
        }
        let only = led_to.len() == 1;
        for (own, keys) in led_to {
            let Some(first) = keys.first().filter(|first| !self.found.contains(first)) else { continue };
            let own_kind = own.as_ref().map(Identifier::kind);
            let through = known.kind.or(own_kind).unwrap_or(Kind::Reference);
            let person = own.as_ref().map_or_else(|| "nobody with a record".to_owned(), Identifier::masked);
            let link = name(first);
            let every = own.as_ref().map_or_else(Vec::new, |own| self.people.keys.keys(own).collect());
            let to = Known { kind: own_kind, keys: keys.into_iter().chain(every).collect() };
            if self.show(link, through, person, to, only) {
                self.identifiers.extend(own);
            }
        }
        Ok(())
    }

    /// Looks at the further identifiers that records name. One that leads to somebody else too is a question.
    async fn along_records(&mut self, known: &Known) -> Result<(), StorageError> {
        for identifier in self.people.named_beside(known, self.now).await? {
            let further = self.people.known(&identifier);
            if further.keys.iter().any(|key| self.found.contains(key)) {
                continue;
            }
            let mut others = self.people.led_to(&further.keys, self.now).await?;
            others.retain(|other| !self.found.contains(other));
            if others.is_empty() && !self.people.hold(&further.keys, self.now).await? {
                self.named.push(identifier);
                continue;
            }
            let link = further.keys.first().map(name).unwrap_or_default();
            if self.show(link, identifier.kind(), identifier.masked(), further, others.is_empty()) {
                self.identifiers.push(identifier);
            }
        }
        Ok(())
    }

    /// Shows who is linked, and follows if that is what the order wants; gives whether it does.
    fn show(&mut self, link: String, through: Kind, person: String, to: Known, only: bool) -> bool {
        let confirmed = to.keys.iter().any(|key| self.confirmed.contains(&name(key)));
        let asked = self.linked.iter().filter(|link| link.followed && !link.confirmed).count();
        let followed = confirmed || (self.follow == Follow::Unambiguous && only && asked < FOLLOWED);
        if followed {
            self.linked.retain(|other| other.link != link);
        }
        if self.linked.iter().all(|other| other.link != link) {
            self.linked.push(Linked { link, through, person, followed, confirmed });
        }
        if followed {
            let new = to.keys.iter().filter(|key| !self.found.contains(key)).cloned();
            let new: Vec<SubjectKey> = new.collect();
            self.found.extend(new);
            self.waiting.push_back(to);
        }
        followed
    }
}

/// A reference that a person was given leads to their one anonymous answer.
fn anonymous(identifier: &Identifier) -> Option<Holder> {
    let quoted = (identifier.kind() == Kind::Reference).then(|| identifier.canonical().to_owned())?;
    Reference::try_from(quoted).ok().map(Holder::Anonymous)
}

/// A link's name: tells links apart, and leads nowhere by itself.
fn name(to: &SubjectKey) -> String {
    hex::encode(&Sha256::digest(to.as_str())[..6])
}
