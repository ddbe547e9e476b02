//! The register of breaches: from awareness to closing, and who is affected.

mod counting;

use crate::evidence::proven_without_doubt;
use crate::failing::{Off, calls, failing_host};
use crate::house::{House, at, email_id, erasure};
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ROSA: &str = "rosa@example.org";

fn merge(into: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        into[name] = value.clone();
    }
}

/// An order about the breach `B-1`.
pub fn about(order: &str, more: &Value) -> Value {
    let mut all = json!({"order": order, "breach_id": "B-1", "by": "dpo-7"});
    merge(&mut all, more);
    all
}

/// The same with an event's id.
fn event(order: &str, id: &str, more: &Value) -> Value {
    let mut all = about(order, more);
    all["event_id"] = json!(id);
    all
}

pub async fn done(house: &House, order: Value) -> Value {
    let told = order.to_string();
    let answer = house.invoke("requests", order).await;
    answer.unwrap_or_else(|refused| panic!("{told}: {refused}"))
}

async fn refused(house: &House, order: Value) -> String {
    house.invoke("requests", order).await.unwrap_err()
}

/// The council is aware on the Monday morning on which journeys begin.
pub async fn registered(house: &House) -> Value {
    let aware = json!({"aware_at": "2026-11-23T09:30:00Z", "how": "staff"});
    done(house, event("breach_register", "e0", &aware)).await
}

/// The breach affects what came through the form on that Monday.
fn scoped() -> Value {
    let scope = json!({"what": "a list of answers went to another service",
        "categories": ["basic_identifiers"], "whose": ["residents_and_customers"],
        "query": {"sources": ["web_form"], "from": "2026-11-23", "to": "2026-11-23"}});
    event("breach_scope", "e1", &scope)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_registered_counted_told_contained_and_closed() {
    let house = House::open().await;
    for (comment, email) in [
        ("One.", Some(ROSA)),
        ("Two.", Some(ROSA)),
        ("Three.", Some("abel@example.org")),
        ("Nobody's.", None),
    ] {
        house.tell(comment, email, None).await;
    }
    let breach = registered(&house).await;
    assert_eq!(
        (&breach["state"], &breach["clock"]["due_in_words"]),
        (
            &json!("assessing"),
            &json!("Thursday 26 November 2026 at 09:30")
        )
    );
    assert_eq!(breach["clock"]["hours_left"], 71);
    done(&house, scoped()).await;
    let counted = done(&house, about("breach_count", &json!({}))).await;
    let counts = ["people", "anonymous", "records", "complete"].map(|name| counted[name].clone());
    assert_eq!(counts, [json!(3), json!(1), json!(4), json!(true)]);
    let held = done(&house, event("breach_hold", "h1", &json!({}))).await;
    assert_eq!(held["holds"], json!(["B-1-hold-1"]));
    assert_eq!(held["done"]["held"], 4);
    house.move_to("2026-11-25T10:00:00Z").await;
    let numbers = json!({"about_people": 3, "about_records": 4, "high_risk": true});
    done(&house, event("breach_scope", "e2", &numbers)).await;
    let told = json!({"at": "2026-11-25T09:45:00Z", "reference": "IC-1234-A1", "phase": "initial"});
    let breach = done(&house, event("breach_told_ico", "e3", &told)).await;
    assert_eq!(
        (&breach["state"], &breach["clock"]["hours_left"]),
        (&json!("notified"), &json!(null))
    );
    let close = event(
        "breach_close",
        "e9",
        &json!({"lessons": "two people look at a list"}),
    );
    let early = refused(&house, close.clone()).await;
    assert!(
        early.contains("the risk is high: tell the people"),
        "{early}"
    );
    for (order, id, more) in [
        (
            "breach_follow_up",
            "e4",
            json!({"at": "2026-11-25T09:50:00Z", "what": "three people"}),
        ),
        (
            "breach_people",
            "e5",
            json!({"told": {"how": "letter", "at": "2026-11-25T09:55:00Z"}}),
        ),
        (
            "breach_contained",
            "e6",
            json!({"at": "2026-11-23T09:40:00Z", "what": "the service deleted it"}),
        ),
        (
            "breach_remedied",
            "e7",
            json!({"at": "2026-11-25T09:00:00Z", "what": "lists go by one person only"}),
        ),
    ] {
        done(&house, event(order, id, &more)).await;
    }
    let form = done(&house, about("breach_form", &json!({}))).await;
    let text = form["text"].as_str().unwrap();
    assert!(text.contains("Number of people: about 3"), "{text}");
    assert!(
        text.contains("The people concerned: told by letter"),
        "{text}"
    );
    assert!(
        text.contains("Potential consequences: not yet known"),
        "{text}"
    );
    let open = done(&house, json!({"order": "breach_list", "by": "dpo-7"})).await;
    assert_eq!(open["breaches"][0]["breach_id"], "B-1");
    let closed = done(&house, close.clone()).await;
    assert_eq!(
        (&closed["state"], &closed["done"]["released"]),
        (&json!("closed"), &json!(4))
    );
    assert_eq!(done(&house, close).await["repeated"], true);
    let open = done(&house, json!({"order": "breach_list", "by": "dpo-7"})).await;
    assert_eq!(open["breaches"], json!([]));
    let month = json!({"order": "breach_list", "by": "dpo-7", "closed_in": "2026-11"});
    assert_eq!(done(&house, month).await["breaches"][0]["state"], "closed");
    let shown = done(&house, about("breach", &json!({}))).await;
    let names = shown["history"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .map(|it| it["event"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names.join(" "),
        "aware scoped held scoped told_ico follow_up people_told contained remedied closed"
    );
    let after = refused(&house, about("breach_affected", &json!({}))).await;
    assert!(after.contains("the breach is closed"), "{after}");
    for item in breach_items(&house).await {
        assert_eq!(
            item["expires_at"],
            at("2032-11-25T10:00:00Z").timestamp(),
            "72 months after closing: {item}"
        );
    }
    proven_without_doubt(&house).await;
}

/// The items of breaches and their lists.
async fn breach_items(house: &House) -> Vec<Value> {
    let items = house.items("REGISTER_TABLE").await;
    let items = items.iter().map(|item| serde_json::from_str(item).unwrap());
    items
        .filter(|item: &Value| item["pk"].as_str().unwrap().starts_with("BREACH"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_notification_wants_reasons_and_two_tabs_do_not_overwrite_each_other() {
    let house = House::open().await;
    registered(&house).await;
    done(&house, scoped()).await;
    house.move_to("2026-11-27T10:00:00Z").await;
    let shown = done(&house, about("breach", &json!({}))).await;
    assert_eq!(
        (&shown["clock"]["hours_left"], &shown["clock"]["late"]),
        (&json!(0), &json!(true))
    );
    let mut told = json!({"at": "2026-11-27T09:00:00Z", "reference": "IC-1", "phase": "complete",
        "revision": 2});
    let late = refused(&house, event("breach_told_ico", "e2", &told)).await;
    assert!(
        late.contains("it was due Thursday 26 November 2026 at 09:30"),
        "{late}"
    );
    merge(
        &mut told,
        &json!({"late": ["processor"], "text": "they told us on the third day"}),
    );
    let contained = json!({"at": "2026-11-24T09:00:00Z", "what": "closed", "revision": 2});
    done(&house, event("breach_contained", "e3", &contained)).await;
    let stale = refused(&house, event("breach_told_ico", "e2", &told)).await;
    assert!(
        stale.contains("Outdated") && stale.contains("since: contained"),
        "{stale}"
    );
    told["revision"] = json!(3);
    let order = event("breach_told_ico", "e2", &told);
    let breach = done(&house, order.clone()).await;
    assert_eq!(
        (&breach["state"], &breach["revision"]),
        (&json!("notified"), &json!(4))
    );
    let again = done(&house, order).await;
    assert_eq!(
        (&again["repeated"], &again["revision"]),
        (&json!(true), &json!(4))
    );
    for (order, more, rule) in [
        ("breach_scope", json!({}), "BadOrder"),
        (
            "breach_scope",
            json!({"what": "ring 07700 900142"}),
            "BadOrder",
        ),
        ("breach_scope", json!({"query": {}}), "BadOrder"),
        (
            "breach_scope",
            json!({"query": {"import": "gone"}}),
            "BadOrder",
        ),
        (
            "breach_unlikely",
            json!({"reasons": [], "text": "it is"}),
            "BadOrder",
        ),
        (
            "breach_unlikely",
            json!({"reasons": ["encrypted"], "text": "it is"}),
            "NotNow",
        ),
        ("breach_people", json!({}), "BadOrder"),
        (
            "breach_people",
            json!({"exempt": "34_3_d", "why": "no"}),
            "BadOrder",
        ),
        (
            "breach_people",
            json!({"told": {"how": "letter"}}),
            "BadOrder",
        ),
        (
            "breach_follow_up",
            json!({"at": "2026-11-27T08:00:00Z", "what": "x"}),
            "BadOrder",
        ),
        ("breach_affected", json!({"after": "rosa"}), "BadOrder"),
        ("breach_count", json!({"after": "1/1/1/rosa"}), "BadOrder"),
        (
            "breach_register",
            json!({"aware_at": "2026-11-23T09:00:00Z", "how": "staff"}),
            "AnotherBreach",
        ),
        (
            "breach_register",
            json!({"aware_at": "2026-11-27T10:00:01Z", "how": "staff"}),
            "BadOrder",
        ),
        ("breach", json!({"breach_id": "B-2"}), "UnknownBreach"),
    ] {
        let told = refused(&house, about(order, &more)).await;
        assert!(
            told.contains(&format!("({rule:?})")),
            "{order} {more}: {told}"
        );
    }
    proven_without_doubt(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_affected_are_listed_masked_and_each_look_is_told_and_an_erased_person_is_gone() {
    let house = House::open().await;
    house.tell("One.", Some(ROSA), None).await;
    for number in 0..26 {
        let email = format!("person-{number}@example.org");
        house.tell("Another.", Some(&email), None).await;
    }
    registered(&house).await;
    done(&house, scoped()).await;
    let listed = |page: &Value| {
        let people = page["people"].as_array().unwrap().iter();
        let masked = people.map(|it| it["identifiers"][0]["identifier"].clone());
        masked
            .map(|it| it.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = done(&house, about("breach_affected", &json!({}))).await;
    assert_eq!(listed(&first).len(), 25);
    let rest = about("breach_affected", &json!({"after": first["after"]}));
    let rest = done(&house, rest).await;
    assert_eq!((listed(&rest).len(), &rest["after"]), (2, &json!(null)));
    let shown = format!("{first}{rest}");
    assert!(
        !shown.contains(ROSA) && !shown.contains("subject#"),
        "{shown}"
    );
    let of_breach = json!({"order": "audit", "request_id": "B-1", "by": "auditor-2"});
    let audited = done(&house, of_breach).await.to_string();
    assert!(audited.contains("breach_affected"), "{audited}");
    let access = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7",
        "request_id": "SAR-1"});
    let package = house.invoke("export", access).await.unwrap();
    let document = house.document(&package).await;
    assert!(
        document.to_string().contains("whom a breach affects"),
        "the person is told"
    );
    let withdraw = json!({"withdraw": "SAR-1", "by": "dpo-7"});
    house.invoke("export", withdraw).await.unwrap();
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    house.stack.settle().await.unwrap();
    let first = done(&house, about("breach_affected", &json!({}))).await;
    let rest = about("breach_affected", &json!({"after": first["after"]}));
    let rest = done(&house, rest).await;
    let left = [listed(&first), listed(&rest)].concat();
    assert_eq!(left.len(), 26);
    assert!(
        !left.iter().any(|masked| masked.starts_with('r')),
        "{left:?}"
    );
    let counted = done(&house, about("breach_count", &json!({}))).await;
    assert_eq!(counted["people"], 26);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_says_nothing_of_anybody_and_a_hold_keeps_what_would_be_over() {
    let house = House::open().await;
    house.tell("One.", Some(ROSA), None).await;
    registered(&house).await;
    let none = refused(&house, event("breach_hold", "h0", &json!({}))).await;
    assert!(none.contains("by what the affected are found"), "{none}");
    done(&house, scoped()).await;
    done(&house, event("breach_hold", "h1", &json!({}))).await;
    let again = done(&house, event("breach_hold", "h1", &json!({}))).await;
    assert_eq!(
        (&again["repeated"], &again["holds"]),
        (&json!(true), &json!(["B-1-hold-1"]))
    );
    for item in breach_items(&house).await {
        let told = item.to_string();
        assert!(!told.contains("subject#") && !told.contains('@'), "{told}");
        assert_eq!(item["expires_at"], json!(null), "while it is open: {told}");
    }
    let plan = house.erase(erasure(&[email_id(ROSA)])).await.unwrap_err();
    assert!(
        plan.contains("Held") && plan.contains("B-1-hold-1"),
        "{plan}"
    );
    // A week after the record's three years.
    house.move_to("2029-11-30T10:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
    let counted = done(&house, about("breach_count", &json!({}))).await;
    assert_eq!(counted["records"], 1);
    let told = json!({"at": "2026-11-23T10:00:00Z", "reference": "IC-1", "phase": "complete"});
    done(&house, event("breach_told_ico", "e2", &told)).await;
    let close = json!({"lessons": "it was long ago"});
    let closed = done(&house, event("breach_close", "e3", &close)).await;
    assert_eq!(closed["done"]["deleted"], 1, "{closed}");
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    house.move_to("2029-11-30T10:20:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    let register = house.items("REGISTER_TABLE").await;
    assert!(
        !register.iter().any(|item| item.contains("subject#")),
        "whom it held is forgotten"
    );
    proven_without_doubt(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_linked_to_a_breach_answered_and_taken_to_the_commissioner() {
    let house = House::open().await;
    registered(&house).await;
    let case = json!({"order": "register", "case_id": "C-1", "received": "2026-11-23", "channel": "letter",
        "asker": "person", "kinds": ["complaint"], "by": "dpo-7"});
    done(&house, case).await;
    let of_case = |order: &str, more: &Value| {
        let mut all = json!({"order": order, "case_id": "C-1", "by": "dpo-7"});
        merge(&mut all, more);
        all
    };
    for (wrong, rule) in [
        (json!({"breach": "B-2"}), "UnknownBreach"),
        (json!({"request": "C-2-access"}), "UnknownCase"),
        (json!({"request": "C-1-access"}), "BadOrder"),
        (
            json!({"request": "C-1-complaint", "breach": "B-1"}),
            "BadOrder",
        ),
        (json!("B-1"), "BadOrder"),
    ] {
        let told = refused(&house, of_case("complaint_about", &json!({"about": wrong}))).await;
        assert!(told.contains(&format!("({rule:?})")), "{told}");
    }
    let linked = of_case("complaint_about", &json!({"about": {"breach": "B-1"}}));
    let case = done(&house, linked).await;
    assert_eq!(case["complaint_about"], json!({"breach": "B-1"}));
    assert_eq!(
        case["requests"][0]["due"], "2026-12-23",
        "30 days to acknowledge it"
    );
    house.move_to("2026-12-01T10:00:00Z").await;
    let step = |more: &Value| of_case("step", more);
    done(&house, step(&json!({"step": "investigated"}))).await;
    done(
        &house,
        step(&json!({"step": "progress_told", "on": "2026-11-30"})),
    )
    .await;
    let outcome = json!({"step": "outcome_told", "on": "2026-12-01", "outcome": "partly"});
    let case = done(&house, step(&outcome)).await;
    assert_eq!(
        case["requests"][0]["due"],
        json!(null),
        "the outcome acknowledges it"
    );
    let close = json!({"ending": "fulfilled", "on": "2026-12-01", "means": "post",
        "parts": ["address_checked", "commissioner"]});
    done(&house, of_case("close", &close)).await;
    let went =
        json!({"step": "taken_to_commissioner", "reference": "IC-77/1", "kind": "complaint"});
    done(&house, step(&went)).await;
    let shown = done(&house, of_case("case", &json!({}))).await;
    assert!(shown["history"].to_string().contains("IC-77/1"), "{shown}");
    proven_without_doubt(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn complaints_about_services_are_listed_with_their_dates_and_without_their_text() {
    let house = House::open().await;
    let head = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at";
    let row = |number: u32| {
        format!(
            "CMP-{number},complaint,2026-11-{:02}T10:00:00Z,highways,1,Rosa Hardy,{ROSA},,A pothole,,,",
            1 + number % 20
        )
    };
    let over = "CMP-99,complaint,2026-11-02T10:00:00Z,highways,1,Rosa Hardy,,,A pothole,upheld,\
        2026-11-03T10:00:00Z,2026-11-04T10:00:00Z";
    let rows: Vec<String> = (0..30).map(row).collect();
    let file = format!("{head}\n{}\n{over}\n", rows.join("\n"));
    let report = house
        .drop_file("complaints", "c.csv", file.as_bytes())
        .await;
    assert_eq!(report["new"], 31, "{report}");
    let list = |after: &Value| {
        let mut order = json!({"order": "service_complaints", "by": "dpo-7"});
        if after.is_string() {
            order["after"] = after.clone();
        }
        order
    };
    let first = done(&house, list(&json!(null))).await;
    let second = done(&house, list(&first["after"])).await;
    let count = |page: &Value| page["complaints"].as_array().unwrap().len();
    assert_eq!(
        (count(&first), count(&second)),
        (25, 5),
        "and not the one that is over"
    );
    assert_eq!(second["after"], json!(null));
    let told = format!("{first}{second}");
    assert!(!told.contains("pothole") && !told.contains(ROSA), "{told}");
    let earliest = &first["complaints"][0];
    assert_eq!(
        [
            "received_on",
            "acknowledge_by",
            "answer_by",
            "next",
            "next_by"
        ]
        .map(|it| &earliest[it]),
        [
            &json!("2026-11-01"),
            &json!("2026-11-06"),
            &json!("2026-11-20"),
            &json!("acknowledge"),
            &json!("2026-11-06")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_and_a_closing_that_break_off_are_finished_by_the_same_order() {
    for off in [Off::Before, Off::Lost] {
        let house = House::open().await;
        for email in [ROSA, "abel@example.org"] {
            house.tell("One.", Some(email), None).await;
        }
        registered(&house).await;
        done(&house, scoped()).await;
        let told = json!({"at": "2026-11-23T10:00:00Z", "reference": "IC-1", "phase": "complete"});
        done(&house, event("breach_told_ico", "e2", &told)).await;
        let hold = event("breach_hold", "h1", &json!({}));
        let close = event("breach_close", "c1", &json!({"lessons": "none"}));
        for (order, held) in [(hold, 2), (close, 0)] {
            for calls in calls(off) {
                let (host, left) = failing_host(&house, "requests", calls, off);
                let event = LambdaEvent::new(order.clone().into(), Context::default());
                let whole = match Requests::start(&host).await {
                    Ok(requests) => requests.invoke(event).await.is_ok(),
                    Err(_) => false,
                };
                if whole && left.load(Ordering::SeqCst) > 0 {
                    break;
                }
            }
            done(&house, order).await;
            let records = house.items("RECORDS_TABLE").await;
            let are_held = records.iter().filter(|it| it.contains("retention_due_at"));
            assert_eq!(are_held.count(), held, "{off:?}");
        }
        let shown = done(&house, about("breach", &json!({}))).await;
        assert_eq!(
            (&shown["revision"], &shown["state"]),
            (&json!(5), &json!("closed"))
        );
        proven_without_doubt(&house).await;
    }
}
