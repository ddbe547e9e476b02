//! A package reports on every place that a plan counts, and says that nothing is held only where
//! that is so.

use super::handed_over::{call, contact, form, hand_over};
use super::{assert_valid, order};
use crate::house::{House, email_id, erasure, phone_id};
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::plan::Plan;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

/// A complaint that breaks a rule, from somebody with this address.
pub fn bad_complaint(email: &str) -> String {
    format!(
        "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
         CMP-7,complaint,2026-11-13T10:00:00Z,highways,7,Quinn,{email},,The gate was shut,,,\n"
    )
}

/// A package, its document and its report.
struct Told {
    package: Value,
    document: Value,
    report: String,
}

impl Told {
    /// What the document says about one kind of thing.
    fn held(&self, holding: Holding) -> &Value {
        &self.document["held"][holding.as_str()]
    }

    fn count(&self, holding: Holding) -> u64 {
        self.held(holding)["count"]
            .as_u64()
            .unwrap_or_else(|| panic!("{holding:?} is not told of"))
    }

    /// The kinds of which something is held.
    fn kinds(&self) -> Vec<&'static str> {
        Holding::ALL
            .into_iter()
            .filter(|holding| self.count(*holding) > 0)
            .map(Holding::as_str)
            .collect()
    }

    fn says_nothing_is_held(&self) -> bool {
        self.document["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("Nothing is held"))
    }
}

async fn told(house: &House, kind: &str, who: &[Value]) -> Told {
    let package = house.invoke("export", order(kind, who)).await.unwrap();
    let document = house.document(&package).await;
    assert_valid(&document);
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    Told {
        package,
        document,
        report,
    }
}

async fn access(house: &House, who: &[Value]) -> Told {
    let told = told(house, "access", who).await;
    for holding in Holding::ALL {
        assert!(told.held(holding)["note"].is_string(), "{holding:?}");
        assert_eq!(
            told.package["held"][holding.as_str()],
            told.held(holding)["count"],
            "{holding:?}"
        );
    }
    told
}

async fn plan(house: &House, who: &[Value]) -> Plan {
    let mut order = erasure(who);
    order.as_object_mut().unwrap().remove("approved_by");
    (order["order"], order["planned_by"]) = (json!("plan"), json!("dpo-7"));
    serde_json::from_value(house.invoke("requests", order).await.unwrap()["plan"].clone()).unwrap()
}

/// Asserts that the package reports every number of the plan, as the same number under the same
/// name.
fn assert_told(plan: &Plan, told: &Told) {
    // Destructured, so that a field added to the plan has to be checked here as well.
    let Plan {
        records: _,
        left: _,
        links: _,
        profiles: _,
        packages: _,
        quarantined: _,
        unreadable: _,
        unreadable_until: _,
        custody,
        holders: _,
        access_first,
        open_requests,
        holds,
        restrictions,
        linked: _,
        contents: _,
    } = plan;
    for holding in Holding::ALL {
        let Some(counted) = plan.count(holding) else {
            continue;
        };
        let left = if holding == Holding::Records {
            plan.records_left()
        } else {
            0
        };
        assert_eq!(told.count(holding), counted + left, "{holding:?}");
    }
    assert!(
        custody
            .keys()
            .all(|processor| Processor::ALL.contains(processor))
    );
    let names = |holding| {
        let items = told.held(holding)["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        items
            .iter()
            .map(|item| item["request_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for (requests, holdings) in [
        (access_first, &[Holding::Packages, Holding::Asked][..]),
        (open_requests, &[Holding::Requests]),
    ] {
        let told: Vec<String> = holdings
            .iter()
            .flat_map(|holding| names(*holding))
            .collect();
        assert!(
            requests
                .iter()
                .all(|request| told.contains(&request.as_str().to_owned())),
            "{holdings:?}"
        );
    }
    let standing = names(Holding::Constraints);
    assert!(
        holds
            .iter()
            .chain(restrictions.keys())
            .all(|request| standing.contains(request))
    );
}

/// A person about whom every place holds something.
async fn furnish_everything(house: &House) -> Vec<Value> {
    let form_body = "satisfaction=4&site=Wareham&comment=Quick.&email=Rosa%40Example.org&phone=07700+900142&newsletter=yes";
    assert_eq!(
        house.post_form("recycling-centre", form_body).await.status,
        303
    );
    let told = vec![
        form("FS-1", contact("Rosa", Some(ROSA), None)),
        call(
            "300000002187345",
            contact("Rosa", None, Some("07700 900142")),
        ),
    ];
    hand_over(house, told).await;
    house
        .drop_file("complaints", "bad.csv", bad_complaint(ROSA).as_bytes())
        .await;
    let who = vec![email_id(ROSA), phone_id("07700 900142")];
    let mut earlier = order("access", &who);
    earlier["request_id"] = json!("SAR-BEFORE");
    house.invoke("export", earlier).await.unwrap();
    let path = house.unsubscribe_path(ROSA).await;
    assert_eq!(house.click(&path).await.status, 200);
    let hold = json!({"order": "hold", "request_id": "CLAIM-1", "ground": "legal_claim", "by": "dpo-7", "identifiers": who});
    house.invoke("requests", hold).await.unwrap();
    let case = json!({"order": "register", "case_id": "C-1", "received": "2026-11-23", "channel": "letter",
        "asker": "person", "kinds": ["access"], "by": "dpo-7"});
    house.invoke("requests", case).await.unwrap();
    let confirmed = json!({"order": "step", "case_id": "C-1", "kind": "access", "step": "person_confirmed",
        "identifiers": who, "by": "dpo-7"});
    house.invoke("requests", confirmed).await.unwrap();
    who
}

#[tokio::test(flavor = "multi_thread")]
async fn for_everything_that_a_plan_counts_a_package_tells_the_same_number() {
    let house = House::where_it_sleeps("erase").await;
    let who = furnish_everything(&house).await;
    let plan = plan(&house, &who).await;
    let told = access(&house, &who).await;
    assert_told(&plan, &told);
    for holding in Holding::ALL {
        let is_told = told.count(holding) > 0;
        let none = [Holding::Suppressions, Holding::Unreadable, Holding::Waiting];
        assert_eq!(
            is_told,
            !none.contains(&holding),
            "{holding:?}: {:#}",
            told.document["held"]
        );
        let heading = format!("id=\"{}\"", holding.as_str());
        assert_eq!(told.report.contains(&heading), is_told, "{heading}");
    }
    assert!(told.document.get("message").is_none());
    assert_eq!(
        told.held(Holding::Constraints)["items"][0]["standing"],
        "hold_legal_claim"
    );
    assert_eq!(
        told.held(Holding::Packages)["items"][0]["request_id"],
        "SAR-BEFORE"
    );
    assert!(
        !told.document.to_string().contains("dpo-7"),
        "who of the staff did what is no part of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_somebody_who_has_one_thing_only_is_told_as_well() {
    let house = House::open().await;
    house
        .drop_file(
            "complaints",
            "bad.csv",
            bad_complaint("quinn@example.org").as_bytes(),
        )
        .await;
    house
        .click(&house.unsubscribe_path("onlyoptout@example.org").await)
        .await;
    house
        .tell("Quick.", Some("abel@example.org"), Some("07700 900155"))
        .await;
    for who in [
        email_id("quinn@example.org"),
        email_id("onlyoptout@example.org"),
        phone_id("07700 900155"),
    ] {
        let plan = plan(&house, std::slice::from_ref(&who)).await;
        let told = access(&house, std::slice::from_ref(&who)).await;
        assert_eq!(told.count(Holding::Quarantine), plan.quarantined);
        assert_eq!(told.count(Holding::Profiles), plan.profiles);
        assert!(!told.says_nothing_is_held(), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_in_quarantine_is_told_as_it_came() {
    let house = House::open().await;
    house
        .drop_file(
            "complaints",
            "2026-11-20.csv",
            bad_complaint("quinn@example.org").as_bytes(),
        )
        .await;
    let told = access(&house, &[email_id("Quinn@example.org")]).await;
    assert_eq!(told.kinds(), ["quarantine"]);
    assert!(!told.says_nothing_is_held());
    let row = &told.held(Holding::Quarantine)["items"][0];
    assert_eq!(
        (&row["folder"], &row["field"]),
        (&json!("Complaint or compliment"), &json!("stage"))
    );
    assert_eq!(
        row["text"],
        "CMP-7,complaint,2026-11-13T10:00:00Z,highways,7,Quinn,quinn@example.org,,The gate was shut,,,"
    );
    assert_eq!(
        (&row["kept_until"], &row["row_base64"]),
        (&json!("2026-12-08"), &Value::Null)
    );
    assert!(
        told.report.contains("The gate was shut")
            && told.report.contains("Rows that we could not read: 1")
    );
    let somebody_else = access(&house, &[email_id("abel@example.org")]).await;
    assert!(somebody_else.says_nothing_is_held() && !somebody_else.report.contains("The gate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_quarantine_whole_is_told_row_by_row() {
    let house = House::open().await;
    let file = "CALL ID,WHO\n1,quinn@example.org\n2,abel@example.org\n3,QUINN@EXAMPLE.ORG\n";
    house
        .drop_file("telephone", "unknown.csv", file.as_bytes())
        .await;
    let told = access(&house, &[email_id("quinn@example.org")]).await;
    let rows = told.held(Holding::Quarantine)["items"].as_array().unwrap();
    let texts: Vec<&str> = rows
        .iter()
        .map(|row| row["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["1,quinn@example.org", "3,QUINN@EXAMPLE.ORG"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_no_text_is_told_as_text_and_to_the_byte() {
    let house = House::open().await;
    let file: Vec<u8> = bad_complaint("quinn@example.org")
        .replace("Quinn", "Si^n")
        .bytes()
        .collect();
    let file: Vec<u8> = file
        .into_iter()
        .map(|byte| if byte == b'^' { 0xe2 } else { byte })
        .collect();
    house.drop_file("complaints", "windows.csv", &file).await;
    let told = access(&house, &[email_id("quinn@example.org")]).await;
    let row = &told.held(Holding::Quarantine)["items"][0];
    assert!(
        row["text"]
            .as_str()
            .unwrap()
            .contains("Si\u{FFFD}n,quinn@example.org"),
        "{row}"
    );
    let bytes = concat!(
        "Q01QLTcsY29tcGxhaW50LDIwMjYtMTEtMTNUMTA6MDA6MDBaLGhpZ2h3YXlzLDcs",
        "U2nibixxdWlubkBleGFtcGxlLm9yZywsVGhlIGdhdGUgd2FzIHNodXQsLCw="
    );
    assert_eq!(row["row_base64"], bytes);
    assert!(!told.report.contains("base64"), "a page is for people");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_can_look_into_is_said_to_everybody() {
    let house = House::open().await;
    house
        .drop_file(
            "complaints",
            "book.xlsx",
            b"PK\x03\x04\x14\x00\x06\x00quinn@example.org",
        )
        .await;
    let told = access(&house, &[email_id("nobody@example.org")]).await;
    assert_eq!(told.kinds(), ["unreadable"]);
    assert!(
        !told.says_nothing_is_held() && told.report.contains("Files that nobody can look into: 1")
    );
    assert_eq!(
        plan(&house, &[email_id("nobody@example.org")])
            .await
            .unreadable,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_is_told_with_its_time_in_both_kinds_and_in_both_documents() {
    let house = House::open().await;
    let form = "satisfaction=4&site=Wareham&email=rosa%40example.org&newsletter=yes";
    assert_eq!(house.post_form("recycling-centre", form).await.status, 303);
    house.move_to("2026-11-24T21:05:00Z").await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    for kind in ["access", "portability"] {
        let told = told(&house, kind, &[email_id(ROSA)]).await;
        let said = &told.held(Holding::OptOuts)["items"];
        let expected = json!([{"list": "newsletter", "since": "2026-11-24T21:05:00Z", "stands": true, "kept_until": "2029-11-24T21:05:00Z"}]);
        assert_eq!(*said, expected, "{kind}");
        assert!(told.report.contains("24 November 2026, 9:05pm"), "{kind}");
        assert_eq!(
            told.document["records"][0]["provided"]["newsletter"], true,
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_alone_is_something_and_so_is_the_request_that_tells_of_it() {
    let house = House::open().await;
    house
        .click(&house.unsubscribe_path("onlyoptout@example.org").await)
        .await;
    let told = access(&house, &[email_id("onlyoptout@example.org")]).await;
    assert_eq!(told.kinds(), ["opt_outs", "profiles", "requests"]);
    assert_eq!(
        told.held(Holding::Requests)["items"][0]["request"],
        "unsubscribe"
    );
    assert!(
        !told.says_nothing_is_held() && told.report.contains("To send you no more newsletters")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_copy_of_everything_is_not_told_to_ask_for_one() {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    for (kind, asks) in [("access", false), ("portability", true)] {
        let told = told(&house, kind, &[email_id(ROSA)]).await;
        let message = told.document["message"].as_str().unwrap();
        assert!(message.starts_with(
            "There are no records under these identifiers, but something else is held"
        ));
        assert_eq!(
            (
                message.contains("(access)"),
                told.package["message"] == message
            ),
            (asks, true),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_is_told_that_a_digest_is_kept_and_until_when() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    house.move_to("2026-11-23T12:00:00Z").await;
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    house.move_to("2026-12-01T12:00:00Z").await;
    let told = access(&house, &[email_id(ROSA)]).await;
    assert_eq!(told.kinds(), ["suppressions"]);
    let expected =
        json!([{"erased_at": "2026-11-23T12:00:00Z", "kept_until": "2029-11-23T12:00:00Z"}]);
    assert_eq!(told.held(Holding::Suppressions)["items"], expected);
    let note = told.held(Holding::Suppressions)["note"].as_str().unwrap();
    assert!(
        note.contains("We keep a digest so that you are not taken in again")
            && told.report.contains(note)
    );
    assert!(!told.says_nothing_is_held());
    house.move_to("2029-11-23T12:00:00Z").await;
    assert!(
        access(&house, &[email_id(ROSA)])
            .await
            .says_nothing_is_held(),
        "it ends with its time"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_or_a_restriction_alone_is_something() {
    let house = House::open().await;
    let place = |kind: &str, id: &str, ground: &str, email: &str| json!({"order": kind, "request_id": id, "ground": ground, "by": "dpo-7", "identifiers": [email_id(email)]});
    house
        .invoke(
            "requests",
            place("hold", "CLAIM-1", "legal_claim", "ann@example.org"),
        )
        .await
        .unwrap();
    house
        .invoke(
            "requests",
            place("restrict", "RES-1", "18(1)(d)", "ben@example.org"),
        )
        .await
        .unwrap();
    for (email, standing) in [
        ("ann@example.org", "hold_legal_claim"),
        ("ben@example.org", "restriction_d"),
    ] {
        let told = access(&house, &[email_id(email)]).await;
        assert_eq!(
            told.held(Holding::Constraints)["items"][0]["standing"],
            standing
        );
        assert!(!told.says_nothing_is_held());
    }
    let lift =
        json!({"order": "lift", "request_id": "CLAIM-1", "reason": "settled", "by": "dpo-7"});
    house.invoke("requests", lift).await.unwrap();
    assert_eq!(
        access(&house, &[email_id("ann@example.org")])
            .await
            .count(Holding::Constraints),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_to_the_person_is_told_by_either_end() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("Rosa@example.org"), Some("07700 900142"))
        .await;
    let expected = json!([{"from": "+447700900142", "to": "rosa@example.org", "kept_until": "2029-11-23T10:00:00Z"}]);
    for who in [
        vec![email_id(ROSA)],
        vec![phone_id("07700 900142"), email_id(ROSA)],
    ] {
        let told = access(&house, &who).await;
        assert_eq!(told.held(Holding::Links)["items"], expected);
        assert!(told.report.contains("To your records under"));
    }
    assert!(
        !told(&house, "portability", &[email_id(ROSA)])
            .await
            .document
            .to_string()
            .contains("\"links\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_nobody_confirmed_is_said_and_not_denied() {
    let house = House::open().await;
    house
        .tell("Ann's.", Some("ann@example.org"), Some("01632 960055"))
        .await;
    house
        .tell("Ben's.", Some("ben@example.org"), Some("01632 960055"))
        .await;
    let told = access(&house, &[phone_id("01632 960055")]).await;
    assert_eq!(
        (
            &told.document["links_not_followed"],
            told.document["record_count"].as_u64()
        ),
        (&json!(2), Some(0))
    );
    let message = told.document["message"].as_str().unwrap();
    assert!(
        message.contains("these links were not followed")
            && !message.starts_with("Nothing is held under these identifiers.")
    );
    assert!(told.report.contains("2 links lead from what you gave us"));
    assert!(
        !told.document.to_string().contains("ann@") && !told.report.contains("Ben"),
        "it names nobody else"
    );
    let confirmed = json!([
        told.package["linked"][0]["link"],
        told.package["linked"][1]["link"]
    ]);
    let mut both = order("access", &[phone_id("01632 960055")]);
    both["confirmed_links"] = confirmed;
    let package = house.invoke("export", both).await.unwrap();
    let document = house.document(&package).await;
    assert_eq!(
        (&package["records"], &document["links_not_followed"]),
        (&json!(2), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_are_named_as_the_plan_names_them_with_what_each_holds() {
    let house = House::open().await;
    let form = "satisfaction=4&site=Wareham&email=rosa%40example.org&newsletter=yes";
    assert_eq!(house.post_form("recycling-centre", form).await.status, 303);
    let plan = plan(&house, &[email_id(ROSA)]).await;
    let told = access(&house, &[email_id(ROSA)]).await;
    assert_eq!(
        plan.custody.into_iter().collect::<Vec<_>>(),
        [(Processor::Newsletter, 1), (Processor::Notify, 1)]
    );
    let kinds = [
        "records",
        "confirmations",
        "requests",
        "newsletter",
        "notify",
    ];
    assert_eq!(told.kinds(), kinds, "the plan is a request as well");
    let recipients = told.document["supplementary"]["recipients"]
        .as_str()
        .unwrap();
    for said in [
        "The newsletter service is known to hold something of 1 record.",
        "It holds your email address",
        "GOV.UK Notify is known to hold something of 1 record.",
        "Five9 runs our telephone service",
        "Granicus (Achieve) runs some of our online forms",
        "Nobody else receives it.",
    ] {
        assert!(
            recipients.contains(said) && told.report.contains(said),
            "{said}: {recipients}"
        );
    }
    assert!(!recipients.contains("Five9 is known"));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nobody_else_receives_it_is_not_said_where_something_was_left_unread() {
    let house = House::where_it_sleeps("import").await;
    house.tell("Quick.", Some(ROSA), None).await;
    house
        .put_file(
            "complaints",
            "waiting.csv",
            bad_complaint("quinn@example.org").as_bytes(),
        )
        .await;
    let told = access(&house, &[email_id(ROSA)]).await;
    assert_eq!(told.kinds(), ["records", "waiting"]);
    let recipients = told.document["supplementary"]["recipients"]
        .as_str()
        .unwrap();
    assert!(
        recipients.ends_with("We know of nobody else who receives it."),
        "{recipients}"
    );
    assert!(
        told.report.contains("Files that wait to be read: 1")
            && !told.report.contains("That is everything.")
    );
    let nobody = access(&house, &[email_id("nobody@example.org")]).await;
    assert!(
        !nobody.says_nothing_is_held(),
        "a file that waits may name them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_held_is_said_where_every_place_says_so() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    let told = access(&house, &[email_id("nobody@example.org")]).await;
    assert!(told.says_nothing_is_held() && told.kinds().is_empty());
    assert_eq!(told.package["message"], told.document["message"]);
    assert!(
        told.report
            .contains("Nothing is held under these identifiers.")
    );
    for holding in Holding::ALL {
        assert_eq!(told.count(holding), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_five9_keeps_beyond_its_logs_is_told_beyond_them() {
    let house = House::open().await;
    hand_over(
        &house,
        vec![call("1", contact("Rosa", None, Some("07700 900142")))],
    )
    .await;
    let who = [phone_id("07700 900142")];
    let before = access(&house, &who).await;
    assert_eq!(
        before.held(Holding::Copies(Processor::Five9))["items"],
        json!([{"until": "2026-12-11T08:00:12Z"}])
    );
    house.move_to("2026-12-11T08:00:12Z").await;
    let after = access(&house, &who).await;
    let five9 = after.held(Holding::Copies(Processor::Five9));
    assert_eq!(
        (&five9["count"], &five9["items"]),
        (&json!(1), &Value::Null)
    );
    assert!(
        five9["note"]
            .as_str()
            .unwrap()
            .contains("among its contacts")
    );
}
