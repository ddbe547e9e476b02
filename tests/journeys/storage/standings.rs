//! Holds and restrictions: what they keep and what they hide. Lifting the last one gives everything
//! its date again.

use super::tables::{Tables, lend};
use super::told_at;
use super::{
    DAY, END, END_DAY, LAST_SECOND, TOLD, all, at, day, ends, keep_many, lying, person, record,
    subject, told,
};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::ledger::{Cause, ItemKind};
use custodian_domain::record::{Holder, Record};
use custodian_domain::retention::Retention;
use custodian_domain::rights::constraint::{
    Act, Constraint, ConstraintKind, Effect, HoldGround, Lifting, Limb, Reason,
};
use custodian_domain::rights::package::RequestId;
use custodian_rights::hold_enforcement::Enforced;
use custodian_store::SHARDS;
use custodian_store::constraints::Placed;
use custodian_store::records::Kept;
use std::collections::BTreeSet;

/// A day after everything that is sent here would have ended.
const LATER: &str = "2099-11-24T10:00:00Z";
const HOLD: ConstraintKind = ConstraintKind::Hold(HoldGround::LegalClaim);
const RESTRICTION: ConstraintKind = ConstraintKind::Restriction(Limb::Accuracy);

fn request(id: &str) -> RequestId {
    RequestId::try_from(id.to_owned()).unwrap()
}

fn act(instant: &str) -> Act {
    Act {
        by: "dpo-7".to_owned(),
        at: at(instant),
    }
}

/// Enters a hold or a restriction and carries it out, as the DPO's order does.
async fn place(
    tables: &Tables,
    id: &str,
    kind: ConstraintKind,
    holders: &[Holder],
    instant: &str,
) -> Enforced {
    let standing = Constraint {
        kind,
        placed: act(instant),
        notice: None,
        lifted: None,
    };
    let holders = holders.to_vec();
    let placed = Placed {
        standing,
        order: "order".to_owned(),
        holders,
        settled: false,
        in_case: None,
    };
    assert!(
        tables
            .standings()
            .enter(&request(id), &placed, Vec::new())
            .await
            .unwrap()
    );
    settle(tables, id, at(instant)).await
}

/// Checks it again, as every sweep does.
async fn settle(tables: &Tables, id: &str, now: DateTime<Utc>) -> Enforced {
    let placed = tables
        .standings()
        .find(&request(id), now)
        .await
        .unwrap()
        .unwrap();
    let mut done = Enforced::default();
    tables
        .hold_enforcement()
        .reconcile(&request(id), &placed, &mut BTreeSet::new(), &mut done, now)
        .await
        .unwrap();
    done
}

async fn lift(tables: &Tables, id: &str, instant: &str) -> Enforced {
    let lifting = Lifting {
        act: act(instant),
        reason: Reason::Settled,
    };
    let kind = tables
        .standings()
        .find(&request(id), at(instant))
        .await
        .unwrap()
        .unwrap()
        .standing
        .kind;
    assert!(
        tables
            .standings()
            .lift(&request(id), kind, &lifting, Vec::new())
            .await
            .unwrap()
    );
    settle(tables, id, at(instant)).await
}

async fn read(tables: &Tables, holder: &Holder, instant: &str) -> Vec<Record> {
    all(tables.records().about(holder, at(instant))).await
}

/// How many records of the day a statistic may count.
async fn told_of(tables: &Tables, instant: &str) -> usize {
    let mut count = 0;
    for shard in 0..SHARDS {
        count += all(tables.records().reportable_on(day(DAY), shard, at(instant)))
            .await
            .len();
    }
    count
}

#[tokio::test]
async fn what_is_held_has_no_end_and_remembers_its_date() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        keep_many(&records, &person("abel"), 1).await;
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        let done = place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        assert_eq!(
            (done.held, done.past_their_date),
            (3, 0),
            "two records and the link that leads to them"
        );
        let held = read(tables, &rosa, LATER).await;
        assert!(
            held.len() == 2
                && held
                    .iter()
                    .all(|it| it.details.retention == Retention::Held(ends(END)))
        );
        assert_eq!(
            all(records.links(&subject("phone"), at(LATER))).await.len(),
            1
        );
        assert!(
            read(tables, &person("abel"), LATER).await.is_empty(),
            "and nobody else's"
        );
        assert_eq!(
            lying(tables, &rosa).await[0].due,
            Some(ends(END)),
            "who deletes it says when it was due"
        );
        let again = settle(tables, "h", at(LATER)).await;
        assert_eq!(
            again,
            Enforced {
                past_their_date: 2,
                ..Enforced::default()
            }
        );
    })
    .await;
}

#[tokio::test]
async fn no_hold_brings_back_what_is_over() {
    lend(async |tables| {
        let rosa = person("rosa");
        keep_many(&tables.records(), &rosa, 1).await;
        assert_eq!(
            place(tables, "h", HOLD, std::slice::from_ref(&rosa), END).await,
            Enforced::default()
        );
        assert!(read(tables, &rosa, END).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_arrives_while_a_hold_stands_is_held_by_the_next_look() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        settle(tables, "h", at(TOLD) + TimeDelta::hours(1)).await;
        assert!(
            tables
                .standings()
                .find(&request("h"), at(TOLD))
                .await
                .unwrap()
                .unwrap()
                .settled
        );
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        keep_many(&records, &rosa, 1).await;
        let done = settle(tables, "h", at(TOLD) + TimeDelta::hours(2)).await;
        assert_eq!(done.held, 2, "the record and the link that leads to it");
        assert!(matches!(
            records
                .keep(&record(&rosa, "0", "Quick."), at(LATER))
                .await
                .unwrap(),
            Kept::Before(_)
        ));
        // A link that is extended by a writer who cannot know about the hold is held again.
        let longer = ends("2100-01-01T00:00:00Z");
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), longer)
            .await
            .unwrap();
        records
            .keep(&record(&rosa, "new", "Quick."), at(TOLD))
            .await
            .unwrap();
        assert_eq!(
            settle(tables, "h", at(TOLD) + TimeDelta::hours(3))
                .await
                .held,
            2
        );
        let links = lying(tables, &Holder::Subject(subject("phone"))).await;
        assert_eq!(links[0].due, Some(longer));
        assert_eq!(
            all(records.links(&subject("phone"), at("2100-02-01T00:00:00Z")))
                .await
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn of_several_holds_the_last_one_lifted_gives_the_date_back() {
    lend(async |tables| {
        let rosa = person("rosa");
        keep_many(&tables.records(), &rosa, 2).await;
        place(tables, "one", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        place(
            tables,
            "two",
            ConstraintKind::Hold(HoldGround::OpenRequest),
            std::slice::from_ref(&rosa),
            TOLD,
        )
        .await;
        let standing = tables
            .standings()
            .of(std::slice::from_ref(&rosa), at(TOLD))
            .await
            .unwrap();
        assert_eq!(
            standing
                .iter()
                .map(|(id, _)| id.as_str())
                .collect::<Vec<_>>(),
            ["one", "two"]
        );
        assert_eq!(lift(tables, "one", TOLD).await, Enforced::default());
        assert!(
            read(tables, &rosa, TOLD)
                .await
                .iter()
                .all(|it| it.details.retention.is_held())
        );
        assert_eq!(lift(tables, "two", TOLD).await.released, 2);
        assert!(
            read(tables, &rosa, TOLD)
                .await
                .iter()
                .all(|it| it.details.retention == ends(END).into())
        );
        assert!(read(tables, &rosa, END).await.is_empty());
        assert!(
            tables
                .standings()
                .of(&[rosa], at(TOLD))
                .await
                .unwrap()
                .is_empty()
        );
        assert!(told(tables, END_DAY).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_past_its_date_goes_when_the_last_hold_is_lifted_and_the_ledger_says_so() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        records
            .keep(
                &told_at("2096-11-25T10:00:00Z", &rosa, "later", "Quick."),
                at(TOLD),
            )
            .await
            .unwrap();
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        let done = lift(tables, "h", LATER).await;
        assert_eq!(
            (done.released, done.deleted),
            (4, 3),
            "the two that are over, and their link"
        );
        let entries = told(tables, "2099-11-24").await;
        assert_eq!(entries.len(), 3);
        assert!(
            entries
                .iter()
                .all(|it| it.cause == Cause::Retention && it.due == ends(END))
        );
        assert!(entries.iter().all(|it| it.lateness_seconds == 86_400));
        assert_eq!(
            entries
                .iter()
                .filter(|it| it.kind == ItemKind::Link)
                .count(),
            1
        );
        assert_eq!(
            read(tables, &rosa, LATER).await.len(),
            1,
            "and what is not over stays until it is"
        );
    })
    .await;
}

#[tokio::test]
async fn what_broke_off_is_finished_by_the_next_run() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        let lifting = Lifting {
            act: act(LATER),
            reason: Reason::Settled,
        };
        assert!(
            tables
                .standings()
                .lift(&request("h"), HOLD, &lifting, Vec::new())
                .await
                .unwrap()
        );
        assert!(
            !tables
                .standings()
                .lift(&request("h"), HOLD, &lifting, Vec::new())
                .await
                .unwrap(),
            "once"
        );
        // It was interrupted when one record had its end back and was not deleted yet.
        let retention_view = all(records.retention_view(&rosa)).await;
        let turn = retention_view[0]
            .change_to(Effect::default(), at(LATER))
            .unwrap();
        assert!(
            records
                .apply(&retention_view[0], turn, at(LATER))
                .await
                .unwrap()
        );
        assert!(
            !records
                .apply(&retention_view[0], turn, at(LATER))
                .await
                .unwrap(),
            "a second time changes nothing"
        );
        let done = settle(tables, "h", at(LATER)).await;
        assert_eq!((done.released, done.deleted), (1, 2));
        assert_eq!(told(tables, "2099-11-24").await.len(), 2);
        assert!(lying(tables, &rosa).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_was_lifted_is_looked_at_again_until_nobody_can_have_missed_it() {
    lend(async |tables| {
        let rosa = person("rosa");
        place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        lift(tables, "h", TOLD).await;
        // An import read the constraints before they were lifted.
        let mut late = record(&rosa, "late", "Quick.");
        late.details.retention = Retention::Held(ends(END));
        tables.records().keep(&late, at(TOLD)).await.unwrap();
        let open = async || all(tables.standings().open()).await.len();
        assert_eq!(
            (
                settle(tables, "h", at(TOLD) + TimeDelta::minutes(14))
                    .await
                    .released,
                open().await
            ),
            (1, 1)
        );
        settle(tables, "h", at(TOLD) + TimeDelta::minutes(15)).await;
        assert_eq!(open().await, 0);
        let closed = tables
            .standings()
            .find(&request("h"), at(LATER))
            .await
            .unwrap()
            .unwrap();
        assert!(closed.holders.is_empty() && closed.standing.lifted.is_some());
        assert!(
            tables
                .standings()
                .find(&request("h"), at("2102-11-23T10:00:00Z"))
                .await
                .unwrap()
                .is_none()
        );
        let register = tables
            .client
            .scan()
            .table_name(tables.name("Register"))
            .send()
            .await
            .unwrap();
        let left: Vec<_> = register
            .items()
            .iter()
            .map(|item| item["pk"].as_s().unwrap().as_str())
            .collect();
        assert!(
            left.iter()
                .all(|pk| ["REQUEST#h", "UNATTESTED"].contains(pk)),
            "whom it stood for is forgotten: {left:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_is_held_for_either_of_those_whom_it_joins() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        let phone = Holder::Subject(subject("phone"));
        keep_many(&records, &rosa, 1).await;
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        place(tables, "one", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        place(tables, "two", HOLD, std::slice::from_ref(&phone), TOLD).await;
        let led = async || all(records.links(&subject("phone"), at(LATER))).await.len();
        assert_eq!(lift(tables, "one", TOLD).await.released, 1, "the record");
        assert_eq!(led().await, 1);
        assert_eq!(lift(tables, "two", TOLD).await.released, 1, "the link");
        assert_eq!(led().await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_restricted_is_found_and_told_of_by_no_statistic() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        keep_many(&records, &person("abel"), 3).await;
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        assert_eq!(told_of(tables, TOLD).await, 5);
        assert_eq!(
            place(tables, "r", RESTRICTION, std::slice::from_ref(&rosa), TOLD)
                .await
                .restricted,
            2
        );
        assert_eq!(told_of(tables, TOLD).await, 3);
        let found = read(tables, &rosa, TOLD).await;
        assert!(
            found.len() == 2
                && found
                    .iter()
                    .all(|it| it.details.restricted && !it.details.retention.is_held())
        );
        keep_many(&records, &rosa, 3).await;
        assert_eq!(
            settle(tables, "r", at(TOLD)).await.restricted,
            1,
            "what arrives later too"
        );
        assert_eq!(
            (
                told_of(tables, LAST_SECOND).await,
                told_of(tables, END).await
            ),
            (3, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn a_restriction_is_lifted_after_the_person_was_told_and_not_before() {
    lend(async |tables| {
        let (rosa, standings) = (person("rosa"), tables.standings());
        keep_many(&tables.records(), &rosa, 1).await;
        place(tables, "r", RESTRICTION, std::slice::from_ref(&rosa), TOLD).await;
        let lifting = Lifting {
            act: act(TOLD),
            reason: Reason::Settled,
        };
        assert!(
            !standings
                .lift(&request("r"), RESTRICTION, &lifting, Vec::new())
                .await
                .unwrap()
        );
        assert!(
            standings
                .notice(&request("r"), &act(TOLD), Vec::new())
                .await
                .unwrap()
        );
        assert!(
            !standings
                .notice(&request("r"), &act(LATER), Vec::new())
                .await
                .unwrap(),
            "the first time stands"
        );
        assert_eq!(lift(tables, "r", TOLD).await.unrestricted, 1);
        assert_eq!(told_of(tables, TOLD).await, 1);
        let placed = standings
            .find(&request("r"), at(TOLD))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(placed.standing.notice, Some(act(TOLD)));
        assert!(
            !standings
                .notice(&request("x"), &act(TOLD), Vec::new())
                .await
                .unwrap()
        );
        assert!(
            !standings
                .lift(&request("x"), HOLD, &lifting, Vec::new())
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn a_restriction_for_the_person_s_own_claim_holds_as_well_and_is_told_beyond_its_date_by_nobody()
 {
    lend(async |tables| {
        let rosa = person("rosa");
        keep_many(&tables.records(), &rosa, 1).await;
        let done = place(
            tables,
            "r",
            ConstraintKind::Restriction(Limb::LegalClaim),
            std::slice::from_ref(&rosa),
            TOLD,
        )
        .await;
        assert_eq!((done.held, done.restricted), (1, 1));
        let kept = read(tables, &rosa, LATER).await;
        assert!(
            kept.len() == 1 && kept[0].details.restricted && kept[0].details.retention.is_held()
        );
        place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD).await;
        tables
            .standings()
            .notice(&request("r"), &act(TOLD), Vec::new())
            .await
            .unwrap();
        assert_eq!(lift(tables, "r", LATER).await.unrestricted, 1);
        assert_eq!(
            (
                read(tables, &rosa, LATER).await.len(),
                told_of(tables, LATER).await
            ),
            (1, 0),
            "held, for the claim"
        );
    })
    .await;
}

#[tokio::test]
async fn more_than_a_page_is_held_and_let_go() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        let long = "x".repeat(60_000);
        for number in 0..40 {
            records
                .keep(&record(&rosa, &number.to_string(), &long), at(TOLD))
                .await
                .unwrap();
        }
        assert_eq!(
            place(tables, "h", HOLD, std::slice::from_ref(&rosa), TOLD)
                .await
                .held,
            40
        );
        let done = lift(tables, "h", LATER).await;
        assert_eq!((done.released, done.deleted), (40, 40));
        assert_eq!(told(tables, "2099-11-24").await.len(), 40);
    })
    .await;
}
