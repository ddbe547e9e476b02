//! What follows by itself from orders that name a case, and how such orders are entered.

use super::Case;
use crate::record::Fingerprint;
use crate::rights::package::RequestId;
use crate::rights::register::case_event::{CaseEntry, CaseEvent};
use crate::rights::register::case_id::CaseId;
use crate::rights::register::lists::RequestKind;
use crate::rights::register::progress::{
    CopyStage, CorrectionStage, DeletionStage, Progress, Step,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The request of a case that an order is about. It is stored with what was ordered, so that what
/// follows is entered into the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InCase {
    /// The case.
    pub case_id: CaseId,
    /// Which of its requests; `None` if the order is about all of the case, as a hold is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RequestKind>,
}

/// What a request of a case waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Every place is done with the erasure under this id.
    Places(RequestId),
    /// Recipients are told of the correction under this id.
    Recipients(RequestId),
    /// The person fetches the package under this id.
    Fetch(RequestId),
}

/// The id of the event that a step is which was ordered under this request. `more` tells it from
/// another one under the same request.
#[must_use]
pub fn step_id(request: &RequestId, step: &Step, more: &str) -> RequestId {
    let name = step.name();
    let digest = Fingerprint::of(&(request, name, more)).into_string();
    RequestId::try_from(format!("{name}-{digest}")).unwrap_or_else(|_| request.clone())
}

impl Case {
    /// What its requests wait for that happens by itself.
    #[must_use]
    pub fn awaits(&self) -> Vec<(RequestKind, Awaited)> {
        let awaited = |(kind, request): (&RequestKind, &super::CaseRequest)| {
            let id = request.ordered.clone()?;
            let is_open = request.closed.is_none();
            let awaited = match &request.progress {
                Progress::Deletion(DeletionStage::Approved) if is_open => Awaited::Places(id),
                Progress::Correction(CorrectionStage::Corrected | CorrectionStage::Stated)
                    if is_open =>
                {
                    Awaited::Recipients(id)
                }
                Progress::Copy(CopyStage::HandedOver) => {
                    let fetched = step_id(&id, &Step::Fetched, "");
                    let is_known = self.entries.iter().any(|entry| entry.id == fetched);
                    return (!is_known).then_some((*kind, Awaited::Fetch(id)));
                }
                _ => return None,
            };
            Some((*kind, awaited))
        };
        self.requests.iter().filter_map(awaited).collect()
    }

    /// The case after a step that followed by itself from what was ordered under `request`; the
    /// same case if it cannot follow.
    #[must_use]
    pub fn with_followed(
        &self,
        kind: RequestKind,
        request: &RequestId,
        step: Step,
        now: DateTime<Utc>,
    ) -> Self {
        let entry = CaseEntry {
            id: step_id(request, &step, ""),
            at: now,
            by: None,
            of: Some(kind),
            event: CaseEvent::Stepped { step },
            request: Some(request.clone()),
            note: None,
        };
        let is_known = self.entries.iter().any(|one| one.id == entry.id);
        let has_room = self.entries.len() < super::BEFORE_CLOSING;
        if is_known || !has_room || self.ends() <= now {
            return self.clone();
        }
        self.after(entry).unwrap_or_else(|_| self.clone())
    }

    /// Whether an event with this id was entered.
    #[must_use]
    pub fn has(&self, event: &RequestId) -> bool {
        self.entries.iter().any(|entry| entry.id == *event)
    }
}
