//! What was made while one secret served every purpose is handed on to the purposes that now have
//! their own.

use super::{document, id, put};
use crate::confirming::{YES, scheduled, subscribe};
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{House, s};
use crate::unsubscribe::{click_event, subscription};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::keyring::{
    self, Addresses, KeyPurpose as _, Keyring, MailLinks, Packages,
};
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose, seal_address};
use custodian_download::Download;
use custodian_notify::Notify;
use custodian_operations::keys::{inherit, rotate};
use custodian_runtime::{Environment, Function};
use custodian_unsubscribe::Unsubscribe;
use serde_json::json;

const ROSA: &str = "rosa.hardy@example.org";
/// A secret as a deployment makes it.
const FRESH: &str = r#"{"version":"1","key":"localstack-0123456789abcdef0123456789abcdef"}"#;

fn host(house: &House) -> Environment {
    house.stack.host("requests").unwrap()
}

async fn hand_on(house: &House) -> Vec<&'static str> {
    let secrets: Vec<_> = keyring::ALL
        .into_iter()
        .map(|about| (about, id(about.secret)))
        .collect();
    inherit(&host(house), &id("SubjectKeys"), &secrets)
        .await
        .unwrap()
}

/// The keys that made everything before each purpose had its own.
async fn former<P: keyring::KeyPurpose>(house: &House) -> Keyring<P> {
    Keyring::parse(&document(house, "SubjectKeys").await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_that_it_is_done_before_old_links_can_be_known_and_then_they_work() {
    let house = House::open().await;
    put(&house, MailLinks::ABOUT.secret, FRESH).await;
    let (of_rosa, now) = (
        subscription(&house.subject_keys().await, ROSA),
        house.stack.clock().now(),
    );
    let link = ConfirmLink {
        purpose: ConfirmationPurpose::Newsletter,
        subject: of_rosa.subject.clone(),
        asked_at: now,
    };
    let former = former(&house).await;
    let (old, confirm) = (
        format!("/unsubscribe/{}", of_rosa.token(&former)),
        gateway::event("POST", &format!("/confirm/{}", link.token(&former)), YES),
    );
    let start = async || {
        Unsubscribe::start(&house.stack.host("unsubscribe").unwrap())
            .await
            .unwrap()
    };
    let unsettled = start().await;
    for event in [
        click_event(&old),
        click_event("/unsubscribe/made-up"),
        confirm.clone(),
    ] {
        let answer = unsettled.ask(event).await.unwrap();
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["retry-after"]),
            (&json!(503), &json!("5")),
            "{answer}"
        );
    }
    assert!(house.opt_out(ROSA, now).await.is_none());
    assert_eq!(
        hand_on(&house).await,
        ["mail-links"],
        "the others have it already"
    );
    let settled = start().await;
    for path in ["/unsubscribe/made-up", &old] {
        assert!(house.opt_out(ROSA, now).await.is_none());
        assert_eq!(
            settled.ask(click_event(path)).await.unwrap()["statusCode"],
            200
        );
    }
    assert!(house.opt_out(ROSA, now).await.is_some());
    assert_eq!(
        settled.ask(confirm).await.unwrap()["statusCode"],
        410,
        "nobody asked for it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_waited_over_the_upgrade_is_written_to_when_its_key_is_handed_on() {
    let house = House::where_it_sleeps("notify").await;
    subscribe(&house, ROSA).await;
    let rosa = Identifier::email(ROSA).unwrap();
    let sealed = seal_address(&former(&house).await, &rosa);
    let sort = format!(
        "newsletter#{}",
        house.subject_keys().await.key(&rosa).as_str()
    );
    let update = house
        .dynamodb()
        .update_item()
        .table_name(house.setting("REGISTER_TABLE"));
    let update = update
        .key("pk", s("CONFIRMATIONS"))
        .key("sk", s(&sort))
        .update_expression("SET address = :sealed");
    update
        .expression_attribute_values(":sealed", s(&sealed))
        .send()
        .await
        .unwrap();
    put(&house, Addresses::ABOUT.secret, FRESH).await;
    let run = async || {
        let notify = Notify::start(&house.stack.host("notify").unwrap())
            .await
            .unwrap();
        notify.invoke(scheduled()).await.unwrap()
    };
    assert_eq!(
        run().await,
        json!({"sent": 0, "later": 1, "failed": 0}),
        "it is not given up"
    );
    assert_eq!(hand_on(&house).await, ["addresses"]);
    house.move_to("2026-11-23T10:10:00Z").await;
    assert_eq!(run().await, json!({"sent": 1, "later": 0, "failed": 0}));
    assert_eq!(house.stack.simulators().notify.mails()[0].address, ROSA);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_package_from_before_opens_nothing_and_is_said_to_have_ended() {
    let house = House::open().await;
    let former: Keyring<Packages> = former(&house).await;
    for (what, plain) in [
        ("package", "document 2111104800 SAR-1"),
        ("link to a package", "release 0 SAR-1"),
    ] {
        let path = format!("/packages/{}", former.seal(what, plain.as_bytes()));
        assert_eq!(house.get(&path).await.status, 410, "{what}");
        put(&house, Packages::ABOUT.secret, FRESH).await;
        let door = Download::start(&house.stack.host("download").unwrap())
            .await
            .unwrap();
        let answer = door.ask(gateway::event("GET", &path, "")).await.unwrap();
        assert_eq!(answer["statusCode"], 404, "{what}, before it was handed on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handing_on_again_changes_nothing_and_needs_nothing_but_the_secrets() {
    let house = House::open().await;
    for about in keyring::ALL {
        put(&house, about.secret, FRESH).await;
        let unsettled = rotate(&host(&house), about.name, &id(about.secret), false)
            .await
            .unwrap_err();
        assert!(
            unsettled.to_string().contains("make inherit-keys"),
            "{unsettled}"
        );
    }
    assert_eq!(hand_on(&house).await, keyring::ALL.map(|about| about.name));
    let mut documents = Vec::new();
    // A purpose that is younger than the others inherits nothing.
    for about in keyring::ALL.iter().filter(|it| !it.inherits.is_empty()) {
        documents.push(document(&house, about.secret).await);
    }
    assert!(
        documents
            .iter()
            .all(|it| !it.contains(custodian_local::LOCAL_SUBJECT_KEY) && it.contains("subject1"))
    );
    assert!(hand_on(&house).await.is_empty());
    let missing = inherit(&host(&house), "custodian-Nothing", &[])
        .await
        .unwrap_err();
    assert!(
        missing.to_string().contains("ResourceNotFoundException"),
        "{missing}"
    );
}
