//! The states that every kind has: decided, closed, reopened.

use super::*;
use crate::rights::register::lists::ReopeningReason;
use crate::rights::response_deadline::Need;

const REOPENED: CaseEvent = CaseEvent::Reopened {
    reason: ReopeningReason::PersonReplied,
};

fn refused() -> CaseEvent {
    decided(Verdict::Refused, &[RefusalGround::Exemption])
}

#[test]
fn a_refusal_has_grounds_and_a_grant_has_none() {
    let mut case = case(&[RequestKind::Access]);
    for wrong in [
        decided(Verdict::Refused, &[]),
        decided(Verdict::Partly, &[]),
        decided(Verdict::Granted, &[RefusalGround::Exemption]),
    ] {
        assert_eq!(enter(&mut case, "2026-11-25", wrong), Err(Refusal::Grounds));
    }
    enter(&mut case, "2026-11-25", refused()).unwrap();
    assert_eq!(state(&case), "deciding");
    for kind in [RequestKind::Complaint, RequestKind::Unsubscribe] {
        let mut other = super::case(&[kind]);
        assert_eq!(
            enter(&mut other, "2026-11-25", refused()),
            Err(Refusal::NotNow)
        );
    }
}

#[test]
fn every_ending_but_an_answer_closes_an_open_request_of_every_kind() {
    for kind in RequestKind::ALL {
        for ending in [
            Ending::Withdrawn,
            Ending::Died,
            Ending::Duplicate,
            Ending::NotARequest,
        ] {
            let mut case = case(&[*kind]);
            enter(&mut case, "2026-11-25", closed(ending, "2026-11-25", None)).unwrap();
            assert_eq!(state(&case), "closed");
            let again = enter(&mut case, "2026-11-25", closed(ending, "2026-11-25", None));
            assert_eq!(again, Err(Refusal::NoSuchRequest), "none is open");
            let again = of(
                &mut case,
                Some(*kind),
                "2026-11-25",
                closed(ending, "2026-11-25", None),
            );
            assert_eq!(again, Err(Refusal::Closed));
        }
    }
}

#[test]
fn an_answer_is_what_was_decided_and_has_its_parts() {
    let close =
        |case: &mut Case, ending| enter(case, "2026-11-26", closed(ending, "2026-11-26", None));
    let mut case = case(&[RequestKind::Access]);
    assert_eq!(
        close(&mut case, Ending::Fulfilled),
        Err(Refusal::NotDecided)
    );
    enter(&mut case, "2026-11-25", refused()).unwrap();
    assert_eq!(
        close(&mut case, Ending::Fulfilled),
        Err(Refusal::NotAsDecided)
    );
    assert_eq!(close(&mut case, Ending::Partly), Err(Refusal::NotAsDecided));
    let with = |parts: &[AnswerPart], means| CaseEvent::Closed {
        ending: Ending::Refused,
        on: day("2026-11-26"),
        means,
        parts: parts.iter().copied().collect(),
        duplicate_of: None,
        late: None,
    };
    let four = [
        AnswerPart::Reasons,
        AnswerPart::ComplaintToUs,
        AnswerPart::Commissioner,
        AnswerPart::Court,
    ];
    let refusal = enter(
        &mut case,
        "2026-11-26",
        with(&four, Some(AnswerMeans::Post)),
    );
    assert_eq!(
        refusal,
        Err(Refusal::Incomplete(vec![AnswerPart::AddressChecked]))
    );
    let checked = [AnswerPart::AddressChecked];
    let refusal = enter(
        &mut case,
        "2026-11-26",
        with(&checked, Some(AnswerMeans::Post)),
    );
    assert_eq!(refusal, Err(Refusal::Incomplete(four.to_vec())));
    let refusal = enter(&mut case, "2026-11-26", with(AnswerPart::ALL, None));
    assert_eq!(refusal, Err(Refusal::Means));
    close(&mut case, Ending::Refused).unwrap();

    let mut granted = super::case(&[RequestKind::Access]);
    enter(&mut granted, "2026-11-25", decided(Verdict::Granted, &[])).unwrap();
    assert_eq!(
        close(&mut granted, Ending::Fulfilled),
        Err(Refusal::NotDone)
    );
    close(&mut granted, Ending::NothingHeld).unwrap();
}

#[test]
fn what_is_closed_late_says_why_and_nothing_else_does() {
    let late = Some(LateReason::SlowSearch);
    for (on, reason, expected) in [
        ("2026-12-24", None, Ok(())),
        ("2026-12-25", None, Err(Refusal::Late(day("2026-12-24")))),
        ("2026-12-25", late, Ok(())),
        ("2026-12-24", late, Err(Refusal::NotLate)),
    ] {
        let mut case = case(&[RequestKind::Access]);
        let event = closed(Ending::NothingHeld, on, reason);
        assert_eq!(enter(&mut case, "2027-01-04", event), expected, "{on}");
    }
}

#[test]
fn a_duplicate_names_another_case() {
    let mut case = case(&[RequestKind::Access]);
    for (ending, other) in [
        (Ending::Duplicate, None),
        (Ending::Withdrawn, Some("C-0")),
        (Ending::Duplicate, Some("C-1")),
    ] {
        let event = CaseEvent::Closed {
            ending,
            on: day("2026-11-25"),
            means: None,
            parts: [].into(),
            duplicate_of: other.map(|id| CaseId::named(id).unwrap()),
            late: None,
        };
        assert_eq!(
            enter(&mut case, "2026-11-25", event),
            Err(Refusal::Duplicate)
        );
    }
}

#[test]
fn a_closed_request_is_reopened_as_it_was_while_the_case_is_kept() {
    let mut case = case(&[RequestKind::Access]);
    assert_eq!(
        enter(&mut case, "2026-11-25", REOPENED),
        Err(Refusal::NoSuchRequest)
    );
    let access = Some(RequestKind::Access);
    assert_eq!(
        of(&mut case, access, "2026-11-25", REOPENED),
        Err(Refusal::NotClosed)
    );
    enter(&mut case, "2026-11-25", refused()).unwrap();
    enter(
        &mut case,
        "2026-11-26",
        closed(Ending::Refused, "2026-11-26", None),
    )
    .unwrap();
    let after = of(
        &mut case,
        access,
        "2026-11-27",
        decided(Verdict::Granted, &[]),
    );
    assert_eq!(after, Err(Refusal::Closed));
    assert_eq!(enter(&mut case, "2032-11-24", REOPENED), Err(Refusal::Over));
    enter(&mut case, "2032-11-23", REOPENED).unwrap();
    assert_eq!(
        (state(&case), due(&case).as_deref()),
        ("deciding", Some("2026-12-24"))
    );
}

#[test]
fn a_case_has_no_request_that_it_was_not_registered_with() {
    let mut case = case(&[RequestKind::Access]);
    let refused = of(
        &mut case,
        Some(RequestKind::Erasure),
        "2026-11-25",
        refused(),
    );
    assert_eq!(refused, Err(Refusal::NoSuchRequest));
}

#[test]
fn an_open_question_and_what_is_asked_for_come_before_an_answer() {
    let mut case = case(&[RequestKind::Access]);
    enter(
        &mut case,
        "2026-11-25",
        CaseEvent::QuestionAsked {
            on: day("2026-11-25"),
        },
    )
    .unwrap();
    let nothing = closed(Ending::NothingHeld, "2026-11-25", None);
    assert_eq!(
        enter(&mut case, "2026-11-25", nothing.clone()),
        Err(Refusal::QuestionOpen)
    );
    enter(
        &mut case,
        "2026-11-25",
        CaseEvent::AuthorityAsked {
            on: day("2026-11-25"),
        },
    )
    .unwrap();
    let refused = enter(&mut case, "2026-11-25", nothing);
    assert_eq!(refused, Err(Refusal::NotDealtWith(Need::Authority)));
}

#[test]
fn whoever_works_on_it_can_be_somebody_else() {
    let mut case = case(&[RequestKind::Access]);
    enter(
        &mut case,
        "2026-11-25",
        CaseEvent::Assigned {
            handler: staff("dpo-9"),
        },
    )
    .unwrap();
    assert_eq!(case.handler().as_str(), "dpo-9");
}

#[test]
fn an_event_under_the_same_id_is_entered_once() {
    let mut case = case(&[RequestKind::Access]);
    let asked = |today| {
        entry(
            "q",
            today,
            None,
            CaseEvent::QuestionAsked {
                on: day("2026-11-25"),
            },
        )
    };
    assert_eq!(
        case.enter(asked("2026-11-25"), &ENGLAND_AND_WALES),
        Ok(Entered::Now)
    );
    assert_eq!(
        case.enter(asked("2026-11-27"), &ENGLAND_AND_WALES),
        Ok(Entered::Before)
    );
    assert_eq!(case.revision(), 2);
    let other = entry("q", "2026-11-25", None, refused());
    assert_eq!(
        case.enter(other, &ENGLAND_AND_WALES),
        Err(Refusal::AnotherEvent)
    );
}

#[test]
fn bank_holidays_that_become_known_move_dates_and_the_history_says_so() {
    let case = received("2028-11-30", "2028-12-01", &[RequestKind::Access]).unwrap();
    assert_eq!(due(&case), None, "nobody guesses");
    let longer = ENGLAND_AND_WALES.extended(day("2029-12-31"), &[day("2029-01-01")]);
    let known = [(RequestKind::Access, None)].into();
    let now = day("2028-12-02").and_time(NaiveTime::MIN).and_utc();
    let moved = case.with_moved_dates(&known, &longer, now);
    let last = moved.entries().last().unwrap();
    let to = day("2029-01-02");
    assert_eq!(
        (&last.event, &last.by),
        (&CaseEvent::DueMoved { from: None, to }, &None)
    );
    assert_eq!(
        Case::of(moved.id().clone(), moved.entries().to_vec()),
        Some(moved.clone())
    );
    let known = [(RequestKind::Access, Some(to))].into();
    assert_eq!(
        moved.with_moved_dates(&known, &longer, now),
        moved,
        "it is said once"
    );
    assert_eq!(case.with_moved_dates(&[].into(), &longer, now), case);
}

#[test]
fn an_event_that_nobody_entered_is_none_unless_a_date_moved() {
    let mut case = case(&[RequestKind::Access]);
    for event in [
        refused(),
        closed(Ending::Withdrawn, "2026-11-25", None),
        CaseEvent::Added,
    ] {
        let entry = CaseEntry {
            by: None,
            ..entry("e", "2026-11-25", None, event)
        };
        let mut entries = case.entries().to_vec();
        entries.push(entry.clone());
        assert_eq!(Case::of(case.id().clone(), entries), None);
        assert_eq!(case.enter(entry, &ENGLAND_AND_WALES), Err(Refusal::NotNow));
    }
}

#[test]
fn what_else_a_letter_asks_for_is_added_and_was_received_with_it() {
    let mut case = case(&[RequestKind::Erasure]);
    let access = Some(RequestKind::Access);
    let added = |case: &mut Case, kind| of(case, kind, "2026-12-01", CaseEvent::Added);
    assert_eq!(added(&mut case, None), Err(Refusal::ThereAlready));
    added(&mut case, access).unwrap();
    assert_eq!(added(&mut case, access), Err(Refusal::ThereAlready));
    assert_eq!(due(&case).as_deref(), Some("2026-12-24"));
    assert!(case.has_open_access());
}
