//! Attacks on a request: stalling it, changing it, or approving one's own plan.

use crate::house::{House, email_id, phone_id};
use crate::imports_faults::COMPLAINTS;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";
const PHONE: &str = "07700 900142";

fn plan(id: &str, identifiers: &[Value]) -> Value {
    json!({"order": "plan", "request_id": id, "identifiers": identifiers, "ground": "17(1)(b)", "planned_by": "dpo-7"})
}

fn approve(id: &str, plan: &Value, by: &str) -> Value {
    json!({"order": "approve", "request_id": id, "hash": plan["hash"], "approved_by": by})
}

fn with(mut order: Value, field: &str, value: impl Into<Value>) -> Value {
    order[field] = value.into();
    order
}

fn restrict(id: &str, ground: &str) -> Value {
    json!({"order": "restrict", "request_id": id, "identifiers": [email_id(ROSA)], "ground": ground, "by": "dpo-7"})
}

/// A row of a complaint of Rosa's, dated this day.
fn complaint(day: &str) -> Vec<u8> {
    format!("{COMPLAINTS}case-{day},complaint,{day}T10:00:00Z,highways,1,,{ROSA},,A hole,,,\n")
        .into_bytes()
}

impl House {
    async fn order(&self, order: Value) -> Result<Value, String> {
        let answer = self.invoke("requests", order).await;
        assert!(!format!("{answer:?}").contains(ROSA), "{answer:?}");
        answer
    }

    async fn over(&self, id: &str) -> Value {
        self.stack.settle().await.unwrap();
        self.confirm_all(&json!(id)).await;
        self.status(&json!(id)).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stalls_an_erasure_by_writing_under_the_address_every_second() {
    let house = House::open().await;
    house.tell("Rosa's own.", Some(ROSA), Some(PHONE)).await;
    let who = [email_id(ROSA), phone_id(PHONE)];
    let planned = house.order(plan("ERA-1", &who)).await.unwrap();
    for second in 1..=9 {
        house.move_to(&format!("2026-11-23T10:00:0{second}Z")).await;
        house
            .tell("Forged.", Some(ROSA), Some(&format!("07700 90015{second}")))
            .await;
        house
            .tell(
                "Forged.",
                Some(&format!("mallory-{second}@example.net")),
                Some(PHONE),
            )
            .await;
    }
    house.move_to("2026-11-23T10:00:10Z").await;
    let approved = house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap();
    assert_eq!(
        approved["arrived_since"],
        json!({"records": 9, "links": 9, "requests": 0, "rows": 0}),
        "{approved}"
    );
    assert_eq!(approved["plan"], planned["plan"], "what was looked at");
    let status = house.over("ERA-1").await;
    assert_eq!(status["status"], "closed");
    assert_eq!(status["arrived_since"], approved["arrived_since"]);
    assert_eq!(
        status["certificate"]["receipts"][1]["held"]["records"], 1,
        "{status}"
    );
    assert_eq!(status["certificate"]["up_to"], "2026-11-23T10:00:00Z");

    let left = house.items("RECORDS_TABLE").await;
    assert!(
        !left.iter().any(|item| item.contains("Rosa's own")),
        "what was planned is gone"
    );
    assert_eq!(
        left.iter().filter(|item| item.contains("Forged.")).count(),
        18,
        "what came later is a new matter"
    );
    assert_eq!(house.export(ROSA).await["records"], 9);
    // What is kept can still be found whole: the links to it stay, and the links to what was
    // deleted go.
    let links = left.iter().filter(|item| item.contains("\"sk\":\"link#"));
    assert_eq!(links.count(), 18, "{left:#?}");
    let again = house.order(plan("ERA-2", &[email_id(ROSA)])).await.unwrap();
    assert_eq!(again["plan"]["links"], 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_suppressed_ends_with_the_plan_whatever_comes_between() {
    let house = House::open().await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    house.move_to("2026-11-25T12:00:00Z").await;
    house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap();
    house.over("ERA-1").await;
    let earlier = house
        .drop_file("complaints", "earlier.csv", &complaint("2026-11-06"))
        .await;
    assert_eq!(
        (&earlier["suppressed"], &earlier["new"]),
        (&json!(1), &json!(0))
    );
    let between = house
        .drop_file("complaints", "between.csv", &complaint("2026-11-24"))
        .await;
    assert_eq!(
        (&between["suppressed"], &between["new"]),
        (&json!(0), &json!(1)),
        "it was never planned"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_since_the_plan_is_said_and_stops_nothing() {
    let house = House::open().await;
    house
        .drop_file("complaints", "old.csv", &complaint("2023-11-25"))
        .await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    assert_eq!(
        planned["plan"]["records"]["complaints"]["2023-11"], 1,
        "{planned}"
    );
    house.move_to("2026-11-27T10:00:00Z").await;
    assert!(
        !house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .any(|item| item.contains("A hole")),
        "its three years are over"
    );
    let approved = house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap();
    let changed = approved["changed_since"].as_array().unwrap();
    assert!(
        changed.contains(&json!("records.complaints.2023-11: nothing, was 1")),
        "{approved}"
    );
    assert_eq!(house.over("ERA-1").await["status"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_dpo_changes_after_the_plan_still_makes_it_stale() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    let changes = [
        (
            json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": [email_id(ROSA)], "ground": "legal_claim", "by": "dpo-7"}),
            "holds: CLAIM-1",
        ),
        (
            restrict("RES-1", "18(1)(a)"),
            "restrictions.RES-1: 18(1)(a)",
        ),
    ];
    for (change, says) in changes {
        let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
        house.order(change).await.unwrap();
        let stale = house
            .order(approve("ERA-1", &planned, "dpo-8"))
            .await
            .unwrap_err();
        assert!(
            stale.contains("\"Stale\"") && stale.contains(says),
            "{stale}"
        );
    }
    let access = json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7", "request_id": "SAR-1"});
    let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    house.invoke("export", access).await.unwrap();
    let stale = house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap_err();
    assert!(
        stale.contains("access_first: SAR-1, was nothing"),
        "{stale}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_plans_of_one_person_are_approved_in_either_order() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    let first = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    house.move_to("2026-11-23T10:05:00Z").await;
    let second = house.order(plan("ERA-2", &[email_id(ROSA)])).await.unwrap();
    house.move_to("2026-11-23T10:10:00Z").await;
    house
        .order(approve("ERA-2", &second, "dpo-8"))
        .await
        .unwrap();
    house.move_to("2026-11-23T10:15:00Z").await;
    let approved = house
        .order(approve("ERA-1", &first, "dpo-8"))
        .await
        .unwrap();
    assert_eq!(approved["arrived_since"]["requests"], 1, "{approved}");
    let file = complaint("2026-11-06");
    assert_eq!(
        house.drop_file("complaints", "one.csv", &file).await["suppressed"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_alone_what_they_have_planned_however_they_spell_their_name() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Rosa's own.", Some(ROSA), Some(PHONE)).await;
    let planned = house
        .order(plan("ERA-1", &[email_id(ROSA), phone_id(PHONE)]))
        .await
        .unwrap();
    for spelt in [
        "dpo-7",
        "DPO-7",
        " dpo 7 ",
        "Dpo_7",
        "dpo\u{2011}7",
        "ｄｐｏ－７",
        "d\u{200b}po-7",
        "dpó-7",
    ] {
        let refused = house
            .order(approve("ERA-1", &planned, spelt))
            .await
            .unwrap_err();
        assert!(refused.contains("\"SingleHanded\""), "{spelt}: {refused}");
    }
    for alike in ["dp\u{43e}-7", "\u{501}po-7", "---"] {
        let refused = house
            .order(approve("ERA-1", &planned, alike))
            .await
            .unwrap_err();
        assert!(
            refused.contains("\"BadOrder\"") && refused.contains("approved_by"),
            "{alike}: {refused}"
        );
    }
    for chatty in [
        "Rosa@Example.org rang",
        "her number: 07700-900142",
        "",
        &"x".repeat(301),
    ] {
        let order = with(
            approve("ERA-1", &planned, "dpo-7"),
            "single_handed_reason",
            chatty,
        );
        assert!(
            house
                .order(order)
                .await
                .unwrap_err()
                .contains("single_handed_reason"),
            "{}",
            chatty.len()
        );
    }
    let order = with(
        approve("ERA-1", &planned, "DPO-7"),
        "single_handed_reason",
        "The deputy is on leave.",
    );
    assert_eq!(
        house.order(order).await.unwrap()["single_handed_reason"],
        "The deputy is on leave."
    );
    assert_eq!(
        house.status(&json!("ERA-1")).await.unwrap()["single_handed_reason"],
        "The deputy is on leave."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opposed_erasure_is_erased_only_on_their_word() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    house.order(restrict("RES-0", "18(1)(d)")).await.unwrap();
    house.order(restrict("RES-1", "18(1)(b)")).await.unwrap();
    let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    assert_eq!(
        planned["plan"]["restrictions"],
        json!({"RES-0": "18(1)(d)", "RES-1": "18(1)(b)"})
    );
    assert_eq!(planned["plan"]["holds"], json!([]));
    let refused = house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap_err();
    assert!(
        refused.contains("\"Opposed\"") && refused.contains("RES-1") && !refused.contains("RES-0"),
        "{refused}"
    );
    for day in ["2026-11-22", "2026-11-24", "soon"] {
        let order = with(approve("ERA-1", &planned, "dpo-8"), "person_agreed_on", day);
        assert!(
            house
                .order(order)
                .await
                .unwrap_err()
                .contains("person_agreed_on must be"),
            "{day}"
        );
    }
    let order = with(
        approve("ERA-1", &planned, "dpo-8"),
        "person_agreed_on",
        "2026-11-23",
    );
    assert_eq!(
        house.order(order).await.unwrap()["person_agreed_on"],
        "2026-11-23"
    );

    house.tell("Abel's.", Some("abel@example.org"), None).await;
    let planned = house
        .order(plan("ERA-2", &[email_id("abel@example.org")]))
        .await
        .unwrap();
    let order = with(
        approve("ERA-2", &planned, "dpo-8"),
        "person_agreed_on",
        "2026-11-23",
    );
    assert!(
        house
            .order(order)
            .await
            .unwrap_err()
            .contains("person_agreed_on is for"),
        "nothing is restricted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_stand_in_the_order_in_which_they_happened_and_tell_who_asked() {
    let house = House::open().await;
    house.tell("Rosa's own.", Some(ROSA), None).await;
    let status = |by: &str| json!({"order": "status", "request_id": "ERA-1", "by": by});
    let whom = |by: &str| json!({"order": "whom", "request_id": "ERA-1", "by": by});
    // All of this happens within one second, because the clock stands still.
    let planned = house.order(plan("ERA-1", &[email_id(ROSA)])).await.unwrap();
    house.order(status("staff-2")).await.unwrap();
    house.order(status("STAFF-2")).await.unwrap();
    house.order(status("staff-1")).await.unwrap();
    house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap();
    for by in ["staff-4", "staff-3"] {
        house.invoke("requests", whom(by)).await.unwrap();
    }
    house.over("ERA-1").await;
    house
        .order(json!({"order": "certificate", "request_id": "ERA-1", "by": "staff-9"}))
        .await
        .unwrap();
    let told = house.order(status("dpo-7")).await.unwrap();
    let events = told["events"].as_array().unwrap().iter();
    let events: Vec<String> = events
        .map(|event| {
            format!(
                "{} {}",
                event["what"].as_str().unwrap(),
                event["by"].as_str().unwrap_or("nobody")
            )
        })
        .collect();
    let (asked, certified) = ("asked for its status", "asked for its certificate");
    let expected = [
        "planned dpo-7".to_owned(),
        format!("{asked} staff-2"),
        format!("{asked} staff-1"),
        "approved dpo-8".to_owned(),
        "asked whom staff-4".to_owned(),
        "asked whom staff-3".to_owned(),
        "closed nobody".to_owned(),
        format!("{asked} dpo-7"),
        format!("{certified} staff-9"),
    ];
    assert_eq!(events, expected, "{events:#?}");
    let nobody = house
        .order(json!({"order": "status", "request_id": "ERA-1"}))
        .await
        .unwrap_err();
    assert!(nobody.contains("by must be a text"), "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_made_a_link_to_unsubscribe_is_known() {
    let house = House::open().await;
    let link = json!({"order": "unsubscribe_link", "identifiers": [email_id(ROSA)], "request_id": "NEWS-1"});
    assert!(
        house
            .order(link.clone())
            .await
            .unwrap_err()
            .contains("by must be a text")
    );
    let made = house
        .order(with(link.clone(), "by", "staff-5"))
        .await
        .unwrap();
    assert_eq!(made["request_id"], "NEWS-1");
    let status = house
        .order(json!({"order": "status", "request_id": "NEWS-1", "by": "dpo-7"}))
        .await
        .unwrap();
    assert_eq!(
        (&status["status"], &status["events"][0]["by"]),
        (&json!("noted"), &json!("staff-5")),
        "{status}"
    );
    let mut without = with(link, "by", "staff-6");
    without.as_object_mut().unwrap().remove("request_id");
    let made = house.order(without).await.unwrap();
    let status = house
        .order(json!({"order": "status", "request_id": made["request_id"], "by": "dpo-7"}))
        .await
        .unwrap();
    assert_eq!(status["events"][0]["what"], "made a link to unsubscribe");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_names_the_request_and_the_controller_and_nobody_else() {
    let house = House::open().await;
    house.tell("Rosa's own.", Some(ROSA), Some(PHONE)).await;
    let left = json!([{"source": "complaints", "from": "2026-01-01", "exemption": "17(3)(e)"}]);
    let planned = house
        .order(with(plan("ERA-1", &[email_id(ROSA)]), "exclude", left))
        .await
        .unwrap();
    let order = json!({"order": "certificate", "request_id": "ERA-1", "by": "dpo-7"});
    let refused = house.order(order.clone()).await.unwrap_err();
    assert!(refused.contains("\"NotNow\""), "{refused}");
    house
        .order(approve("ERA-1", &planned, "dpo-8"))
        .await
        .unwrap();
    house.over("ERA-1").await;
    let certificate = house.order(order).await.unwrap();
    let settings = house.stack.settings("requests").unwrap();
    assert_eq!(certificate["controller"]["name"], settings["COUNCIL_NAME"]);
    assert_eq!(certificate["certificate"]["request_id"], "ERA-1");
    let html = certificate["html"].as_str().unwrap();
    for said in [
        "Certificate of erasure",
        "ERA-1",
        &settings["DPO_EMAIL"],
        "Article 17(1)(b)",
        "dpo-8",
        "Article 17(3)(e)",
    ] {
        assert!(html.contains(said), "{said}: {html}");
    }
    assert_eq!(
        html.matches("<section>").count(),
        custodian_domain::place::Place::ALL.len(),
        "every place"
    );
    assert!(
        html.contains("Content-Security-Policy")
            && !html.contains("<script")
            && !html.contains("rosa")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_turns_into_another_is_refused_with_its_field_wherever_it_comes_from() {
    let house = House::open().await;
    let (kelvin, plain) = ("mar\u{212A}@example.org", "mark@example.org");
    house.tell("Mark's own.", Some(plain), None).await;
    let refused = house
        .order(plan("ERA-1", &[email_id(kelvin)]))
        .await
        .unwrap_err();
    assert!(
        refused.contains("identifiers[0].value must not have a sign"),
        "{refused}"
    );
    let order =
        json!({"kind": "access", "identifiers": [email_id(kelvin)], "requested_by": "dpo-7"});
    assert!(
        house
            .invoke("export", order)
            .await
            .unwrap_err()
            .contains("identifiers[0].value")
    );
    let reference = json!([{"type": "reference", "value": "UC\u{212A}N-1"}]);
    let order = json!({"kind": "access", "identifiers": reference, "requested_by": "dpo-7"});
    assert!(
        house
            .invoke("export", order)
            .await
            .unwrap_err()
            .contains("identifiers[0].value")
    );
    let answers = json!({"satisfaction": 4, "site": "Wareham", "email": kelvin});
    let posted = house.post_json("recycling-centre", &answers).await;
    assert_eq!(
        (posted.status, &posted.json()["errors"][0]["field"]),
        (422, &json!("email")),
        "{}",
        posted.body
    );
    let row = format!(
        "{COMPLAINTS}case-1,complaint,2026-11-06T10:00:00Z,highways,1,,{kelvin},,A hole,,,\n"
    );
    let report = house
        .drop_file("complaints", "kelvin.csv", row.as_bytes())
        .await;
    assert_eq!(
        (&report["new"], &report["refused"]),
        (&json!(0), &json!({"email": 1})),
        "{report}"
    );
    assert_eq!(house.quarantined("complaints").await[0]["field"], "email");
    assert_eq!(
        house.export(plain).await["records"],
        1,
        "nobody's complaint became his"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_is_no_error_of_the_function() {
    let house = House::open().await;
    for (function, order) in [
        (
            "requests",
            json!({"order": "status", "request_id": "NONE", "by": "dpo-7"}),
        ),
        ("requests", json!({"order": "dance"})),
        ("export", json!({"kind": "access"})),
        ("sweep", json!({"from": "soon"})),
    ] {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let answer = house
            .post_to(
                &path,
                &[("content-type", "application/json")],
                &order.to_string(),
            )
            .await;
        assert_eq!(
            answer.header("x-amz-function-error"),
            "",
            "{function}: {}",
            answer.body
        );
        let refused = answer.json();
        assert_eq!(refused["status"], "refused");
        assert!(
            refused["errorType"].is_string() && refused["errorMessage"].is_string(),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_an_order_again_that_another_gave_first_is_known() {
    let house = House::open().await;
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    let order = |what: &str, id: &str, by: &str| {
        let mut order = json!({"order": what, "request_id": id, "identifiers": [email_id("rosa@example.org")], "by": by});
        match what {
            "hold" => order["ground"] = json!("legal_claim"),
            "restrict" => order["ground"] = json!("18(1)(a)"),
            _ => {}
        }
        order
    };
    for (what, id) in [("hold", "H-1"), ("restrict", "R-1"), ("rectified", "C-1")] {
        for by in ["dpo-7", "DPO-7", "mallory-1", "mallory-1"] {
            house.invoke("requests", order(what, id, by)).await.unwrap();
        }
        let status = house.status(&json!(id)).await.unwrap();
        let again = status["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["what"] == "ordered again");
        assert_eq!(
            again.map(|event| &event["by"]).collect::<Vec<_>>(),
            ["mallory-1"],
            "{what}: {status}"
        );
    }
    for by in ["dpo-7", "mallory-1"] {
        let lift = json!({"order": "lift", "request_id": "H-1", "reason": "settled", "by": by});
        house.invoke("requests", lift).await.unwrap();
    }
    let status = house.status(&json!("H-1")).await.unwrap();
    let again = status["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["what"] == "ordered again");
    assert_eq!(again.count(), 1, "once a day: {status}");
}
