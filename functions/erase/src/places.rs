//! Erasure in each of the council's own places.

use crate::Erase;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::rights::erasure::Receipt;
use custodian_domain::rights::task::Task;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_runtime::Deadline;
use custodian_store::Key;
use custodian_store::packages::State;
use custodian_store::records::DeletionCandidate;
use custodian_store::requests::Request;
use std::collections::HashSet;

/// When waiting files are looked for again: most are read within minutes.
const READ_BY: TimeDelta = TimeDelta::minutes(10);

/// How many items of a person are kept in memory between the passes over them; of somebody with more
/// they are read again for each pass.
const FEW: usize = 1_000;

/// The result of a try.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    /// It is done.
    Done(Receipt),
    /// It waits, and is tried again then.
    Waiting(DateTime<Utc>),
    /// The invocation is about to end: another one continues at once.
    Unfinished,
}

/// What an erasure leaves.
#[derive(Debug, Default)]
struct Left {
    /// The subjects of excluded records.
    excluded: HashSet<SubjectKey>,
    /// The links named by records that came later.
    links: HashSet<Key>,
    /// Everything that is stored under the holders, in their order, if it is at most [`FEW`].
    few: Option<Vec<Vec<DeletionCandidate>>>,
}

impl Erase {
    /// Erases a person in one of the council's own places. A second time finds nothing to do.
    pub(crate) async fn forget(
        &self,
        task: &mut Task,
        request: &Request,
        identities: &[Identifier],
        deadline: &Deadline,
    ) -> Result<TaskOutcome, StorageError> {
        let (holders, exclusions) = (request.holders.clone(), request.exclusions.clone());
        let scope = ErasureScope {
            holders,
            up_to: request.up_to(),
            exclusions,
        };
        let came = match task.place {
            Place::Records => self.forget_records(&scope, deadline).await?,
            Place::Exports => self.forget_packages(&scope.holders, deadline).await?,
            Place::Intake => {
                self.forget_rows(task, request, identities, deadline)
                    .await?
            }
            // Processors are asked instead.
            Place::Granicus | Place::Five9 | Place::Newsletter | Place::Notify => None,
        };
        Ok(came.unwrap_or_else(|| {
            TaskOutcome::Done(Receipt::of(task.place, task.held.clone(), self.now()))
        }))
    }

    /// Records are deleted with the links that only they know of. The links under the holders' own
    /// keys are deleted last, because the person is found by them until then. Where something is
    /// left, the links to it are left too, and later records keep their own.
    async fn forget_records(
        &self,
        scope: &ErasureScope,
        deadline: &Deadline,
    ) -> Result<Option<TaskOutcome>, StorageError> {
        let (left, (), ()) = tokio::try_join!(
            self.left(scope, deadline),
            self.forget_confirmations(scope),
            self.ledger.look(),
        )?;
        let Some(left) = left else {
            return Ok(Some(TaskOutcome::Unfinished));
        };
        let mut count = 0;
        for records_first in [true, false] {
            for (place, holder) in scope.holders.iter().enumerate() {
                if let Some(page) = left.few.as_ref().and_then(|few| few.get(place)) {
                    if deadline.is_within(crate::LAST_MINUTE) {
                        return Ok(Some(unfinished(Place::Records, count)));
                    }
                    let page = page.clone();
                    let candidates = self.going(page, records_first, holder, scope, &left);
                    count += self
                        .records
                        .forget(candidates, &self.ledger, Cause::Erasure, self.now())
                        .await?;
                    continue;
                }
                let mut pages = self.records.candidates_under(holder);
                let mut next = pages.next().await?;
                while let Some(page) = next {
                    if deadline.is_within(crate::LAST_MINUTE) {
                        return Ok(Some(unfinished(Place::Records, count)));
                    }
                    let candidates = self.going(page, records_first, holder, scope, &left);
                    // The next page is read while this one is deleted.
                    let forgetting =
                        self.records
                            .forget(candidates, &self.ledger, Cause::Erasure, self.now());
                    let (gone, following) = tokio::try_join!(forgetting, pages.next())?;
                    (count, next) = (count + gone, following);
                }
            }
        }
        Ok(None)
    }

    /// What of a page is deleted in this pass, with the links that only its records know of.
    fn going(
        &self,
        page: Vec<DeletionCandidate>,
        records_first: bool,
        holder: &Holder,
        scope: &ErasureScope,
        left: &Left,
    ) -> Vec<DeletionCandidate> {
        let leads_to_what_stays = |candidate: &DeletionCandidate| {
            let to = candidate.key.link_target();
            to.is_some_and(|to| left.excluded.contains(&to)) || left.links.contains(&candidate.key)
        };
        let going: Vec<DeletionCandidate> = page
            .into_iter()
            .filter(|candidate| (candidate.kind == ItemKind::Record) == records_first)
            .filter(|candidate| scope.includes(candidate) && !leads_to_what_stays(candidate))
            .collect();
        let stays = holder
            .subject()
            .is_some_and(|subject| left.excluded.contains(subject));
        let mut candidates = if stays {
            Vec::new()
        } else {
            self.lone_links(&going, holder, scope)
        };
        candidates.retain(|link| !left.links.contains(&link.key));
        candidates.extend(going);
        candidates
    }

    /// What an erasure leaves, so that the links to it are left too; `None` if time runs out.
    async fn left(
        &self,
        scope: &ErasureScope,
        deadline: &Deadline,
    ) -> Result<Option<Left>, StorageError> {
        let (mut left, mut few, mut count) = (Left::default(), Vec::new(), 0);
        for holder in &scope.holders {
            let (mut pages, mut all) = (self.records.candidates_under(holder), Vec::new());
            while let Some(page) = pages.next().await? {
                if deadline.is_within(crate::LAST_MINUTE) {
                    return Ok(None);
                }
                for candidate in &page {
                    if scope.excludes(candidate) {
                        left.excluded.extend(holder.subject().cloned());
                    } else if scope.came_later(candidate) {
                        left.links.extend(
                            ErasureScope::links_to(candidate, holder, &self.keys)
                                .into_iter()
                                .map(|link| link.key),
                        );
                    }
                }
                count += page.len();
                if count <= FEW {
                    all.extend(page);
                }
            }
            few.push(all);
        }
        left.few = (count <= FEW).then_some(few);
        Ok(Some(left))
    }

    /// What they were asked to confirm, and what they confirmed: following a link after this
    /// confirms nothing.
    async fn forget_confirmations(&self, scope: &ErasureScope) -> Result<(), StorageError> {
        for subject in scope.holders.iter().filter_map(Holder::subject) {
            self.confirmations.forget(subject, scope.up_to).await?;
        }
        Ok(())
    }

    /// The links to a holder that only these records know of, each once.
    fn lone_links(
        &self,
        records: &[DeletionCandidate],
        holder: &Holder,
        scope: &ErasureScope,
    ) -> Vec<DeletionCandidate> {
        let lone = |link: &DeletionCandidate| {
            !scope
                .holders
                .iter()
                .any(|one| link.key.holder().as_ref() == Some(one))
        };
        let links = records
            .iter()
            .flat_map(|record| ErasureScope::links_to(record, holder, &self.keys));
        let mut links: Vec<DeletionCandidate> = links.filter(lone).collect();
        links.sort_by(|a, b| a.key.cmp(&b.key));
        links.dedup_by(|a, b| a.key == b.key);
        links
    }

    /// Deletes rows in quarantine that name the person. Files that wait to be read may put more
    /// there, and files that nobody can look into may name anybody. The task waits for both: for
    /// the second until somebody has mended them or their days in quarantine are over. Good rows of
    /// files that are read then are suppressed.
    async fn forget_rows(
        &self,
        task: &mut Task,
        request: &Request,
        identities: &[Identifier],
        deadline: &Deadline,
    ) -> Result<Option<TaskOutcome>, StorageError> {
        // A file that was dropped before the approval may have been read without knowing of it.
        let before = request.approved_at.unwrap_or(request.planned_at);
        let has_time = || !deadline.is_within(crate::LAST_MINUTE);
        let scrubbed = self
            .files
            .scrub(identities, before, self.now(), has_time)
            .await?;
        // What was found since the plan was held as well, and so was what nobody could look into.
        for (kind, count) in [("rows", scrubbed.rows), ("unreadable", scrubbed.unreadable)] {
            if count > task.held.get(kind).copied().unwrap_or(0) {
                task.held.insert(kind.to_owned(), count);
            }
        }
        if !scrubbed.is_whole {
            return Ok(Some(unfinished(task.place, scrubbed.rows)));
        }
        let waits = scrubbed.waiting + scrubbed.unreadable > 0;
        Ok(waits.then(|| TaskOutcome::Waiting(self.now() + READ_BY)))
    }

    /// Objects first, then what the Register says about them: what is reported gone is gone.
    async fn forget_packages(
        &self,
        holders: &[Holder],
        deadline: &Deadline,
    ) -> Result<Option<TaskOutcome>, StorageError> {
        let mut count = 0;
        for holder in holders {
            let mut pages = self.packages.holding(holder);
            while let Some(requests) = pages.next().await? {
                for request in requests {
                    if deadline.is_within(crate::LAST_MINUTE) {
                        return Ok(Some(unfinished(Place::Exports, count)));
                    }
                    self.exports.discard(&request).await?;
                    let now = self.now();
                    if let Some(package) = self.packages.find(&request, now).await? {
                        self.packages
                            .close(&request, &package, State::Erased, now)
                            .await?;
                    }
                    self.packages.no_longer_holds(holder, &request).await?;
                    count += 1;
                }
            }
        }
        Ok(None)
    }
}

/// The invocation is about to end: what was deleted so far is logged, and another one continues.
fn unfinished(place: Place, count: u64) -> TaskOutcome {
    tracing::info!(
        place = place.as_str(),
        outcome = "partly_forgotten",
        count,
        "task"
    );
    TaskOutcome::Unfinished
}
