//! What happens to a case, as it is stored.

use super::case_id::CaseId;
use super::lists::{
    AnswerMeans, AnswerPart, Asker, Decider, Ending, ExtensionReason, FeeReason, IdentityDoubt,
    LateReason, ProofFault, ProofSeen, ReceiptChannel, ReceiptReason, RefusalGround,
    ReopeningReason, RequestKind, Verdict,
};
use super::progress::Step;
use crate::identity::staff::StaffNumber;
use crate::rights::breach::BreachId;
use crate::rights::package::RequestId;
use crate::rights::response_deadline::Need;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An event of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEntry {
    /// Its id: an event with the same id is the same event, and entered once.
    pub id: RequestId,
    /// When it was entered, which can be days after it happened.
    pub at: DateTime<Utc>,
    /// Who entered it; `None` if nobody did: the calendar moved a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StaffNumber>,
    /// The request that it is about; `None` if it is about all that are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RequestKind>,
    /// What happened.
    pub event: CaseEvent,
    /// The request under which it was ordered; `None` if somebody entered it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// What else there is to say, of 500 characters at most. People are told to write no names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a complaint about data protection is about, if it is something in a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintSubject {
    /// A request of a case: `C-2026-0042-access`.
    Request(RequestId),
    /// A breach.
    Breach(BreachId),
}

/// What happens to a case. All dates are civil dates in London.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum CaseEvent {
    /// It was registered.
    Registered {
        /// When it reached anybody at the council.
        received: NaiveDate,
        /// How.
        channel: ReceiptChannel,
        /// Who asks.
        asker: Asker,
        /// What for.
        kinds: BTreeSet<RequestKind>,
        /// Who works on it.
        handler: StaffNumber,
    },
    /// The letter asks for something else as well, which nobody had noticed: a request of the
    /// entry's kind, received with the others.
    Added,
    /// What its complaint is about.
    ComplaintAbout {
        /// A request, or a breach.
        about: ComplaintSubject,
    },
    /// Somebody else works on it.
    Assigned {
        /// Who.
        handler: StaffNumber,
    },
    /// Proof of identity was asked for.
    IdentityAsked {
        /// When.
        on: NaiveDate,
        /// Why there is doubt.
        doubt: IdentityDoubt,
    },
    /// Proof of authority was asked for.
    AuthorityAsked {
        /// When.
        on: NaiveDate,
    },
    /// A fee was asked for.
    FeeAsked {
        /// When.
        on: NaiveDate,
        /// Why one may be asked.
        reason: FeeReason,
    },
    /// What was asked for is there. The clock begins.
    Sufficient {
        /// What it is.
        need: Need,
        /// When it was there.
        on: NaiveDate,
        /// What was seen.
        proof: ProofSeen,
    },
    /// What came is not enough. No clock begins.
    Insufficient {
        /// For what.
        need: Need,
        /// When it came.
        on: NaiveDate,
        /// Why it is not enough.
        fault: ProofFault,
    },
    /// The person was asked what they mean. The clock stops.
    QuestionAsked {
        /// When.
        on: NaiveDate,
    },
    /// They answered. The clock goes on.
    QuestionAnswered {
        /// When.
        on: NaiveDate,
    },
    /// The time was extended by two months.
    Extended {
        /// When the person was told.
        told_on: NaiveDate,
        /// Why.
        reason: ExtensionReason,
    },
    /// The date of receipt was corrected.
    ReceiptCorrected {
        /// When it was received.
        received: NaiveDate,
        /// Why it was another date before.
        reason: ReceiptReason,
    },
    /// A step of the request's own kind.
    Stepped {
        /// Which.
        step: Step,
    },
    /// It was decided.
    Decided {
        /// What.
        verdict: Verdict,
        /// On which grounds it is not granted, or not all of it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        grounds: BTreeSet<RefusalGround>,
        /// In which role.
        decided_by: Decider,
    },
    /// It was closed.
    Closed {
        /// How it ended.
        ending: Ending,
        /// When the person was answered, or when it ended otherwise.
        on: NaiveDate,
        /// How the answer reached the person, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        means: Option<AnswerMeans>,
        /// What the answer has, as somebody ticked it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        parts: BTreeSet<AnswerPart>,
        /// The case that this one repeats.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duplicate_of: Option<CaseId>,
        /// Why it is late, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        late: Option<LateReason>,
    },
    /// It was opened again.
    Reopened {
        /// Why.
        reason: ReopeningReason,
    },
    /// Bank holidays became known, and the date is another one.
    DueMoved {
        /// What it was; `None` if it was not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<NaiveDate>,
        /// What it is.
        to: NaiveDate,
    },
}

impl CaseEvent {
    /// Its name, as people read it in a history.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::Added => "added",
            Self::ComplaintAbout { .. } => "complaint_about",
            Self::Assigned { .. } => "assigned",
            Self::IdentityAsked { .. } => "identity_asked",
            Self::AuthorityAsked { .. } => "authority_asked",
            Self::FeeAsked { .. } => "fee_asked",
            Self::Sufficient { .. } => "sufficient",
            Self::Insufficient { .. } => "insufficient",
            Self::QuestionAsked { .. } => "question_asked",
            Self::QuestionAnswered { .. } => "question_answered",
            Self::Extended { .. } => "extended",
            Self::ReceiptCorrected { .. } => "receipt_corrected",
            Self::Stepped { .. } => "stepped",
            Self::Decided { .. } => "decided",
            Self::Closed { .. } => "closed",
            Self::Reopened { .. } => "reopened",
            Self::DueMoved { .. } => "due_moved",
        }
    }

    /// The day on which it happened, if it names one.
    #[must_use]
    pub const fn on(&self) -> Option<NaiveDate> {
        match self {
            Self::IdentityAsked { on, .. }
            | Self::AuthorityAsked { on }
            | Self::FeeAsked { on, .. }
            | Self::Sufficient { on, .. }
            | Self::Insufficient { on, .. }
            | Self::QuestionAsked { on }
            | Self::QuestionAnswered { on }
            | Self::Extended { told_on: on, .. }
            | Self::Closed { on, .. } => Some(*on),
            Self::Stepped { step } => step.on(),
            _ => None,
        }
    }
}

impl CaseEntry {
    /// Whether this is another telling of the same event.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let apart_from_time = |one: &Self| {
            let Self {
                id,
                by,
                of,
                event,
                request,
                note,
                ..
            } = one.clone();
            (id, by, of, event, request, note)
        };
        apart_from_time(self) == apart_from_time(other)
    }
}
