//! Records, links, confirmations and the notes of who looked at them are deleted.

use super::{OwnPlace, PlaceJob, TaskOutcome};
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_domain::identity::subject::{SubjectKey, SubjectKeys};
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::record::Holder;
use custodian_rights::erasure_scope::ErasureScope;
use custodian_store::Key;
use custodian_store::asked::Asked;
use custodian_store::confirmations::Confirmations;
use custodian_store::ledger::Ledger;
use custodian_store::looks::Looks;
use custodian_store::records::{DeletionCandidate, Records};
use std::collections::HashSet;

/// The table of records.
#[derive(Debug)]
pub(crate) struct RecordsPlace {
    pub(crate) keys: SubjectKeys,
    pub(crate) records: Records,
    pub(crate) ledger: Ledger,
    pub(crate) confirmations: Confirmations,
    pub(crate) looks: Looks,
    pub(crate) asked: Asked,
}

/// How many items of a person are kept in memory between the passes over them; of somebody with more
/// they are read again for each pass.
const FEW: usize = 1_000;

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

#[async_trait]
impl OwnPlace for RecordsPlace {
    async fn forget(&self, job: &mut PlaceJob<'_>) -> Result<Option<TaskOutcome>, StorageError> {
        let scope = job.scope();
        self.forget_records(&scope, job).await
    }
}

impl RecordsPlace {
    /// Records are deleted with the links that only they know of. The links under the holders' own
    /// keys are deleted last, because the person is found by them until then. Where something is
    /// left, the links to it are left too, and later records keep their own.
    async fn forget_records(
        &self,
        scope: &ErasureScope,
        job: &PlaceJob<'_>,
    ) -> Result<Option<TaskOutcome>, StorageError> {
        let (left, (), (), ()) = tokio::try_join!(
            self.left(scope, job),
            self.forget_confirmations(scope),
            self.forget_pointers(scope),
            self.ledger.look(),
        )?;
        let Some(left) = left else {
            return Ok(Some(TaskOutcome::Unfinished));
        };
        let mut count = 0;
        for records_first in [true, false] {
            for (place, holder) in scope.holders.iter().enumerate() {
                if let Some(page) = left.few.as_ref().and_then(|few| few.get(place)) {
                    if job.is_out_of_time() {
                        return Ok(Some(job.unfinished(count)));
                    }
                    let page = page.clone();
                    let candidates = self.going(page, records_first, holder, scope, &left);
                    count += self
                        .records
                        .forget(candidates, &self.ledger, Cause::Erasure, job.now())
                        .await?;
                    continue;
                }
                let mut pages = self.records.candidates_under(holder);
                let mut next = pages.next().await?;
                while let Some(page) = next {
                    if job.is_out_of_time() {
                        return Ok(Some(job.unfinished(count)));
                    }
                    let candidates = self.going(page, records_first, holder, scope, &left);
                    // The next page is read while this one is deleted.
                    let forgetting =
                        self.records
                            .forget(candidates, &self.ledger, Cause::Erasure, job.now());
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
        job: &PlaceJob<'_>,
    ) -> Result<Option<Left>, StorageError> {
        let (mut left, mut few, mut count) = (Left::default(), Vec::new(), 0);
        for holder in &scope.holders {
            let (mut pages, mut all) = (self.records.candidates_under(holder), Vec::new());
            while let Some(page) = pages.next().await? {
                if job.is_out_of_time() {
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

    /// Who looked at their data, and which requests for a copy are theirs. If something is left, so
    /// is that.
    async fn forget_pointers(&self, scope: &ErasureScope) -> Result<(), StorageError> {
        if scope.exclusions.is_empty() {
            for holder in &scope.holders {
                self.looks.forget(holder).await?;
                self.asked.forget(holder).await?;
            }
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
}
