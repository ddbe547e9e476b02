//! The words of letters: what is entered, as a person reads it.

use super::last;
use crate::Error;
use custodian_domain::rights::erasure::{Certificate, Outcome};
use custodian_domain::rights::register::lists::{
    ExtensionReason, FeeReason, IdentityDoubt, LetterKind, RefusalGround, RequestKind, Verdict,
    taken_out_in_words,
};
use custodian_domain::rights::register::progress::{CopyStage, CorrectionStage, ObjectionStage};
use custodian_domain::rights::register::{Case, CaseEvent, CaseRequest, Progress, Step};

/// Refuses a letter that would say what is not so.
pub(super) fn must_be_true(
    letter: LetterKind,
    (case, request): (&Case, &CaseRequest),
    certificate: Option<&Certificate>,
) -> Result<(), Error> {
    let verdict = request.decision().map(|decision| decision.verdict);
    let kind = request.kind();
    let is_right = kind.right().is_some();
    let (is_so, otherwise) = match letter {
        LetterKind::Acknowledge => (
            is_right,
            "a complaint has `complaint_acknowledged`, and the end of newsletters `newsletter_ended`",
        ),
        LetterKind::Identity => (
            last(case, request, doubt).is_some(),
            "proof of identity was not asked for: enter that first",
        ),
        LetterKind::Authority => (
            last(case, request, authority).is_some(),
            "authority was not asked for: enter that first",
        ),
        LetterKind::Fee => (
            last(case, request, fee).is_some(),
            "no fee was asked for: enter that first",
        ),
        LetterKind::Question => (
            request.is_stopped(),
            "no question is open: enter that first, for an access request",
        ),
        LetterKind::Extension => (
            last(case, request, extension).is_some(),
            "the time is not extended: enter that first",
        ),
        LetterKind::Answer => (
            is_right
                && matches!(verdict, Some(Verdict::Granted | Verdict::Partly))
                && is_done(request.progress()),
            "nothing is granted, or what is granted is not done: enter that first",
        ),
        LetterKind::Nothing => (
            is_right
                && verdict.is_none()
                && !matches!(request.progress(), Progress::Copy(CopyStage::Finding)),
            "something is decided, or whose data it is is not confirmed yet: enter that first",
        ),
        LetterKind::Refusal => (
            verdict == Some(Verdict::Refused),
            "nothing is refused: decide first",
        ),
        LetterKind::Erased => (
            certificate.is_some_and(has_erased),
            "the erasure of this case is not over, or was stopped everywhere: ask for its status",
        ),
        LetterKind::Restricted | LetterKind::Lifting => (
            request.is_standing(),
            "nothing of this request is restricted",
        ),
        LetterKind::NewsletterEnded => (
            matches!(
                request.progress(),
                Progress::Unsubscribe { stopped: true }
                    | Progress::Objection(ObjectionStage::MarketingStopped)
            ),
            "newsletters are not stopped: enter that first",
        ),
        LetterKind::ComplaintAcknowledged => (
            kind == RequestKind::Complaint,
            "that is the letter of a complaint",
        ),
        LetterKind::ComplaintOutcome => (
            request.progress().outcome().is_some(),
            "the complaint has no outcome: enter that first",
        ),
    };
    if is_so {
        Ok(())
    } else {
        Err(Error::NotNow(otherwise))
    }
}

/// Whether what a letter says of a granted request is done. A copy goes with its letter, and a
/// deletion has a second one.
const fn is_done(progress: &Progress) -> bool {
    match progress {
        Progress::Copy(stage) => !matches!(stage, CopyStage::Finding | CopyStage::Found),
        Progress::Deletion(_) => true,
        Progress::Correction(stage) => !matches!(
            stage,
            CorrectionStage::Naming | CorrectionStage::Checking | CorrectionStage::Accurate
        ),
        progress => progress.is_done(),
    }
}

/// Whether something was erased.
fn has_erased(certificate: &Certificate) -> bool {
    let mut receipts = certificate.receipts.iter();
    receipts.any(|receipt| receipt.outcome != Outcome::Stopped)
}

/// What was asked, after "You asked".
pub(super) const fn asked(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Access => "for a copy of your data",
        RequestKind::Portability => "for a copy of your data that you can move",
        RequestKind::Rectification => "us to correct your data",
        RequestKind::Erasure => "us to delete your data",
        RequestKind::Restriction => "us not to use your data",
        RequestKind::Objection => "us to stop using your data",
        RequestKind::Complaint => "us to look into how we have handled your data",
        RequestKind::Unsubscribe => "us not to send you newsletters",
    }
}

/// What is done, of a request that is granted or granted in part.
pub(super) const fn done(
    kind: RequestKind,
    verdict: Option<Verdict>,
    progress: &Progress,
) -> &'static str {
    if let Progress::Correction(CorrectionStage::Stated) = progress {
        return "We keep what it says, and have attached your statement to it. It is part of every copy.";
    }
    let is_partly = matches!(verdict, Some(Verdict::Partly));
    match (kind, is_partly) {
        (RequestKind::Access, false) => {
            "Here is a copy of it, without the names of other people, and with what the law has us say about it: why we have it, where it comes from, who receives it, and how long we keep it."
        }
        (RequestKind::Access, true) => {
            "Here is a copy of it, without some of it and without the names of other people, and with what the law has us say about it: why we have it, where it comes from, who receives it, and how long we keep it."
        }
        (RequestKind::Portability, _) => {
            "Here is what you told us and what we noted as it happened, in a form that other systems read. What we concluded from it is not part of it. You do not have this right for everything that we hold; we give it to you all the same."
        }
        (RequestKind::Rectification, false) => {
            "We have corrected it, and are telling the companies that hold it for us. Backups that nobody can change still have what it said before, until [date]."
        }
        (RequestKind::Rectification, true) => "We have corrected some of it.",
        (RequestKind::Erasure, false) => {
            "We are going to delete it, and will write again when that is done."
        }
        (RequestKind::Erasure, true) => {
            "We are going to delete some of it, and will write again when that is done."
        }
        (RequestKind::Restriction, false) => "We keep it, and use it for nothing else.",
        (RequestKind::Restriction, true) => "We keep some of it, and use that for nothing else.",
        (RequestKind::Objection, false) => "We have stopped.",
        (RequestKind::Objection, true) => "We have stopped some of it.",
        (RequestKind::Complaint | RequestKind::Unsubscribe, _) => "",
    }
}

/// Why there is doubt who the person is.
pub(super) fn doubt(event: &CaseEvent) -> Option<&'static str> {
    let CaseEvent::IdentityAsked { doubt, .. } = event else {
        return None;
    };
    Some(match doubt {
        IdentityDoubt::UnknownAddress => {
            "you wrote from an address or number that we do not have for you"
        }
        IdentityDoubt::SeveralPeople => "what we hold may be about several people",
        IdentityDoubt::Unusual => "the request is unusual",
        IdentityDoubt::Sensitive => "it could do harm if it reached somebody else",
    })
}

/// That authority was asked for.
fn authority(event: &CaseEvent) -> Option<&'static str> {
    matches!(event, CaseEvent::AuthorityAsked { .. }).then_some("")
}

/// Why a fee is asked.
pub(super) fn fee(event: &CaseEvent) -> Option<&'static str> {
    let CaseEvent::FeeAsked { reason, .. } = event else {
        return None;
    };
    Some(match reason {
        FeeReason::Unfounded => "manifestly unfounded",
        FeeReason::Excessive => "manifestly excessive",
    })
}

/// Why the time is extended.
pub(super) fn extension(event: &CaseEvent) -> Option<&'static str> {
    let CaseEvent::Extended { reason, .. } = event else {
        return None;
    };
    Some(match reason {
        ExtensionReason::Complex => "your request is complex",
        ExtensionReason::NumberOfRequests => "you have made several requests",
    })
}

/// A ground for a refusal.
pub(super) const fn ground(ground: RefusalGround) -> &'static str {
    match ground {
        RefusalGround::Unfounded => "the request is manifestly unfounded (Article 12(5) UK GDPR)",
        RefusalGround::Excessive => "the request is manifestly excessive (Article 12(5) UK GDPR)",
        RefusalGround::RightsOfOthers => {
            "it would say something of other people (Article 15(4) UK GDPR)"
        }
        RefusalGround::Exemption => {
            "the law exempts it (Data Protection Act 2018, Schedules 2 to 4)"
        }
        RefusalGround::FreeExpression => {
            "it is needed for free expression and information (Article 17(3)(a) UK GDPR)"
        }
        RefusalGround::PublicTask => {
            "it is needed for a legal obligation or a task in the public interest (Article 17(3)(b) UK GDPR)"
        }
        RefusalGround::Research => {
            "it is needed for archiving, research or statistics (Article 17(3)(d) UK GDPR)"
        }
        RefusalGround::LegalClaims => "it is needed for legal claims (Article 17(3)(e) UK GDPR)",
        RefusalGround::Accurate => {
            "what we hold is accurate (Article 16 UK GDPR); you can have a statement of your own stand beside it"
        }
        RefusalGround::CompellingGrounds => {
            "there are compelling reasons to go on (Article 21(1) UK GDPR)"
        }
        RefusalGround::RightDoesNotApply => "this right does not apply here",
        RefusalGround::NotIdentified => {
            "we could not tell which data is yours (Article 11(2) UK GDPR)"
        }
    }
}

/// What was taken out of the package that was read last, ground by ground.
pub(super) fn taken_out(case: &Case, request: &CaseRequest) -> Vec<String> {
    let mut entries = case.entries().iter().rev();
    let reviewed = entries.find_map(|entry| match &entry.event {
        CaseEvent::Stepped {
            step: Step::Reviewed { taken_out, .. },
        } if entry.of == Some(request.kind()) => Some(taken_out_in_words(taken_out)),
        _ => None,
    });
    reviewed.unwrap_or_default()
}

/// The outcome of a complaint.
pub(super) fn outcome(word: Option<&str>) -> &'static str {
    match word {
        Some("upheld") => "upheld",
        Some("partly") => "upheld in part",
        _ => "not upheld",
    }
}
