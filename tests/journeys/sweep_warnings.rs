//! What the sweep warns about in time: telephone data that Five9 is about to delete, and complaints
//! whose deadline is near.

use crate::heard;
use crate::house::{BEGINNING, House, at, s};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{
    Channel, Complaint, ComplaintKind, Interaction, Leg, SourceDetails, TelephoneDetails,
};
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_domain::rights::complaint::Stage;
use custodian_domain::rights::complaint_deadlines::ComplaintDeadlines;
use custodian_rights::intake::Intake;
use custodian_runtime::secret;
use custodian_store::imports::Imports;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use serde_json::{Value, json};

async fn take_in(house: &House, arrivals: Vec<SourceRecord>) {
    let intake = Intake {
        records: Records::new(house.dynamodb(), house.setting("RECORDS_TABLE")),
        suppressions: Suppressions::new(house.dynamodb(), house.setting("REGISTER_TABLE")),
        ledger: Ledger::new(house.dynamodb(), house.setting("LEDGER_TABLE")),
        keys: secret::subject_keys(&house.stack.host("import").unwrap())
            .await
            .unwrap(),
    };
    intake
        .take(arrivals, house.stack.clock().now())
        .await
        .unwrap();
}

async fn telephone_came(house: &House, instant: &str) {
    let imports = Imports::new(house.dynamodb(), house.setting("REGISTER_TABLE"));
    imports.mark(Source::Telephone, at(instant)).await.unwrap();
}

fn told(name: &str, collected: DateTime<Utc>, particulars: SourceDetails) -> RecordBody {
    RecordBody::from_source(name, collected, Revision::updated(collected), particulars)
}

fn call(collected: DateTime<Utc>) -> SourceRecord {
    let leg = Leg {
        at: collected,
        campaign: None,
        skill: None,
        outcome: None,
        seconds: None,
        service: None,
    };
    let call = TelephoneDetails {
        legs: vec![leg],
        ..TelephoneDetails::default()
    };
    let name = collected.to_string();
    let details = SourceDetails::Telephone(call);
    SourceRecord::upsert(&name, told(&name, collected, details))
}

/// A complaint about a road, from somebody with an address.
fn complaint(
    name: &str,
    received: &str,
    acknowledged: Option<&str>,
    closed: Option<&str>,
) -> SourceRecord {
    let (received, acknowledged_at) = (at(received), acknowledged.map(at));
    let part = Complaint {
        kind: ComplaintKind::Complaint,
        stage: Some(Stage::One),
        outcome: None,
        acknowledged_at,
        closed_at: closed.map(at),
        clocks: Some(ComplaintDeadlines::of(
            received,
            acknowledged_at,
            Stage::One,
        )),
    };
    // Whatever is known later is a later revision.
    let revision = Revision::updated(closed.map(at).or(acknowledged_at).unwrap_or(received));
    let mut details = RecordBody {
        revision: Some(revision),
        ..told(name, received, SourceDetails::Complaints(part))
    };
    details.service = Some("highways".to_owned());
    details.contact = Contact {
        email: Some("rosa@example.org".to_owned()),
        ..Contact::default()
    };
    SourceRecord::upsert(name, details)
}

fn compliment(name: &str, received: &str) -> SourceRecord {
    let (kind, stage, outcome) = (ComplaintKind::Compliment, None, None);
    let part = Complaint {
        kind,
        stage,
        outcome,
        acknowledged_at: None,
        closed_at: None,
        clocks: None,
    };
    SourceRecord::upsert(
        name,
        told(name, at(received), SourceDetails::Complaints(part)),
    )
}

fn reference(arrival: &SourceRecord) -> String {
    custodian_domain::record::reference::Reference::of(&arrival.id)
        .as_str()
        .to_owned()
}

async fn sweep_at(house: &House, instant: &str) -> Value {
    house.stack.clock().set(at(instant));
    house.invoke("sweep", json!({})).await.unwrap()
}

/// How many complaints are due and late: to be acknowledged, and to be answered.
fn counts(swept: &Value) -> [u64; 4] {
    let complaints = &swept["complaints"];
    [
        ("due", "acknowledge"),
        ("due", "answer"),
        ("late", "acknowledge"),
        ("late", "answer"),
    ]
    .map(|(when, clock)| complaints[when][clock].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn telephone_data_is_overdue_after_seven_days_and_no_longer_when_it_comes() {
    let house = House::open().await;
    telephone_came(&house, BEGINNING).await;
    let in_time = sweep_at(&house, "2026-11-30T10:00:00Z").await;
    let nothing = json!({"last_import": BEGINNING, "overdue_days": 0, "missing_days": []});
    assert_eq!(
        in_time["telephone"], nothing,
        "although no day has a record"
    );
    let late = sweep_at(&house, "2026-11-30T10:00:01Z").await;
    assert_eq!(late["telephone"]["overdue_days"], 1);
    assert_eq!(
        late["telephone"]["missing_days"].as_array().unwrap().len(),
        60
    );
    telephone_came(&house, "2026-11-30T11:00:00Z").await;
    assert_eq!(
        sweep_at(&house, "2026-11-30T12:00:00Z").await["telephone"]["overdue_days"],
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_that_are_missing_are_told_and_which_of_them_is_lost_first() {
    let house = House::open().await;
    let missing: [NaiveDate; 3] =
        ["2026-10-01", "2026-11-21", "2026-11-22"].map(|day| day.parse().unwrap());
    let first: NaiveDate = "2026-09-20".parse().unwrap();
    let held = first
        .iter_days()
        .take(65)
        .filter(|day| !missing.contains(day));
    let mut arrivals: Vec<SourceRecord> = held
        .map(|day| call(day.and_hms_opt(23, 59, 59).unwrap().and_utc()))
        .collect();
    let chat = Interaction {
        channel: Channel::Phone,
        ended_at: None,
        topic: None,
        outcome: None,
        transcript: vec![],
    };
    let (begun, chat) = (at("2026-10-01T10:00:00Z"), SourceDetails::Support(chat));
    arrivals.push(SourceRecord::upsert("chat", told("chat", begun, chat)));
    take_in(&house, arrivals).await;
    telephone_came(&house, "2026-11-16T09:00:00Z").await;
    let swept = sweep_at(&house, BEGINNING).await;
    let telephone = json!({
        "last_import": "2026-11-16T09:00:00Z", "overdue_days": 1,
        "missing_days": missing, "lost_on": "2026-11-30",
    });
    assert_eq!(
        swept["telephone"], telephone,
        "what another source told of a day is no call"
    );
    let later = sweep_at(&house, "2026-11-30T10:00:00Z").await;
    assert_eq!(
        later["telephone"]["missing_days"][0], "2026-10-01",
        "it goes today"
    );
    assert_eq!(later["telephone"]["lost_on"], "2026-11-30");
    let lost = sweep_at(&house, "2026-12-01T10:00:00Z").await;
    assert_eq!(
        lost["telephone"]["missing_days"][0], "2026-11-21",
        "nothing can be done about what is lost"
    );
    assert_eq!(lost["telephone"]["lost_on"], "2027-01-20");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_telephone_data_ever_came_no_day_is_missing() {
    let house = House::open().await;
    assert_eq!(
        sweep_at(&house, "2027-11-23T10:00:00Z").await["telephone"],
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_are_told_from_two_working_days_before_their_end_on() {
    let house = House::open().await;
    let acknowledge = complaint("acknowledge", "2026-11-18T10:00:00Z", None, None);
    let answer = complaint(
        "answer",
        "2026-11-09T10:00:00Z",
        Some("2026-11-09T15:00:00Z"),
        None,
    );
    let unacknowledged = complaint("unacknowledged", "2026-11-13T10:00:00Z", None, None);
    let unanswered = complaint(
        "unanswered",
        "2026-11-05T10:00:00Z",
        Some("2026-11-06T10:00:00Z"),
        None,
    );
    let listed = [&answer, &acknowledge, &unanswered, &unacknowledged].map(reference);
    take_in(
        &house,
        vec![
            acknowledge,
            answer,
            unacknowledged,
            unanswered,
            complaint("fresh", "2026-11-19T10:00:00Z", None, None),
            complaint(
                "acknowledged",
                "2026-11-13T10:00:00Z",
                Some("2026-11-13T11:00:00Z"),
                None,
            ),
            complaint(
                "closed",
                "2026-11-05T10:00:00Z",
                None,
                Some("2026-11-06T10:00:00Z"),
            ),
            compliment("compliment", "2026-11-05T10:00:00Z"),
        ],
    )
    .await;
    let [answer, acknowledge, unanswered, unacknowledged] = listed;
    let entry = |reference: &str, clock: &str, ends: &str| json!({"reference": reference, "clock": clock, "ends": ends, "service": "highways"});
    let mut late = [
        entry(&unanswered, "answer", "2026-11-20"),
        entry(&unacknowledged, "acknowledge", "2026-11-20"),
    ];
    late.sort_by_key(|entry| entry["reference"].to_string());
    let expected = json!({
        "due": {
            "acknowledge": 1, "answer": 1,
            "first": [entry(&answer, "answer", "2026-11-23"), entry(&acknowledge, "acknowledge", "2026-11-25")],
        },
        "late": {"acknowledge": 1, "answer": 1, "first": late},
    });
    assert_eq!(sweep_at(&house, BEGINNING).await["complaints"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_stops_when_the_complaint_is_acknowledged_and_for_good_when_it_is_closed() {
    let house = House::open().await;
    let (received, acknowledged) = ("2026-11-13T10:00:00Z", Some("2026-11-23T09:00:00Z"));
    take_in(&house, vec![complaint("one", received, None, None)]).await;
    assert_eq!(counts(&sweep_at(&house, BEGINNING).await), [0, 0, 1, 0]);
    take_in(&house, vec![complaint("one", received, acknowledged, None)]).await;
    assert_eq!(counts(&sweep_at(&house, BEGINNING).await), [0, 0, 0, 0]);
    assert_eq!(
        counts(&sweep_at(&house, "2026-12-03T10:00:00Z").await),
        [0, 1, 0, 0],
        "ten working days from then"
    );
    take_in(
        &house,
        vec![complaint(
            "one",
            received,
            acknowledged,
            Some("2026-12-03T09:00:00Z"),
        )],
    )
    .await;
    assert_eq!(
        counts(&sweep_at(&house, "2026-12-08T10:00:00Z").await),
        [0, 0, 0, 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_of_christmas_are_no_working_days() {
    let house = House::open().await;
    take_in(
        &house,
        vec![complaint("one", "2026-12-18T10:00:00Z", None, None)],
    )
    .await;
    for (instant, told) in [
        ("2026-12-22T10:00:00Z", [0; 4]),
        ("2026-12-23T10:00:00Z", [1, 0, 0, 0]),
        ("2026-12-29T23:59:59Z", [1, 0, 0, 0]),
        ("2026-12-30T00:00:00Z", [0, 0, 1, 0]),
    ] {
        assert_eq!(counts(&sweep_at(&house, instant).await), told, "{instant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_ends_at_midnight_in_london() {
    let house = House::open().await;
    take_in(
        &house,
        vec![complaint("one", "2027-06-30T23:30:00Z", None, None)],
    )
    .await;
    assert_eq!(
        counts(&sweep_at(&house, "2027-07-08T22:59:59Z").await),
        [1, 0, 0, 0]
    );
    assert_eq!(
        counts(&sweep_at(&house, "2027-07-08T23:00:00Z").await),
        [0, 0, 1, 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_calendar_no_end_is_guessed() {
    let house = House::open().await;
    let known = complaint("known", "2028-12-20T10:00:00Z", None, None);
    take_in(
        &house,
        vec![
            known,
            complaint("unknown", "2028-12-21T10:00:00Z", None, None),
        ],
    )
    .await;
    assert_eq!(
        counts(&sweep_at(&house, "2028-12-29T10:00:00Z").await),
        [1, 0, 0, 0]
    );
    assert_eq!(
        counts(&sweep_at(&house, "2029-01-02T10:00:00Z").await),
        [0, 0, 1, 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_looked_for_as_long_as_it_can_be_open_and_two_weeks_more() {
    let house = House::open().await;
    take_in(&house, vec![complaint("one", BEGINNING, None, None)]).await;
    let last = at(BEGINNING) + Days::new(120);
    assert_eq!(
        counts(&sweep_at(&house, &last.to_rfc3339()).await),
        [0, 0, 1, 0]
    );
    assert_eq!(
        counts(&sweep_at(&house, &(last + TimeDelta::days(1)).to_rfc3339()).await),
        [0; 4]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_that_has_expired_is_not_told() {
    let house = House::where_ttl_is_late().await;
    let mut over = complaint("over", "2026-11-13T10:00:00Z", None, None);
    if let custodian_domain::record::source_record::SourceChange::Upsert(details) = &mut over.change
    {
        details.retention = Retention::Until(ExpiresAt::at(at("2026-11-20T10:00:00Z")));
    }
    take_in(&house, vec![over]).await;
    assert_eq!(
        counts(&sweep_at(&house, "2026-11-23T10:00:00Z").await),
        [0; 4]
    );
    assert_eq!(
        house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .filter(|item| item.contains("clock_ends"))
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_keeps_nothing_from_being_swept_and_is_not_passed_over() {
    for (table, pk, sk, attribute) in [
        ("REGISTER_TABLE", "IMPORTS", "telephone", "at"),
        (
            "RECORDS_TABLE",
            "anon#M8DQHT7J",
            "record#complaints#x",
            "clock_ends",
        ),
    ] {
        let house = House::where_ttl_is_late().await;
        house.tell("Quick.", None, None).await;
        house.stack.clock().set(at("2029-11-23T11:00:00Z"));
        let unreadable = house
            .dynamodb()
            .put_item()
            .table_name(house.setting(table))
            .item("pk", s(pk))
            .item("sk", s(sk));
        unreadable
            .item("day", s("2029-11-23#0"))
            .item(attribute, s("some day"))
            .send()
            .await
            .unwrap();
        let refused = house
            .invoke("sweep", json!({"from": "2026-11-23"}))
            .await
            .unwrap_err();
        assert!(
            refused.contains("unreadable item") && !refused.contains("some day"),
            "{refused}"
        );
        let left = house.items("RECORDS_TABLE").await;
        assert!(!left.iter().any(|item| item.contains("Quick.")), "{sk}");
    }
}

#[test]
fn the_log_tells_how_many_and_not_which() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let open = complaint("one", "2026-11-13T10:00:00Z", None, None);
    let named = reference(&open);
    let ((), lines) = heard::on_this_thread(|| {
        runtime.block_on(async {
            let house = House::open().await;
            sweep_at(&house, BEGINNING).await;
            telephone_came(&house, BEGINNING).await;
            sweep_at(&house, BEGINNING).await;
            take_in(&house, vec![open]).await;
            sweep_at(&house, "2026-12-02T10:00:00Z").await;
        });
    });
    for field in [
        "\"outcome\":\"telephone_never\"",
        "\"outcome\":\"telephone_current\",\"telephone_overdue_days\":0",
        "\"outcome\":\"telephone_overdue\",\"telephone_overdue_days\":2,\"count\":60",
        "\"acknowledgements_due\":0,\"answers_due\":0,\"acknowledgements_late\":0,\"answers_late\":0",
        "\"acknowledgements_due\":0,\"answers_due\":0,\"acknowledgements_late\":1,\"answers_late\":0",
    ] {
        assert!(lines.contains(field), "{field} is not in the log:\n{lines}");
    }
    assert!(
        !lines.contains(&named) && !lines.contains("highways"),
        "{lines}"
    );
}
