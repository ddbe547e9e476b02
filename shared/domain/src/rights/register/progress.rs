//! How far a request is by its own kind's steps: what can't follow is refused.

mod stages;
mod step;
mod transitions;

pub use stages::{
    ComplaintStage, CopyStage, CorrectionStage, DeletionStage, ObjectionStage, RestrictionStage,
};
pub use step::Step;

use super::lists::{Listed, RequestKind};
use super::refusal::Refusal;
use crate::identity::staff::StaffNumber;
use chrono::NaiveDate;
use transitions::{complaint, copy, correction, deletion, objection, restriction};

/// How far a request is, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A copy.
    Copy(CopyStage),
    /// A correction.
    Correction(CorrectionStage),
    /// A deletion.
    Deletion(DeletionStage),
    /// A restriction. The request may be closed while it stands.
    Restriction(RestrictionStage),
    /// An objection.
    Objection(ObjectionStage),
    /// A complaint.
    Complaint(ComplaintStage),
    /// No more newsletters; whether they are stopped.
    Unsubscribe {
        /// Whether they are.
        stopped: bool,
    },
}

impl Progress {
    /// The beginning of a request of this kind.
    #[must_use]
    pub const fn of(kind: RequestKind) -> Self {
        match kind {
            RequestKind::Access | RequestKind::Portability => Self::Copy(CopyStage::Finding),
            RequestKind::Rectification => Self::Correction(CorrectionStage::Naming),
            RequestKind::Erasure => Self::Deletion(DeletionStage::Unplanned),
            RequestKind::Restriction => Self::Restriction(RestrictionStage::Unplaced),
            RequestKind::Objection => Self::Objection(ObjectionStage::Unsorted),
            RequestKind::Complaint => Self::Complaint(ComplaintStage::Received),
            RequestKind::Unsubscribe => Self::Unsubscribe { stopped: false },
        }
    }

    /// How far it is after a step by this member of staff.
    ///
    /// # Errors
    /// [`Refusal`] if the step cannot follow.
    pub fn after(&self, step: &Step, by: &StaffNumber) -> Result<Self, Refusal> {
        match self {
            Self::Copy(stage) => copy(*stage, step).map(Self::Copy),
            Self::Correction(stage) => correction(*stage, step).map(Self::Correction),
            Self::Deletion(stage) => deletion(stage, step, by).map(Self::Deletion),
            Self::Restriction(stage) => restriction(*stage, step).map(Self::Restriction),
            Self::Objection(stage) => objection(*stage, step).map(Self::Objection),
            Self::Complaint(stage) => complaint(*stage, step).map(Self::Complaint),
            Self::Unsubscribe { .. } if *step == Step::NewslettersStopped => {
                Ok(Self::Unsubscribe { stopped: true })
            }
            Self::Unsubscribe { .. } => Err(Refusal::NotNow),
        }
    }

    /// How far it is after a step that nobody entered, because it follows by itself.
    ///
    /// # Errors
    /// [`Refusal`] if it does not, or cannot follow.
    pub fn followed_by(&self, step: &Step) -> Result<Self, Refusal> {
        match self {
            _ if !step.follows_by_itself() => Err(Refusal::NotNow),
            Self::Copy(stage) => copy(*stage, step).map(Self::Copy),
            Self::Correction(stage) => correction(*stage, step).map(Self::Correction),
            Self::Deletion(DeletionStage::Approved) => Ok(Self::Deletion(DeletionStage::Certified)),
            _ => Err(Refusal::NotNow),
        }
    }

    /// How far it is once it is opened again: what was done is done again, or something else is.
    #[must_use]
    pub fn reopened(&self) -> Self {
        match self {
            Self::Copy(CopyStage::HandedOver) => Self::Copy(CopyStage::Found),
            Self::Correction(CorrectionStage::Told) => Self::Correction(CorrectionStage::Checking),
            Self::Deletion(DeletionStage::Certified) => Self::Deletion(DeletionStage::Unplanned),
            Self::Restriction(RestrictionStage::Lifted) => {
                Self::Restriction(RestrictionStage::Unplaced)
            }
            Self::Objection(ObjectionStage::Overridden) => {
                Self::Objection(ObjectionStage::Weighing)
            }
            Self::Objection(ObjectionStage::Lifted) => Self::Objection(ObjectionStage::Unsorted),
            Self::Complaint(ComplaintStage::OutcomeTold { acknowledged, .. }) => {
                Self::Complaint(ComplaintStage::Investigated(Some(*acknowledged)))
            }
            other => other.clone(),
        }
    }

    /// Whether more was done than to look what is held: then there was something.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        !matches!(
            self,
            Self::Copy(CopyStage::Finding | CopyStage::Found)
                | Self::Correction(CorrectionStage::Naming)
                | Self::Deletion(DeletionStage::Unplanned | DeletionStage::Planned { .. })
                | Self::Restriction(RestrictionStage::Unplaced)
                | Self::Objection(ObjectionStage::Unsorted)
                | Self::Complaint(ComplaintStage::Received)
                | Self::Unsubscribe { stopped: false }
        )
    }

    /// Whether it has restricted something that is not lifted, and not followed by what an upheld
    /// objection leads to.
    #[must_use]
    pub const fn is_standing(&self) -> bool {
        matches!(
            self,
            Self::Restriction(RestrictionStage::Standing | RestrictionStage::Noticed(_))
                | Self::Objection(ObjectionStage::Weighing | ObjectionStage::Noticed(_))
        )
    }

    /// Whether everything that is granted is done, so that the person can be told.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self {
            Self::Copy(stage) => matches!(stage, CopyStage::HandedOver),
            Self::Correction(stage) => matches!(stage, CorrectionStage::Told),
            Self::Deletion(stage) => matches!(stage, DeletionStage::Certified),
            Self::Restriction(stage) => !matches!(stage, RestrictionStage::Unplaced),
            Self::Objection(stage) => matches!(
                stage,
                ObjectionStage::MarketingStopped | ObjectionStage::Upheld(_)
            ),
            Self::Complaint(stage) => matches!(stage, ComplaintStage::OutcomeTold { .. }),
            Self::Unsubscribe { stopped } => *stopped,
        }
    }

    /// Whether something has begun that a refusal would contradict: an erasure that is under way,
    /// or a restriction that an objection has and that was not lifted with notice.
    #[must_use]
    pub const fn forbids_refusal(&self) -> bool {
        match self {
            Self::Deletion(stage) => {
                matches!(stage, DeletionStage::Approved | DeletionStage::Certified)
            }
            Self::Objection(stage) => {
                !matches!(stage, ObjectionStage::Unsorted | ObjectionStage::Overridden)
            }
            Self::Unsubscribe { .. } => true,
            _ => false,
        }
    }

    /// The word for its state, once it has left its beginning.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        Some(match self {
            Self::Copy(stage) => match stage {
                CopyStage::Finding => return None,
                CopyStage::Found => "found",
                CopyStage::Packaging => "packaging",
                CopyStage::ToReview => "to_review",
                CopyStage::Ready => "ready",
                CopyStage::HandedOver => "handed_over",
            },
            Self::Correction(stage) => match stage {
                CorrectionStage::Naming => return None,
                CorrectionStage::Checking => "checking",
                CorrectionStage::Corrected => "corrected",
                CorrectionStage::Stated => "stated",
                CorrectionStage::Accurate => "accurate",
                CorrectionStage::Told => "told",
            },
            Self::Deletion(stage) => match stage {
                DeletionStage::Unplanned => return None,
                DeletionStage::Planned { .. } => "planned",
                DeletionStage::Approved => "approved",
                DeletionStage::Halted => "halted",
                DeletionStage::Certified => "certified",
            },
            Self::Restriction(stage) => match stage {
                RestrictionStage::Unplaced => return None,
                RestrictionStage::Standing => "standing",
                RestrictionStage::Noticed(_) => "noticed",
                RestrictionStage::Lifted => "lifted",
            },
            Self::Objection(stage) => match stage {
                ObjectionStage::Unsorted => return None,
                ObjectionStage::MarketingStopped => "stopped_at_once",
                ObjectionStage::Weighing => "weighing",
                ObjectionStage::Noticed(_) => "noticed",
                ObjectionStage::Upheld(_) => "upheld",
                ObjectionStage::Overridden => "overridden",
                ObjectionStage::Lifted => "lifted",
            },
            Self::Complaint(stage) => match stage {
                ComplaintStage::Received => return None,
                ComplaintStage::Acknowledged(_) => "acknowledged",
                ComplaintStage::Investigated(_) => "investigated",
                ComplaintStage::OutcomeTold { .. } => "outcome_told",
            },
            Self::Unsubscribe { stopped: false } => return None,
            Self::Unsubscribe { stopped: true } => "stopped_at_once",
        })
    }

    /// When a complaint was acknowledged, or answered so soon that this was not needed.
    #[must_use]
    pub const fn acknowledged(&self) -> Option<NaiveDate> {
        match self {
            Self::Complaint(
                ComplaintStage::Acknowledged(on)
                | ComplaintStage::Investigated(Some(on))
                | ComplaintStage::OutcomeTold {
                    acknowledged: on, ..
                },
            ) => Some(*on),
            _ => None,
        }
    }

    /// The outcome of a complaint, as a word.
    #[must_use]
    pub fn outcome(&self) -> Option<&'static str> {
        match self {
            Self::Complaint(ComplaintStage::OutcomeTold { outcome, .. }) => Some(outcome.as_str()),
            _ => None,
        }
    }
}
