//! Any sequence of events leaves a sound case.

use super::*;
use crate::rights::register::lists::{
    ExtensionReason, FeeReason, IdentityDoubt, ProofSeen, ReceiptReason, ReopeningReason,
};
use crate::rights::response_deadline::Need;
use chrono::Days;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

fn date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..60).prop_map(|days| day("2026-11-20") + Days::new(days))
}

fn any_step() -> impl Strategy<Value = Step> {
    select(super::kinds::all_steps())
}

fn any_event() -> impl Strategy<Value = CaseEvent> {
    let need = || select(vec![Need::Identity, Need::Authority, Need::Fee]);
    let ending = select(Ending::ALL);
    let late = select(vec![None, Some(LateReason::Staffing)]);
    prop_oneof![
        date().prop_map(|on| CaseEvent::IdentityAsked {
            on,
            doubt: IdentityDoubt::Unusual
        }),
        date().prop_map(|on| CaseEvent::AuthorityAsked { on }),
        date().prop_map(|on| CaseEvent::FeeAsked {
            on,
            reason: FeeReason::Excessive
        }),
        (need(), date()).prop_map(|(need, on)| CaseEvent::Sufficient {
            need,
            on,
            proof: ProofSeen::Known
        }),
        date().prop_map(|on| CaseEvent::QuestionAsked { on }),
        date().prop_map(|on| CaseEvent::QuestionAnswered { on }),
        date().prop_map(|told_on| CaseEvent::Extended {
            told_on,
            reason: ExtensionReason::Complex
        }),
        date().prop_map(|received| CaseEvent::ReceiptCorrected {
            received,
            reason: ReceiptReason::EnteredWrongly
        }),
        any_step().prop_map(|step| CaseEvent::Stepped { step }),
        select(vec![
            decided(Verdict::Granted, &[]),
            decided(Verdict::Refused, &[RefusalGround::Research])
        ]),
        (ending, date(), late).prop_map(|(ending, on, late)| closed(ending, &on.to_string(), late)),
        Just(CaseEvent::Reopened {
            reason: ReopeningReason::Missed
        }),
    ]
}

fn any_kinds() -> impl Strategy<Value = Vec<RequestKind>> {
    proptest::sample::subsequence(RequestKind::ALL, 1..=3)
}

proptest! {
    /// `of` compares what is read with what was entered, and checks that a refusal changes nothing.
    #[test]
    fn any_events_leave_a_case_that_its_events_make_again(
        kinds in any_kinds(),
        events in prop::collection::vec((any_event(), prop::option::of(select(RequestKind::ALL))), 0..40),
    ) {
        let mut case = received("2026-11-24", "2026-12-20", &kinds).unwrap();
        for (event, kind) in events {
            drop(of(&mut case, kind, "2026-12-20", event));
        }
        for request in case.requests() {
            let due = request.due(&ENGLAND_AND_WALES);
            prop_assert_eq!(request.waits_for().is_some() && request.closing().is_none(), request.state().starts_with("waiting_"));
            prop_assert!(due.date().is_none_or(|due| due > request.received()));
            if request.closing().is_some_and(|closing| closing.ending == Ending::Fulfilled) {
                prop_assert!(request.progress().is_done());
            }
        }
        // Every event again, later: nothing changes.
        let before = case.clone();
        for entry in before.entries().iter().skip(1) {
            let again = CaseEntry { at: entry.at + Days::new(9), ..entry.clone() };
            prop_assert_eq!(case.enter(again, &ENGLAND_AND_WALES), Ok(Entered::Before));
        }
        prop_assert_eq!(case, before);
    }

    /// Days pass between the events, and some happen earlier than they are entered.
    #[test]
    fn no_event_but_a_corrected_receipt_makes_an_overdue_request_one_in_time(
        kinds in any_kinds(),
        asker in select(Asker::ALL),
        events in prop::collection::vec(
            (any_event(), prop::option::of(select(RequestKind::ALL)), 0_u64..9), 0..40),
    ) {
        let mut case = asked_by(asker, "2026-11-24", "2026-11-24", &kinds).unwrap();
        let (mut overdue, mut today) = (BTreeSet::new(), day("2026-11-24"));
        for (event, kind, days) in events {
            today = today + Days::new(days);
            let late = |case: &Case| -> BTreeSet<RequestKind> {
                let late = case.requests().filter(|it| it.overdue(today, &ENGLAND_AND_WALES).is_some());
                late.map(CaseRequest::kind).filter(|kind| kind.right().is_some()).collect()
            };
            overdue.extend(late(&case));
            let is_correction = matches!(event, CaseEvent::ReceiptCorrected { .. });
            let before = late(&case);
            if of(&mut case, kind, &today.to_string(), event).is_ok() && is_correction {
                let said = case.late_until_corrected(&ENGLAND_AND_WALES);
                let last = case.entries().last().map(|entry| entry.id.clone());
                let said = said.into_iter().filter(|(id, ..)| Some(id) == last.as_ref());
                prop_assert_eq!(said.map(|(_, kind, _)| kind).filter(|kind| kind.right().is_some()).collect::<BTreeSet<_>>(), before);
                overdue = late(&case);
            }
            for request in case.requests() {
                if request.closing().is_none() && overdue.contains(&request.kind()) {
                    prop_assert!(request.overdue(today, &ENGLAND_AND_WALES).is_some(), "{:?}", case.entries());
                }
            }
        }
    }

    #[test]
    fn the_order_in_which_a_clock_s_events_are_entered_makes_no_difference(
        identity in (0_u64..10, 0_u64..10),
        question in (0_u64..10, 0_u64..10),
        extended in any::<bool>(),
    ) {
        let from = |days: u64| day("2026-11-24") + Days::new(days);
        let asked = CaseEvent::IdentityAsked { on: from(identity.0), doubt: IdentityDoubt::Unusual };
        let met = CaseEvent::Sufficient {
            need: Need::Identity,
            on: from(identity.0 + identity.1),
            proof: ProofSeen::Known,
        };
        let question_asked = CaseEvent::QuestionAsked { on: from(question.0) };
        let answered = CaseEvent::QuestionAnswered { on: from(question.0 + question.1) };
        let orders = [
            vec![asked.clone(), met.clone(), question_asked.clone(), answered.clone()],
            vec![question_asked.clone(), answered.clone(), asked.clone(), met.clone()],
            vec![question_asked, asked, answered, met],
        ];
        let mut dues = orders.map(|order| {
            let mut case = received("2026-11-24", "2026-12-20", &[RequestKind::Access]).unwrap();
            for event in order {
                enter(&mut case, "2026-12-20", event).unwrap();
            }
            if extended {
                let reason = ExtensionReason::Complex;
                enter(&mut case, "2026-12-20", CaseEvent::Extended { told_on: day("2026-12-20"), reason }).unwrap();
            }
            due(&case)
        }).to_vec();
        dues.dedup();
        prop_assert_eq!(dues.len(), 1);
    }
}
