//! Five9, by SOAP.

use super::{EMAIL, OTHER, SubjectRequest, waits};
use crate::house::House;
use chrono::TimeDelta;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::record::processor_copy::Processor;
use custodian_erase::processors::ProcessorProgress;
use custodian_simulators::{Five9, Mode};

/// A person in four contacts, each of which knows them by another identifier, and two other people.
async fn house() -> (House, Five9) {
    let house = House::open().await;
    let five9 = house.stack.simulators().five9.clone();
    five9.give(&[("number1", "+447700900142"), ("first_name", "Priya")]);
    five9.give(&[("number1", "01305 1"), ("number2", "07700900142")]);
    five9.give(&[("number1", "01305 2"), ("number3", "447700900142")]);
    five9.give(&[("number1", "01305 3"), ("email", EMAIL)]);
    five9.give(&[("number1", "07700900143"), ("email", OTHER)]);
    five9.give(&[("number1", "01305 4"), ("first_name", EMAIL)]);
    (house, five9)
}

fn deletions(double: &Five9) -> usize {
    double
        .calls()
        .iter()
        .filter(|call| *call == "deleteFromContacts")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_go_by_number_and_address_within_sixty_days_and_after() {
    for day in ["2026-11-23T12:00:00Z", "2027-06-01T12:00:00Z"] {
        let (house, five9) = house().await;
        house.move_to(day).await;
        let mut matter = SubjectRequest::new(&house, Processor::Five9);
        assert_eq!(
            matter.step(&house).await,
            Ok(ProcessorProgress::Done),
            "an import that is over at once is not waited for"
        );
        assert_eq!(deletions(&five9), 4, "one for each field");
        assert_eq!(
            five9.contacts().len(),
            2,
            "others stay, and who has the address in another field"
        );
        assert_eq!(matter.sofar.removed, Some(4));
        assert_eq!(
            matter.sofar.logs_until,
            Some("2027-01-22".parse().unwrap()),
            "logs of calls go by themselves"
        );
        assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
        assert_eq!(deletions(&five9), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_five9_does_not_hold_is_done_at_once() {
    let (house, five9) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    matter.identities = vec![Identifier::phone("07700 900199").unwrap()];
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert_eq!((deletions(&five9), five9.contacts().len()), (0, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_runs_is_waited_for() {
    let (house, five9) = house().await;
    five9.take(TimeDelta::hours(2));
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    for _ in 0..3 {
        assert!(waits(matter.step(&house).await));
    }
    assert!(
        waits(matter.cancel(&house).await),
        "what runs cannot be taken back"
    );
    assert_eq!((deletions(&five9), five9.contacts().len()), (4, 6));
    house.move_to("2026-11-23T12:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_any_deletion_only_deletes_again() {
    let (house, five9) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    five9.conduct.behave(Mode::Losing);
    for _ in 0..3 {
        assert_eq!(matter.failure(&house).await, "unreadable_answer");
    }
    five9.conduct.behave(Mode::Well);
    five9.take(TimeDelta::hours(2));
    assert!(waits(matter.step(&house).await));
    matter.crash();
    assert!(
        waits(matter.step(&house).await),
        "it deletes again, which does no harm"
    );
    house.move_to("2026-11-23T12:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert_eq!(five9.contacts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_five9_has_forgotten_are_no_obstacle() {
    let (house, five9) = house().await;
    five9.take(TimeDelta::hours(2));
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    assert!(waits(matter.step(&house).await));
    house.move_to("2026-12-23T12:00:00Z").await;
    five9.forget_imports();
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_reported_and_not_done_is_not_believed() {
    let (house, five9) = house().await;
    five9.conduct.behave(Mode::Boasting);
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    assert!(waits(matter.step(&house).await));
    assert_eq!(matter.failure(&house).await, "contacts_left");
    assert!(waits(matter.step(&house).await), "it is asked once more");
    assert_eq!(matter.failure(&house).await, "contacts_left");
    five9.conduct.behave(Mode::Well);
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert_eq!(five9.contacts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_properly_is_not_believed() {
    let (house, five9) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    for (mode, code) in [
        (Mode::Slow, "timeout"),
        (Mode::Down, "unavailable"),
        (Mode::Garbled, "unreadable_answer"),
        (Mode::Wrong, "unreadable_answer"),
        (Mode::Redirecting, "redirected"),
        (Mode::Huge, "answer_too_large"),
        (Mode::Refusing, "fault"),
    ] {
        five9.conduct.behave(mode);
        assert_eq!(matter.failure(&house).await, code, "{mode:?}");
        assert_eq!(matter.sofar.asked_at, None);
    }
    assert!(
        !five9.calls().iter().any(|call| call.contains("trap")),
        "no redirect was followed"
    );
    assert_eq!(five9.contacts().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_by_a_customer_number_only_is_a_task_for_a_human() {
    let (house, five9) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Five9);
    matter.identities = vec![Identifier::reference("UCRN-1").unwrap()];
    assert!(waits(matter.step(&house).await));
    assert!(five9.calls().is_empty() && matter.sofar.instructions.is_some());
    assert_eq!(matter.sofar.not_asked_by, [IdentifierKind::Reference]);
    assert_eq!(
        matter.cancel(&house).await,
        Ok(ProcessorProgress::Cancelled)
    );
}
