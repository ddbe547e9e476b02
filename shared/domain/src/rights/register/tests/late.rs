//! What is late stays late.

use super::*;
use crate::rights::register::lists::{
    ExtensionReason, FeeReason, IdentityDoubt, ProofSeen, ReceiptReason,
};
use crate::rights::response_deadline::Need;

fn asked(on: NaiveDate) -> [CaseEvent; 3] {
    [
        CaseEvent::IdentityAsked {
            on,
            doubt: IdentityDoubt::Sensitive,
        },
        CaseEvent::AuthorityAsked { on },
        CaseEvent::FeeAsked {
            on,
            reason: FeeReason::Unfounded,
        },
    ]
}

fn extended(on: &str) -> CaseEvent {
    CaseEvent::Extended {
        told_on: day(on),
        reason: ExtensionReason::Complex,
    }
}

fn corrected(on: &str) -> CaseEvent {
    CaseEvent::ReceiptCorrected {
        received: day(on),
        reason: ReceiptReason::ReceivedElsewhere,
    }
}

#[test]
fn what_is_asked_after_the_due_date_starts_no_clock_again_whatever_day_it_names() {
    let due = day("2026-12-24");
    for on in ["2026-12-01", "2026-12-24", "2026-12-25"] {
        let question = CaseEvent::QuestionAsked { on: day(on) };
        for event in asked(day(on)).into_iter().chain([question]) {
            let mut case = case(&[RequestKind::Access]);
            let refused = enter(&mut case, "2026-12-25", event.clone());
            assert_eq!(refused, Err(Refusal::OverdueAlready(due)), "{event:?}");
        }
    }
    for event in asked(due) {
        let mut case = case(&[RequestKind::Access]);
        enter(&mut case, "2026-12-24", event).unwrap();
    }
    let mut told = case(&[RequestKind::Access]);
    let refused = enter(&mut told, "2026-12-25", extended("2026-12-24"));
    assert_eq!(refused, Err(Refusal::OverdueAlready(due)));
}

#[test]
fn nothing_is_asked_for_once_it_is_decided() {
    let mut case = case(&[RequestKind::Erasure]);
    enter(&mut case, "2026-11-25", decided(Verdict::Granted, &[])).unwrap();
    for event in asked(day("2026-11-26")) {
        let refused = enter(&mut case, "2026-11-26", event);
        assert_eq!(refused, Err(Refusal::DecidedAlready));
    }
}

#[test]
fn an_extension_counts_only_as_long_as_the_person_was_told_within_the_month() {
    let mut case = case(&[RequestKind::Erasure]);
    enter(&mut case, "2026-12-24", extended("2026-12-24")).unwrap();
    let extended_to = |case: &Case| {
        let request = case.requests().next().unwrap();
        (request.is_extended(&ENGLAND_AND_WALES), due(case).unwrap())
    };
    assert_eq!(extended_to(&case), (true, "2027-02-24".to_owned()));
    enter(&mut case, "2026-12-28", corrected("2026-11-20")).unwrap();
    assert_eq!(extended_to(&case), (false, "2026-12-21".to_owned()));
    enter(&mut case, "2026-12-28", corrected("2026-11-25")).unwrap();
    assert_eq!(extended_to(&case), (true, "2027-02-25".to_owned()));
}

#[test]
fn a_correction_says_what_was_overdue_until_then() {
    let mut case = case(&[RequestKind::Access, RequestKind::Complaint]);
    enter(&mut case, "2026-12-28", corrected("2026-11-26")).unwrap();
    let late = case.late_until_corrected(&ENGLAND_AND_WALES);
    let expected = [RequestKind::Access, RequestKind::Complaint]
        .map(|kind| (case.entries()[1].id.clone(), kind, day("2026-12-24")));
    assert_eq!(late, expected);
    assert_eq!(due(&case).as_deref(), Some("2026-12-29"));
    let mut early = super::case(&[RequestKind::Access]);
    enter(&mut early, "2026-12-01", corrected("2026-11-25")).unwrap();
    assert_eq!(early.late_until_corrected(&ENGLAND_AND_WALES), []);
}

#[test]
fn authority_that_came_with_the_letter_moves_no_date() {
    let kinds = [RequestKind::Access];
    let for_another = |kinds| asked_by(Asker::Representative, "2026-11-24", "2026-11-24", kinds);
    let shown = |on: &str| CaseEvent::Sufficient {
        need: Need::Authority,
        on: day(on),
        proof: ProofSeen::SignedAuthority,
    };
    let mut case = for_another(&kinds).unwrap();
    enter(&mut case, "2026-12-28", shown("2026-12-20")).unwrap();
    assert_eq!(due(&case).as_deref(), Some("2026-12-24"));
    let again = enter(&mut case, "2026-12-28", shown("2026-12-20"));
    assert_eq!(again, Err(Refusal::NotAskedFor));
    let mut own = super::case(&kinds);
    let unasked = enter(&mut own, "2026-12-01", shown("2026-12-01"));
    assert_eq!(unasked, Err(Refusal::NotAskedFor));
}
