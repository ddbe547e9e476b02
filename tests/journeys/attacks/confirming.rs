//! A stranger tries to undo somebody's opt-out, confirm somebody's address, or fill somebody's
//! mailbox.

use crate::confirming::{YES, subscribe};
use crate::house::{House, email_id, erasure};
use crate::unsubscribe::{FORM, ONE_CLICK};
use custodian_domain::identity::keyring::Keyring;
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose};
use reqwest::Method;
use serde_json::{Value, json};

const ROSA: &str = "rosa.hardy@example.org";
const STRANGER: &str = "stranger@example.org";

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_a_stranger_fills_in_does_not_undo_an_opt_out_however_often_or_late() {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    for instant in [
        "2026-11-23T10:00:01Z",
        "2026-11-24T10:00:00Z",
        "2027-06-01T10:00:00Z",
    ] {
        house.move_to(instant).await;
        subscribe(&house, ROSA).await;
        let form = format!(
            "satisfaction=4&site=Wareham&email={}&newsletter=yes",
            ROSA.replace('@', "%40")
        );
        assert_eq!(house.post_form("recycling-centre", &form).await.status, 303);
        let opt_out = house.opt_out_told(ROSA).await;
        assert_eq!(
            (&opt_out["stands"], &opt_out["undone_at"]),
            (&json!(true), &Value::Null),
            "{instant}: {opt_out}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_confirms_of_their_own_address_undoes_nothing_of_another() {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    // The answer also gives the victim's number, which links the two.
    let both = json!({"satisfaction": 4, "site": "Wareham", "email": STRANGER, "phone": "07700 900142", "newsletter": true});
    assert_eq!(house.post_json("recycling-centre", &both).await.status, 201);
    house.tell("Hello.", Some(ROSA), Some("07700 900142")).await;
    house.stack.settle().await.unwrap();
    assert_eq!(house.confirm(&house.path_to(STRANGER)).await.status, 200);
    assert_eq!(house.opt_out_told(ROSA).await["stands"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_for_a_request_is_no_wish_for_the_newsletter() {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    let order = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    house.invoke("requests", order).await.unwrap();
    house.stack.settle().await.unwrap();
    assert_eq!(house.confirm(&house.path_to(ROSA)).await.status, 200);
    assert_eq!(house.opt_out_told(ROSA).await["stands"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_follows_or_posts_to_every_link_confirms_nothing() {
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    let path = house.path_to(ROSA);
    let before = house.everything().await;
    let page = house.get(&path).await;
    assert_eq!(
        (
            page.status,
            page.header("cache-control"),
            page.header("referrer-policy")
        ),
        (200, "no-store", "no-referrer")
    );
    assert!(
        page.header("x-robots-tag").contains("noindex") && page.headers.get("set-cookie").is_none()
    );
    assert!(
        !page.body.contains(path.rsplit('/').next().unwrap()),
        "the page repeats nothing of its address"
    );
    for query in ["", "?confirm=yes", "?confirm=yes&token=x", "?%00"] {
        for path in [path.as_str(), "/confirm/made-up"] {
            assert_eq!(
                house.get(&format!("{path}{query}")).await.body,
                page.body,
                "{path}{query}"
            );
        }
    }
    for method in [Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
        let url = format!("{}{path}", house.stack.url());
        let status = reqwest::Client::new()
            .request(method.clone(), url)
            .send()
            .await
            .unwrap()
            .status();
        assert_eq!(
            status.as_u16(),
            if method == Method::HEAD { 200 } else { 405 },
            "{method}"
        );
    }
    for (headers, body) in [
        (&[][..], ""),
        (&[FORM], ""),
        (&[FORM], ONE_CLICK),
        (&[FORM], "confirm=no"),
        (&[FORM], "confirm=yes&confirm=no"),
    ] {
        assert_eq!(
            house.post_to(&path, headers, body).await.status,
            400,
            "{body}"
        );
    }
    assert_eq!(house.everything().await, before);
}

/// Everything that could be tried in place of the token in the email.
async fn forgeries(house: &House) -> Vec<String> {
    let path = house.path_to(ROSA);
    let token = path.rsplit('/').next().unwrap().to_owned();
    let flipped = |place: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let others =
        Keyring::parse(r#"{"version":"1","key":"another-house-another-house-another-house"}"#)
            .unwrap();
    let subject = house
        .subject_keys()
        .await
        .key(&custodian_domain::identity::identifier::Identifier::email(ROSA).unwrap());
    let link = ConfirmLink {
        purpose: ConfirmationPurpose::Newsletter,
        subject,
        asked_at: house.stack.clock().now(),
    };
    let unsubscribe = house.unsubscribe_path(ROSA).await;
    let mut forged: Vec<String> = [0, 20, token.len() / 2, token.len() - 2]
        .into_iter()
        .map(flipped)
        .collect();
    forged.extend([
        link.token(&others),
        unsubscribe.rsplit('/').next().unwrap().to_owned(),
        format!("{token}A"),
        format!("{token}%00"),
        token[1..].to_owned(),
        token.to_uppercase(),
        token.repeat(2),
        "a".repeat(6_000),
        "x".to_owned(),
        "rosa.hardy%40example.org".to_owned(),
        "newsletter%201795428000%20subject%231%23x".to_owned(),
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
    ]);
    forged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_made_up_altered_or_made_for_something_else_confirms_nothing() {
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    let before = house.everything().await;
    for forged in forgeries(&house).await {
        let answer = house.confirm(&format!("/confirm/{forged}")).await;
        assert_eq!(answer.status, 410, "{forged}: {}", answer.body);
        assert!(
            !answer.body.contains(&forged) || forged == "x",
            "the page repeats nothing of its address"
        );
    }
    assert_eq!(house.everything().await, before);
    // The token in an email does not unsubscribe anybody either.
    let token = house.path_to(ROSA).replace("/confirm/", "/unsubscribe/");
    assert_eq!(
        house.click(&token).await.status,
        200,
        "as everybody is told"
    );
    assert_eq!(house.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_link_confirms_nothing_after_its_week_after_a_later_one_or_after_a_later_opt_out() {
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    let first = house.path_to(ROSA);
    house.move_to("2026-11-25T10:00:00Z").await;
    subscribe(&house, ROSA).await;
    house.move_to("2026-11-25T10:05:00Z").await;
    house.run_notify().await;
    let second = house.path_to(ROSA);
    assert_ne!(first, second);
    assert_eq!(
        house.confirm(&first).await.status,
        410,
        "the last mail counts"
    );
    house.click(&house.unsubscribe_path(ROSA).await).await;
    let refused = house.confirm(&second).await;
    assert_eq!(refused.status, 410);
    assert!(
        refused.body.contains("You have unsubscribed since then"),
        "{}",
        refused.body
    );
    assert_eq!(house.opt_out_told(ROSA).await["stands"], true);

    let house = House::where_ttl_is_late().await;
    subscribe(&house, ROSA).await;
    let path = house.path_to(ROSA);
    house.move_to("2026-11-30T09:59:59Z").await;
    assert_eq!(house.get(&path).await.status, 200);
    house.move_to("2026-11-30T10:00:00Z").await;
    assert_eq!(
        house.confirm(&path).await.status,
        410,
        "whatever TTL has done"
    );
    assert!(
        !house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("CONFIRMED#"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_confirms_nothing_after_an_erasure_and_what_waits_is_not_sent() {
    for sent in [true, false] {
        let house = if sent {
            House::open().await
        } else {
            House::where_it_sleeps("notify").await
        };
        subscribe(&house, ROSA).await;
        let path = if sent {
            house.path_to(ROSA)
        } else {
            house.link_of(ROSA, ConfirmationPurpose::Newsletter).await
        };
        house.move_to("2026-11-23T11:00:00Z").await;
        house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
        assert_eq!(house.confirm(&path).await.status, 410, "{sent}");
        house.run_notify().await;
        assert_eq!(
            house.stack.simulators().notify.mails().len(),
            usize::from(sent)
        );
        let register = house.items("REGISTER_TABLE").await;
        assert!(
            !register
                .iter()
                .any(|item| item.contains("CONFIRMED#") || item.contains("CONFIRMATIONS")),
            "{register:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_confirms_an_address_of_their_own_for_a_request_about_another() {
    let house = House::open().await;
    let order = |id: &str, email: &str| json!({"order": "confirm_address", "request_id": id, "identifiers": [email_id(email)], "by": "dpo-7"});
    house
        .invoke("requests", order("SAR-1", ROSA))
        .await
        .unwrap();
    let package = json!({"kind": "access", "request_id": "SAR-2", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
    house.invoke("export", package).await.unwrap();
    let plan = json!({"order": "plan", "request_id": "ERA-1", "identifiers": [email_id(ROSA)], "ground": "17(1)(b)",
        "planned_by": "planner-3"});
    house.invoke("requests", plan).await.unwrap();
    for id in ["SAR-1", "SAR-2", "ERA-1"] {
        let refused = house
            .invoke("requests", order(id, "mallory@example.org"))
            .await
            .unwrap_err();
        assert!(refused.contains("\"AnotherRequest\""), "{id}: {refused}");
    }
    house
        .invoke("requests", order("SAR-1", ROSA))
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    house.run_notify().await;
    assert!(
        house
            .stack
            .simulators()
            .notify
            .mails()
            .iter()
            .all(|mail| !format!("{mail:?}").contains("mallory"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_have_a_mailbox_filled() {
    let house = House::open().await;
    for _ in 0..20 {
        subscribe(&house, ROSA).await;
    }
    let order = |id: &str| json!({"order": "confirm_address", "request_id": id, "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    house.invoke("requests", order("SAR-1")).await.unwrap();
    house.invoke("requests", order("SAR-1")).await.unwrap();
    assert!(
        house
            .invoke("requests", order("SAR-2"))
            .await
            .unwrap_err()
            .contains("one mail a day")
    );
    house.stack.settle().await.unwrap();
    house.run_notify().await;
    let mails = house.stack.simulators().notify.mails();
    assert_eq!(mails.len(), 2, "one for each purpose: {mails:?}");
    house.move_to("2026-11-24T09:59:59Z").await;
    subscribe(&house, ROSA).await;
    house.run_notify().await;
    assert_eq!(house.stack.simulators().notify.mails().len(), 2);

    // Nor by somebody who sees that the reader has followed the link or opted out: that allows one
    // more email.
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    house.confirm(&house.path_to(ROSA)).await;
    for (instant, leaves, mails) in [("10:30", false, 1), ("11:00", true, 2), ("12:00", false, 2)] {
        house.move_to(&format!("2026-11-23T{instant}:00Z")).await;
        if leaves {
            house.click(&house.unsubscribe_path(ROSA).await).await;
            house.move_to("2026-11-23T11:00:01Z").await;
        }
        for _ in 0..5 {
            subscribe(&house, ROSA).await;
            house.run_notify().await;
        }
        assert_eq!(
            house.stack.simulators().notify.mails().len(),
            mails,
            "{instant}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_confirm_is_no_subscriber_and_a_confirmed_one_stays_it_whatever_strangers_post()
 {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    subscribe(&house, ROSA).await;
    assert_eq!(house.confirm(&house.path_to(ROSA)).await.status, 200);
    assert_eq!(house.opt_out_told(ROSA).await["stands"], false);
    house.move_to("2026-11-26T10:00:00Z").await;
    subscribe(&house, ROSA).await;
    house.run_notify().await;
    let opt_out = house.opt_out_told(ROSA).await;
    assert_eq!(
        (&opt_out["stands"], &opt_out["undone_at"]),
        (&json!(false), &json!("2026-11-24T10:00:00Z"))
    );
    // A later opt-out wins over an earlier confirmation.
    house.click(&house.unsubscribe_path(ROSA).await).await;
    assert_eq!(house.opt_out_told(ROSA).await["stands"], true);
    assert_eq!(YES, "confirm=yes");
}
