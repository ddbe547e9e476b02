//! A stranger has a mailbox and tries to make it prove more than that.

use super::links::{
    PHONE, STRANGER, STRANGERS_PHONE, VICTIM, access, assert_nothing_of_the_victim, call,
    complaint, hand_out, link_to, linked, text,
};
use crate::house::{House, email_id, erasure, phone_id};
use crate::recorder::recording_host;
use custodian_requests::Requests;
use custodian_runtime::Function;
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// Somebody fills in a form with an address and a number, and asks for the newsletter.
async fn subscribe(house: &House, email: &str, phone: Option<&str>) {
    let answers = json!({"satisfaction": 4, "site": "Wareham", "comment": "Quick.", "email": email, "phone": phone, "newsletter": true});
    let answer = house.post_json("recycling-centre", &answers).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    house.stack.settle().await.unwrap();
}

/// The reader of an address follows the link in the last email sent there.
async fn confirm(house: &House, email: &str) {
    assert_eq!(house.confirm(&house.path_to(email)).await.status, 200);
}

async fn plan(house: &House, id: &str, who: &[Value]) -> Value {
    let order = json!({"order": "plan", "request_id": id, "identifiers": who, "ground": "17(1)(b)", "planned_by": "dpo-7"});
    house.invoke("requests", order).await.unwrap()
}

async fn links(house: &House, who: &[Value]) -> Value {
    house
        .invoke(
            "requests",
            json!({"order": "links", "identifiers": who, "by": "dpo-7"}),
        )
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_confirms_their_own_address_beside_the_victim_s_number_is_linked_to_nothing() {
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    call(&house, "1", PHONE).await;
    subscribe(&house, STRANGER, Some(PHONE)).await;
    confirm(&house, STRANGER).await;
    let own = access(&house, "SAR-1", &[email_id(STRANGER)], json!({})).await;
    assert_eq!(
        (&own["records"], &own["undecided"]),
        (&json!(1), &json!(1)),
        "{own}"
    );
    let moment = "2026-11-23T10:00:00Z";
    let confirmed = json!([{"for": "newsletter", "asked_at": moment, "at": moment}]);
    let expected = json!([{"type": "email", "identifier": "m•••@elsewhere.example", "asserted_by": ["confirmed"],
        "confirmed": confirmed}]);
    assert_eq!(own["matched"], expected, "the address is theirs");
    let number = &linked(&own)[0];
    assert_eq!(
        (&number["asserted_by"], &number["followed"]),
        (&json!(["claimed"]), &json!(false)),
        "the number is not"
    );
    assert_nothing_of_the_victim(&text(&house, &own).await);
    assert!(
        hand_out(&house, "SAR-1", json!({}))
            .await
            .unwrap_err()
            .contains("Undecided")
    );
    hand_out(&house, "SAR-1", json!({"refused_links": "claimed"}))
        .await
        .expect("it is as good as any other claim");

    // Nor does it cast doubt on whom the number belongs to by staff's word.
    let hers = access(&house, "SAR-2", &[phone_id(PHONE)], json!({})).await;
    assert_eq!(
        link_to(&hers, "r•••@example.org")["followed"],
        true,
        "{hers}"
    );
    let theirs = link_to(&hers, "m•••@elsewhere.example");
    assert_eq!(
        (&theirs["asserted_by"], &theirs["followed"]),
        (&json!(["claimed"]), &json!(false))
    );
    let planned = plan(&house, "ERA-1", &[email_id(STRANGER)]).await;
    assert_eq!(
        (&planned["undecided"], &linked(&planned)[0]["asserted_by"]),
        (&json!(1), &json!(["claimed"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_victim_who_confirms_what_a_stranger_typed_confirms_their_address_and_not_the_stranger_s_number()
 {
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, "").await;
    subscribe(&house, VICTIM, Some(STRANGERS_PHONE)).await;
    confirm(&house, VICTIM).await;
    let package = access(&house, "SAR-1", &[phone_id(STRANGERS_PHONE)], json!({})).await;
    assert_eq!(
        (&package["records"], &package["undecided"]),
        (&json!(0), &json!(1)),
        "{package}"
    );
    let link = &linked(&package)[0];
    assert_eq!(
        (&link["asserted_by"], &link["followed"]),
        (&json!(["claimed"]), &json!(false)),
        "{link}"
    );
    assert_eq!(
        package["matched"],
        json!([{"type": "phone", "identifier": "•••666", "asserted_by": ["claimed"]}])
    );
    assert_nothing_of_the_victim(&text(&house, &package).await);
    let hers = access(&house, "SAR-2", &[email_id(VICTIM)], json!({})).await;
    assert_eq!(
        hers["matched"][0]["asserted_by"],
        json!(["confirmed", "staff"]),
        "{hers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_is_of_one_wish_and_of_no_other_record_that_names_the_address() {
    let house = House::open().await;
    subscribe(&house, VICTIM, None).await;
    let asserted =
        async || links(&house, &[email_id(VICTIM)]).await["matched"][0]["asserted_by"].clone();
    assert_eq!(
        asserted().await,
        json!(["claimed"]),
        "that somebody is asked proves nothing"
    );
    confirm(&house, VICTIM).await;
    assert_eq!(asserted().await, json!(["confirmed"]));
    // This happens in the very same second.
    house.tell("Forged.", Some(VICTIM), None).await;
    assert_eq!(asserted().await, json!(["claimed", "confirmed"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_links_a_plan_and_a_package_say_who_asserts_each_identifier_and_show_none_whole()
{
    let house = House::open().await;
    complaint(&house, "CMP-1", VICTIM, PHONE).await;
    call(&house, "1", PHONE).await;
    house.tell("Quick.", Some(VICTIM), None).await;
    let ask = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(VICTIM)], "by": "dpo-7"});
    house.invoke("requests", ask).await.unwrap();
    house.stack.settle().await.unwrap();
    house.move_to("2026-11-24T10:00:00Z").await;
    confirm(&house, VICTIM).await;
    let who = [email_id(VICTIM), phone_id(PHONE)];
    let confirmed = json!([{"for": "request", "asked_at": "2026-11-23T10:00:00Z", "at": "2026-11-24T10:00:00Z"}]);
    let expected = json!([
        {"type": "email", "identifier": "r•••@example.org", "asserted_by": ["claimed", "confirmed", "staff"],
            "confirmed": confirmed},
        {"type": "phone", "identifier": "•••055", "asserted_by": ["observed", "staff"]},
    ]);
    let answers = [
        links(&house, &who).await,
        plan(&house, "ERA-1", &who).await,
        access(&house, "SAR-1", &who, json!({})).await,
    ];
    for answer in answers {
        assert_eq!(answer["matched"], expected, "{answer}");
        assert!(
            !answer.to_string().contains("rosa.hardy") && !answer.to_string().contains("960055"),
            "{answer}"
        );
    }
    // A link that is followed shows who asserts it, too.
    let followed = access(&house, "SAR-2", &[email_id(VICTIM)], json!({})).await;
    assert_eq!(followed["matched"], expected, "{followed}");
    // A confirmation for a request counts for three months.
    house.move_to("2027-02-23T10:00:00Z").await;
    let later = links(&house, &who).await;
    assert_eq!(
        later["matched"][0]["asserted_by"],
        json!(["claimed", "staff"]),
        "{later}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_takes_what_was_confirmed_and_nobody_is_told_of_it_any_more() {
    let house = House::open().await;
    subscribe(&house, VICTIM, None).await;
    confirm(&house, VICTIM).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    house.erase(erasure(&[email_id(VICTIM)])).await.unwrap();
    let told = links(&house, &[email_id(VICTIM)]).await;
    let expected = json!([{"type": "email", "identifier": "r•••@example.org", "asserted_by": []}]);
    assert_eq!(told["matched"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_forged_links_costs_not_one_more_look_at_what_is_confirmed() {
    let looks = async |forged: usize| {
        let house = House::open().await;
        complaint(&house, "CMP-1", VICTIM, PHONE).await;
        let posts = stream::iter(0..forged).map(async |n| {
            house
                .tell(
                    "Forged.",
                    Some(&format!("nobody{n}@forged.example")),
                    Some(PHONE),
                )
                .await;
            house
                .tell("Forged.", Some(VICTIM), Some(&format!("07700 90{n:04}")))
                .await;
        });
        posts.buffer_unordered(8).collect::<Vec<()>>().await;
        let (host, calls) = recording_host(&house, "requests");
        let requests = Requests::start(&host).await.unwrap();
        calls.lock().unwrap().clear();
        let order = json!({"order": "links", "identifiers": [phone_id(PHONE), email_id(VICTIM)], "by": "dpo-7"});
        let answer = requests
            .invoke(LambdaEvent::new(order.into(), Context::default()))
            .await
            .unwrap();
        assert_eq!(answer["linked_total"], forged, "{answer}");
        assert_eq!(answer["also_named_total"], forged, "{answer}");
        let calls = calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| *call == "dynamodb:Query Register")
            .count()
    };
    assert_eq!(
        (looks(1).await, looks(40).await),
        (1, 1),
        "of the one address that the order gives"
    );
}
