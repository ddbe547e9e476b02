//! Finding a person whole: from identifiers to the holders whose records are theirs.

use super::StorageError;
use super::records::Records;
use crate::domain::identifier::{Identifier, Kind};
use crate::domain::order::BadOrder;
use crate::domain::record::Holder;
use crate::domain::reference::Reference;
use crate::domain::subject::{SubjectKey, SubjectKeys};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many links are shown for one identifier: more than that is no household.
const SHOWN: usize = 100;

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
}

/// Somebody who once gave one of these identifiers beside their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The link's name, for confirming it.
    pub link: String,
    /// The kind of identifier that leads there.
    pub through: Kind,
    /// Their own identifier, masked.
    pub person: String,
    /// Whether it was followed.
    pub followed: bool,
    /// Whether the DPO confirmed it.
    pub confirmed: bool,
}

impl People {
    /// Resolves identifiers to holders.
    ///
    /// # Errors
    /// [`StorageError`] if the links cannot be read.
    pub async fn find(
        &self,
        identifiers: &[Identifier],
        confirmed: &[String],
        follow: Follow,
        now: DateTime<Utc>,
    ) -> Result<Found, StorageError> {
        let given: Vec<SubjectKey> = identifiers.iter().flat_map(|one| self.keys.keys(one)).collect();
        let mut holders: Vec<Holder> = given.iter().cloned().map(Holder::Subject).collect();
        holders.extend(identifiers.iter().filter_map(anonymous));
        let mut linked: Vec<Linked> = Vec::new();
        for identifier in identifiers {
            let led_to = self.led_to(identifier, now).await?;
            for to in led_to.iter().filter(|to| !given.contains(to)) {
                let link = name(to);
                let is_confirmed = confirmed.contains(&link);
                let followed = is_confirmed || (follow == Follow::Unambiguous && led_to.len() == 1);
                if followed {
                    holders.push(Holder::Subject(to.clone()));
                }
                let person = self.masked(to, now).await?;
                linked.push(Linked { link, through: identifier.kind(), person, followed, confirmed: is_confirmed });
            }
        }
        holders.sort();
        holders.dedup();
        Ok(Found { holders, linked })
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

    /// The subjects that an identifier leads to, under any version of the keys.
    async fn led_to(&self, identifier: &Identifier, now: DateTime<Utc>) -> Result<Vec<SubjectKey>, StorageError> {
        let mut subjects = Vec::new();
        for from in self.keys.keys(identifier) {
            let mut pages = self.records.links(&from, now);
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

    /// What a subject can be recognised by.
    async fn masked(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Result<String, StorageError> {
        let mut pages = self.records.about(&Holder::Subject(subject.clone()), now);
        while let Some(page) = pages.next().await? {
            if let Some(identifier) =
                page.iter().find_map(|record| record.details.contact.identifiers().into_iter().next())
            {
                return Ok(identifier.masked());
            }
        }
        Ok("nobody with a record".to_owned())
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
