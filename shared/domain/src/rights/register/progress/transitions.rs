//! Which step may follow which, by kind. What is not listed is refused.

use super::stages::{
    ComplaintStage, CopyStage, CorrectionStage, DeletionStage, ObjectionStage, RestrictionStage,
};
use super::step::Step;
use crate::identity::staff::StaffNumber;
use crate::rights::register::refusal::Refusal;

pub(super) fn copy(stage: CopyStage, step: &Step) -> Result<CopyStage, Refusal> {
    use CopyStage::{Finding, Found, HandedOver, Packaging, Ready, ToReview};
    match (stage, step) {
        // Somebody else's links are confirmed later, so a package may have to be made again.
        // So may one whose link has ended before the person fetched it.
        (Finding | Found | ToReview | Ready, Step::PersonConfirmed)
        | (Packaging | ToReview | Ready | HandedOver, Step::PackageFailed) => Ok(Found),
        (Found | ToReview | Ready | HandedOver, Step::PackageOrdered) => Ok(Packaging),
        (Packaging, Step::PackageMade) => Ok(ToReview),
        (ToReview | Ready, Step::Reviewed { .. }) => Ok(Ready),
        (Ready | HandedOver, Step::HandedOver { .. }) | (HandedOver, Step::Fetched) => {
            Ok(HandedOver)
        }
        (Finding, Step::PackageOrdered) => Err(Refusal::Unconfirmed),
        (ToReview, Step::HandedOver { .. }) => Err(Refusal::NotReviewed),
        _ => Err(Refusal::NotNow),
    }
}

pub(super) fn correction(stage: CorrectionStage, step: &Step) -> Result<CorrectionStage, Refusal> {
    use CorrectionStage::{Accurate, Checking, Corrected, Naming, Stated, Told};
    match (stage, step) {
        (Naming | Checking | Accurate, Step::FactsNamed) => Ok(Checking),
        // Several records may be disputed. What is corrected stays so with a statement beside it.
        (Checking | Corrected | Stated, Step::Corrected) | (Corrected, Step::StatementAttached) => {
            Ok(Corrected)
        }
        // If it is accurate, the person is offered a statement.
        (Checking | Accurate | Stated, Step::StatementAttached) => Ok(Stated),
        (Checking, Step::FoundAccurate) => Ok(Accurate),
        (Corrected | Stated, Step::RecipientsTold) => Ok(Told),
        _ => Err(Refusal::NotNow),
    }
}

pub(super) fn deletion(
    stage: &DeletionStage,
    step: &Step,
    by: &StaffNumber,
) -> Result<DeletionStage, Refusal> {
    use DeletionStage::{Approved, Certified, Halted, Planned, Unplanned};
    match (stage, step) {
        (Unplanned | Planned { .. } | Halted, Step::Planned { hash }) => Ok(Planned {
            hash: hash.clone(),
            by: by.clone(),
        }),
        (
            Planned {
                hash: looked_at,
                by: author,
            },
            Step::Approved {
                hash,
                single_handed,
            },
        ) => {
            if looked_at != hash {
                Err(Refusal::PlanChanged)
            } else if author.is(by) && single_handed.is_none() {
                Err(Refusal::SamePerson)
            } else {
                Ok(Approved)
            }
        }
        (Approved, Step::PlacesDone { .. }) => Ok(Certified),
        (Approved, Step::Stopped) => Ok(Halted),
        _ => Err(Refusal::NotNow),
    }
}

pub(super) fn restriction(
    stage: RestrictionStage,
    step: &Step,
) -> Result<RestrictionStage, Refusal> {
    use RestrictionStage::{Lifted, Noticed, Standing, Unplaced};
    match (stage, step) {
        (Unplaced, Step::Restricted) => Ok(Standing),
        (Standing | Noticed(_), Step::NoticeGiven { on }) => Ok(Noticed(*on)),
        (Noticed(_), Step::Lifted) => Ok(Lifted),
        (Standing, Step::Lifted) => Err(Refusal::NoticeFirst),
        _ => Err(Refusal::NotNow),
    }
}

pub(super) fn objection(stage: ObjectionStage, step: &Step) -> Result<ObjectionStage, Refusal> {
    use ObjectionStage::{
        Lifted, MarketingStopped, Noticed, Overridden, Unsorted, Upheld, Weighing,
    };
    match (stage, step) {
        (Unsorted, Step::MarketingStopped) => Ok(MarketingStopped),
        (Unsorted, Step::Restricted) => Ok(Weighing),
        (Weighing | Noticed(_), Step::Upheld { then }) => Ok(Upheld(*then)),
        (Weighing | Noticed(_), Step::NoticeGiven { on }) => Ok(Noticed(*on)),
        (Noticed(_), Step::Overridden) => Ok(Overridden),
        (Noticed(_), Step::Lifted) => Ok(Lifted),
        (Weighing, Step::Overridden | Step::Lifted) => Err(Refusal::NoticeFirst),
        _ => Err(Refusal::NotNow),
    }
}

pub(super) fn complaint(stage: ComplaintStage, step: &Step) -> Result<ComplaintStage, Refusal> {
    use ComplaintStage::{Acknowledged, Investigated, OutcomeTold, Received};
    let acknowledged = match stage {
        Received => None,
        Acknowledged(on) => Some(on),
        Investigated(on) => on,
        OutcomeTold { acknowledged, .. } => Some(acknowledged),
    };
    match (stage, step) {
        (Received, Step::Acknowledged { on }) => Ok(Acknowledged(*on)),
        (Investigated(None), Step::Acknowledged { on }) => Ok(Investigated(Some(*on))),
        (Received | Acknowledged(_), Step::Investigated) => Ok(Investigated(acknowledged)),
        (Investigated(_), Step::ProgressTold { .. }) | (_, Step::TakenToCommissioner { .. }) => {
            Ok(stage)
        }
        (Received | Acknowledged(_) | Investigated(_), Step::OutcomeTold { on, outcome }) => {
            Ok(OutcomeTold {
                acknowledged: acknowledged.unwrap_or(*on),
                outcome: *outcome,
            })
        }
        _ => Err(Refusal::NotNow),
    }
}
