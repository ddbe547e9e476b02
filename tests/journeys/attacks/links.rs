//! A stranger with a web form claims to be somebody else, or claims that somebody else is them.

use crate::house::{House, email_id, phone_id};
use crate::partners::{CREATED, changed};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const VICTIM: &str = "rosa.hardy@example.org";
pub const STRANGER: &str = "mallory@elsewhere.example";
pub const STRANGERS_PHONE: &str = "07700 900666";
pub const PHONE: &str = "01632 960055";

/// Staff record a complaint with an address and a number.
pub async fn complaint(house: &House, id: &str, email: &str, phone: &str) {
    let file = format!(
        "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
         {id},complaint,2026-11-20T10:00:00Z,housing,1,Rosa Hardy,{email},{phone},The mould is in the nursery,,,\n"
    );
    let report = house
        .drop_file("complaints", &format!("{id}.csv"), file.as_bytes())
        .await;
    assert_eq!(report["new"], 1, "{report}");
}

/// Somebody rings from a number and rates the call.
pub async fn call(house: &House, id: &str, phone: &str) {
    let file = format!(
        "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,DISPOSITION,ANI,DNIS,CUSTOMER NAME,CALL TIME,TRANSFERS,Survey.Name,\
         Survey.Q1 Satisfaction,Survey.Q2 Comment\n\
         {id},\"Mon, 16 Nov 2026 09:00:12\",Waste Inbound,Inbound,Waste,Done,{phone},01305251010,,00:07:41,0,post-call,2,\
         She rang about the nursery\n"
    );
    let report = house
        .drop_file("telephone", &format!("{id}.csv"), file.as_bytes())
        .await;
    assert_eq!(report["new"], 1, "{report}");
}

/// Orders a package for access.
pub async fn access(house: &House, id: &str, who: &[Value], more: Value) -> Value {
    let mut order =
        json!({"kind": "access", "identifiers": who, "requested_by": "dpo-7", "request_id": id});
    order
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    house.invoke("export", order).await.unwrap()
}

/// The text of a package: its document and its report.
pub async fn text(house: &House, package: &Value) -> String {
    let document = house.object(package["key"].as_str().unwrap()).await;
    document + &house.object(package["report_key"].as_str().unwrap()).await
}

/// Releases a package.
pub async fn hand_out(house: &House, id: &str, decisions: Value) -> Result<Value, String> {
    let mut order = json!({"release": id, "released_by": "dpo-7"});
    order
        .as_object_mut()
        .unwrap()
        .extend(decisions.as_object().unwrap().clone());
    house.release_by(order).await
}

pub fn linked(answer: &Value) -> &[Value] {
    answer["linked"].as_array().unwrap()
}

pub fn link_to<'a>(answer: &'a Value, person: &str) -> &'a Value {
    linked(answer)
        .iter()
        .find(|link| link["person"] == person)
        .unwrap_or_else(|| panic!("{person}: {answer}"))
}

pub fn assert_nothing_of_the_victim(text: &str) {
    for trace in [
        "nursery",
        "rosa.hardy",
        "Rosa",
        "private",
        "•••@example.org",
    ] {
        assert!(!text.contains(trace), "{trace} is told: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_types_the_victim_s_address_beside_their_own_number_gets_nothing_of_the_victim()
 {
    for kind in ["access", "portability"] {
        let house = House::open().await;
        complaint(&house, "CMP-1", VICTIM, "").await;
        house.tell("This is private.", Some(VICTIM), None).await;
        house
            .tell("Forged.", Some(VICTIM), Some(STRANGERS_PHONE))
            .await;
        let package = access(
            &house,
            "SAR-1",
            &[phone_id(STRANGERS_PHONE)],
            json!({"kind": kind}),
        )
        .await;
        assert_eq!(
            (&package["records"], &package["undecided"]),
            (&json!(0), &json!(1)),
            "{package}"
        );
        assert_nothing_of_the_victim(&text(&house, &package).await);
        let link = &linked(&package)[0];
        assert_eq!(
            (&link["asserted_by"], &link["sources"]),
            (&json!(["claimed"]), &json!(["web_form"]))
        );
        assert_eq!(
            (&link["records"], &link["followed"]),
            (&json!(3), &json!(false))
        );
        assert_eq!(
            (&link["from"], &link["to"]),
            (
                &json!("2026-11-23T10:00:00Z"),
                &json!("2026-11-23T10:00:00Z")
            )
        );
        let refused = hand_out(&house, "SAR-1", json!({})).await.unwrap_err();
        assert!(refused.contains("Undecided"), "{refused}");
        // Confirming it now does not add the records behind it.
        let late = hand_out(&house, "SAR-1", json!({"confirmed_links": [link["link"]]}))
            .await
            .unwrap_err();
        assert!(late.contains("Undecided"), "{late}");
        let released = hand_out(&house, "SAR-1", json!({"refused_links": [link["link"]]}))
            .await
            .unwrap();
        assert_nothing_of_the_victim(&house.fetch(&released, "document").await.body);
        hand_out(&house, "SAR-1", json!({}))
            .await
            .expect("what is decided once is decided");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_types_the_victim_s_number_beside_their_own_address_gets_nothing_of_the_victim()
 {
    let house = House::open().await;
    call(&house, "1", PHONE).await;
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    house.tell("Forged.", Some(STRANGER), Some(PHONE)).await;
    let package = access(&house, "SAR-1", &[email_id(STRANGER)], json!({})).await;
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(1), &json!(1)),
        "{package}"
    );
    let text = text(&house, &package).await;
    assert!(
        text.contains("Forged.") && !text.contains("nursery") && !text.contains("rosa.hardy"),
        "{text}"
    );
    assert!(
        hand_out(&house, "SAR-1", json!({}))
            .await
            .unwrap_err()
            .contains("Undecided")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_chain_of_claims_and_true_links_leads_a_stranger_to_the_victim() {
    let house = House::open().await;
    // A claim leads from their number to the victim's address. Staff's word leads from the address
    // to the victim's calls.
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    call(&house, "1", PHONE).await;
    house
        .tell("Forged.", Some(VICTIM), Some(STRANGERS_PHONE))
        .await;
    // They also have a true link of their own, from a form that they signed in to.
    let own = changed(CREATED, "/data/profile/email", json!(STRANGER));
    let own = changed(&own, "/data/profile/phone", json!(STRANGERS_PHONE));
    assert_eq!(house.hand_over(&own).await.status, 200);
    for who in [phone_id(STRANGERS_PHONE), email_id(STRANGER)] {
        let id = format!("SAR-{}", who["type"].as_str().unwrap());
        let package = access(&house, &id, &[who], json!({})).await;
        assert_eq!(package["records"], 1, "their own: {package}");
        let text = text(&house, &package).await;
        assert!(
            !text.contains("nursery") && !text.contains("rosa.hardy"),
            "{text}"
        );
        assert_eq!(link_to(&package, "r•••@example.org")["followed"], false);
        assert!(
            hand_out(&house, &id, json!({}))
                .await
                .unwrap_err()
                .contains("Undecided")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_newsletter_nor_a_partner_s_form_without_signing_in_is_more_than_a_claim() {
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, "").await;
    let form =
        format!("satisfaction=1&site=Wareham&email={VICTIM}&phone=07700900666&newsletter=yes");
    assert_eq!(house.post_form("recycling-centre", &form).await.status, 303);
    let mut message: Value = serde_json::from_str(CREATED).unwrap();
    message["data"]["profile"] =
        json!({"name": "Rosa Hardy", "email": VICTIM, "phone": STRANGERS_PHONE});
    message["data"].as_object_mut().unwrap().remove("ucrn");
    assert_eq!(house.hand_over(&message.to_string()).await.status, 200);
    let package = access(&house, "SAR-1", &[phone_id(STRANGERS_PHONE)], json!({})).await;
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(0), &json!(1))
    );
    let link = &linked(&package)[0];
    assert_eq!(
        (&link["asserted_by"], &link["records"]),
        (&json!(["claimed"]), &json!(3))
    );
    assert_nothing_of_the_victim(&text(&house, &package).await);
    // Nor does a customer number lead anywhere if anybody could have typed it into our own forms.
    let by_number = json!({"type": "reference", "value": "UCRN-00093321"});
    assert_eq!(
        access(&house, "SAR-2", &[by_number], json!({})).await["records"],
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_forged_post_does_not_make_the_council_say_that_it_holds_nothing() {
    let house = House::open().await;
    house
        .tell("This is private.", Some(VICTIM), Some(PHONE))
        .await;
    house.tell("Forged.", Some(STRANGER), Some(PHONE)).await;
    let package = access(&house, "SAR-1", &[phone_id(PHONE)], json!({})).await;
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(0), &json!(2)),
        "{package}"
    );
    let told = text(&house, &package).await + &package.to_string();
    assert!(
        !told.contains("Nothing is held") && told.contains("not known in full"),
        "{told}"
    );
    assert!(
        hand_out(&house, "SAR-1", json!({}))
            .await
            .unwrap_err()
            .contains("Undecided")
    );
    let (hers, forged) = (
        link_to(&package, "r•••@example.org"),
        link_to(&package, "m•••@elsewhere.example"),
    );
    let half = json!({"refused_links": [forged["link"]]});
    assert!(
        hand_out(&house, "SAR-1", half)
            .await
            .unwrap_err()
            .contains("not decided: 1")
    );
    let decided = json!({"confirmed_links": [hers["link"]], "refused_links": [forged["link"]]});
    let package = access(&house, "SAR-2", &[phone_id(PHONE)], decided).await;
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(1), &json!(0))
    );
    let told = text(&house, &package).await;
    assert!(told.contains("This is private.") && !told.contains("Forged."));
    hand_out(&house, "SAR-2", json!({})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_post_does_not_hide_what_staff_wrote_down() {
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    house.tell("Forged.", Some(STRANGER), Some(PHONE)).await;
    let package = access(&house, "SAR-1", &[phone_id(PHONE)], json!({})).await;
    assert!(
        text(&house, &package).await.contains("nursery"),
        "the link by staff is the only one that is more than a claim"
    );
    assert_eq!(
        (
            linked(&package)[0]["followed"].clone(),
            &package["undecided"]
        ),
        (json!(true), &json!(2))
    );
    let hers = link_to(&package, "r•••@example.org")["link"].clone();
    let unconfirmed = json!({"refused_links": "claimed"});
    assert!(
        hand_out(&house, "SAR-1", unconfirmed)
            .await
            .unwrap_err()
            .contains("not decided: 1")
    );
    let decided = json!({"confirmed_links": [hers], "refused_links": "claimed"});
    hand_out(&house, "SAR-1", decided).await.unwrap();
}

/// Forty people who share a number, three hundred forged ones, and one whom staff know.
async fn flood(house: &House) {
    let people = (0..40).map(|n| format!("person{n}@real{n}.example"));
    let forged = (0..300).map(|n| format!("nobody{n}@forged.example"));
    let posts = stream::iter(people.chain(forged)).map(async |email| {
        house.tell("Quick.", Some(&email), Some(PHONE)).await;
    });
    posts.buffer_unordered(16).collect::<Vec<()>>().await;
    complaint(house, "CMP-1", VICTIM, PHONE).await;
}

/// Every link to what was given, page by page.
async fn all_links(house: &House, more: Value) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut order = json!({"order": "links", "identifiers": [phone_id(PHONE)], "by": "dpo-7"});
        order
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        if !after.is_null() {
            order["after"] = after;
        }
        let page = house.invoke("requests", order).await.unwrap();
        assert!(linked(&page).len() <= 100);
        all.extend(linked(&page).iter().cloned());
        assert!(page["linked_total"].as_u64().unwrap() >= all.len() as u64);
        after = page["after"].clone();
        if after.is_null() {
            assert_eq!(page["linked_total"], all.len());
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_forged_posts_hides_nobody() {
    let house = House::open().await;
    flood(&house).await;
    let all = all_links(&house, json!({})).await;
    let names: BTreeSet<&str> = all
        .iter()
        .map(|link| link["link"].as_str().unwrap())
        .collect();
    assert_eq!((all.len(), names.len()), (341, 341));
    let people: BTreeSet<&str> = all
        .iter()
        .map(|link| link["person"].as_str().unwrap())
        .collect();
    for person in (0..40).map(|n| format!("p•••@real{n}.example")) {
        assert!(people.contains(person.as_str()), "{person} appears nowhere");
    }
    assert_eq!(
        (&all[0]["person"], &all[0]["asserted_by"]),
        (&json!("r•••@example.org"), &json!(["staff"]))
    );

    let package = access(&house, "SAR-1", &[phone_id(PHONE)], json!({})).await;
    assert_eq!(
        (linked(&package).len(), &package["linked_total"]),
        (100, &json!(341))
    );
    assert_eq!(
        (&package["undecided"], &package["records"]),
        (&json!(341), &json!(1))
    );
    assert!(
        text(&house, &package).await.contains("nursery"),
        "a link that is more than a claim is still followed"
    );
    // The same list as the package's, once the link is followed.
    assert_eq!(
        all_links(&house, json!({"kind": "access"})).await[0]["followed"],
        true
    );

    let real = all
        .iter()
        .find(|link| link["person"] == "p•••@real7.example")
        .unwrap()["link"]
        .clone();
    let decided = json!({"confirmed_links": [real, all[0]["link"]], "refused_links": "claimed"});
    let package = access(&house, "SAR-2", &[phone_id(PHONE)], decided).await;
    assert_eq!(
        (&package["undecided"], &package["records"]),
        (&json!(0), &json!(2))
    );
    hand_out(&house, "SAR-2", json!({})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_stands_in_no_erasure_s_way_and_erases_nobody() {
    let house = House::open().await;
    flood(&house).await;
    let mut order = json!({"order": "plan", "request_id": "ERA-1", "identifiers": [phone_id(PHONE)],
        "ground": "17(1)(b)", "planned_by": "dpo-7"});
    let plan = house.invoke("requests", order.clone()).await.unwrap();
    assert_eq!(
        (
            &plan["undecided"],
            &plan["linked_total"],
            linked(&plan).len()
        ),
        (&json!(341), &json!(341), 100)
    );
    assert_eq!(
        plan["plan"]["records"],
        json!({}),
        "nothing is followed unasked"
    );
    let approve = |plan: &Value, more: Value| {
        let mut order = json!({"order": "approve", "request_id": "ERA-1", "hash": plan["hash"], "approved_by": "dpo-8"});
        order
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        order
    };
    let refused = house
        .invoke("requests", approve(&plan, json!({})))
        .await
        .unwrap_err();
    assert!(
        refused.contains("Undecided") && refused.contains("341"),
        "{refused}"
    );
    let claims = approve(&plan, json!({"refused_links": "claimed"}));
    assert!(
        house
            .invoke("requests", claims)
            .await
            .unwrap_err()
            .contains("not decided: 1")
    );
    let hers = link_to(&plan, "r•••@example.org")["link"].clone();
    order["confirmed_links"] = json!([hers]);
    let plan = house.invoke("requests", order).await.unwrap();
    assert_eq!(plan["undecided"], 340);
    let approval = approve(
        &plan,
        json!({"confirmed_links": [hers], "refused_links": "claimed"}),
    );
    let approved = house.invoke("requests", approval).await.unwrap();
    assert_eq!(approved["status"], "approved");
    house.stack.settle().await.unwrap();
    let left = house.items("RECORDS_TABLE").await;
    assert!(left.iter().all(|item| !item.contains("nursery")));
    assert_eq!(
        left.iter()
            .filter(|item| item.contains("\"record#web_form"))
            .count(),
        340,
        "nobody else's went"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_has_nobody_held_or_restricted_and_the_dpo_is_told_what_waits() {
    for (order, ground) in [("hold", "legal_claim"), ("restrict", "18(1)(a)")] {
        let house = House::open().await;
        house.tell("This is private.", Some(VICTIM), None).await;
        house
            .tell("Forged.", Some(VICTIM), Some(STRANGERS_PHONE))
            .await;
        let place = |decisions: Value| {
            let mut place = json!({"order": order, "request_id": "H-1", "identifiers": [phone_id(STRANGERS_PHONE)],
                "ground": ground, "by": "dpo-7"});
            place
                .as_object_mut()
                .unwrap()
                .extend(decisions.as_object().unwrap().clone());
            place
        };
        let placed = house.invoke("requests", place(json!({}))).await.unwrap();
        assert_eq!(
            (&placed["undecided"], &placed["linked_total"]),
            (&json!(1), &json!(1)),
            "{placed}"
        );
        let stands =
            |item: &&String| item.contains("retention_due_at") || item.contains("\"restricted\"");
        let records = house.items("RECORDS_TABLE").await;
        let records = records.iter().filter(|item| item.contains("\"record#"));
        assert_eq!(
            records.filter(stands).count(),
            0,
            "none of the victim's is held or restricted"
        );
        let link = linked(&placed)[0]["link"].clone();
        let again = house
            .invoke("requests", place(json!({"refused_links": [link]})))
            .await
            .unwrap();
        assert_eq!(
            (&again["undecided"], &linked(&again)[0]["refused"]),
            (&json!(0), &json!(true))
        );
    }
    let house = House::open().await;
    house
        .tell("Forged.", Some(VICTIM), Some(STRANGERS_PHONE))
        .await;
    let rectified = json!({"order": "rectified", "request_id": "C-1", "identifiers": [phone_id(STRANGERS_PHONE)], "by": "dpo-7"});
    assert_eq!(
        house.invoke("requests", rectified).await.unwrap()["undecided"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_numbers_beside_the_victim_s_address_hides_none_of_hers() {
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    call(&house, "1", PHONE).await;
    let numbers: Vec<String> = (0..130).map(|n| format!("07700 90{n:04}")).collect();
    let posts = stream::iter(&numbers).map(async |number| {
        house.tell("Forged.", Some(VICTIM), Some(number)).await;
    });
    posts.buffer_unordered(16).collect::<Vec<()>>().await;
    // Somebody else rang from one of the numbers.
    call(&house, "2", &numbers[129]).await;
    let package = access(&house, "SAR-1", &[email_id(VICTIM)], json!({})).await;
    assert_eq!(
        (linked(&package).len(), &package["undecided"]),
        (2, &json!(2)),
        "{package}"
    );
    assert_eq!(linked(&package)[0]["asserted_by"], json!(["staff"]));
    assert_eq!(
        (
            &linked(&package)[0]["followed"],
            &linked(&package)[1]["followed"]
        ),
        (&json!(true), &json!(false))
    );
    let order = json!({"order": "links", "identifiers": [email_id(VICTIM)], "by": "dpo-7", "request_id": "SAR-1"});
    let first = house.invoke("requests", order.clone()).await.unwrap();
    assert_eq!(
        (
            linked(&first).len(),
            first["also_named"].as_array().unwrap().len()
        ),
        (2, 98)
    );
    let mut next = order.clone();
    next["after"] = first["after"].clone();
    let next = house.invoke("requests", next).await.unwrap();
    let named = (
        next["also_named"].as_array().unwrap().len(),
        &next["also_named_total"],
        &next["after"],
    );
    assert_eq!(named, (31, &json!(129), &Value::Null));
    let mut unknown = order;
    unknown["after"] = json!("000000000000");
    assert!(
        house
            .invoke("requests", unknown)
            .await
            .unwrap_err()
            .contains("after names a link that is not there")
    );
}
