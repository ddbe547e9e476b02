//! Granicus and the newsletter service, by `OpenDSR`.

use super::{EMAIL, OTHER, PHONE, SubjectRequest, waits};
use crate::house::{House, at};
use chrono::TimeDelta;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use custodian_domain::record::processor_copy::Processor;
use custodian_erase::processors::ProcessorProgress;
use custodian_simulators::{Mode, OpenDsr};
use sha2::{Digest, Sha256};

async fn house() -> (House, OpenDsr) {
    let house = House::open().await;
    let granicus = house.stack.simulators().granicus.clone();
    granicus.take(TimeDelta::hours(24));
    for identity in [EMAIL, PHONE, OTHER] {
        granicus.give(identity);
    }
    (house, granicus)
}

/// A digest in hexadecimal digits.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn orders(double: &OpenDsr) -> usize {
    double
        .calls()
        .iter()
        .filter(|call| *call == "POST /v2/requests")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_is_asked_once_and_done_when_it_says_so_itself() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    let Ok(ProcessorProgress::Waiting { look_again }) = matter.step(&house).await else {
        panic!("it waits")
    };
    assert_eq!(
        look_again,
        at("2026-11-23T16:00:00Z"),
        "it is looked at again six hours later at most"
    );
    assert_eq!(
        granicus.calls()[1..],
        ["GET /v2/discovery", "POST /v2/requests"]
    );
    assert_eq!(matter.sofar.expected_by, Some(at("2026-11-24T10:00:00Z")));
    assert_eq!(matter.sofar.due, Some("2026-12-21".parse().unwrap()));
    let reference = matter.sofar.reference.clone().unwrap();
    assert!(granicus.matters().contains_key(&reference));
    assert!(waits(matter.step(&house).await));
    assert!(granicus.holds(EMAIL));
    house.move_to("2026-11-24T10:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    let said = matter.sofar.said.clone().expect("its word is kept");
    assert_eq!(
        (said.check(), said.body.is_some()),
        (Ok(true), true),
        "and can be checked by anybody"
    );
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert_eq!(
        granicus.inventory(),
        [OTHER.to_owned()].into(),
        "the other person stays"
    );
    assert_eq!(
        (orders(&granicus), matter.sofar.asked_at),
        (1, Some(at(crate::house::BEGINNING)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_that_needs_no_time_is_done_at_once() {
    let (house, granicus) = house().await;
    granicus.take(TimeDelta::zero());
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert!(!granicus.holds(EMAIL) && !granicus.holds(PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_point_asks_nothing_twice() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    matter.crash();
    assert!(waits(matter.step(&house).await));
    assert_eq!((orders(&granicus), granicus.matters().len()), (1, 1));
    house.move_to("2026-11-25T10:00:00Z").await;
    matter.crash();
    assert_eq!(
        matter.step(&house).await,
        Ok(ProcessorProgress::Done),
        "it had been asked, and is done"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_receipt_was_lost_is_found_again() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    granicus.conduct.behave(Mode::Losing);
    assert_eq!(matter.failure(&house).await, "unavailable");
    assert_eq!(
        matter.sofar.asked_at, None,
        "nothing is claimed that is not known"
    );
    granicus.conduct.behave(Mode::Well);
    assert!(waits(matter.step(&house).await));
    assert_eq!((orders(&granicus), granicus.matters().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processors_and_two_requests_are_different_matters() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    let mut newsletter = SubjectRequest::new(&house, Processor::Newsletter);
    house
        .stack
        .simulators()
        .newsletter
        .take(TimeDelta::hours(24));
    let mut another = SubjectRequest::new(&house, Processor::Granicus);
    another.request = "DPO-2026-8".to_owned().try_into().unwrap();
    for matter in [&mut matter, &mut newsletter, &mut another] {
        assert!(waits(matter.step(&house).await));
    }
    let references: std::collections::BTreeSet<_> = [&matter, &newsletter, &another]
        .map(|matter| matter.sofar.reference.clone())
        .into();
    assert_eq!(references.len(), 3);
    assert_eq!(
        (
            granicus.matters().len(),
            house.stack.simulators().newsletter.matters().len()
        ),
        (2, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_properly_is_not_believed_and_is_asked_again() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    let misbehaving = [
        (Mode::Slow, "timeout"),
        (Mode::Down, "unavailable"),
        (Mode::Garbled, "signature"),
        (Mode::Redirecting, "redirected"),
        (Mode::Huge, "answer_too_large"),
    ];
    for (mode, code) in misbehaving {
        granicus.conduct.behave(mode);
        assert_eq!(matter.failure(&house).await, code, "{mode:?}");
        assert_eq!(
            (orders(&granicus), matter.sofar.asked_at),
            (0, None),
            "{mode:?}"
        );
    }
    granicus.conduct.behave(Mode::Refusing);
    assert_eq!(matter.failure(&house).await, "refused");
    granicus.conduct.behave(Mode::Wrong);
    assert_eq!(matter.failure(&house).await, "another_matter");
    granicus.conduct.behave(Mode::Well);
    assert!(waits(matter.step(&house).await));
    let noted = matter.sofar.clone();
    house.move_to("2026-11-25T10:00:00Z").await;
    for (mode, code) in misbehaving.into_iter().chain([
        (Mode::Wrong, "another_matter"),
        (Mode::Forging, "signature"),
    ]) {
        granicus.conduct.behave(mode);
        assert_eq!(matter.failure(&house).await, code, "{mode:?}");
        assert_eq!(matter.sofar, noted, "{mode:?}");
    }
    assert!(
        !granicus.calls().iter().any(|call| call.contains("trap")),
        "no redirect was followed"
    );
    granicus.conduct.behave(Mode::Well);
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_completion_is_no_completion() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    granicus.conduct.behave(Mode::Forging);
    assert_eq!(matter.failure(&house).await, "signature");
    house.move_to("2026-11-25T10:00:00Z").await;
    assert_eq!(matter.failure(&house).await, "signature");
    assert!(granicus.holds(EMAIL), "it has not done what it signs");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_down_for_three_days_is_done_in_the_end() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    granicus.conduct.behave(Mode::Down);
    for day in 23..26 {
        house.move_to(&format!("2026-11-{day}T12:00:00Z")).await;
        assert_eq!(matter.failure(&house).await, "unavailable");
    }
    granicus.conduct.behave(Mode::Well);
    house.move_to("2026-11-26T12:00:00Z").await;
    assert!(waits(matter.step(&house).await));
    house.move_to("2026-11-27T12:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert!(!granicus.holds(EMAIL) && !granicus.holds(PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_go_as_the_processor_takes_them_and_what_it_does_not_take_is_said() {
    let (house, granicus) = house().await;
    granicus.take_as(&[("email", "sha256"), ("email", "md5")]);
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    let sent = granicus.matters().into_values().next().unwrap();
    assert_eq!(sent.identities, [("sha256".to_owned(), digest(EMAIL))]);
    assert_eq!(matter.sofar.not_asked_by, [IdentifierKind::Phone]);
    house.move_to("2026-11-24T10:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert!(!granicus.holds(EMAIL) && granicus.holds(OTHER));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_asked_for_at_all_is_a_task_for_a_human() {
    let (house, granicus) = house().await;
    granicus.take_as(&[("android_id", "raw")]);
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    assert_eq!(orders(&granicus), 0);
    assert!(
        matter
            .sofar
            .instructions
            .as_ref()
            .unwrap()
            .starts_with("In Granicus")
    );
    assert_eq!(
        matter.sofar.not_asked_by,
        [IdentifierKind::Email, IdentifierKind::Phone]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pending_can_be_taken_back_and_nothing_later() {
    let (house, granicus) = house().await;
    let mut early = SubjectRequest::new(&house, Processor::Granicus);
    assert_eq!(
        early.cancel(&house).await,
        Ok(ProcessorProgress::Cancelled),
        "it was never asked"
    );
    assert!(waits(early.step(&house).await));
    assert_eq!(early.cancel(&house).await, Ok(ProcessorProgress::Cancelled));
    assert_eq!(
        early.cancel(&house).await,
        Ok(ProcessorProgress::Cancelled),
        "twice is once"
    );
    house.move_to("2026-11-25T10:00:00Z").await;
    assert!(granicus.holds(EMAIL));
    let mut late = SubjectRequest::new(&house, Processor::Granicus);
    late.request = "DPO-2026-8".to_owned().try_into().unwrap();
    assert!(waits(late.step(&house).await));
    house.move_to("2026-11-25T23:00:00Z").await;
    assert!(waits(late.cancel(&house).await), "it has begun");
    house.move_to("2026-11-26T10:00:00Z").await;
    assert_eq!(late.cancel(&house).await, Ok(ProcessorProgress::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_and_is_wanted_after_all_is_asked_anew() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    assert_eq!(
        matter.cancel(&house).await,
        Ok(ProcessorProgress::Cancelled)
    );
    let first = matter.sofar.reference.clone();
    matter.crash();
    assert!(waits(matter.step(&house).await));
    assert_ne!(matter.sofar.reference, first);
    matter.crash();
    assert!(
        waits(matter.step(&house).await),
        "and again that is the same matter"
    );
    assert_eq!(granicus.matters().len(), 2);
    house.move_to("2026-11-24T10:00:00Z").await;
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
    assert!(!granicus.holds(EMAIL));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_in_the_secret_is_what_counts_a_minute_later() {
    let (house, granicus) = house().await;
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    assert!(waits(matter.step(&house).await));
    let secrets = house.stack.host("erase").unwrap().secrets();
    let [own, certificate] =
        ["GRANICUS_PROCESSOR_SECRET", "GRANICUS_CERTIFICATE_SECRET"].map(|it| house.setting(it));
    let read = async |id: &str| {
        secrets
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .unwrap()
            .secret_string
            .unwrap()
    };
    let put = async |id: &str, document: &str| {
        secrets
            .put_secret_value()
            .secret_id(id)
            .secret_string(document)
            .send()
            .await
            .unwrap();
        house
            .stack
            .clock()
            .set(house.stack.clock().now() + TimeDelta::minutes(2));
    };
    let documents = (read(&own).await, read(&certificate).await);
    for (id, document, code) in [
        (&certificate, "{}", "certificate_missing"),
        (&certificate, "{", "secret"),
        (&own, r#"{"token": "localstack-other"}"#, "unauthorised"),
        (&own, "{", "secret"),
    ] {
        put(id, document).await;
        assert_eq!(matter.failure(&house).await, code);
        put(&certificate, &documents.1).await;
    }
    put(&own, &documents.0).await;
    assert!(waits(matter.step(&house).await));
    // Earlier versions had both in one secret.
    let mut both: serde_json::Value = serde_json::from_str(&documents.0).unwrap();
    both["certificate"] =
        serde_json::from_str::<serde_json::Value>(&documents.1).unwrap()["certificate"].clone();
    put(&certificate, "{}").await;
    put(&own, &both.to_string()).await;
    assert!(waits(matter.step(&house).await));
    assert_eq!(granicus.matters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_s_word_counts_where_a_processor_never_answers() {
    let (house, granicus) = house().await;
    granicus.conduct.behave(Mode::Down);
    let mut matter = SubjectRequest::new(&house, Processor::Granicus);
    matter.identities = vec![Identifier::email(EMAIL).unwrap()];
    assert_eq!(matter.failure(&house).await, "unavailable");
    let on = "2026-11-24".parse().unwrap();
    matter.sofar.confirmed = Some(custodian_domain::rights::processor_exchange::Confirmation {
        by: "J. Hill".to_owned(),
        on,
    });
    assert_eq!(matter.step(&house).await, Ok(ProcessorProgress::Done));
}
