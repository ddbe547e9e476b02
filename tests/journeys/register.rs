//! The register of requests: a case from a telephone call to its end, and its lists.

mod access_first;
mod by_orders;
mod ways;

use crate::evidence::{proven_without_doubt, says};
use crate::house::{House, at, cases_of, email_id, s};
use crate::recorder::recording_host;
use chrono::NaiveDate;
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use custodian_domain::rights::register::CaseId;
use custodian_requests::Requests;
use custodian_runtime::Function;
use custodian_store::cases::{Cases, Wanted, Within};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// The fields that every event of a case has.
fn event(order: &str, id: &str, more: &Value) -> Value {
    let mut all = json!({"order": order, "case_id": "C-1", "by": "dpo-7", "event_id": id});
    merge(&mut all, more);
    all
}

fn merge(into: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        into[name] = value.clone();
    }
}

fn register(case: &str, kinds: &[&str]) -> Value {
    json!({"order": "register", "case_id": case, "received": "2026-11-23", "channel": "telephone",
        "asker": "person", "kinds": kinds, "by": "dpo-7"})
}

async fn done(house: &House, order: Value) -> Value {
    let told = order.to_string();
    let answer = house.invoke("requests", order).await;
    answer.unwrap_or_else(|refused| panic!("{told}: {refused}"))
}

async fn refused(house: &House, order: Value) -> String {
    house.invoke("requests", order).await.unwrap_err()
}

/// The ids of the requests in a list.
async fn listed(house: &House, more: &Value) -> Vec<String> {
    let mut order = json!({"order": "list", "by": "dpo-7"});
    merge(&mut order, more);
    let page = done(house, order).await;
    let requests = page["requests"].as_array().unwrap().iter();
    requests
        .map(|it| it["request_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_somebody_rings_for_is_asked_about_handed_over_and_closed() {
    let house = House::open().await;
    let case = done(&house, register("C-1", &["access"])).await;
    let request = &case["requests"][0];
    assert_eq!(
        (&request["request_id"], &request["due"], &request["state"]),
        (&json!("C-1-access"), &json!("2026-12-23"), &json!("open"))
    );
    assert_eq!(
        request["working"],
        "received Monday 23 November 2026; one month is Wednesday 23 December 2026"
    );
    let asked = event("ask", "e1", &json!({"on": "2026-11-23"}));
    let case = done(&house, asked).await;
    assert_eq!(case["requests"][0]["due"], Value::Null);
    assert_eq!(case["requests"][0]["consider_closing"], "2026-12-23");
    house.move_to("2026-11-27T10:00:00Z").await;
    let answered = event("answered", "e2", &json!({"on": "2026-11-26"}));
    let case = done(&house, answered).await;
    let working = case["requests"][0]["working"].as_str().unwrap();
    assert_eq!(case["requests"][0]["due"], "2026-12-29");
    assert!(working.contains("stopped for 3 days"), "{working}");
    for (id, step) in [
        ("s1", json!({"step": "person_confirmed"})),
        ("s2", json!({"step": "package_ordered"})),
        ("s3", json!({"step": "package_made"})),
        (
            "s4",
            json!({"step": "reviewed", "left_out": ["third_parties"]}),
        ),
        ("s5", json!({"step": "handed_over", "means": "link"})),
    ] {
        done(&house, event("step", id, &step)).await;
    }
    let partly = json!({"verdict": "partly", "grounds": ["rights_of_others"], "decided_by": "service_owner"});
    done(&house, event("decide", "d1", &partly)).await;
    let close = json!({"ending": "partly", "on": "2026-11-27", "means": "link", "parts": [
        "address_checked", "supplementary_information", "reasons", "complaint_to_us", "commissioner", "court"]});
    let case = done(&house, event("close", "c1", &close)).await;
    assert_eq!(case["requests"][0]["state"], "closed");
    let shown = done(
        &house,
        json!({"order": "case", "case_id": "C-1", "by": "auditor-2"}),
    )
    .await;
    let history: Vec<&str> = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["event"]["what"].as_str().unwrap())
        .collect();
    let steps = ["stepped"; 5];
    let expected = [
        &["registered", "question_asked", "question_answered"][..],
        &steps,
        &["decided", "closed"],
    ];
    assert_eq!(history, expected.concat());
    let figures = json!({"order": "figures", "month": "2026-11", "by": "dpo-7"});
    let figures = done(&house, figures).await;
    let access = &figures["kinds"]["access"];
    assert_eq!(
        (
            &access["closed"],
            &access["answered_in_time"],
            &access["median_days"]
        ),
        (&json!(1), &json!(1), &json!(4))
    );
    proven_without_doubt(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_somebody_has_changed_is_found() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    let ask = event("ask", "e1", &json!({"on": "2026-11-23"}));
    done(&house, ask).await;
    proven_without_doubt(&house).await;
    let change = house.dynamodb().update_item();
    change
        .table_name(house.setting("REGISTER_TABLE"))
        .key("pk", s("CASE#C-1"))
        .key("sk", s("EVENT#n0000000001"))
        .update_expression("SET event.#on = :earlier")
        .expression_attribute_names("#on", "on")
        .expression_attribute_values(":earlier", s("2026-11-20"))
        .send()
        .await
        .unwrap();
    let (told, code) = says(&house).await;
    assert!(code != 0 && told.contains("C-1"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_now_is_refused_with_its_rule() {
    let house = House::open().await;
    done(&house, register("C-1", &["erasure"])).await;
    for (order, more, rule) in [
        ("ask", json!({"on": "2026-11-23"}), "NotAccess"),
        ("answered", json!({"on": "2026-11-23"}), "NotNow"),
        (
            "identity",
            json!({"on": "2026-11-24", "doubt": "unusual"}),
            "BadOrder",
        ),
        ("identity", json!({"on": "2026-11-23"}), "BadOrder"),
        (
            "identity",
            json!({"on": "2026-11-23", "proof": "known"}),
            "NotNow",
        ),
        (
            "fee",
            json!({"on": "2026-11-23", "reason": "rosa"}),
            "BadOrder",
        ),
        (
            "received",
            json!({"received": "2020-01-01", "reason": "entered_wrongly"}),
            "BadOrder",
        ),
        (
            "decide",
            json!({"verdict": "refused", "decided_by": "legal"}),
            "BadOrder",
        ),
        (
            "close",
            json!({"ending": "fulfilled", "on": "2026-11-23", "means": "post"}),
            "NotNow",
        ),
        (
            "close",
            json!({"ending": "nothing_held", "on": "2026-11-23", "means": "post"}),
            "Incomplete",
        ),
        ("reopen", json!({"reason": "missed"}), "NotNow"),
        ("step", json!({"step": "approved", "hash": "h"}), "NotNow"),
        ("step", json!({"step": "sing"}), "BadOrder"),
        ("assign", json!({"handler": "Rosa Hardy"}), "BadOrder"),
        ("add", json!({"kind": "erasure"}), "NotNow"),
        (
            "close",
            json!({"ending": "duplicate", "on": "2026-11-23", "duplicate_of": "C-9"}),
            "UnknownCase",
        ),
        (
            "decide",
            json!({"case_id": "C-2", "verdict": "granted", "decided_by": "dpo"}),
            "UnknownCase",
        ),
    ] {
        let refused = refused(&house, event(order, "e1", &more)).await;
        assert!(refused.contains(rule), "{order} {more}: {refused}");
        assert!(
            !refused.contains("rosa") && !refused.contains("Rosa"),
            "{refused}"
        );
    }
    house.move_to("2027-02-01T10:00:00Z").await;
    let extend = json!({"told_on": "2027-02-01", "reason": "complex"});
    let refusal = refused(&house, event("extend", "e1", &extend)).await;
    assert!(
        refusal.contains("TooLateToExtend") && refusal.contains("2026-12-23"),
        "{refusal}"
    );
    let close = |late: &Value| {
        let mut close = json!({"ending": "withdrawn", "on": "2027-02-01"});
        merge(&mut close, late);
        event("close", "e1", &close)
    };
    assert!(
        refused(&house, close(&json!({})))
            .await
            .contains("\"Late\"")
    );
    done(&house, close(&json!({"late": "staffing"}))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tabs_the_second_is_told_what_has_changed_and_an_order_twice_is_one() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    assert_eq!(
        done(&house, register("C-1", &["access"])).await["repeated"],
        true
    );
    assert!(
        refused(&house, register("C-1", &["erasure"]))
            .await
            .contains("AnotherCase")
    );
    let ask = event("ask", "e1", &json!({"on": "2026-11-23", "revision": 1}));
    assert_eq!(done(&house, ask.clone()).await["revision"], 2);
    let again = done(&house, ask).await;
    assert_eq!(
        (&again["revision"], &again["repeated"]),
        (&json!(2), &json!(true))
    );
    let stale = json!({"handler": "dpo-9", "revision": 1});
    let refusal = refused(&house, event("assign", "e2", &stale)).await;
    assert!(
        refusal.contains("Outdated") && refusal.contains("question_asked"),
        "{refusal}"
    );
    let other = event("answered", "e1", &json!({"on": "2026-11-23"}));
    assert!(refused(&house, other).await.contains("AnotherEvent"));
    let at_once = (0..4).map(|n| {
        let assign = event(
            "assign",
            &format!("a{n}"),
            &json!({"handler": format!("dpo-{n}")}),
        );
        done(&house, assign)
    });
    futures_util::future::join_all(at_once).await;
    let case = done(
        &house,
        json!({"order": "case", "case_id": "C-1", "by": "dpo-7"}),
    )
    .await;
    assert_eq!(case["revision"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_follows_every_date_handler_and_end() {
    let house = House::open().await;
    done(&house, register("C-1", &["access", "unsubscribe"])).await;
    let mut early = register("C-2", &["erasure"]);
    merge(
        &mut early,
        &json!({"received": "2026-11-20", "handler": "dpo-9"}),
    );
    done(&house, early).await;
    let all = ["C-1-unsubscribe", "C-2-erasure", "C-1-access"];
    assert_eq!(listed(&house, &json!({})).await, all);
    assert_eq!(
        listed(&house, &json!({"handler": "DPO-9"})).await,
        ["C-2-erasure"]
    );
    assert_eq!(
        listed(&house, &json!({"kind": "access"})).await,
        ["C-1-access"]
    );
    let before = listed(&house, &json!({"due_before": "2026-12-23"})).await;
    assert_eq!(before, all[..2]);
    let ask = json!({"on": "2026-11-23"});
    done(&house, event("ask", "e1", &ask)).await;
    assert_eq!(
        listed(&house, &json!({"state": "stopped"})).await,
        ["C-1-access"]
    );
    let assign = json!({"handler": "dpo-9"});
    done(&house, event("assign", "e2", &assign)).await;
    assert_eq!(listed(&house, &json!({"handler": "dpo-7"})).await, [""; 0]);
    assert_eq!(listed(&house, &json!({"handler": "dpo-9"})).await.len(), 3);
    let close = json!({"kind": "access", "ending": "withdrawn", "on": "2026-11-23"});
    done(&house, event("close", "e3", &close)).await;
    assert_eq!(listed(&house, &json!({})).await, all[..2]);
    let closed = json!({"closed_in": "2026-11"});
    assert_eq!(listed(&house, &closed).await, ["C-1-access"]);
    let reopen = json!({"kind": "access", "reason": "mistake"});
    done(&house, event("reopen", "e4", &reopen)).await;
    assert_eq!(listed(&house, &closed).await, [""; 0]);
    assert_eq!(
        listed(&house, &json!({})).await.last().unwrap(),
        "C-1-access"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bank_holidays_that_become_known_move_a_date_its_list_and_are_in_the_history() {
    let house = House::open().await;
    house.move_to("2028-12-01T10:00:00Z").await;
    let mut late = register("C-1", &["access"]);
    late["received"] = json!("2028-11-30");
    let case = done(&house, late).await;
    let working = case["requests"][0]["working"].as_str().unwrap();
    assert!(working.starts_with("not known yet: bank holidays are known"));
    let cases = Cases::new(&house.dynamodb(), &house.setting("REGISTER_TABLE"));
    let (id, now) = (CaseId::named("C-1").unwrap(), at("2028-12-05T10:00:00Z"));
    let day = |date: &str| date.parse::<NaiveDate>().unwrap();
    let longer = ENGLAND_AND_WALES.extended(day("2029-12-31"), &[day("2029-01-01")]);
    let stored = cases.find(&id, now).await.unwrap().unwrap();
    let moved = stored.with_moved_dates(&longer, now);
    assert!(
        cases
            .store((Some(&stored), &moved), Vec::new(), &longer, now)
            .await
            .unwrap()
    );
    let wanted = Wanted {
        due_before: Some(day("2029-01-03")),
        ..Wanted::default()
    };
    let page = cases.list(&Within::Open, &wanted, None, now).await.unwrap();
    assert_eq!(page.notes[0].due, Some(day("2029-01-02")));
    let all = Wanted::default();
    let page = cases.list(&Within::Open, &all, None, now).await.unwrap();
    assert_eq!(page.notes.len(), 1, "it has left its place without a day");
    let shown = json!({"order": "case", "case_id": "C-1", "by": "dpo-7"});
    let shown = done(&house, shown).await;
    let told = &shown["history"][1];
    assert_eq!(
        told["event"],
        json!({"what": "due_moved", "to": "2029-01-02"})
    );
    assert_eq!(told["by"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_that_knew_fewer_bank_holidays_has_listed_is_recalculated() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    done(&house, register("C-2", &["access"])).await;
    let recalculate = json!({"order": "recalculate", "by": "dpo-7"});
    let none = json!({"moved": 0, "after": null});
    assert_eq!(done(&house, recalculate.clone()).await, none);
    let change = house.dynamodb().update_item();
    change
        .table_name(house.setting("REGISTER_TABLE"))
        .key("pk", s("CASE#C-1"))
        .key("sk", s("META"))
        .update_expression("SET listed[0].due = :earlier")
        .expression_attribute_values(":earlier", s("2026-12-22"))
        .send()
        .await
        .unwrap();
    assert_eq!(done(&house, recalculate.clone()).await["moved"], 1);
    assert_eq!(done(&house, recalculate).await, none);
    let shown = done(
        &house,
        json!({"order": "case", "case_id": "C-1", "by": "dpo-7"}),
    )
    .await;
    let moved = json!({"what": "due_moved", "from": "2026-12-22", "to": "2026-12-23"});
    assert_eq!(shown["history"][1]["event"], moved);
    assert_eq!(
        listed(&house, &json!({})).await,
        ["C-1-access", "C-2-access"]
    );
    house.invoke("sweep", json!({})).await.unwrap();
    proven_without_doubt(&house).await;
}

/// Lists the first request of a case as an earlier version did that knew fewer bank holidays.
async fn listed_wrongly(house: &House, case: &str) {
    let change = house.dynamodb().update_item();
    change
        .table_name(house.setting("REGISTER_TABLE"))
        .key("pk", s(&format!("CASE#{case}")))
        .key("sk", s("META"))
        .update_expression("SET listed[0].due = :earlier")
        .expression_attribute_values(":earlier", s("2026-12-22"))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_night_the_sweep_lists_open_requests_by_the_dates_that_are_known_now() {
    let house = House::open().await;
    let many = 101;
    for n in 0..many {
        done(&house, register(&format!("C-{n:03}"), &["access"])).await;
    }
    let moved = async || {
        let report = house.invoke("sweep", json!({})).await.unwrap();
        assert_eq!(report["unfinished"], json!([]));
        report["moved_dates"].as_u64().unwrap()
    };
    assert_eq!(moved().await, 0);
    for case in ["C-000", "C-100"] {
        listed_wrongly(&house, case).await;
    }
    assert_eq!(moved().await, 0, "not before the next day");
    house.move_to("2026-11-24T03:00:00Z").await;
    assert_eq!(moved().await, 2);
    let shown = json!({"order": "case", "case_id": "C-100", "by": "dpo-7"});
    let shown = done(&house, shown).await;
    let event = json!({"what": "due_moved", "from": "2026-12-22", "to": "2026-12-23"});
    assert_eq!(shown["history"][1]["event"], event);
    house.move_to("2026-11-25T03:00:00Z").await;
    assert_eq!(moved().await, 0);
    proven_without_doubt(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_list_is_one_read_however_many_requests_there_are() {
    let house = House::open().await;
    let many = cases_of(60);
    for n in 0..many {
        done(&house, register(&format!("C-{n:06}"), &["access"])).await;
    }
    let (host, calls) = recording_host(&house, "requests");
    let requests = Requests::start(&host).await.unwrap();
    let (mut after, mut seen, mut pages) = (Value::Null, 0, 0);
    loop {
        let mut order = json!({"order": "list", "by": "dpo-7"});
        if after.is_string() {
            order["after"] = after;
        }
        calls.lock().unwrap().clear();
        let list = LambdaEvent::new(serde_json::from_value(order).unwrap(), Context::default());
        let page = requests.invoke(list).await.unwrap();
        // The audit trail takes as much for every order.
        let mut made = calls.lock().unwrap().clone();
        made.retain(|call| !call.ends_with(" Audit"));
        assert_eq!(made, ["dynamodb:Query Register"]);
        seen += page["requests"].as_array().unwrap().len();
        pages += 1;
        after = page["after"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, usize::try_from(many).unwrap());
    calls.lock().unwrap().clear();
    let filtered = json!({"order": "list", "by": "dpo-7", "kind": "erasure", "state": "open"});
    let filtered = LambdaEvent::new(
        serde_json::from_value(filtered).unwrap(),
        Context::default(),
    );
    let page = requests.invoke(filtered).await.unwrap();
    assert_eq!(page["requests"], json!([]));
    let mut calls = calls.lock().unwrap().clone();
    calls.retain(|call| !call.ends_with(" Audit"));
    assert_eq!(calls, ["dynamodb:Query Register"]);
    assert!(pages <= many / 25 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_an_access_request_of_the_same_case_that_nobody_has_packaged() {
    let house = House::open().await;
    house.tell("Hers.", Some("rosa@example.org"), None).await;
    done(&house, register("C-1", &["erasure"])).await;
    done(&house, event("add", "a1", &json!({"kind": "access"}))).await;
    let plan = json!({"order": "plan", "request_id": "C-1-erasure", "ground": "17(1)(b)",
        "identifiers": [email_id("rosa@example.org")], "planned_by": "dpo-7"});
    let planned = done(&house, plan.clone()).await;
    assert_eq!(planned["plan"]["access_first"], json!(["C-1-access"]));
    let approve = |planned: &Value| json!({"order": "approve", "request_id": "C-1-erasure", "hash": planned["hash"], "approved_by": "dpo-9"});
    let refusal = refused(&house, approve(&planned)).await;
    assert!(
        refusal.contains("AccessFirst") && refusal.contains("C-1-access"),
        "{refusal}"
    );
    let close = json!({"kind": "access", "ending": "withdrawn", "on": "2026-11-23"});
    done(&house, event("close", "e1", &close)).await;
    let planned = done(&house, plan).await;
    done(&house, approve(&planned)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_case_goes_72_months_after_it_was_registered() {
    let house = House::open().await;
    done(&house, register("C-1", &["access"])).await;
    house.move_to("2030-01-01T10:00:00Z").await;
    let close = json!({"ending": "withdrawn", "on": "2026-11-24"});
    done(&house, event("close", "e1", &close)).await;
    house.move_to("2032-11-23T10:00:00Z").await;
    let show = json!({"order": "case", "case_id": "C-1", "by": "dpo-7"});
    assert!(refused(&house, show).await.contains("UnknownCase"));
    assert_eq!(
        listed(&house, &json!({"closed_in": "2026-11"})).await,
        [""; 0]
    );
}
