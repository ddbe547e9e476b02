//! A request as it is stored in the Register, and its events.

use chrono::{DateTime, Months, NaiveDate, Utc};
use custodian_domain::place::Place;
use custodian_domain::record::{Fingerprint, Holder};
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::periods;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::erasure::Ground;
use custodian_domain::rights::exclusion::Exclusion;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::plan::{ArrivedSince, Plan};
use custodian_domain::rights::register::InCase;
use custodian_domain::rights::task::Action;
use serde::{Deserialize, Serialize};

/// How long the evidence of a request is kept.
pub(super) const EVIDENCE: Months = periods::EVIDENCE;
/// How long a plan that nobody approves is kept: three months, within which an extended request
/// must be answered.
const UNAPPROVED: Months = periods::UNAPPROVED;
/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is planned, and nobody has approved the plan.
    Planned,
    /// It is approved; its tasks are in progress.
    Approved,
    /// Every task is over, and the certificate is filed.
    Closed,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked of every place.
    pub action: Action,
    /// Its state.
    pub stage: Stage,
    /// A digest of what was ordered, so that one id is not two different requests.
    pub order: String,
    /// The ground, of an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// What an erasure leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// Who planned it.
    pub planned_by: String,
    /// When.
    pub planned_at: DateTime<Utc>,
    /// What it would delete, for an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The plan's hash.
    #[serde(default)]
    pub hash: String,
    /// Links of the plan that nobody has decided on yet: it is not approved before that.
    #[serde(default, skip_serializing_if = "Undecided::is_empty")]
    pub undecided: Undecided,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<Utc>>,
    /// Who stopped what had not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// Whose data it is about; empty once it is closed.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// The person's identifiers, sealed, for processors, which know no subject keys. `None` once it
    /// is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// The identifiers by which the person was searched when it was planned, including links that
    /// were followed, sealed. `None` from the approval on, when they are in `sealed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    /// What its approval says, apart from who and when; `None` on a request that needs no plan, or
    /// of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// The request of a case that it carries out, if its order names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_case: Option<InCase>,
}

/// What the approval of a plan says about the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Up to when collected data is part of the plan. What the person tells the council after that
    /// is not part of it.
    pub up_to: DateTime<Utc>,
    /// What had arrived since the plan.
    pub arrived_since: ArrivedSince,
    /// What else differed from the plan: `records.web_form.2026-11: 1, was 2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_since: Vec<String>,
    /// Why the person who planned it also approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_handed_reason: Option<String>,
    /// The day on which the person, who had opposed erasure, agreed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_agreed_on: Option<NaiveDate>,
}

impl Request {
    /// A request that needs no plan: ordered and approved at `at` by the same person.
    #[must_use]
    pub fn entered(
        action: Action,
        order: String,
        by: &str,
        holders: &[Holder],
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            action,
            stage: Stage::Approved,
            order,
            ground: None,
            exclusions: Vec::new(),
            planned_by: by.to_owned(),
            planned_at: at,
            plan: None,
            hash: String::new(),
            undecided: Undecided::default(),
            approved_by: Some(by.to_owned()),
            approved_at: Some(at),
            stopped_by: None,
            holders: holders.to_vec(),
            sealed: None,
            matched: None,
            terms: None,
            in_case: None,
        }
    }

    /// Up to when collected data is part of it: until it was planned or, if it needs no plan or was
    /// approved by an earlier version, until it was approved.
    #[must_use]
    pub fn up_to(&self) -> DateTime<Utc> {
        self.terms
            .as_ref()
            .map(|terms| terms.up_to)
            .or(self.approved_at)
            .unwrap_or(self.planned_at)
    }

    /// A digest of what is approved: whom it is about, and what is done. What starts its tasks
    /// names it, so that nothing is done that somebody has written into it since.
    #[must_use]
    pub fn approved(&self, id: &RequestId) -> String {
        let what = (id, self.action, self.ground, &self.exclusions, &self.hash);
        let by = (&self.approved_by, self.approved_at, self.up_to());
        Fingerprint::of(&(what, by, &self.holders, &self.sealed)).into_string()
    }

    /// Whether a place takes part in what was approved under this digest.
    #[must_use]
    pub fn is_approved_for(&self, id: &RequestId, place: Place, approved: &str) -> bool {
        let is_asked = match self.action {
            Action::Erase => !id.is_click(),
            Action::Unsubscribe => place == Place::Newsletter,
            Action::Restrict | Action::Unrestrict | Action::Rectify => {
                !id.is_click() && place.can_be_notified()
            }
        };
        is_asked && self.stage == Stage::Approved && self.approved(id) == approved
    }

    /// Until when it is kept.
    #[must_use]
    pub fn end(&self) -> ExpiresAt {
        let end = match self.approved_at {
            Some(approved_at) => approved_at.checked_add_months(EVIDENCE),
            None => self.planned_at.checked_add_months(UNAPPROVED),
        };
        ExpiresAt::at(end.unwrap_or(self.planned_at))
    }
}

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What: `planned`, `approved`, `asked for its status`, `stopped`, `confirmed five9`, `closed`.
    pub what: String,
    /// By whom; `None` if nobody ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Event {
    /// What somebody did.
    #[must_use]
    pub fn by(by: &str, what: &str, at: DateTime<Utc>) -> Self {
        Self {
            at,
            what: what.to_owned(),
            by: Some(by.to_owned()),
        }
    }
}
