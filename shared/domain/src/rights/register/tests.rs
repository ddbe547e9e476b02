//! Tests of the register: each row of the tables of states, allowed and refused.

mod clocks;
mod generated;
mod kinds;
mod late;
mod states;
mod ways_out;

use super::lists::{
    AnswerMeans, AnswerPart, Asker, Decider, Ending, LateReason, Listed, ReceiptChannel,
    RefusalGround, RequestKind, Verdict,
};
use super::{Case, CaseEntry, CaseEvent, CaseId, CaseRequest, Entered, Refusal, Step};
use crate::identity::staff::StaffNumber;
use crate::rights::calendar::ENGLAND_AND_WALES;
use crate::rights::package::RequestId;
use chrono::{NaiveDate, NaiveTime};

fn day(date: &str) -> NaiveDate {
    date.parse().unwrap()
}

fn staff(number: &str) -> StaffNumber {
    StaffNumber::try_from(number.to_owned()).unwrap()
}

/// A case that was received, and registered, on 24 November 2026.
fn case(kinds: &[RequestKind]) -> Case {
    received("2026-11-24", "2026-11-24", kinds).unwrap()
}

fn received(received: &str, registered: &str, kinds: &[RequestKind]) -> Result<Case, Refusal> {
    asked_by(Asker::Person, received, registered, kinds)
}

fn asked_by(
    asker: Asker,
    received: &str,
    registered: &str,
    kinds: &[RequestKind],
) -> Result<Case, Refusal> {
    let event = CaseEvent::Registered {
        received: day(received),
        channel: ReceiptChannel::Telephone,
        asker,
        kinds: kinds.iter().copied().collect(),
        handler: staff("dpo-7"),
    };
    Case::register(
        CaseId::named("C-1").unwrap(),
        entry("first", registered, None, event),
    )
}

fn entry(id: &str, today: &str, of: Option<RequestKind>, event: CaseEvent) -> CaseEntry {
    CaseEntry {
        id: RequestId::try_from(id.to_owned()).unwrap(),
        at: day(today).and_time(NaiveTime::MIN).and_utc(),
        by: Some(staff("dpo-7")),
        of,
        event,
        request: None,
        note: None,
    }
}

/// Enters events on this day, about all open requests, and says what was refused.
fn enter(case: &mut Case, today: &str, event: CaseEvent) -> Result<(), Refusal> {
    of(case, None, today, event)
}

fn of(
    case: &mut Case,
    kind: Option<RequestKind>,
    today: &str,
    event: CaseEvent,
) -> Result<(), Refusal> {
    let id = format!("e{}", case.revision());
    let before = case.clone();
    let entered = case.enter(entry(&id, today, kind, event), &ENGLAND_AND_WALES);
    if entered.is_err() {
        assert_eq!(*case, before, "what is refused changes nothing");
    }
    let read = Case::of(case.id().clone(), case.entries().to_vec());
    assert_eq!(read.as_ref(), Some(&*case), "the events make the same case");
    entered.map(|entered| assert_eq!(entered, Entered::Now))
}

fn step(case: &mut Case, today: &str, step: Step) -> Result<(), Refusal> {
    enter(case, today, CaseEvent::Stepped { step })
}

fn state(case: &Case) -> &'static str {
    case.requests().next().unwrap().state()
}

fn due(case: &Case) -> Option<String> {
    let request = case.requests().next().unwrap();
    request
        .due(&ENGLAND_AND_WALES)
        .date()
        .map(|date| date.to_string())
}

fn decided(verdict: Verdict, grounds: &[RefusalGround]) -> CaseEvent {
    CaseEvent::Decided {
        verdict,
        grounds: grounds.iter().copied().collect(),
        decided_by: Decider::ServiceOwner,
    }
}

/// A closing with every part of an answer, if it is one.
fn closed(ending: Ending, on: &str, late: Option<LateReason>) -> CaseEvent {
    CaseEvent::Closed {
        ending,
        on: day(on),
        means: ending.is_answer().then_some(AnswerMeans::Post),
        parts: AnswerPart::ALL.iter().copied().collect(),
        duplicate_of: (ending == Ending::Duplicate).then(|| CaseId::named("C-0").unwrap()),
        late,
    }
}
