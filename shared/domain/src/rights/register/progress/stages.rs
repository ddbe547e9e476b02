//! The stages of each kind.

use crate::identity::staff::StaffNumber;
use crate::rights::register::lists::{AfterUpheld, ComplaintOutcome};
use chrono::NaiveDate;

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyStage {
    /// The person is not found yet.
    Finding,
    /// It is confirmed whose data it is.
    Found,
    /// The package is being made.
    Packaging,
    /// Somebody has to read it before it is released.
    ToReview,
    /// It was read, and may be released.
    Ready,
    /// It was handed over.
    HandedOver,
}

/// How far a correction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrectionStage {
    /// What is disputed is not named yet.
    Naming,
    /// Its accuracy is checked.
    Checking,
    /// It was corrected.
    Corrected,
    /// A statement of the person was attached.
    Stated,
    /// It is accurate, and stays.
    Accurate,
    /// Recipients were told.
    Told,
}

/// How far a deletion is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletionStage {
    /// It is not planned.
    Unplanned,
    /// It is planned.
    Planned {
        /// The hash of the plan.
        hash: String,
        /// Who planned it.
        by: StaffNumber,
    },
    /// It is approved.
    Approved,
    /// It was stopped after it was approved: some places may be done.
    Halted,
    /// Every place is done, and the certificate is filed.
    Certified,
}

/// How far a restriction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionStage {
    /// Nothing is restricted.
    Unplaced,
    /// It stands.
    Standing,
    /// The person was told that it will be lifted.
    Noticed(NaiveDate),
    /// It was lifted.
    Lifted,
}

/// How far an objection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectionStage {
    /// It is not known yet what it is about.
    Unsorted,
    /// It is about marketing, which was stopped.
    MarketingStopped,
    /// The data is restricted while the objection is weighed (Article 18(1)(d)).
    Weighing,
    /// The same, and the person was told that the restriction will be lifted.
    Noticed(NaiveDate),
    /// It was upheld.
    Upheld(AfterUpheld),
    /// Compelling grounds override it.
    Overridden,
    /// It ended while it was weighed, withdrawn, say, and the restriction was lifted.
    Lifted,
}

/// How far a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplaintStage {
    /// It was received.
    Received,
    /// It was acknowledged, on that day.
    Acknowledged(NaiveDate),
    /// It is looked into; acknowledged on that day, if it was.
    Investigated(Option<NaiveDate>),
    /// The outcome was told. An outcome also acknowledges.
    OutcomeTold {
        /// On which day it was acknowledged.
        acknowledged: NaiveDate,
        /// What it was.
        outcome: ComplaintOutcome,
    },
}
