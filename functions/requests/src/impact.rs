//! What an erasure would touch in every place, without touching it.

use crate::Error;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::{Files, Mentioned};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::ledger::ItemKind;
use custodian_domain::record::processor_copy::{self, Processor};
use custodian_domain::record::{Fingerprint, Holder};
use custodian_domain::rights::constraint::{ConstraintKind, Limb};
use custodian_domain::rights::decision::Decisions;
use custodian_domain::rights::erasure::Ground;
use custodian_domain::rights::exclusion::Exclusion;
use custodian_domain::rights::package::{PackageKind, RequestId};
use custodian_domain::rights::plan::{Periods, Plan};
use custodian_domain::rights::register::lists::RequestKind;
use custodian_domain::rights::register::{Case, CaseId};
use custodian_rights::erasure_scope::ErasureScope;
use custodian_rights::people::People;
use custodian_store::Key;
use custodian_store::asked::Asked;
use custodian_store::cases::Cases;
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::packages::Packages;
use custodian_store::records::{DeletionCandidate, Records};
use custodian_store::requests::{Requests, Stage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long it searches quarantine; the same order continues where it stopped.
const LOOKING: Duration = Duration::from_mins(4);

/// The beginning of a plan's hash that says whose data the plan is about; that of a plan of an
/// earlier version does not.
pub(crate) const HASHED: &str = "2.";

/// What is planned and for whom, as it was ordered.
pub(crate) struct Ordered<'a> {
    pub(crate) id: &'a RequestId,
    pub(crate) identifiers: &'a [Identifier],
    pub(crate) decisions: &'a Decisions,
    pub(crate) ground: Ground,
    pub(crate) exclusions: &'a [Exclusion],
}

/// What an erasure would delete.
pub(crate) struct Touched {
    pub(crate) plan: Plan,
    /// Whose records would be deleted.
    pub(crate) holders: Vec<Holder>,
    /// How many records arrived after the plan.
    pub(crate) later: u64,
    /// Who said that the person does not want to be erased, and when.
    pub(crate) opposed: Vec<(RequestId, DateTime<Utc>)>,
    /// The cases with requests of the person, as they were read.
    pub(crate) cases: Vec<Case>,
}

/// Finds what an erasure would touch.
#[derive(Debug)]
pub(crate) struct Impact {
    pub(crate) people: People,
    pub(crate) records: Records,
    pub(crate) confirmations: Confirmations,
    pub(crate) constraints: Constraints,
    pub(crate) packages: Packages,
    pub(crate) register: Requests,
    pub(crate) cases: Cases,
    pub(crate) asked: Asked,
    pub(crate) files: Files,
}

impl Impact {
    /// What an erasure with this reach would delete, at `now`.
    pub(crate) async fn touched(
        &self,
        id: &RequestId,
        scope: &ErasureScope,
        identifiers: &[Identifier],
        now: DateTime<Utc>,
    ) -> Result<Touched, Error> {
        let mut plan = Plan {
            holders: count(scope.holders.len()),
            ..Plan::default()
        };
        let (holders, later) = self.count_records(scope, &mut plan, now).await?;
        // The emails about a request are on no record.
        let mails = self.confirmations.mailed(&scope.holders, now).await?.len();
        if mails > 0 {
            *plan.custody.entry(Processor::Notify).or_default() += count(mails);
        }
        let mut opposed = Vec::new();
        for (request, standing) in self.constraints.of(&holders, now).await? {
            if standing.kind.effect().held {
                plan.holds.push(request.as_str().to_owned());
            }
            if let ConstraintKind::Restriction(limb) = standing.kind {
                plan.restrictions.insert(request.as_str().to_owned(), limb);
                if limb == Limb::Unlawful {
                    opposed.push((request, standing.placed.at));
                }
            }
        }
        self.count_requests(id, scope, &mut plan, now).await?;
        let cases = self.count_cases(id, scope, &mut plan, now).await?;
        let mentioned = tokio::time::timeout(LOOKING, self.files.mentions(identifiers, now)).await;
        let Ok(mentioned) = mentioned else {
            return Err(Error::NotNow(
                "what lies in quarantine is looked through for the first time: give the same order again",
            ));
        };
        let Mentioned {
            rows,
            unreadable,
            unreadable_until,
            ..
        } = mentioned?;
        (plan.quarantined, plan.unreadable, plan.unreadable_until) =
            (rows, unreadable, unreadable_until);
        Ok(Touched {
            plan,
            holders,
            later,
            opposed,
            cases,
        })
    }

    /// The hash of a plan, which is what is approved: of what was ordered, what it would delete,
    /// and whose data that is.
    pub(crate) fn hash(&self, ordered: &Ordered<'_>, plan: &Plan, holders: &[Holder]) -> String {
        format!(
            "{HASHED}{}",
            Fingerprint::of(&(self.digest(ordered), plan, holders)).into_string()
        )
    }

    /// Tells this order from another under the same id, without containing whom it is about.
    pub(crate) fn digest(&self, ordered: &Ordered<'_>) -> String {
        let keys = &self.people.keys;
        let people: Vec<_> = ordered
            .identifiers
            .iter()
            .map(|identifier| keys.key(identifier))
            .collect();
        let confirmed: BTreeSet<_> = ordered.decisions.confirmed.iter().collect();
        Fingerprint::of(&(people, ordered.ground, ordered.exclusions, confirmed)).into_string()
    }

    /// Returns whose records would be deleted, and how many came later.
    pub(crate) async fn count_records(
        &self,
        scope: &ErasureScope,
        plan: &mut Plan,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Holder>, u64), StorageError> {
        let (mut links, mut touched, mut later) = (BTreeSet::new(), Vec::new(), 0);
        for holder in &scope.holders {
            let mut pages = self.records.candidates_under(holder);
            while let Some(page) = pages.next().await? {
                for candidate in &page {
                    if candidate.kind == ItemKind::Record && scope.excludes(candidate) {
                        enter(&mut plan.left, candidate);
                    }
                    later += u64::from(scope.came_later(candidate));
                    if !scope.includes(candidate) {
                        continue;
                    }
                    plan.contents
                        .add(&[&candidate.key.partition, &candidate.key.sort]);
                    match candidate.kind {
                        ItemKind::Record => {
                            self.count_record(candidate, holder, (&mut *plan, &mut links), now);
                            touched.push(holder.clone());
                            touched.dedup();
                        }
                        ItemKind::Profile => plan.profiles += 1,
                        ItemKind::Link => drop(links.insert(candidate.key.clone())),
                    }
                }
            }
        }
        plan.links = count(links.len());
        Ok((touched, later))
    }

    fn count_record(
        &self,
        candidate: &DeletionCandidate,
        holder: &Holder,
        (plan, links): (&mut Plan, &mut BTreeSet<Key>),
        now: DateTime<Utc>,
    ) {
        enter(&mut plan.records, candidate);
        let named = ErasureScope::links_to(candidate, holder, &self.people.keys);
        links.extend(named.into_iter().map(|link| link.key));
        let Some(source) = candidate.source else {
            return;
        };
        for processor in
            processor_copy::copies(source, &candidate.custody, candidate.newsletter, now)
                .into_keys()
        {
            *plan.custody.entry(processor).or_default() += 1;
        }
    }

    /// Which other requests of the same person are open. An access request comes first: erasing to
    /// prevent disclosure is an offence (Data Protection Act 2018, section 173).
    async fn count_requests(
        &self,
        id: &RequestId,
        scope: &ErasureScope,
        plan: &mut Plan,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let (mut packages, mut requests) = (BTreeSet::new(), BTreeSet::new());
        for holder in &scope.holders {
            let mut pages = self.packages.holding(holder);
            while let Some(page) = pages.next().await? {
                packages.extend(page);
            }
            let mut pages = self.register.open_about(holder, now);
            while let Some(page) = pages.next().await? {
                requests.extend(page.into_iter().filter(|other| other != id));
            }
        }
        for request in &packages {
            let Some(package) = self.packages.find(request, now).await? else {
                continue;
            };
            let is_open = package.state.is_open() && package.handed_over_at.is_none();
            if is_open && package.kind == PackageKind::Access {
                plan.access_first.push(request.clone());
            }
        }
        for request in requests {
            // A plan that nobody approved in time leaves its pointer a little longer.
            if self
                .register
                .find(&request, now)
                .await?
                .is_some_and(|it| it.stage != Stage::Closed)
            {
                plan.open_requests.push(request);
            }
        }
        plan.packages = count(packages.len());
        Ok(())
    }

    /// The cases with an access request that was confirmed to be the person's, and the case of this
    /// erasure. One that is open comes first, before anybody packages it.
    async fn count_cases(
        &self,
        id: &RequestId,
        scope: &ErasureScope,
        plan: &mut Plan,
        now: DateTime<Utc>,
    ) -> Result<Vec<Case>, StorageError> {
        let own = CaseId::of_request(id.as_str());
        let own = own.filter(|(_, kind)| *kind == RequestKind::Erasure);
        let mut ids: BTreeSet<CaseId> = own.into_iter().map(|(case, _)| case).collect();
        for holder in &scope.holders {
            let mut pages = self.asked.of(holder, now);
            while let Some(page) = pages.next().await? {
                let asked = page.iter().map(|asked| asked.request.as_str());
                let access = asked
                    .filter_map(CaseId::of_request)
                    .filter(|(_, kind)| *kind == RequestKind::Access);
                ids.extend(access.map(|(case, _)| case));
            }
        }
        let mut cases = Vec::new();
        for case in ids {
            let Some(stored) = self.cases.find(&case, now).await? else {
                continue;
            };
            if stored.case.has_open_access()
                && let Ok(access) = RequestId::try_from(case.request(RequestKind::Access))
                && !plan.access_first.contains(&access)
            {
                plan.access_first.push(access);
            }
            cases.push(stored.case);
        }
        Ok(cases)
    }
}

/// An identifier, masked: enough to recognise it, but not enough to learn it.
pub(crate) fn masked(one: &Identifier) -> Value {
    json!({"type": one.kind(), "identifier": one.masked()})
}

fn enter(periods: &mut Periods, candidate: &DeletionCandidate) {
    let Some(source) = candidate.source else {
        return;
    };
    let month = candidate.day.format("%Y-%m").to_string();
    *periods.entry(source).or_default().entry(month).or_default() += 1;
}

pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
