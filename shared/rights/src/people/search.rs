//! A search for a person. In each round, it looks up whom the links and records of everybody found
//! so far lead to.

use super::linked::{Linked, name};
use super::matched::{Asserted, Mailboxes};
use super::witness::{AT_ONCE, Evidence};
use super::{Follow, Found, Known, People};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::Holder;
use custodian_domain::rights::decision::Decisions;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{HashMap, HashSet};

/// How many links are followed without the DPO's decision: more is not a household.
const FOLLOWED: usize = 10;

/// A search in progress.
pub(super) struct Search<'a> {
    people: &'a People,
    decisions: &'a Decisions,
    follow: Follow,
    now: DateTime<Utc>,
    found: HashSet<SubjectKey>,
    identifiers: Vec<Identifier>,
    named: Vec<Identifier>,
    asserted: Asserted,
    mailboxes: Mailboxes,
    candidates: Vec<Candidate>,
    /// The candidate of each key.
    places: HashMap<SubjectKey, usize>,
    /// Who was found, and still has to be looked up.
    waiting: Vec<Known>,
}

/// Somebody who may be the same person.
struct Candidate {
    to: Known,
    through: IdentifierKind,
    evidence: Evidence,
    records: u64,
    /// Whether nobody else is linked to the shared identifier by more than claims.
    is_only: bool,
    followed: bool,
}

/// An identifier that somebody's records name, and where it leads.
struct Further {
    identifier: Identifier,
    to: Known,
    evidence: Evidence,
    /// How many records are stored under it.
    records: u64,
    /// Whom else links lead to from it.
    others: Vec<SubjectKey>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        people: &'a People,
        identifiers: &[Identifier],
        decisions: &'a Decisions,
        follow: Follow,
        now: DateTime<Utc>,
    ) -> Self {
        let waiting: Vec<Known> = identifiers
            .iter()
            .map(|identifier| people.known(identifier))
            .collect();
        Self {
            people,
            decisions,
            follow,
            now,
            found: waiting
                .iter()
                .flat_map(|known| known.keys.clone())
                .collect(),
            identifiers: identifiers.to_vec(),
            named: Vec::new(),
            asserted: Asserted::default(),
            mailboxes: Mailboxes::default(),
            candidates: Vec::new(),
            places: HashMap::new(),
            waiting,
        }
    }

    /// Continues until nobody new is found.
    pub(super) async fn run(&mut self) -> Result<(), StorageError> {
        while !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            self.mailboxes
                .look_up(self.people, &waiting, self.now)
                .await?;
            for known in waiting {
                self.along_links(&known).await?;
                self.along_records(&known).await?;
            }
            self.follow();
        }
        Ok(())
    }

    /// The result.
    pub(super) fn end(mut self) -> Result<Found, StorageError> {
        self.identifiers.sort();
        self.identifiers.dedup();
        let matched = self.asserted.list(&self.identifiers, &self.mailboxes);
        let linked = self
            .candidates
            .into_iter()
            .map(|candidate| linked(candidate, self.decisions));
        let mut linked = linked.collect::<Result<Vec<Linked>, _>>()?;
        linked.sort_by_cached_key(Linked::rank);
        let holders = self.found.into_iter().map(Holder::Subject).collect();
        Ok(Found {
            holders,
            linked,
            identifiers: self.identifiers,
            matched,
            named: self.named,
        })
    }

    /// Looks up whom links lead to.
    async fn along_links(&mut self, known: &Known) -> Result<(), StorageError> {
        let mut to = self.people.led_to(&known.keys, self.now).await?;
        let before = to.len();
        to.retain(|to| !self.found.contains(to));
        // The identifiers that were given or found are linked by more than a claim: the DPO says
        // so.
        let is_shared = to.len() < before;
        let owners = self
            .people
            .owners(known, to, &self.mailboxes, self.now)
            .await?;
        let proven = owners
            .iter()
            .filter(|owner| owner.evidence.strongest().is_more_than_a_claim())
            .count();
        for owner in owners {
            if let Some(identifier) = &known.identifier {
                self.asserted
                    .add(identifier, owner.evidence.named_by.iter().copied());
            }
            // The current version of the key first: a link has the same name in whichever way it is
            // found.
            let mut keys = owner
                .identifier
                .as_ref()
                .map_or_else(Vec::new, |identifier| self.people.known(identifier).keys);
            keys.extend(owner.keys);
            let kind = owner.identifier.as_ref().map(Identifier::kind);
            self.show(Candidate {
                is_only: proven == 1
                    && !is_shared
                    && owner.evidence.strongest().is_more_than_a_claim(),
                through: known.kind().or(kind).unwrap_or(IdentifierKind::Reference),
                to: Known {
                    identifier: owner.identifier,
                    keys: distinct(keys),
                },
                evidence: owner.evidence,
                records: owner.records,
                followed: false,
            });
        }
        Ok(())
    }

    /// Looks up the further identifiers that records name. One that leads to somebody else too is a
    /// question for the DPO.
    async fn along_records(&mut self, known: &Known) -> Result<(), StorageError> {
        let named = self
            .people
            .named_beside(known, &self.mailboxes, &mut self.asserted, self.now)
            .await?;
        let named = named
            .into_iter()
            .map(|(identifier, evidence)| (self.people.known(&identifier), identifier, evidence));
        let named: Vec<_> = named
            .filter(|(to, ..)| !to.keys.iter().any(|key| self.found.contains(key)))
            .collect();
        let (people, found, now) = (self.people, &self.found, self.now);
        let further = stream::iter(named).map(|(to, identifier, evidence)| {
            further(people, found, to, identifier, evidence, now)
        });
        let further: Vec<Further> = further.buffered(AT_ONCE).try_collect().await?;
        for Further {
            identifier,
            to,
            evidence,
            records,
            others,
        } in further
        {
            if others.is_empty() && records == 0 {
                self.named.push(identifier);
                continue;
            }
            let is_proven = evidence.strongest().is_more_than_a_claim();
            let may_follow = self.follow == Follow::Unambiguous && is_proven;
            let is_only = may_follow && !self.leads_to_others(&to, others).await?;
            self.show(Candidate {
                through: identifier.kind(),
                to,
                evidence,
                records,
                is_only,
                followed: false,
            });
        }
        Ok(())
    }

    /// Whether more than a claim links one of these to it.
    async fn leads_to_others(
        &self,
        known: &Known,
        others: Vec<SubjectKey>,
    ) -> Result<bool, StorageError> {
        let owners = self
            .people
            .owners(known, others, &self.mailboxes, self.now)
            .await?;
        Ok(owners
            .iter()
            .any(|owner| owner.evidence.strongest().is_more_than_a_claim()))
    }

    /// Adds a candidate, or adds to what is known of one.
    fn show(&mut self, candidate: Candidate) {
        let place = candidate
            .to
            .keys
            .iter()
            .find_map(|key| self.places.get(key))
            .copied();
        if let Some(known) = place.and_then(|place| self.candidates.get_mut(place)) {
            known.evidence.merge(candidate.evidence);
            known.is_only |= candidate.is_only;
            known.records = known.records.max(candidate.records);
            known.to.keys.extend(candidate.to.keys);
            known.to.keys = distinct(std::mem::take(&mut known.to.keys));
        } else {
            self.candidates.push(candidate);
        }
        let place = place.unwrap_or(self.candidates.len() - 1);
        let keys = self
            .candidates
            .get(place)
            .into_iter()
            .flat_map(|candidate| &candidate.to.keys);
        self.places.extend(keys.map(|key| (key.clone(), place)));
    }

    /// Follows what the DPO confirmed, and what the order allows without a decision.
    fn follow(&mut self) {
        let is_unasked = |candidate: &&Candidate| {
            candidate.followed && !self.decisions.confirm(&names(&candidate.to.keys))
        };
        let mut unasked = self.candidates.iter().filter(is_unasked).count();
        for candidate in self
            .candidates
            .iter_mut()
            .filter(|candidate| !candidate.followed)
        {
            let names = names(&candidate.to.keys);
            let is_confirmed = self.decisions.confirm(&names);
            let may_follow =
                self.follow == Follow::Unambiguous && candidate.is_only && unasked < FOLLOWED;
            let is_refused = self
                .decisions
                .refuse(&names, candidate.evidence.strongest());
            if is_confirmed || (may_follow && !is_refused) {
                unasked += usize::from(!is_confirmed);
                candidate.followed = true;
                self.found.extend(candidate.to.keys.iter().cloned());
                self.identifiers.extend(candidate.to.identifier.clone());
                self.waiting.push(candidate.to.clone());
            }
        }
    }
}

impl People {
    /// The subjects that links lead to from these keys.
    async fn led_to(
        &self,
        from: &[SubjectKey],
        now: DateTime<Utc>,
    ) -> Result<Vec<SubjectKey>, StorageError> {
        let mut subjects = Vec::new();
        for from in from {
            let mut pages = self.records.links(from, now);
            while let Some(page) = pages.next().await? {
                subjects.extend(page.into_iter().map(|link| link.to));
            }
        }
        subjects.sort();
        subjects.dedup();
        Ok(subjects)
    }
}

async fn further(
    people: &People,
    found: &HashSet<SubjectKey>,
    to: Known,
    identifier: Identifier,
    evidence: Evidence,
    now: DateTime<Utc>,
) -> Result<Further, StorageError> {
    let mut others = people.led_to(&to.keys, now).await?;
    others.retain(|other| !found.contains(other));
    let records = people.count(&to.keys, now).await?;
    Ok(Further {
        identifier,
        to,
        evidence,
        records,
        others,
    })
}

/// Each once, in their order.
fn distinct(keys: Vec<SubjectKey>) -> Vec<SubjectKey> {
    let mut seen = HashSet::new();
    keys.into_iter()
        .filter(|key| seen.insert(key.clone()))
        .collect()
}

fn names(keys: &[SubjectKey]) -> Vec<String> {
    keys.iter().map(name).collect()
}

fn linked(candidate: Candidate, decisions: &Decisions) -> Result<Linked, StorageError> {
    let names = names(&candidate.to.keys);
    let link = names.first().cloned();
    let whose = candidate.to.identifier.as_ref();
    let assertion = candidate.evidence.strongest();
    let Evidence {
        asserted_by,
        named_by: _,
        sources,
        from,
        to,
    } = candidate.evidence;
    Ok(Linked {
        link: link.ok_or(StorageError::unreadable("name a link"))?,
        through: candidate.through,
        person: whose.map_or_else(|| "nobody with a record".to_owned(), Identifier::masked),
        asserted_by,
        sources,
        from,
        to,
        records: candidate.records,
        followed: candidate.followed,
        confirmed: decisions.confirm(&names),
        refused: decisions.refuse(&names, assertion),
        assertion,
        names,
    })
}
