//! The steps of each kind.

use crate::rights::register::lists::{
    AfterUpheld, AnswerMeans, ComplaintOutcome, LeftOut, SingleHandedReason, TakenOutGround,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A step of a request's own kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Step {
    /// Copy: whose data it is was confirmed.
    PersonConfirmed,
    /// Copy: the package was ordered.
    PackageOrdered,
    /// Copy: the package was made.
    PackageMade,
    /// Copy: no package was made of the order, or it was withdrawn.
    PackageFailed,
    /// Copy: a human has read it.
    Reviewed {
        /// What was taken out; empty if nothing was.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        left_out: BTreeSet<LeftOut>,
        /// How many passages were taken out by an order, by ground; empty if none were.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        taken_out: BTreeMap<TakenOutGround, u64>,
    },
    /// Copy: it was handed over; the address was checked.
    HandedOver {
        /// How.
        means: AnswerMeans,
    },
    /// Copy: the person fetched it by their own act.
    Fetched,
    /// Correction: what is disputed was named.
    FactsNamed,
    /// Correction: it was corrected.
    Corrected,
    /// Correction: a statement was attached.
    StatementAttached,
    /// Correction: it is accurate.
    FoundAccurate,
    /// Correction: recipients were told.
    RecipientsTold,
    /// Deletion: it was planned.
    Planned {
        /// The hash of the plan.
        hash: String,
    },
    /// Deletion: the plan was approved.
    Approved {
        /// The hash of the plan that was looked at.
        hash: String,
        /// Why whoever planned it approved it, if they did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        single_handed: Option<SingleHandedReason>,
    },
    /// Deletion: it was stopped at the places that had not begun.
    Stopped,
    /// Deletion: every place is done.
    PlacesDone {
        /// On which day the last was; `None` if somebody entered it by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<NaiveDate>,
    },
    /// Restriction, objection: it was restricted.
    Restricted,
    /// Restriction, objection: the person was told that it will be lifted (Article 18(3)).
    NoticeGiven {
        /// On which day.
        on: NaiveDate,
    },
    /// Restriction: it was lifted. Objection: the same, after it was withdrawn while it was weighed.
    Lifted,
    /// Objection: it is about marketing, which was stopped. It is never refused.
    MarketingStopped,
    /// Objection: it was upheld.
    Upheld {
        /// What follows.
        then: AfterUpheld,
    },
    /// Objection: compelling grounds override it.
    Overridden,
    /// Complaint: it was acknowledged.
    Acknowledged {
        /// On which day.
        on: NaiveDate,
    },
    /// Complaint: it is looked into.
    Investigated,
    /// Complaint: the person was told how far it is.
    ProgressTold {
        /// On which day.
        on: NaiveDate,
    },
    /// Complaint: the outcome was told.
    OutcomeTold {
        /// On which day.
        on: NaiveDate,
        /// What it is.
        outcome: ComplaintOutcome,
    },
    /// Complaint: the person went to the Commissioner.
    TakenToCommissioner {
        /// What the Commissioner calls it, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// Newsletters: they were stopped.
    NewslettersStopped,
}

impl Step {
    /// The day on which it happened, if it names one.
    #[must_use]
    pub const fn on(&self) -> Option<NaiveDate> {
        match self {
            Self::NoticeGiven { on }
            | Self::Acknowledged { on }
            | Self::ProgressTold { on }
            | Self::OutcomeTold { on, .. } => Some(*on),
            Self::PlacesDone { on } => *on,
            _ => None,
        }
    }

    /// Whether it is allowed before it is known who the person is: what only stops something, and
    /// all of a complaint.
    #[must_use]
    pub const fn needs_identity(&self) -> bool {
        !matches!(
            self,
            Self::MarketingStopped | Self::Restricted | Self::NewslettersStopped | Self::Stopped
        )
    }

    /// Its name, as orders and histories have it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PersonConfirmed => "person_confirmed",
            Self::PackageOrdered => "package_ordered",
            Self::PackageMade => "package_made",
            Self::PackageFailed => "package_failed",
            Self::Reviewed { .. } => "reviewed",
            Self::HandedOver { .. } => "handed_over",
            Self::Fetched => "fetched",
            Self::FactsNamed => "facts_named",
            Self::Corrected => "corrected",
            Self::StatementAttached => "statement_attached",
            Self::FoundAccurate => "found_accurate",
            Self::RecipientsTold => "recipients_told",
            Self::Planned { .. } => "planned",
            Self::Approved { .. } => "approved",
            Self::Stopped => "stopped",
            Self::PlacesDone { .. } => "places_done",
            Self::Restricted => "restricted",
            Self::NoticeGiven { .. } => "notice_given",
            Self::Lifted => "lifted",
            Self::MarketingStopped => "marketing_stopped",
            Self::Upheld { .. } => "upheld",
            Self::Overridden => "overridden",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Investigated => "investigated",
            Self::ProgressTold { .. } => "progress_told",
            Self::OutcomeTold { .. } => "outcome_told",
            Self::TakenToCommissioner { .. } => "taken_to_commissioner",
            Self::NewslettersStopped => "newsletters_stopped",
        }
    }

    /// Whether it follows by itself from what was ordered, so that nobody has to enter it.
    #[must_use]
    pub const fn follows_by_itself(&self) -> bool {
        matches!(
            self,
            Self::PlacesDone { .. } | Self::RecipientsTold | Self::Fetched
        )
    }

    /// Whether an answer tells the person of it, and so cannot be of an earlier day.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(
            self,
            Self::PackageMade
                | Self::Reviewed { .. }
                | Self::PlacesDone { .. }
                | Self::Corrected
                | Self::StatementAttached
        )
    }

    /// Whether it may follow the closing of its request: a restriction goes on after its request is
    /// answered, and people go to the Commissioner afterwards.
    #[must_use]
    pub const fn may_follow_closing(&self) -> bool {
        matches!(
            self,
            Self::NoticeGiven { .. }
                | Self::Lifted
                | Self::TakenToCommissioner { .. }
                | Self::Fetched
        )
    }
}
