//! A person is found completely, by any identifier in any spelling, and nobody else is found with
//! them.

use super::handed_over::{call, chat, complaint, contact, form, hand_over};
use super::{assert_valid, order};
use crate::house::{House, email_id, erasure, phone_id};
use serde_json::{Value, json};

/// One person as four sources know them: by form, call, chat and complaint.
async fn hand_over_rosa(house: &House) {
    house
        .tell(
            "Rosa's form.",
            Some("Rosa.Hardy@example.org"),
            Some("07700 900142"),
        )
        .await;
    let told = vec![
        call(
            "300000002187345",
            contact("Rosa Hardy", None, Some("07700900142")),
        ),
        chat(
            "CHAT-1",
            contact(
                "Rosa Hardy",
                Some("ROSA.HARDY@Example.org"),
                Some("+44 (0)7700 900142"),
            ),
        ),
        complaint(
            "CMP-1",
            contact("Rosa Hardy", Some("rosa.hardy@example.org"), None),
        ),
    ];
    hand_over(house, told).await;
}

/// The sources in a package, sorted.
async fn sources(house: &House, package: &Value) -> Vec<String> {
    let document = house.document(package).await;
    assert_valid(&document);
    let records = document["records"].as_array().unwrap().iter();
    let mut sources: Vec<String> = records
        .map(|record| record["source"].as_str().unwrap().to_owned())
        .collect();
    sources.sort();
    sources
}

const WHOLE: [&str; 4] = ["complaints", "support", "telephone", "web_form"];

#[tokio::test(flavor = "multi_thread")]
async fn four_sources_are_one_person_by_email_by_telephone_and_by_both_in_any_spelling() {
    let house = House::open().await;
    hand_over_rosa(&house).await;
    house
        .tell(
            "Somebody else's.",
            Some("abel@example.org"),
            Some("07700 900155"),
        )
        .await;
    let emails = ["rosa.hardy@example.org", " ROSA.Hardy@EXAMPLE.org\u{200b}"].map(email_id);
    let phones = ["07700 900142", "+44 (0)7700-900-142", "00447700900142"].map(phone_id);
    let both = phones
        .iter()
        .map(|phone| vec![emails[1].clone(), phone.clone()]);
    for who in emails
        .iter()
        .chain(&phones)
        .map(|one| vec![one.clone()])
        .chain(both)
    {
        for kind in ["access", "portability"] {
            let package = house.invoke("export", order(kind, &who)).await.unwrap();
            assert_eq!(sources(&house, &package).await, WHOLE, "{who:?} {kind}");
            let asked = package["linked"].as_array().unwrap().len();
            assert_eq!(
                asked,
                usize::from(who.len() == 1),
                "what was not named is a question: {package}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_by_a_number_that_a_record_names_is_handed_out_once_that_is_confirmed() {
    let house = House::open().await;
    hand_over_rosa(&house).await;
    let package = house
        .invoke(
            "export",
            order("access", &[email_id("rosa.hardy@example.org")]),
        )
        .await
        .unwrap();
    let link = &package["linked"][0];
    let shown = (
        &link["through"],
        &link["person"],
        &link["followed"],
        &link["confirmed"],
    );
    assert_eq!(
        shown,
        (
            &json!("phone"),
            &json!("•••142"),
            &json!(true),
            &json!(false)
        )
    );
    let asked = json!({"release": package["request_id"], "released_by": "dpo-7"});
    assert!(
        house
            .invoke("export", asked.clone())
            .await
            .unwrap_err()
            .contains("confirm")
    );
    let mut confirmed = asked;
    confirmed["confirmed_links"] = json!([link["link"]]);
    house.release_by(confirmed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_number_beside_the_address_leads_on_too() {
    let house = House::open().await;
    let ucrn = |mut who: custodian_domain::identity::contact::Contact| {
        who.reference = Some("UCRN-00093321".to_owned());
        who
    };
    let told = vec![
        form(
            "FS-1",
            ucrn(contact(
                "Rosa",
                Some("rosa@example.org"),
                Some("07700 900142"),
            )),
        ),
        form("FS-2", ucrn(contact("Rosa", None, None))),
        call("1", contact("Rosa", None, Some("07700 900142"))),
    ];
    hand_over(&house, told).await;
    let reference = json!({"type": "reference", "value": "ucrn-00093321"});
    for who in [
        email_id("rosa@example.org"),
        phone_id("07700 900142"),
        reference,
    ] {
        let package = house
            .invoke("export", order("access", &[who]))
            .await
            .unwrap();
        assert_eq!(
            (
                &package["records"],
                package["linked"].as_array().unwrap().len()
            ),
            (&json!(3), 2),
            "{package}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_telephone_of_a_household_is_a_question() {
    let house = House::open().await;
    hand_over_rosa(&house).await;
    hand_over(
        &house,
        vec![complaint(
            "CMP-2",
            contact("Abel", Some("abel@example.org"), Some("07700 900142")),
        )],
    )
    .await;
    let who = [email_id("rosa.hardy@example.org")];
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    assert_eq!(
        sources(&house, &package).await,
        ["complaints", "support", "web_form"],
        "the call may be Abel's"
    );
    let linked = package["linked"].as_array().unwrap();
    assert_eq!(
        (linked.len(), &linked[0]["through"], &linked[0]["followed"]),
        (1, &json!("phone"), &json!(false))
    );
    let mut confirmed = order("access", &who);
    confirmed["confirmed_links"] = json!([linked[0]["link"]]);
    let package = house.invoke("export", confirmed).await.unwrap();
    assert_eq!(sources(&house, &package).await, WHOLE);
    assert!(
        !house
            .object(package["key"].as_str().unwrap())
            .await
            .contains("Abel")
    );
    let linked = package["linked"].as_array().unwrap();
    let abel = linked
        .iter()
        .find(|link| link["person"] == "a•••@example.org")
        .unwrap();
    assert_eq!(abel["followed"], false);
}

/// What is left of the person anywhere, except suppressions, which are digests.
async fn left_of_rosa(house: &House) -> Vec<String> {
    let traces = [
        "Rosa",
        "rosa",
        "ROSA",
        "900142",
        "900-142",
        "moving on Friday",
        "Mould",
        "Very clear",
    ];
    let everything = house.everything().await.into_iter();
    let is_hers = |item: &String| {
        traces.iter().any(|trace| item.contains(trace)) || item.starts_with("RECORDS_TABLE")
    };
    everything.filter(is_hers).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_person_by_both_identifiers_leaves_nothing_of_any_source() {
    let house = House::open().await;
    hand_over_rosa(&house).await;
    let who = [email_id("rosa.hardy@example.org"), phone_id("07700 900142")];
    let package = house.invoke("export", order("access", &who)).await.unwrap();
    house
        .answer_request(package["request_id"].as_str().unwrap())
        .await;
    let erased = house.erase(erasure(&who)).await.unwrap();
    assert_eq!(erased["linked"], json!([]));
    let left = left_of_rosa(&house).await;
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(house.export("rosa.hardy@example.org").await["records"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_by_one_identifier_asks_about_the_other() {
    for (named, other) in [
        (email_id("rosa.hardy@example.org"), phone_id("07700 900142")),
        (phone_id("07700 900142"), email_id("rosa.hardy@example.org")),
    ] {
        let house = House::open().await;
        hand_over_rosa(&house).await;
        let package = house
            .invoke("export", order("portability", std::slice::from_ref(&named)))
            .await
            .unwrap();
        let mut confirmed = erasure(std::slice::from_ref(&named));
        confirmed["confirmed_links"] = json!([package["linked"][0]["link"]]);
        house.erase(confirmed).await.unwrap();
        let left = left_of_rosa(&house).await;
        assert!(left.is_empty(), "{left:#?}");

        let house = House::open().await;
        hand_over_rosa(&house).await;
        let package = house
            .invoke("export", order("portability", std::slice::from_ref(&named)))
            .await
            .unwrap();
        let mut refused = erasure(&[named]);
        assert!(
            house
                .erase(refused.clone())
                .await
                .unwrap_err()
                .contains("Undecided")
        );
        refused["refused_links"] = json!([package["linked"][0]["link"]]);
        let erased = house.erase(refused).await.unwrap();
        assert_eq!(erased["linked"][0]["followed"], false, "{erased}");
        assert!(
            !house.items("RECORDS_TABLE").await.is_empty(),
            "what was refused stays"
        );
        house.erase(erasure(&[other])).await.unwrap();
        assert!(left_of_rosa(&house).await.is_empty());
    }
}
