//! What starts, stops and moves a clock.

use super::*;
use crate::rights::register::lists::{
    ExtensionReason, FeeReason, IdentityDoubt, ProofFault, ProofSeen, ReceiptReason,
};
use crate::rights::response_deadline::Need;

fn identity_asked(on: &str) -> CaseEvent {
    CaseEvent::IdentityAsked {
        on: day(on),
        doubt: IdentityDoubt::UnknownAddress,
    }
}

fn sufficient(need: Need, on: &str) -> CaseEvent {
    CaseEvent::Sufficient {
        need,
        on: day(on),
        proof: ProofSeen::CodeSent,
    }
}

fn insufficient(on: &str) -> CaseEvent {
    CaseEvent::Insufficient {
        need: Need::Identity,
        on: day(on),
        fault: ProofFault::DoesNotMatch,
    }
}

fn asked(on: &str) -> CaseEvent {
    CaseEvent::QuestionAsked { on: day(on) }
}

fn answered(on: &str) -> CaseEvent {
    CaseEvent::QuestionAnswered { on: day(on) }
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
fn a_request_is_received_today_or_within_three_years() {
    let access = [RequestKind::Access];
    for (on, expected) in [
        ("2026-11-24", None),
        ("2023-11-24", None),
        ("2026-11-25", Some(Refusal::InTheFuture)),
        ("2023-11-23", Some(Refusal::TooLongAgo)),
    ] {
        assert_eq!(received(on, "2026-11-24", &access).err(), expected, "{on}");
    }
    assert_eq!(
        received("2026-11-24", "2026-11-24", &[]).err(),
        Some(Refusal::NoSuchRequest)
    );
}

#[test]
fn identity_starts_the_clock_when_it_is_sufficient_and_not_before() {
    let mut case = case(&[RequestKind::Access]);
    assert_eq!(due(&case).as_deref(), Some("2026-12-24"));
    assert_eq!(
        enter(&mut case, "2026-11-25", identity_asked("2026-11-26")),
        Err(Refusal::InTheFuture)
    );
    assert_eq!(
        enter(&mut case, "2026-11-25", identity_asked("2026-11-23")),
        Err(Refusal::TooEarly(day("2026-11-24")))
    );
    enter(&mut case, "2026-11-25", identity_asked("2026-11-25")).unwrap();
    assert_eq!((state(&case), due(&case)), ("waiting_identity", None));
    assert_eq!(
        enter(&mut case, "2026-11-26", identity_asked("2026-11-26")),
        Err(Refusal::AskedAlready)
    );
    enter(&mut case, "2026-11-27", insufficient("2026-11-27")).unwrap();
    assert_eq!((state(&case), due(&case)), ("waiting_identity", None));
    for (event, refusal) in [
        (
            decided(Verdict::Granted, &[]),
            Refusal::NotDealtWith(Need::Identity),
        ),
        (extended("2026-11-28"), Refusal::ClockStands),
        (
            CaseEvent::Stepped {
                step: Step::PersonConfirmed,
            },
            Refusal::NotDealtWith(Need::Identity),
        ),
        (
            closed(Ending::NothingHeld, "2026-11-28", None),
            Refusal::NotDealtWith(Need::Identity),
        ),
        (sufficient(Need::Fee, "2026-11-28"), Refusal::NotAskedFor),
        (
            sufficient(Need::Identity, "2026-11-24"),
            Refusal::TooEarly(day("2026-11-25")),
        ),
    ] {
        assert_eq!(enter(&mut case, "2026-11-28", event), Err(refusal));
    }
    enter(
        &mut case,
        "2026-11-30",
        sufficient(Need::Identity, "2026-11-30"),
    )
    .unwrap();
    assert_eq!(
        (state(&case), due(&case).as_deref()),
        ("open", Some("2026-12-30"))
    );
    assert_eq!(
        enter(&mut case, "2026-11-30", insufficient("2026-11-30")),
        Err(Refusal::NotAskedFor)
    );
}

#[test]
fn authority_and_a_fee_wait_as_well_and_a_letter_with_several_rights_waits_once() {
    let mut case = case(&[
        RequestKind::Access,
        RequestKind::Erasure,
        RequestKind::Complaint,
    ]);
    enter(
        &mut case,
        "2026-11-25",
        CaseEvent::AuthorityAsked {
            on: day("2026-11-25"),
        },
    )
    .unwrap();
    let fee = CaseEvent::FeeAsked {
        on: day("2026-11-25"),
        reason: FeeReason::Excessive,
    };
    of(&mut case, Some(RequestKind::Access), "2026-11-25", fee).unwrap();
    let states = |case: &Case| case.requests().map(CaseRequest::state).collect::<Vec<_>>();
    assert_eq!(
        states(&case),
        ["waiting_authority", "waiting_authority", "open"]
    );
    enter(
        &mut case,
        "2026-12-01",
        sufficient(Need::Authority, "2026-12-01"),
    )
    .unwrap();
    assert_eq!(states(&case), ["waiting_fee", "open", "open"]);
    enter(&mut case, "2026-12-02", sufficient(Need::Fee, "2026-12-02")).unwrap();
    let dues: Vec<_> = case
        .requests()
        .map(|one| one.due(&ENGLAND_AND_WALES).date().unwrap().to_string())
        .collect();
    assert_eq!(dues, ["2027-01-04", "2027-01-04", "2026-12-24"]);
    let complaint = Some(RequestKind::Complaint);
    assert_eq!(
        of(
            &mut case,
            complaint,
            "2026-12-02",
            identity_asked("2026-12-02")
        ),
        Err(Refusal::NotARight)
    );
}

#[test]
fn a_question_stops_the_clock_of_an_access_request_only_and_once_at_a_time() {
    for kind in RequestKind::ALL
        .iter()
        .filter(|kind| **kind != RequestKind::Access)
    {
        let mut other = case(&[*kind]);
        let refused = enter(&mut other, "2026-11-26", asked("2026-11-26"));
        assert_eq!(refused, Err(Refusal::NotAccess), "{kind:?}");
    }
    let mut case = case(&[RequestKind::Access, RequestKind::Rectification]);
    enter(&mut case, "2026-11-26", asked("2026-11-26")).unwrap();
    assert_eq!((state(&case), due(&case)), ("stopped", None));
    for (event, refusal) in [
        (answered("2026-11-25"), Refusal::TooEarly(day("2026-11-26"))),
        (extended("2026-11-27"), Refusal::ClockStands),
    ] {
        let refused = of(&mut case, Some(RequestKind::Access), "2026-11-27", event);
        assert_eq!(refused, Err(refusal));
    }
    let refused = of(
        &mut case,
        Some(RequestKind::Access),
        "2026-11-27",
        asked("2026-11-27"),
    );
    assert_eq!(refused, Err(Refusal::QuestionOpen));
    enter(&mut case, "2026-11-30", answered("2026-11-30")).unwrap();
    let dues: Vec<_> = case
        .requests()
        .map(|one| one.due(&ENGLAND_AND_WALES).date().unwrap().to_string())
        .collect();
    assert_eq!(dues, ["2026-12-29", "2026-12-24"]);
    assert_eq!(
        enter(&mut case, "2026-11-30", answered("2026-11-30")),
        Err(Refusal::NoQuestionOpen)
    );
}

#[test]
fn the_time_is_extended_once_and_the_person_is_told_within_the_month() {
    let late = |on: &str| {
        let mut case = case(&[RequestKind::Access]);
        enter(&mut case, on, extended(on)).map(|()| due(&case))
    };
    assert_eq!(late("2026-12-24"), Ok(Some("2027-02-24".to_owned())));
    assert_eq!(
        late("2026-12-25"),
        Err(Refusal::TooLateToExtend(day("2026-12-24")))
    );
    let mut once = case(&[RequestKind::Access]);
    enter(&mut once, "2026-12-01", extended("2026-12-01")).unwrap();
    assert_eq!(
        enter(&mut once, "2026-12-02", extended("2026-12-02")),
        Err(Refusal::ExtendedAlready)
    );
    let mut unknown = received("2028-11-30", "2028-12-01", &[RequestKind::Access]).unwrap();
    let refused = enter(&mut unknown, "2028-12-01", extended("2028-12-01"));
    assert_eq!(
        refused,
        Err(Refusal::NotKnownYet(ENGLAND_AND_WALES.beyond()))
    );
    let mut complaint = case(&[RequestKind::Complaint]);
    let refused = enter(&mut complaint, "2026-12-01", extended("2026-12-01"));
    assert_eq!(refused, Err(Refusal::NotARight));
}

#[test]
fn a_corrected_receipt_moves_every_date_of_the_letter() {
    let mut case = case(&[RequestKind::Access, RequestKind::Complaint]);
    enter(&mut case, "2026-11-26", asked("2026-11-26")).unwrap();
    for (on, refusal) in [
        ("2026-11-28", Refusal::InTheFuture),
        ("2026-11-27", Refusal::AfterEvents(day("2026-11-26"))),
        ("2023-11-26", Refusal::TooLongAgo),
    ] {
        assert_eq!(
            enter(&mut case, "2026-11-27", corrected(on)),
            Err(refusal),
            "{on}"
        );
    }
    let one = Some(RequestKind::Access);
    let refused = of(&mut case, one, "2026-11-27", corrected("2026-11-20"));
    assert_eq!(refused, Err(Refusal::NotNow), "one letter has one date");
    enter(&mut case, "2026-11-27", answered("2026-11-26")).unwrap();
    enter(&mut case, "2026-11-27", corrected("2026-11-20")).unwrap();
    assert_eq!(
        (case.received(), due(&case).as_deref()),
        (day("2026-11-20"), Some("2026-12-21"))
    );
}

#[test]
fn a_silent_person_s_request_lapses_about_a_month_later_and_only_if_somebody_says_so() {
    let mut case = case(&[RequestKind::Access]);
    let lapsed = |on| closed(Ending::Lapsed, on, None);
    let never = enter(&mut case, "2026-12-29", lapsed("2026-12-24"));
    assert_eq!(never, Err(Refusal::NotSilent(None)));
    enter(&mut case, "2026-11-26", asked("2026-11-26")).unwrap();
    let early = enter(&mut case, "2026-12-28", lapsed("2026-12-28"));
    assert_eq!(early, Err(Refusal::NotSilent(Some(day("2026-12-29")))));
    assert_eq!(state(&case), "stopped");
    enter(&mut case, "2026-12-29", lapsed("2026-12-29")).unwrap();
    assert_eq!(state(&case), "closed");
}
