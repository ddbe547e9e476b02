//! What records say about who belongs together.

use super::matched::{Asserted, Mailboxes};
use super::{Known, People};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::assertion::Assertion;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::source::Source;
use custodian_store::records::Witness;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeSet, HashMap};

/// How many partitions are read at once.
pub(super) const AT_ONCE: usize = 16;
/// How many spellings of contacts are held: most people write the same every time.
const SPELLINGS: usize = 32;

/// Who asserts that two identifiers are one person's, through which sources, and from when to when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) asserted_by: BTreeSet<Assertion>,
    /// Who vouches for the second of the two by itself.
    pub(super) named_by: BTreeSet<Assertion>,
    pub(super) sources: BTreeSet<Source>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
}

/// The records under a key that a link leads to.
pub(super) struct Owner {
    /// The identifier under which the records are stored; `None` if there are none.
    pub(super) identifier: Option<Identifier>,
    /// The keys under which they are stored.
    pub(super) keys: Vec<SubjectKey>,
    /// What those of the records that also name the other identifier say about the link.
    pub(super) evidence: Evidence,
    /// How many records there are.
    pub(super) records: u64,
}

/// How far a record vouches for an identifier that it names. An address is confirmed if its reader
/// has followed the link about the very wish in this record. That says nothing about other records
/// that name the address.
fn vouches_for(witness: &Witness, who: &Identifier, mailboxes: &Mailboxes) -> Assertion {
    let by_its_source = Assertion::of(
        who.kind(),
        witness.source,
        witness.is_of_our_form,
        &witness.contact,
    );
    let was_asked = witness.is_of_our_form && witness.asks_for_newsletter;
    let is_confirmed = was_asked && mailboxes.confirm(who, witness.collected_at);
    if is_confirmed {
        by_its_source.max(Assertion::Confirmed)
    } else {
        by_its_source
    }
}

impl Evidence {
    /// Adds a record that names both. It asserts the link with the weaker of its two assertions.
    fn add(&mut self, witness: &Witness, of_first: Assertion, of_named: Assertion) {
        self.asserted_by.insert(of_first.min(of_named));
        self.named_by.insert(of_named);
        self.sources.insert(witness.source);
        let at = Some(witness.collected_at);
        self.merge(Self {
            from: at,
            to: at,
            ..Self::default()
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.asserted_by.extend(other.asserted_by);
        self.named_by.extend(other.named_by);
        self.sources.extend(other.sources);
        self.from = [self.from, other.from].into_iter().flatten().min();
        self.to = [self.to, other.to].into_iter().flatten().max();
    }

    /// The strongest who asserts it. A link that nobody asserts any longer counts as a claim.
    pub(super) fn strongest(&self) -> Assertion {
        self.asserted_by
            .last()
            .copied()
            .unwrap_or(Assertion::Claimed)
    }
}

/// The identifiers that contacts name, without reading the same spelling again and again.
#[derive(Default)]
struct Spellings(Vec<(Contact, Vec<Identifier>)>);

impl Spellings {
    fn identifiers(&mut self, contact: &Contact) -> &[Identifier] {
        let known = self.0.iter().rposition(|(other, _)| other == contact);
        let place = known.unwrap_or_else(|| {
            self.0.drain(..self.0.len().saturating_sub(SPELLINGS - 1));
            self.0.push((contact.clone(), contact.identifiers()));
            self.0.len() - 1
        });
        &self.0[place].1
    }
}

impl People {
    /// Whom links lead to from somebody, and what their records say about it. One person is one
    /// owner, under however many versions of the keys.
    pub(super) async fn owners(
        &self,
        known: &Known,
        to: Vec<SubjectKey>,
        mailboxes: &Mailboxes,
        now: DateTime<Utc>,
    ) -> Result<Vec<Owner>, StorageError> {
        let read = stream::iter(to)
            .map(|key| self.owner(known, key, mailboxes, now))
            .buffered(AT_ONCE);
        let read: Vec<Owner> = read.try_collect().await?;
        let mut owners: Vec<Owner> = Vec::new();
        let mut places: HashMap<Identifier, usize> = HashMap::new();
        for owner in read {
            let place = owner
                .identifier
                .as_ref()
                .and_then(|identifier| places.get(identifier));
            if let Some(other) = place.and_then(|place| owners.get_mut(*place)) {
                other.merge(owner);
            } else {
                places.extend(
                    owner
                        .identifier
                        .clone()
                        .map(|identifier| (identifier, owners.len())),
                );
                owners.push(owner);
            }
        }
        let owners = stream::iter(owners)
            .map(|owner| self.whole(known, owner, mailboxes, now))
            .buffered(AT_ONCE);
        owners.try_collect().await
    }

    async fn owner(
        &self,
        known: &Known,
        key: SubjectKey,
        mailboxes: &Mailboxes,
        now: DateTime<Utc>,
    ) -> Result<Owner, StorageError> {
        let (mut identifier, mut evidence, mut records) = (None, Evidence::default(), 0);
        let (mut spellings, mut pages) = (Spellings::default(), self.records.witnesses(&key, now));
        while let Some(page) = pages.next().await? {
            for witness in page {
                records += 1;
                let identifiers = spellings.identifiers(&witness.contact);
                let Some(first) = identifiers.first() else {
                    continue;
                };
                let named = identifiers.iter().find(|one| self.is(known, one));
                if let Some(named) = named {
                    let of = |one: &Identifier| vouches_for(&witness, one, mailboxes);
                    evidence.add(&witness, of(first), of(named));
                }
                if identifier.is_none() {
                    identifier = Some(first.clone());
                }
            }
        }
        Ok(Owner {
            identifier,
            keys: vec![key],
            evidence,
            records,
        })
    }

    /// The same owner, including the versions of the keys that no link leads to.
    async fn whole(
        &self,
        known: &Known,
        mut owner: Owner,
        mailboxes: &Mailboxes,
        now: DateTime<Utc>,
    ) -> Result<Owner, StorageError> {
        let every: Vec<SubjectKey> = owner
            .identifier
            .iter()
            .flat_map(|identifier| self.keys.keys(identifier))
            .collect();
        for key in every {
            if !owner.keys.contains(&key) {
                let other = self.owner(known, key, mailboxes, now).await?;
                owner.merge(other);
            }
        }
        Ok(owner)
    }

    fn is(&self, known: &Known, identifier: &Identifier) -> bool {
        match &known.identifier {
            Some(other) => other == identifier,
            None => self
                .keys
                .keys(identifier)
                .any(|key| known.keys.contains(&key)),
        }
    }

    /// How many records are stored under these keys.
    pub(super) async fn count(
        &self,
        subjects: &[SubjectKey],
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let mut records = 0;
        for subject in subjects {
            records += self.records.count(subject, now).await?;
        }
        Ok(records)
    }

    /// The further identifiers that somebody's records name, and what they say about each; and who
    /// vouches for the identifier under which they are stored.
    pub(super) async fn named_beside(
        &self,
        known: &Known,
        mailboxes: &Mailboxes,
        asserted: &mut Asserted,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Identifier, Evidence)>, StorageError> {
        let (mut named, mut spellings) =
            (HashMap::<Identifier, Evidence>::new(), Spellings::default());
        for subject in &known.keys {
            let mut pages = self.records.witnesses(subject, now);
            while let Some(page) = pages.next().await? {
                for witness in page {
                    let identifiers = spellings.identifiers(&witness.contact);
                    let Some(first) = identifiers.first() else {
                        continue;
                    };
                    let of_first = vouches_for(&witness, first, mailboxes);
                    asserted.add(first, [of_first]);
                    for further in identifiers
                        .iter()
                        .filter(|one| Some(one.kind()) != known.kind())
                    {
                        let of_further = vouches_for(&witness, further, mailboxes);
                        named
                            .entry(further.clone())
                            .or_default()
                            .add(&witness, of_first, of_further);
                    }
                }
            }
        }
        for (further, evidence) in &named {
            asserted.add(further, evidence.named_by.iter().copied());
        }
        let mut named: Vec<(Identifier, Evidence)> = named.into_iter().collect();
        named.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(named)
    }
}

impl Owner {
    fn merge(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.evidence.merge(other.evidence);
        self.records += other.records;
    }
}
