//! Addresses are confirmed with an email, a page and a button, for the newsletter and for requests.

use crate::failing::{Off, failing_host};
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{Answer, House, at, email_id, erasure, options, phone_id};
use crate::unsubscribe::FORM;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::OptInReason;
use custodian_ingest::Ingest;
use custodian_notify::Notify;
use custodian_runtime::Function;
use custodian_simulators::Mode;
use custodian_store::confirmations::Confirmations;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// What the button sends.
pub const YES: &str = "confirm=yes";
const ROSA: &str = "rosa.hardy@example.org";

/// The event with which the schedule starts `notify`.
pub fn scheduled() -> LambdaEvent<Value> {
    let mut context = Context::default();
    context.deadline = u64::MAX;
    LambdaEvent::new(json!({}), context)
}

/// Somebody fills in a form with this address and asks for the newsletter.
pub async fn subscribe(house: &House, email: &str) {
    let answers = json!({"satisfaction": 4, "site": "Wareham", "email": email, "newsletter": true});
    let answer = house.post_json("recycling-centre", &answers).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    house.stack.settle().await.unwrap();
}

impl House {
    /// The path of the link in the last email to somebody.
    pub fn path_to(&self, email: &str) -> String {
        let mails = self.stack.simulators().notify.mails();
        let mail = mails
            .iter()
            .rfind(|mail| mail.address == email)
            .unwrap_or_else(|| panic!("{email} got no mail"));
        mail.link.strip_prefix(self.stack.url()).unwrap().to_owned()
    }

    /// The path of a link that is requested but not sent.
    pub async fn link_of(&self, email: &str, purpose: ConfirmationPurpose) -> String {
        let subject = self
            .subject_keys()
            .await
            .key(&Identifier::email(email).unwrap());
        let confirmations = Confirmations::new(&self.dynamodb(), &self.setting("REGISTER_TABLE"));
        let now = self.stack.clock().now();
        let asking = confirmations
            .asking(purpose, &subject, now)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            asking.link,
            ConfirmLink {
                purpose,
                subject,
                asked_at: asking.link.asked_at
            }
        );
        format!("/confirm/{}", asking.link.token(&self.mail_links().await))
    }

    /// Somebody presses the button on the page behind a link.
    pub async fn confirm(&self, path: &str) -> Answer {
        self.post_to(path, &[FORM], YES).await
    }

    /// The schedule starts `notify`.
    pub async fn run_notify(&self) -> Value {
        let report = self.invoke("notify", json!({})).await.unwrap();
        self.stack.settle().await.unwrap();
        report
    }

    /// What a package says about somebody's opt-out.
    pub async fn opt_out_told(&self, email: &str) -> Value {
        let document = self.document(&self.export(email).await).await;
        document["held"]["opt_outs"]["items"][0].clone()
    }

    /// The DPO's order is stored, however soon it follows the click.
    pub async fn opt_in_by_hand(&self, email: &str) {
        let subject = self
            .subject_keys()
            .await
            .key(&Identifier::email(email).unwrap());
        let confirmations = Confirmations::new(&self.dynamodb(), &self.setting("REGISTER_TABLE"));
        let (id, now) = (
            RequestId::try_from("LIST-1".to_owned()).unwrap(),
            self.stack.clock().now(),
        );
        confirmations
            .opt_in(&[subject], &id, (OptInReason::Mistake, "dpo-7"), now)
            .await
            .unwrap();
    }

    async fn waiting(&self) -> Vec<Value> {
        let items = self.items("REGISTER_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        items.filter(|item| item["pk"] == "CONFIRMATIONS").collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_the_newsletter_confirms_their_address_and_only_that_undoes_an_opt_out() {
    let house = House::open().await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    subscribe(&house, "Rosa.Hardy@Example.org").await;
    let mail = house.stack.simulators().notify.mails().pop().unwrap();
    assert_eq!(
        (mail.address.as_str(), mail.about.as_str()),
        (ROSA, "you asked for our newsletter")
    );
    assert!(
        mail.reference.len() == 32 && mail.reference.bytes().all(|byte| byte.is_ascii_hexdigit())
    );
    let waiting = house.waiting().await;
    assert_eq!(
        (&waiting[0]["state"], &waiting[0]["address"]),
        (&json!("sent"), &Value::Null),
        "the address is gone"
    );
    assert_eq!(house.opt_out_told(ROSA).await["stands"], true);
    let path = house.path_to(ROSA);
    let page = house.get(&path).await;
    assert!(
        page.body.contains("Confirm my email address")
            && page.body.contains(r#"name="confirm" value="yes""#)
    );
    let done = house.confirm(&path).await;
    assert!(
        done.status == 200 && done.body.contains("Your email address is confirmed"),
        "{}",
        done.body
    );
    let told = house.opt_out_told(ROSA).await;
    assert_eq!(
        told,
        json!({"list": "newsletter", "since": "2026-11-23T10:00:00Z", "stands": false, "undone_at": "2026-11-24T10:00:00Z",
            "undone_by": "confirmed", "kept_until": "2029-11-23T10:00:00Z"})
    );
    let everything = house.everything().await;
    assert_eq!(
        house.confirm(&path).await.status,
        200,
        "a second click is the first"
    );
    assert_eq!(house.everything().await, everything);
    // It ends with the preference that it is about.
    house.move_to("2029-11-24T10:00:01Z").await;
    assert!(
        !house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("CONFIRMED#"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_ask_for_it_gets_no_mail_and_nothing_is_put_for_them() {
    let house = House::open().await;
    house.tell("Hello.", Some(ROSA), None).await;
    let no = json!({"satisfaction": 4, "site": "Wareham", "email": ROSA, "newsletter": false});
    assert_eq!(house.post_json("recycling-centre", &no).await.status, 201);
    house.stack.settle().await.unwrap();
    assert_eq!(
        house.run_notify().await,
        json!({"sent": 0, "later": 0, "failed": 0})
    );
    assert!(house.waiting().await.is_empty() && house.stack.simulators().notify.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_nobody_is_asked_and_a_request_says_so() {
    let mut options = options();
    options
        .parameters
        .insert("NotifyConnector".to_owned(), "off".to_owned());
    let house = House::with(options).await;
    subscribe(&house, ROSA).await;
    assert!(house.waiting().await.is_empty());
    let order = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    assert!(
        house
            .invoke("requests", order)
            .await
            .unwrap_err()
            .contains("NotNow")
    );
    house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    assert!(house.stack.simulators().notify.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_govuk_notify_answers_a_mail_is_sent_once_or_given_up_and_said_so() {
    for (mode, state, sent) in [
        (Mode::Down, "pending", 0),
        (Mode::Busy, "pending", 0),
        (Mode::Garbled, "pending", 0),
        (Mode::Redirecting, "pending", 0),
        (Mode::Huge, "pending", 0),
        (Mode::Forging, "pending", 0),
        (Mode::Losing, "pending", 1),
        (Mode::Wrong, "pending", 0),
        (Mode::Refusing, "failed", 0),
    ] {
        let house = House::open().await;
        let double = house.stack.simulators().notify.clone();
        double.conduct.behave(mode);
        subscribe(&house, ROSA).await;
        let waiting = house.waiting().await.remove(0);
        assert_eq!(waiting["state"], state, "{mode:?}");
        assert_eq!(
            waiting["address"].is_string(),
            state == "pending",
            "{mode:?}: it is kept while it is needed"
        );
        assert_eq!(double.mails().len(), sent, "{mode:?}");
        double.conduct.behave(Mode::Well);
        assert_eq!(
            house.run_notify().await["sent"],
            0,
            "{mode:?}: not at once again"
        );
        house.move_to("2026-11-23T10:02:00Z").await;
        house.run_notify().await;
        let expected = if state == "failed" { 0 } else { 1 };
        assert_eq!(double.mails().len(), expected, "{mode:?}: once");
        assert_eq!(
            house.waiting().await[0]["state"],
            if state == "failed" { "failed" } else { "sent" },
            "{mode:?}"
        );
        let confirmed = house
            .confirm(&house.link_of(ROSA, ConfirmationPurpose::Newsletter).await)
            .await;
        assert_eq!(
            confirmed.status,
            if state == "failed" { 410 } else { 200 },
            "{mode:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_for_three_days_is_given_up_and_the_address_goes() {
    let house = House::open().await;
    house.stack.simulators().notify.conduct.behave(Mode::Down);
    subscribe(&house, ROSA).await;
    for day in 23..=26 {
        for hour in ["03", "09", "15", "21"] {
            let instant = format!("2026-11-{day}T{hour}:59:00Z");
            if at(&instant) > house.stack.clock().now() {
                house.move_to(&instant).await;
                house.run_notify().await;
            }
        }
    }
    let waiting = house.waiting().await.remove(0);
    assert_eq!(
        (&waiting["state"], &waiting["address"]),
        (&json!("failed"), &Value::Null),
        "{waiting}"
    );
    let tries = waiting["tries"].as_u64().unwrap();
    assert!((8..=16).contains(&tries), "{tries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_power_goes_off_at_any_call_a_mail_is_sent_once() {
    for off in [Off::Before, Off::After] {
        // Starting reads two secrets. Then come the look at what is waiting, the lease, the third
        // secret and the saved result.
        for calls in 3..=7 {
            let house = House::where_it_sleeps("notify").await;
            subscribe(&house, ROSA).await;
            let (host, _) = failing_host(&house, "notify", calls, off);
            let notify = Notify::start(&host).await.unwrap();
            let tried = notify.invoke(scheduled()).await;
            assert!(tried.is_err() || calls >= 5, "{off:?} {calls}");
            house.move_to("2026-11-23T10:10:00Z").await;
            let well = Notify::start(&house.stack.host("notify").unwrap())
                .await
                .unwrap();
            well.invoke(scheduled()).await.unwrap();
            assert_eq!(
                house.stack.simulators().notify.mails().len(),
                1,
                "{off:?} {calls}"
            );
            assert_eq!(house.waiting().await[0]["state"], "sent", "{off:?} {calls}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_send_one_mail() {
    let house = House::where_it_sleeps("notify").await;
    subscribe(&house, ROSA).await;
    let notify = Notify::start(&house.stack.host("notify").unwrap())
        .await
        .unwrap();
    let runs = (0..5).map(|_| notify.invoke(scheduled()));
    assert!(
        futures_util::future::join_all(runs)
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(house.stack.simulators().notify.mails().len(), 1);
    let path = house.path_to(ROSA);
    let clicks = futures_util::future::join_all((0..5).map(|_| house.confirm(&path))).await;
    assert!(clicks.iter().all(|click| click.status == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_an_answer_asks_once_and_one_that_broke_off_is_made_good_by_it() {
    let house = House::open().await;
    let answers = json!({"satisfaction": 4, "site": "Wareham", "email": ROSA, "newsletter": true})
        .to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "3f0c8c1e-7a2b-4a86-9d1c-5f1f0a9f7b11"),
    ];
    for _ in 0..2 {
        assert_eq!(
            house
                .post("recycling-centre", &headers, &answers)
                .await
                .status,
            201
        );
    }
    house.stack.settle().await.unwrap();
    assert_eq!(house.stack.simulators().notify.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_confirms_their_address_and_the_request_says_so_and_not_whose_it_is() {
    let house = House::open().await;
    let order = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    let asked = house.invoke("requests", order.clone()).await.unwrap();
    assert_eq!(
        (&asked["state"], &asked["repeated"]),
        (&json!("pending"), &json!(false)),
        "{asked}"
    );
    assert_eq!(asked["works_until"], "2026-11-30T10:00:00Z");
    house.stack.settle().await.unwrap();
    let mail = house.stack.simulators().notify.mails().pop().unwrap();
    assert_eq!(
        mail.about,
        "you made a request about your personal information"
    );
    let again = house.invoke("requests", order).await.unwrap();
    assert_eq!(
        (&again["state"], &again["repeated"]),
        (&json!("sent"), &json!(true))
    );
    house.move_to("2026-11-24T10:00:00Z").await;
    let done = house.confirm(&house.path_to(ROSA)).await;
    assert!(
        done.body.contains("If you did not make a request"),
        "{}",
        done.body
    );
    let status = house.status(&json!("SAR-1")).await.unwrap();
    let events: Vec<(&str, &str, &str)> = status["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["at"].as_str().unwrap(),
                event["what"].as_str().unwrap(),
                event["by"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        events,
        [
            (
                "2026-11-23T10:00:00Z",
                "asked to confirm an address",
                "dpo-7"
            ),
            ("2026-11-24T10:00:00Z", "address confirmed", "the person"),
            ("2026-11-24T10:00:00Z", "asked for its status", "dpo-7")
        ]
    );
    assert!(!status.to_string().contains("rosa"));
    for (wrong, field) in [
        (
            json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [phone_id("07700 900142")], "by": "x"}),
            "an email address",
        ),
        (
            json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA), email_id("a@example.org")], "by": "x"}),
            "one email address",
        ),
        (
            json!({"order": "confirm_address", "identifiers": [email_id(ROSA)], "by": "x"}),
            "request_id",
        ),
        (
            json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)]}),
            "by",
        ),
    ] {
        let refused = house.invoke("requests", wrong).await.unwrap_err();
        assert!(
            refused.contains(field) && !refused.contains("rosa"),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dpo_takes_an_opt_out_back_for_a_reason_once_and_a_later_click_stands() {
    let house = House::open().await;
    let order = |reason: &str| json!({"order": "opt_in", "request_id": "LIST-1", "identifiers": [email_id(ROSA)], "reason": reason, "by": "dpo-7"});
    assert!(
        house
            .invoke("requests", order("mistake"))
            .await
            .unwrap_err()
            .contains("nothing to take back")
    );
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    assert!(
        house
            .invoke("requests", order("Rosa rang"))
            .await
            .unwrap_err()
            .contains("reason must be")
    );
    let done = house
        .invoke("requests", order("asked in writing"))
        .await
        .unwrap();
    let expected = json!({"request_id": "LIST-1", "list": "newsletter", "opt_outs": 1, "reason": "asked_in_writing", "repeated": false});
    assert_eq!(done, expected);
    let told = house.opt_out_told(ROSA).await;
    assert_eq!(
        (&told["stands"], &told["undone_by"]),
        (&json!(false), &json!("ordered")),
        "{told}"
    );
    let events = house.status(&json!("LIST-1")).await.unwrap()["events"].clone();
    assert_eq!(
        (&events[0]["what"], &events[0]["by"]),
        (&json!("opt-out taken back"), &json!("dpo-7"))
    );
    house.move_to("2026-11-25T10:00:00Z").await;
    house.click(&house.unsubscribe_path(ROSA).await).await;
    house.move_to("2026-11-26T10:00:00Z").await;
    let again = house
        .invoke("requests", order("asked in writing"))
        .await
        .unwrap();
    assert_eq!(again["repeated"], true);
    assert_eq!(
        house.opt_out_told(ROSA).await["stands"],
        true,
        "the same order twice does not undo a later click"
    );
    let both = json!([email_id(ROSA), email_id("a@example.org")]);
    for (wrong, field) in [
        ("identifiers", json!([phone_id("07700 900142")])),
        ("identifiers", both),
        ("list", json!("weather")),
    ] {
        let mut order = order("mistake");
        order[wrong] = field;
        assert!(
            house
                .invoke("requests", order)
                .await
                .unwrap_err()
                .contains(wrong)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_until_govuk_notify_has_deleted_the_mail_by_itself() {
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    assert_eq!(house.confirm(&house.path_to(ROSA)).await.status, 200);
    house.move_to("2026-11-24T10:00:00Z").await;
    let access =
        json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
    let held = house.invoke("export", access).await.unwrap()["held"].clone();
    assert_eq!(
        (&held["notify"], &held["confirmations"]),
        (&json!(1), &json!(1))
    );

    let house = House::open().await;
    subscribe(&house, ROSA).await;
    house.confirm(&house.path_to(ROSA)).await;
    house.move_to("2026-11-24T10:00:00Z").await;
    let mut order = erasure(&[email_id(ROSA)]);
    order["request_id"] = json!("ERA-1");
    let status = house.erase(order).await.unwrap();
    let notify = status["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|task| task["place"] == "notify")
        .unwrap();
    assert_eq!(
        (&notify["state"], &notify["next_try"]),
        (&json!("waiting"), &json!("2026-12-04T10:00:00Z")),
        "{notify}"
    );
    assert_eq!(status["status"], "approved");
    assert!(
        !house
            .items("REGISTER_TABLE")
            .await
            .iter()
            .any(|item| item.contains("CONFIRMED#"))
    );
    house.move_to("2026-12-04T10:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
    assert!(
        house.stack.simulators().notify.mails().is_empty(),
        "it deletes by itself"
    );
    let status = house.status(&json!("ERA-1")).await.unwrap();
    assert_eq!(status["status"], "closed", "{status}");
    let receipts = status["certificate"]["receipts"].as_array().unwrap();
    assert!(
        receipts
            .iter()
            .any(|receipt| receipt["place"] == "notify" && receipt["outcome"] == "confirmed")
    );

    let house = House::open().await;
    house.tell("Hello.", Some(ROSA), None).await;
    let status = house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    assert_eq!(
        status["status"], "closed",
        "of whom it holds nothing, nobody waits: {status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_the_mail_about_a_request_and_for_none_that_is_deleted() {
    let of_notify = |status: &Value| {
        let tasks = status["tasks"].as_array().unwrap();
        tasks.iter().find(|task| task["place"] == "notify").unwrap()["state"].clone()
    };
    let ask = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    // Sent late: the email is there after its link has ended.
    for instant in ["2026-11-23T10:01:00Z", "2026-12-02T10:00:00Z"] {
        let house = House::open().await;
        house.tell("Hello.", Some(ROSA), None).await;
        house.invoke("requests", ask.clone()).await.unwrap();
        house.move_to(instant).await;
        let access =
            json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
        assert_eq!(
            house.invoke("export", access).await.unwrap()["held"]["notify"],
            1,
            "{instant}"
        );
        let house = House::open().await;
        house.tell("Hello.", Some(ROSA), None).await;
        house.invoke("requests", ask.clone()).await.unwrap();
        house.move_to(instant).await;
        let status = house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
        assert_eq!(of_notify(&status), "waiting", "{instant}: {status}");
    }
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    house.move_to("2027-11-23T10:00:00Z").await;
    let status = house.erase(erasure(&[email_id(ROSA)])).await.unwrap();
    assert_eq!(
        of_notify(&status),
        "done",
        "it has deleted it by itself: {status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_list_and_asks_again_the_same_day_is_asked_again() {
    for confirms in [false, true] {
        let house = House::open().await;
        subscribe(&house, ROSA).await;
        let first = house.path_to(ROSA);
        if confirms {
            assert_eq!(house.confirm(&first).await.status, 200);
        }
        house.move_to("2026-11-23T11:00:00Z").await;
        house.click(&house.unsubscribe_path(ROSA).await).await;
        house.move_to("2026-11-23T12:00:00Z").await;
        subscribe(&house, ROSA).await;
        house.run_notify().await;
        let second = house.path_to(ROSA);
        assert_ne!(first, second);
        assert_eq!(house.confirm(&first).await.status, 410);
        assert_eq!(house.confirm(&second).await.status, 200);
        assert_eq!(house.opt_out_told(ROSA).await["stands"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_written_to_is_asked_when_they_ask_again_and_a_request_says_that_it_failed() {
    let house = House::open().await;
    let double = house.stack.simulators().notify.clone();
    double.conduct.behave(Mode::Refusing);
    subscribe(&house, ROSA).await;
    let order = json!({"order": "confirm_address", "request_id": "SAR-1", "identifiers": [email_id(ROSA)], "by": "dpo-7"});
    house.invoke("requests", order.clone()).await.unwrap();
    house.stack.settle().await.unwrap();
    double.conduct.behave(Mode::Well);
    subscribe(&house, ROSA).await;
    house.run_notify().await;
    assert_eq!(double.mails().len(), 1);
    let again = house.invoke("requests", order).await.unwrap();
    assert_eq!(
        (&again["state"], &again["repeated"]),
        (&json!("failed"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_kept_is_not_denied_where_nobody_could_be_asked() {
    let answers = json!({"satisfaction": 4, "site": "Wareham", "email": ROSA, "newsletter": true})
        .to_string();
    let mut not_asked = 0;
    for calls in 2..=10 {
        let house = House::open().await;
        let (host, left) = failing_host(&house, "ingest", calls, Off::Error);
        let Ok(ingest) = Ingest::start(&host).await else {
            continue;
        };
        let mut event = gateway::event("POST", "/surveys/recycling-centre/responses", &answers);
        event.payload["headers"]["content-type"] = json!("application/json");
        event.payload["headers"]["idempotency-key"] = json!("3f0c8c1e-7a2b-4a86-9d1c-5f1f0a9f7b11");
        let status = ingest.ask(event.clone()).await.unwrap()["statusCode"].clone();
        if left.load(Ordering::SeqCst) > 0 {
            break;
        }
        let kept = house.items("RECORDS_TABLE").await.len();
        assert_eq!(kept == 1, status == 201, "{calls}: {status}");
        not_asked += usize::from(kept == 1 && house.waiting().await.is_empty());
        // The same order again repairs whatever failed.
        assert_eq!(
            ingest.ask(event).await.unwrap()["statusCode"],
            201,
            "{calls}"
        );
        house.stack.settle().await.unwrap();
        assert_eq!(house.stack.simulators().notify.mails().len(), 1, "{calls}");
    }
    assert_eq!(not_asked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn notify_refuses_what_is_no_event_and_says_nothing_of_it() {
    let house = House::open().await;
    for wrong in [
        json!({"send": ROSA}),
        json!([]),
        json!(ROSA),
        json!({"Records": [{"dynamodb": {"Keys": {"sk": {"S": ROSA}}}}]}),
    ] {
        let refused = house.invoke("notify", wrong).await.unwrap_err();
        assert!(!refused.contains("rosa"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_asked_and_has_not_confirmed_is_told_that_they_were_asked() {
    let house = House::open().await;
    subscribe(&house, ROSA).await;
    let access =
        json!({"kind": "access", "identifiers": [email_id(ROSA)], "requested_by": "dpo-7"});
    let package = house.invoke("export", access).await.unwrap();
    let asked = house.document(&package).await["held"]["confirmations"].clone();
    assert_eq!(
        (&asked["count"], &asked["items"][0]["confirmed_at"]),
        (&json!(1), &Value::Null),
        "{asked}"
    );
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(
        report.contains("Confirmations of your email address: 1")
            && report.contains("What you were asked to confirm")
    );
    for told in [report.as_str(), asked["note"].as_str().unwrap()] {
        assert!(!told.contains("that you confirmed"), "nobody has: {told}");
    }
}
