//! Writes down who gives which order: the attempt before anything is read, the result before
//! anybody is shown the answer. If either cannot be written, nobody is shown anything.

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::audit_trail::{Attempt, AttemptResult, DONE, PersonTags};
use custodian_domain::record::Holder;
use custodian_domain::rights::package::RequestId;
use custodian_store::audit_log::AuditLog;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Writes to the audit trail.
#[derive(Debug)]
pub struct Auditing {
    /// The trail.
    pub log: AuditLog,
    /// How people are spelt in it.
    pub tags: PersonTags,
}

/// Whom an order turns out to be about, while it is carried out.
#[derive(Debug, Default)]
pub struct Concerned(Mutex<People>);

#[derive(Debug, Default)]
struct People {
    about: BTreeSet<Holder>,
    /// Until when what was looked at is kept.
    looked_at: BTreeMap<Holder, DateTime<Utc>>,
}

impl Concerned {
    /// The order is about these people. The answer shows no record of theirs.
    pub fn about(&self, holders: &[Holder]) {
        self.note(|people| people.about.extend(holders.iter().cloned()));
    }

    /// The answer leads to records of these people. The last of it is kept
    /// until then, and so is the note that somebody looked.
    pub fn looked_at(&self, holders: &[Holder], until: DateTime<Utc>) {
        let looks = holders.iter().map(|holder| (holder.clone(), until));
        self.note(|people| people.looked_at.extend(looks));
    }

    fn note(&self, note: impl FnOnce(&mut People)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> People {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An order's error, as far as the audit trail needs to know it.
pub trait AuditedError: From<StorageError> {
    /// The kind of refusal or failure, as the answer names it.
    fn kind(&self) -> &'static str;
}

impl Auditing {
    /// Carries out an order between an attempt and its result.
    ///
    /// # Errors
    /// That of the order; or that the trail could not be written. Then the order may have been
    /// carried out, nobody is shown the answer, and the same order can be given again.
    pub async fn around<E: AuditedError>(
        &self,
        attempt: Attempt,
        concerned: &Concerned,
        now: impl Fn() -> DateTime<Utc> + Send,
        order: impl Future<Output = Result<Value, E>> + Send,
    ) -> Result<Value, E> {
        let number = self.log.attempt(&attempt, now()).await?;
        let answer = order.await;
        let People {
            mut about,
            looked_at,
        } = concerned.take();
        about.extend(looked_at.keys().cloned());
        let result = AttemptResult {
            attempt: number,
            outcome: answer
                .as_ref()
                .map_or_else(AuditedError::kind, |_| DONE)
                .to_owned(),
            request: answer.as_ref().ok().and_then(request),
            people: about.iter().map(|holder| self.tags.of(holder)).collect(),
            answer: answer
                .as_ref()
                .ok()
                .map(|answer| self.tags.of_answer(&answer.to_string())),
        };
        // Who is refused is shown no record.
        let looked_at: Vec<(Holder, DateTime<Utc>)> =
            looked_at.into_iter().filter(|_| answer.is_ok()).collect();
        self.log
            .result(&attempt, &result, &looked_at, now())
            .await?;
        answer
    }
}

/// The request that an answer names.
fn request(answer: &Value) -> Option<RequestId> {
    let id = answer.get("request_id")?.as_str()?;
    RequestId::try_from(id.to_owned()).ok()
}
