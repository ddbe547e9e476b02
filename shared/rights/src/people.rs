//! Finds everything of a person: from identifiers to the holders of their records.

mod linked;
mod matched;
mod search;
mod witness;

pub use linked::{Linked, Links, PAGE};
pub use matched::Matched;

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::record::Holder;
use custodian_domain::record::reference::Reference;
use custodian_domain::rights::decision::{Decisions, Undecided};
use custodian_domain::validation::violation::Violation;
use custodian_store::confirmations::Confirmations;
use custodian_store::packages::Decided;
use custodian_store::records::Records;
use linked::name;
use search::Search;

/// Finds people.
#[derive(Clone, Debug)]
pub struct People {
    /// Makes subject keys of identifiers.
    pub keys: SubjectKeys,
    /// The table of links.
    pub records: Records,
    /// Which addresses are confirmed.
    pub confirmations: Confirmations,
}

/// Which links are followed. A household can share a telephone, and anybody can type anybody's
/// address into a form, so a link is a question to the DPO, not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Those that the DPO confirmed, and those that are the only link of their identifier that
    /// something stronger than a claim asserts. For a package, which the DPO decides on before
    /// anybody gets it.
    Unambiguous,
    /// Those that the DPO confirmed. For what cannot be undone.
    Confirmed,
}

/// Whose data an order is about.
#[derive(Clone, Debug)]
pub struct Found {
    /// The holders, in a stable order.
    pub holders: Vec<Holder>,
    /// Who is linked to the given identifiers, the best asserted first.
    pub linked: Vec<Linked>,
    /// What identifies the person: the given identifiers, and those that were followed.
    pub identifiers: Vec<Identifier>,
    /// The same, as the DPO sees it.
    pub matched: Vec<Matched>,
    /// Further identifiers in their records that lead to nobody else. They are not known to be
    /// theirs alone.
    pub named: Vec<Identifier>,
}

/// Somebody who is looked up, under every version of the keys.
#[derive(Clone, Debug)]
struct Known {
    /// The identifier to look up; `None` for somebody without a record, whom only a digest names.
    identifier: Option<Identifier>,
    keys: Vec<SubjectKey>,
}

impl Known {
    fn kind(&self) -> Option<IdentifierKind> {
        self.identifier.as_ref().map(Identifier::kind)
    }
}

impl Found {
    /// The links that were followed although nobody confirmed them.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<String> {
        let unconfirmed = self
            .linked
            .iter()
            .filter(|link| link.followed && !link.confirmed);
        unconfirmed.map(|link| link.link.clone()).collect()
    }

    /// The links that were not followed and that nobody has decided on.
    #[must_use]
    pub fn undecided(&self) -> Undecided {
        let undecided = self
            .linked
            .iter()
            .filter(|link| !link.followed && !link.is_decided());
        Undecided::of(undecided.map(|link| (link.link.clone(), link.assertion)))
    }

    /// The decisions in the order for a package of these, if there are any.
    #[must_use]
    pub fn decided(&self, by: &str, at: DateTime<Utc>, decisions: &Decisions) -> Option<Decided> {
        let confirmed = self
            .linked
            .iter()
            .filter(|link| link.confirmed)
            .map(|link| &link.link);
        let refused = self
            .linked
            .iter()
            .filter(|link| link.refused)
            .map(|link| &link.link);
        Decided::ordered(by, at, decisions, confirmed, refused)
    }

    /// The links in an answer.
    #[must_use]
    pub fn links(&self) -> Links<'_> {
        Links::of(&self.linked)
    }
}

impl People {
    /// Resolves identifiers to holders, including those that links lead to, and the further
    /// identifiers that their records name.
    ///
    /// # Errors
    /// [`StorageError`] if the links or the records cannot be read.
    pub async fn find(
        &self,
        identifiers: &[Identifier],
        decisions: &Decisions,
        follow: Follow,
        now: DateTime<Utc>,
    ) -> Result<Found, StorageError> {
        let mut search = Search::new(self, identifiers, decisions, follow, now);
        search.run().await?;
        let mut found = search.end()?;
        found
            .holders
            .extend(found.identifiers.iter().filter_map(anonymous));
        found.holders.sort();
        found.holders.dedup();
        found.named.retain(|one| !found.identifiers.contains(one));
        found.named.sort();
        found.named.dedup();
        Ok(found)
    }

    /// Refuses decisions on links that are not there: a mistyped name must not end in a
    /// certificate.
    ///
    /// # Errors
    /// [`Violation`], which does not repeat them.
    pub fn must_know(decisions: &Decisions, found: &Found) -> Result<(), Violation> {
        let is_linked = |link: &String| {
            found
                .linked
                .iter()
                .any(|linked| linked.names.contains(link))
        };
        let is_holder = |link: &String| {
            found
                .holders
                .iter()
                .filter_map(Holder::subject)
                .any(|subject| name(subject) == *link)
        };
        if !decisions
            .confirmed
            .iter()
            .all(|link| is_linked(link) || is_holder(link))
        {
            return Err(Violation::new(
                "confirmed_links",
                "names a link that is not there",
            ));
        }
        if decisions.refused.iter().all(is_linked) {
            Ok(())
        } else {
            Err(Violation::new(
                "refused_links",
                "names a link that is not there",
            ))
        }
    }

    /// The name of a link to an identifier.
    #[must_use]
    pub fn name_of(&self, identifier: &Identifier) -> String {
        name(&self.keys.key(identifier))
    }

    fn known(&self, identifier: &Identifier) -> Known {
        Known {
            identifier: Some(identifier.clone()),
            keys: self.keys.keys(identifier).collect(),
        }
    }

    /// The identifier under which a subject's records are stored.
    ///
    /// # Errors
    /// [`StorageError`] if the records cannot be read.
    pub async fn own(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Option<Identifier>, StorageError> {
        let mut pages = self.records.witnesses(subject, now);
        while let Some(page) = pages.next().await? {
            if let Some(own) = page
                .iter()
                .find_map(|witness| witness.contact.identifiers().into_iter().next())
            {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }
}

/// A reference that a person was given leads to their one anonymous answer.
fn anonymous(identifier: &Identifier) -> Option<Holder> {
    let quoted = (identifier.kind() == IdentifierKind::Reference)
        .then(|| identifier.canonical().to_owned())?;
    Reference::try_from(quoted).ok().map(Holder::Anonymous)
}
