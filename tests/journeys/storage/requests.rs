//! Requests, their tasks, and the suppressions that an approval writes.

use super::tables::{Tables, lend};
use super::{all, at, day, person};
use chrono::TimeDelta;
use custodian_domain::place::Place;
use custodian_domain::record::RecordId;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::erasure::{Certificate, Counts, Ground, Outcome, Receipt};
use custodian_domain::rights::exclusion::{Exclusion, Exemption};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::{Action, State, Task};
use custodian_store::requests::{Approval, Request, Stage};

const NOW: &str = "2096-11-23T10:00:00Z";
const LATER: &str = "2096-11-24T10:00:00Z";

fn request(id: &str) -> RequestId {
    RequestId::try_from(id.to_owned()).unwrap()
}

fn planned(hash: &str) -> Request {
    Request {
        action: Action::Erase,
        stage: Stage::Planned,
        order: "order".to_owned(),
        ground: Some(Ground::ConsentWithdrawn),
        exclusions: Vec::new(),
        planned_by: "dpo-7".to_owned(),
        planned_at: at(NOW),
        plan: None,
        hash: hash.to_owned(),
        undecided: Undecided::default(),
        approved_by: None,
        approved_at: None,
        stopped_by: None,
        holders: vec![person("rosa")],
        sealed: Some("sealed".to_owned()),
        matched: Some("matched".to_owned()),
        terms: None,
        in_case: None,
    }
}

fn approved(hash: &str, instant: &str) -> Request {
    let approved_by = Some("dpo-7".to_owned());
    Request {
        stage: Stage::Approved,
        approved_by,
        approved_at: Some(at(instant)),
        ..planned(hash)
    }
}

fn tasks() -> Vec<Task> {
    Place::ALL
        .map(|place| {
            Task::new(
                place,
                Action::Erase,
                Counts::new(),
                day("2096-12-21"),
                at(NOW),
            )
        })
        .to_vec()
}

async fn approve(tables: &Tables, id: &RequestId, request: &Request, instant: &str) -> bool {
    let tasks = tasks();
    let approval = Approval {
        request,
        tasks: &tasks,
        suppress: true,
        beside: Vec::new(),
    };
    tables
        .requests()
        .approve(id, approval, at(instant))
        .await
        .unwrap()
}

async fn enter(tables: &Tables, id: &RequestId) {
    assert!(
        tables
            .requests()
            .plan(id, &planned("first"), None, Vec::new())
            .await
            .unwrap()
    );
    assert!(approve(tables, id, &approved("first", NOW), NOW).await);
}

#[tokio::test]
async fn a_plan_is_replaced_until_it_is_approved_and_approved_once() {
    lend(async |tables| {
        let (requests, id) = (tables.requests(), request("er-1"));
        assert!(
            requests
                .plan(&id, &planned("first"), None, Vec::new())
                .await
                .unwrap()
        );
        assert!(
            !requests
                .plan(&id, &planned("other"), None, Vec::new())
                .await
                .unwrap(),
            "the id is taken"
        );
        let abels = Request {
            holders: vec![person("abel")],
            ..planned("second")
        };
        assert!(
            requests
                .plan(&id, &abels, Some(&planned("first")), Vec::new())
                .await
                .unwrap()
        );
        assert!(
            !requests
                .plan(&id, &planned("third"), Some(&planned("first")), Vec::new())
                .await
                .unwrap(),
            "it is the second now"
        );
        assert_eq!(all(requests.open_about(&person("rosa"), at(NOW))).await, []);
        assert_eq!(
            all(requests.open_about(&person("abel"), at(NOW))).await,
            std::slice::from_ref(&id)
        );

        assert!(
            !approve(tables, &id, &approved("first", NOW), NOW).await,
            "the first plan does not stand any more"
        );
        assert!(approve(tables, &id, &approved("second", NOW), NOW).await);
        assert!(
            !approve(tables, &id, &approved("second", LATER), LATER).await,
            "once"
        );
        assert!(
            !requests
                .plan(&id, &planned("third"), Some(&abels), Vec::new())
                .await
                .unwrap()
        );
        let found = requests.find(&id, at(NOW)).await.unwrap().unwrap();
        assert_eq!(
            (found.stage, found.approved_at),
            (Stage::Approved, Some(at(NOW)))
        );
        assert_eq!(tables.tasks().all(&id, at(NOW)).await.unwrap(), tasks());
        assert_eq!(all(tables.tasks().open()).await.len(), Place::ALL.len());
        let happened: Vec<String> = all(requests.events(&id, at(NOW)))
            .await
            .into_iter()
            .map(|it| it.what)
            .collect();
        assert_eq!(
            happened,
            ["planned", "planned", "approved"],
            "all in the same second"
        );
    })
    .await;
}

#[tokio::test]
async fn a_later_erasure_takes_nothing_from_an_earlier_one_and_goes_alone_when_it_is_stopped() {
    lend(async |tables| {
        let (suppressions, rosa) = (tables.suppressions(), person("rosa"));
        let complaints = Exclusion {
            source: Some(Source::Complaints),
            reference: None,
            from: None,
            to: None,
            exemption: Exemption::LegalClaims,
        };
        for (id, at, exclusions) in [("er-1", NOW, Vec::new()), ("er-2", LATER, vec![complaints])] {
            tables
                .requests()
                .plan(&request(id), &planned("first"), None, Vec::new())
                .await
                .unwrap();
            assert!(
                approve(
                    tables,
                    &request(id),
                    &Request {
                        exclusions,
                        ..approved("first", at)
                    },
                    at
                )
                .await
            );
        }
        let reference = Reference::of(&RecordId::of_submission("bins", "1"));
        let stands = async || suppressions.of(&rosa, at(LATER)).await.unwrap().unwrap();
        let both = stands().await;
        assert!(
            both.covers(Source::Complaints, &reference, at(NOW)),
            "the first has left nothing"
        );
        assert!(
            !both.covers(Source::Complaints, &reference, at(LATER)),
            "the second leaves complaints"
        );
        assert!(
            both.covers(Source::WebForm, &reference, at(LATER))
                && both.leaves_something_of(day("2026-11-01"))
        );

        suppressions
            .lift(&rosa, at(LATER), at(LATER))
            .await
            .unwrap();
        let first = stands().await;
        assert_eq!(
            (
                first.erased_at,
                first.erasures.len(),
                first.leaves_something_of(day("2026-11-01"))
            ),
            (at(NOW), 1, false)
        );
        assert!(!first.covers(Source::WebForm, &reference, at(LATER)));
        suppressions
            .lift(&rosa, at(LATER), at(LATER))
            .await
            .unwrap();
        assert_eq!(stands().await, first, "twice is once");
        assert_eq!(
            suppressions
                .of(&rosa, at("2099-11-23T10:00:00Z"))
                .await
                .unwrap(),
            None,
            "its own three years"
        );
        suppressions.lift(&rosa, at(NOW), at(LATER)).await.unwrap();
        assert_eq!(suppressions.of(&rosa, at(LATER)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_approval_suppresses_whom_it_is_about_but_for_what_it_leaves() {
    lend(async |tables| {
        let (suppressions, id, rosa) = (tables.suppressions(), request("er-1"), person("rosa"));
        assert_eq!(suppressions.of(&rosa, at(NOW)).await.unwrap(), None);
        let before = suppressions.epoch(at(NOW)).await.unwrap();
        let left = Exclusion {
            source: Some(Source::Complaints),
            reference: None,
            from: None,
            to: None,
            exemption: Exemption::LegalClaims,
        };
        tables
            .requests()
            .plan(&id, &planned("first"), None, Vec::new())
            .await
            .unwrap();
        let partial = Request {
            exclusions: vec![left.clone()],
            ..approved("first", NOW)
        };
        assert!(approve(tables, &id, &partial, NOW).await);
        assert_ne!(suppressions.epoch(at(NOW)).await.unwrap(), before);
        let suppression = suppressions.of(&rosa, at(NOW)).await.unwrap().unwrap();
        assert_eq!(
            (suppression.erased_at, &suppression.erasures[0].except),
            (at(NOW), &vec![left])
        );
        let reference = Reference::of(&RecordId::of_submission("bins", "1"));
        assert!(suppression.covers(Source::WebForm, &reference, at(NOW)));
        assert!(!suppression.covers(Source::Complaints, &reference, at(NOW)));
        assert!(!suppression.covers(Source::WebForm, &reference, at(NOW) + TimeDelta::seconds(1)));
        assert!(
            suppressions
                .of(&rosa, at("2099-11-23T09:59:59Z"))
                .await
                .unwrap()
                .is_some(),
            "for three years"
        );
        assert_eq!(
            suppressions
                .of(&rosa, at("2099-11-23T10:00:00Z"))
                .await
                .unwrap(),
            None
        );

        // A plan that is older than the current one is not approved.
        let earlier = "2096-11-23T09:59:59Z";
        tables
            .requests()
            .plan(&request("er-2"), &planned("first"), None, Vec::new())
            .await
            .unwrap();
        assert!(
            !approve(
                tables,
                &request("er-2"),
                &approved("first", earlier),
                earlier
            )
            .await
        );
        suppressions
            .lift(&rosa, at(earlier), at(NOW))
            .await
            .unwrap();
        assert!(
            suppressions.of(&rosa, at(NOW)).await.unwrap().is_some(),
            "another erasure's"
        );
        suppressions.lift(&rosa, at(NOW), at(NOW)).await.unwrap();
        assert_eq!(suppressions.of(&rosa, at(NOW)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn one_at_a_time_is_at_a_task_and_who_comes_too_late_changes_nothing() {
    lend(async |tables| {
        let (tasks, id) = (tables.tasks(), request("er-1"));
        assert!(
            tasks
                .begin(&id, Place::Records, at(NOW))
                .await
                .unwrap()
                .is_none(),
            "there is none"
        );
        enter(tables, &id).await;
        let end = approved("first", NOW).end();
        let first = tasks
            .begin(&id, Place::Records, at(NOW))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((first.task.state, first.task.attempts), (State::Running, 1));
        assert!(
            tasks
                .begin(&id, Place::Records, at("2096-11-23T10:15:59Z"))
                .await
                .unwrap()
                .is_none()
        );
        let mut second = tasks
            .begin(&id, Place::Records, at("2096-11-23T10:16:00Z"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(second.task.attempts, 2);
        assert!(
            !tasks.leave(&id, first, end, at(LATER)).await.unwrap(),
            "its lease is over"
        );
        second.task.state = State::Done;
        let receipt = Receipt::of(Place::Records, Counts::new(), at(NOW));
        assert_eq!(receipt.outcome, Outcome::NothingHeld);
        second.task.receipt = Some(receipt.clone());
        assert!(tasks.leave(&id, second, end, at(LATER)).await.unwrap());
        assert!(
            tasks
                .begin(&id, Place::Records, at(LATER))
                .await
                .unwrap()
                .is_none(),
            "it is over"
        );
        let found = tasks
            .find(&id, Place::Records, at(NOW))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((found.receipt, found.lease_until), (Some(receipt), None));
        assert!(tasks.wake(&id, Place::Records).await.unwrap());
        assert!(!tasks.wake(&request("er-2"), Place::Records).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_closed_request_has_its_certificate_and_forgets_whose_it_was() {
    lend(async |tables| {
        let (requests, id) = (tables.requests(), request("er-1"));
        enter(tables, &id).await;
        let certificate = |instant: &str| Certificate {
            ground: Some(Ground::ConsentWithdrawn),
            approved_by: "dpo-7".to_owned(),
            request_id: None,
            approved_at: at(NOW),
            up_to: None,
            completed_at: at(instant),
            backups_clear_on: day("2096-12-28"),
            exclusions: Vec::new(),
            records_left: 0,
            receipts: vec![Receipt::of(Place::Records, Counts::new(), at(instant))],
        };
        let request = approved("first", NOW);
        requests
            .close(&id, &request, &certificate(NOW), at(NOW))
            .await
            .unwrap();
        requests
            .close(&id, &request, &certificate(LATER), at(LATER))
            .await
            .unwrap();
        assert_eq!(
            requests.certificate(&id, at(NOW)).await.unwrap(),
            Some(certificate(NOW)),
            "the first stands"
        );
        let closed = requests.find(&id, at(NOW)).await.unwrap().unwrap();
        assert_eq!(
            (closed.stage, closed.holders.len(), closed.sealed),
            (Stage::Closed, 0, None)
        );
        assert_eq!(all(tables.tasks().open()).await, []);
        assert!(
            !tables.tasks().wake(&id, Place::Records).await.unwrap(),
            "nothing starts it any more"
        );
        assert_eq!(all(requests.open_about(&person("rosa"), at(NOW))).await, []);
        assert!(
            !requests
                .stop(&id, "dpo-7", Vec::new(), at(NOW))
                .await
                .unwrap(),
            "there is nothing to stop"
        );
        let (last, over) = (at("2102-11-23T09:59:59Z"), at("2102-11-23T10:00:00Z"));
        assert!(
            requests.certificate(&id, last).await.unwrap().is_some(),
            "evidence for six years"
        );
        assert_eq!(requests.certificate(&id, over).await.unwrap(), None);
        assert_eq!(requests.find(&id, over).await.unwrap(), None);
    })
    .await;
}
