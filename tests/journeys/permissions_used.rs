//! What each function does, in full, beside what the template allows it.

use crate::confirming::{YES, scheduled, subscribe};
use crate::faults;
use crate::gateway;
use crate::gateway::Ask;
use crate::house::{House, at, email_id, erasure, phone_id, token, told};
use crate::imports_faults::{self, POSTS, dropped};
use crate::partners::{CREATED, UPDATED, changed, signed_event};
use crate::permissions::{allowed, needed_of_s3, template};
use crate::recorder::{Calls, gated_host, recording_host};
use crate::unsubscribe::click_event;
use custodian_desk::Desk;
use custodian_domain::place::Place;
use custodian_download::Download;
use custodian_erase::Erase;
use custodian_expire::Expire;
use custodian_export::Export;
use custodian_import::Import;
use custodian_ingest::Ingest;
use custodian_notify::Notify;
use custodian_partners::Partners;
use custodian_requests::Requests;
use custodian_runtime::Function;
use custodian_sweep::Sweep;
use custodian_unsubscribe::Unsubscribe;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PACKAGES: &str = "DSAR-1";

fn event<T: From<Value>>(payload: Value) -> LambdaEvent<T> {
    LambdaEvent::new(payload.into(), Context::default())
}

/// The event of API Gateway for a post of JSON.
fn post(answers: &Value) -> Value {
    let path = "/surveys/recycling-centre/responses";
    json!({
        "version": "2.0", "routeKey": "POST /surveys/{survey}/responses", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json"}, "isBase64Encoded": false, "body": answers.to_string(),
        "requestContext": {"accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
            "routeKey": "POST /surveys/{survey}/responses", "stage": "$default", "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1_795_428_000_000_i64,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"}},
    })
}

fn answers(email: &str) -> Value {
    json!({"satisfaction": 4, "site": "Wareham", "email": email, "phone": "07700 900142"})
}

/// An upload that its export never finished.
async fn leave_an_upload(house: &House, request: &str) {
    let upload = house
        .s3()
        .create_multipart_upload()
        .bucket(house.bucket())
        .key(format!("{request}/0/export.json"));
    upload.send().await.unwrap();
}

fn assert_matches(function: &str, calls: &Calls) {
    let allowed = allowed(&template(), function);
    let used: BTreeSet<String> = calls
        .lock()
        .unwrap()
        .drain(..)
        .map(|call| within(&allowed, call))
        .collect();
    assert_eq!(
        used, allowed,
        "left: what {function} calls; right: what it is allowed"
    );
}

/// The permission that covers a call: on a folder of a bucket, on a folder above it, or on the
/// whole bucket.
fn within(allowed: &BTreeSet<String>, call: String) -> String {
    if !call.starts_with("s3:") {
        return call;
    }
    let wider = std::iter::successors(Some(call.as_str()), |call| {
        call.rsplit_once('/').map(|(wider, _)| wider)
    });
    let wider = wider
        .map(str::to_owned)
        .find(|wider| allowed.contains(wider));
    wider.unwrap_or(call)
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_calls_what_it_is_allowed_and_one_put_keeps_an_answer() {
    let house = House::open().await;
    let (host, calls) = recording_host(&house, "ingest");
    let ingest = Ingest::start(&host).await.unwrap();
    let started = calls.lock().unwrap().len();
    assert_eq!(
        started, 4,
        "three secrets at once, and the surveys, while it starts"
    );
    let anonymous = json!({"satisfaction": 4, "site": "Wareham"});
    for (sent, puts) in [(anonymous, 1), (answers("rosa@example.org"), 2)] {
        let before = calls.lock().unwrap().len();
        let answer = ingest.ask(event(post(&sent))).await.unwrap();
        assert_eq!(answer["statusCode"], 201, "{answer}");
        assert_eq!(
            calls.lock().unwrap()[before..],
            vec!["dynamodb:PutItem Records"; puts]
        );
    }
    // Somebody who asks for the newsletter is asked whether the address is theirs, after the answer
    // is kept.
    let mut wish = answers("rosa@example.org");
    (wish["newsletter"], wish["phone"]) = (json!(true), Value::Null);
    let before = calls.lock().unwrap().len();
    assert_eq!(
        ingest.ask(event(post(&wish))).await.unwrap()["statusCode"],
        201
    );
    assert_eq!(
        calls.lock().unwrap()[before..],
        ["dynamodb:PutItem Records", "dynamodb:PutItem Register"]
    );
    // Somebody answers a form that was reworded meanwhile: its version is read once a minute.
    let form = house.get("/surveys/recycling-centre").await;
    house
        .reword(
            "recycling-centre",
            "Which site did you visit?",
            "Which site was it?",
        )
        .await;
    house.stack.clock().set(at("2026-11-23T10:01:00Z"));
    let mut sent = post(&Value::Null);
    sent["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
    sent["body"] = json!(format!(
        "submission_token={}&satisfaction=4&site=Wareham",
        token(&form.body)
    ));
    for (status, again) in [(303, false), (303, true)] {
        let before = calls.lock().unwrap().len();
        assert_eq!(
            ingest.ask(event(sent.clone())).await.unwrap()["statusCode"],
            status
        );
        let reads = [
            "dynamodb:Query Register",
            "dynamodb:GetItem Register",
            "dynamodb:PutItem Records",
        ];
        assert_eq!(
            calls.lock().unwrap()[before..],
            reads[if again { 2 } else { 0 }..]
        );
    }
    // Only a sender with far more requests than others is counted where all instances see it, and
    // past the limit not even that.
    let ingest = Ingest::start(&host.with("ANSWERS_PER_HOUR", "20".to_owned()))
        .await
        .unwrap();
    for number in 1..=23 {
        let before = calls.lock().unwrap().len();
        let status = ingest
            .ask(event(post(&json!({"satisfaction": 4, "site": "Wareham"}))))
            .await
            .unwrap();
        let (count, put) = ("dynamodb:UpdateItem Register", "dynamodb:PutItem Records");
        let (expected, made): (u16, &[&str]) = match number {
            1 => (201, &[put]),
            2..=20 => (201, &[count, put]),
            21 => (429, &[count]),
            _ => (429, &[]),
        };
        assert_eq!(status["statusCode"], expected, "{number}: {status}");
        assert_eq!(calls.lock().unwrap()[before..], *made, "{number}");
    }
    assert_matches("Ingest", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_calls_what_it_is_allowed() {
    let house = imports_faults::house().await;
    let (host, calls) = recording_host(&house, "import");
    let import = Import::start(&host).await.unwrap();
    let post = |text: &str| format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,{text},,\n");
    let two = format!(
        "{}2,x,2026-09-01T08:00:00Z,@b,Two.,,\n3,x,2026-09-01T08:00:00Z,@c,Three.,,\n",
        post("One.")
    );
    let csv = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
        1,compliment,2026-11-06T10:00:00Z,highways,,,a@example.org,07700 900142,Thanks,,,\n";
    let line = |field: &str| {
        format!(
            "{{\"{field}_id\":\"1\",\"{field}_at\":\"2026-11-06T10:00:00Z\",\"started_at\":\"2026-11-06T10:00:00Z\",\
            \"held_at\":\"2026-11-06T10:00:00Z\",\"channel\":\"chat\",\"service\":\"waste\"}}\n"
        )
    };
    let calls_of_a_day = include_str!("../fixtures/intake/telephone/call-survey-2026-10-12.csv");
    for (source, file) in [
        ("social", two.as_str()),
        ("social", &post("One. Again.")),
        ("social", &post("[deleted]")),
        ("social", "not a file of posts"),
        ("complaints", csv),
        ("interviews", &line("interview")),
        ("support", &line("interaction")),
        ("reviews", "{}"),
        ("telephone", calls_of_a_day),
        ("phone", calls_of_a_day),
    ] {
        import
            .invoke(dropped(&house, source, file).await)
            .await
            .unwrap();
    }
    // The time runs out after the first chunk.
    let many = POSTS.to_owned() + &"bad\n".repeat(1_001);
    let mut event = dropped(&house, "social", &many).await;
    event.context.deadline = 1;
    let report = import.invoke(event).await.unwrap();
    assert_eq!(report["reports"][0]["state"], "reading");
    assert_matches("Import", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_calls_what_it_is_allowed() {
    let house = House::open().await;
    let (host, calls) = recording_host(&house, "partners");
    let partners = Partners::start(&host).await.unwrap();
    assert_eq!(
        calls.lock().unwrap().len(),
        2,
        "two secrets, while it starts"
    );
    let moved = changed(UPDATED, "/data/profile/email", json!("other@example.org"));
    for (message, outcome) in [
        (CREATED, "stored"),
        (UPDATED, "corrected"),
        (moved.as_str(), "repeated"),
    ] {
        let answer = partners
            .ask(signed_event(&house, message).await)
            .await
            .unwrap();
        assert_eq!(answer["body"], json!({ "outcome": outcome }).to_string());
    }
    let moved = changed(&moved, "/data/form_version", json!(9));
    let answer = partners
        .ask(signed_event(&house, &moved).await)
        .await
        .unwrap();
    assert_eq!(answer["body"], json!({"outcome": "corrected"}).to_string());
    let refused = partners.ask(signed_event(&house, "{").await).await.unwrap();
    assert_eq!(refused["statusCode"], 422);
    let simulators = house.stack.simulators();
    for (name, double) in [
        ("granicus", &simulators.granicus),
        ("newsletter", &simulators.newsletter),
    ] {
        let path = format!("/partners/{name}/callbacks/DPO-1");
        let body = json!({"status_callback_url": path}).to_string();
        let mut callback = signed_event(&house, &body).await;
        callback.payload["rawPath"] = json!(path);
        callback.payload["requestContext"]["http"]["path"] = json!(path);
        callback.payload["headers"]["x-opendsr-signature"] = json!(double.sign(&body));
        assert_eq!(partners.ask(callback).await.unwrap()["statusCode"], 202);
    }
    assert_matches("Partners", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn expire_calls_what_it_is_allowed() {
    let house = House::open().await;
    let (host, calls) = recording_host(&house, "expire");
    let expire = Expire::start(&host).await.unwrap();
    let removal = json!({
        "eventID": "1", "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-2",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": 1_785_583_800, "SequenceNumber": "7", "SizeBytes": 9, "StreamViewType": "OLD_IMAGE",
            "Keys": {}, "OldImage": {"pk": {"S": "subject#1#x"}, "sk": {"S": "record#web_form#y"}, "day": {"S": "2023-08-01#2"},
                "source": {"S": "web_form"}, "expires_at": {"N": "1785576600"}},
        },
    });
    for _ in 0..2 {
        let answer = expire
            .invoke(event(json!({"Records": [removal]})))
            .await
            .unwrap();
        assert_eq!(
            answer,
            json!({"batchItemFailures": []}),
            "told twice is told once"
        );
    }
    assert_eq!(house.told().await.len(), 1);
    let mut poison = removal;
    poison["dynamodb"]["OldImage"]["sk"]["S"] = json!("?");
    let answer = expire
        .invoke(event(json!({"Records": [poison]})))
        .await
        .unwrap();
    assert_eq!(
        answer,
        json!({"batchItemFailures": []}),
        "what can never be told is put aside"
    );
    assert_matches("Expire", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_calls_what_it_is_allowed() {
    let house = House::where_ttl_is_late().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house.move_to("2029-11-20T10:00:00Z").await;
    let order = json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7", "request_id": PACKAGES});
    house.invoke("export", order).await.unwrap();
    leave_an_upload(&house, PACKAGES).await;
    house.tell("Going.", Some("abel@example.org"), None).await;
    house
        .approve(erasure(&[email_id("abel@example.org")]))
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    let hold = json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": [email_id("carol@example.org")], "ground": "legal_claim", "by": "dpo-7"});
    house.invoke("requests", hold).await.unwrap();
    house
        .tell("Held.", Some("carol@example.org"), Some("07700 900142"))
        .await;
    house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key("calls.csv")
        .body(vec![b'x'].into())
        .send()
        .await
        .unwrap();
    let (host, calls) = recording_host(&house, "sweep");
    let sweep = Sweep::start(&host).await.unwrap();
    house.stack.clock().set(at("2029-11-23T11:00:00Z"));
    sweep
        .invoke(event(json!({"from": "2026-11-23"})))
        .await
        .unwrap();
    let report = sweep.invoke(event(json!({}))).await.unwrap();
    assert_eq!(report["deleted"], 0, "the first has deleted everything");
    house.stack.clock().set(at("2029-11-24T00:10:00Z"));
    assert_eq!(
        sweep.invoke(event(json!({}))).await.unwrap()["closed_days"],
        1
    );
    assert!(house.objects().is_empty() && house.stack.store().uploads(&house.bucket()).is_empty());
    assert_matches("Sweep", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_calls_what_it_is_allowed() {
    let house = House::where_ttl_is_late().await;
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    let brought_back = house
        .dynamodb()
        .scan()
        .table_name(house.setting("RECORDS_TABLE"))
        .send()
        .await
        .unwrap()
        .items;
    house.move_to("2029-11-23T12:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.move_to("2029-11-24T00:10:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    for item in brought_back.unwrap() {
        let put = house
            .dynamodb()
            .put_item()
            .table_name(house.setting("RECORDS_TABLE"));
        put.set_item(Some(item)).send().await.unwrap();
    }
    // What an export writes waits for the next sweep to attest it.
    house.export("rosa@example.org").await;
    let (host, calls) = recording_host(&house, "verify");
    let verify = custodian_verify::Verify::start(&host).await.unwrap();
    let report = verify.invoke(event(json!({}))).await.unwrap();
    assert_eq!(
        (
            &report["looked_for"],
            &report["still_there"],
            &report["fault"]
        ),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert_ne!(report["waiting"], 0, "{report}");
    assert_matches("Verify", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn export_calls_what_it_is_allowed() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house
        .drop_file("complaints", "bad.csv", ROWS_THAT_NAME_HER.as_bytes())
        .await;
    let (host, calls, gate) = gated_host(&house, "export");
    let export = Export::start(&host).await.unwrap();
    let case = json!({"order": "register", "case_id": "C-1", "received": "2026-11-23", "channel": "letter",
        "asker": "person", "kinds": ["access"], "by": "dpo-7"});
    house.invoke("requests", case).await.unwrap();
    let order = json!({"kind": "access", "identifiers": [phone_id("07700 900142"), email_id("rosa@example.org")], "requested_by": "dpo-7", "request_id": PACKAGES, "case_id": "C-1"});
    export.invoke(event(order.clone())).await.unwrap();
    let link = export
        .invoke(event(json!({"read": PACKAGES, "by": "dpo-7"})))
        .await
        .unwrap();
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    let found = json!({"order": "find", "request_id": "LOOK-1", "identifiers": [email_id("rosa@example.org")], "by": "dpo-7"});
    let found = house.invoke("requests", found).await.unwrap();
    let mark = json!([{"record": found["records"][0]["record"], "ground": "third_party"}]);
    export
        .invoke(event(
            json!({"review": PACKAGES, "by": "dpo-7", "take_out": mark}),
        ))
        .await
        .unwrap();
    let link = export
        .invoke(event(json!({"release": PACKAGES, "released_by": "dpo-7"})))
        .await
        .unwrap();
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    export
        .invoke(event(json!({"status": PACKAGES, "by": "dpo-7"})))
        .await
        .unwrap();
    export
        .invoke(event(json!({"withdraw": PACKAGES, "by": "dpo-7"})))
        .await
        .unwrap();
    let close = json!({"order": "close", "case_id": "C-1", "ending": "withdrawn", "on": "2026-11-23", "by": "dpo-7", "event_id": "c1"});
    house.invoke("requests", close).await.unwrap();
    // Another package, whose subject is erased after the export has read the data and before it
    // ends.
    let order = json!({"kind": "portability", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7", "request_id": "DSAR-2"});
    gate.send_replace(false);
    let before = calls.lock().unwrap().len();
    let erasing = async {
        while !calls.lock().unwrap()[before..]
            .iter()
            .any(|call| call == "s3:PutObject Exports")
        {
            tokio::task::yield_now().await;
        }
        house
            .erase(erasure(&[email_id("rosa@example.org")]))
            .await
            .unwrap();
        leave_an_upload(&house, "DSAR-2").await;
        gate.send_replace(true);
    };
    let (exported, ()) = tokio::join!(export.invoke(event(order)), erasing);
    assert!(told(exported).unwrap_err().contains("erased"));
    assert!(house.objects().is_empty() && house.stack.store().uploads(&house.bucket()).is_empty());
    assert_matches("Export", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn erase_calls_what_it_is_allowed() {
    let house = House::where_it_sleeps("erase").await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    let order = json!({"kind": "access", "identifiers": [email_id("rosa@example.org")], "requested_by": "dpo-7", "request_id": PACKAGES});
    house.invoke("export", order).await.unwrap();
    leave_an_upload(&house, PACKAGES).await;
    house.answer_request(PACKAGES).await;
    house
        .drop_file("complaints", "bad.csv", ROWS_THAT_NAME_HER.as_bytes())
        .await;
    let only_hers = ROWS_THAT_NAME_HER.split("2,complaint").next().unwrap();
    house
        .drop_file("complaints", "hers.csv", only_hers.as_bytes())
        .await;
    // A rewrite of quarantine that was interrupted a while ago.
    let upload = house
        .s3()
        .create_multipart_upload()
        .bucket(house.intake())
        .key("quarantine/complaints/0/1");
    upload.send().await.unwrap();
    house.stack.clock().set(at("2026-11-23T10:20:00Z"));
    let (host, calls) = recording_host(&house, "erase");
    let erase = Erase::start(&host).await.unwrap();
    house
        .approve(with_id(erasure(&[email_id("rosa@example.org")])))
        .await
        .unwrap();
    carry_out(&erase).await;
    assert!(house.objects().is_empty() && house.stack.store().uploads(&house.bucket()).is_empty());
    house.confirm_all(&json!("ERASE-1")).await;
    carry_out(&erase).await;
    assert!(house.status(&json!("ERASE-1")).await.unwrap()["certificate"].is_object());
    // Another erasure is stopped before it begins, because only the last minute is left for an
    // hour's work.
    let mut other = erasure(&[email_id("rosa@example.org")]);
    other["request_id"] = json!("ERASE-2");
    house.approve(other).await.unwrap();
    house
        .invoke(
            "requests",
            json!({"order": "stop", "request_id": "ERASE-2", "stopped_by": "dpo-7"}),
        )
        .await
        .unwrap();
    erase
        .invoke(faults::start("ERASE-2", Place::Records))
        .await
        .unwrap();
    assert_matches("Erase", &calls);
}

/// Rows that cannot be read: one names the person, the other somebody else.
const ROWS_THAT_NAME_HER: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
    1,complaint,never,highways,,,rosa@example.org,,One,,,\n2,complaint,never,highways,,,abel@example.org,,Two,,,\n";

/// Every place's task.
async fn carry_out(erase: &Erase) {
    for place in Place::ALL {
        erase.invoke(faults::start("ERASE-1", place)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_calls_what_it_is_allowed() {
    let house = House::where_it_sleeps("erase").await;
    house
        .tell("Quick.", Some("rosa@example.org"), Some("07700 900142"))
        .await;
    house
        .drop_file("complaints", "bad.csv", ROWS_THAT_NAME_HER.as_bytes())
        .await;
    // As an earlier version left it: without an index.
    for index in house.indexes() {
        house
            .s3()
            .delete_object()
            .bucket(house.intake())
            .key(index)
            .send()
            .await
            .unwrap();
    }
    let (host, calls) = recording_host(&house, "requests");
    let requests = Requests::start(&host).await.unwrap();
    let order = |order: Value| requests.invoke(event(order));
    let plan = |who: &str| json!({"order": "plan", "request_id": "ERASE-1", "identifiers": [email_id(who)], "ground": "17(1)(b)", "planned_by": "planner-3"});
    order(plan("abel@example.org")).await.unwrap();
    let planned = order(plan("rosa@example.org")).await.unwrap();
    let approve = json!({"order": "approve", "request_id": "ERASE-1", "hash": planned["hash"], "approved_by": "dpo-7"});
    order(approve).await.unwrap();
    order(json!({"order": "audit", "request_id": "ERASE-1", "by": "auditor-2"}))
        .await
        .unwrap();
    order(json!({"order": "stop", "request_id": "ERASE-1", "stopped_by": "dpo-7"}))
        .await
        .unwrap();
    let confirm = json!({"order": "confirm", "request_id": "ERASE-1", "place": "five9", "confirmed_by": "staff-12", "done_on": "2026-11-23"});
    told(order(confirm).await).unwrap_err();
    order(json!({"order": "status", "request_id": "ERASE-1", "by": "dpo-7"}))
        .await
        .unwrap();
    house
        .tell("Held.", Some("carol@example.org"), Some("07700 900142"))
        .await;
    let carol = [email_id("carol@example.org")];
    order(json!({"order": "links", "request_id": "CLAIM-1", "identifiers": carol, "by": "dpo-7"}))
        .await
        .unwrap();
    order(
        json!({"order": "hold", "request_id": "CLAIM-1", "identifiers": carol, "ground": "legal_claim", "by": "dpo-7"}),
    )
    .await
    .unwrap();
    order(
        json!({"order": "restrict", "request_id": "RES-1", "identifiers": carol, "ground": "18(1)(a)", "by": "dpo-7"}),
    )
    .await
    .unwrap();
    order(json!({"order": "notice", "request_id": "RES-1", "by": "dpo-7"}))
        .await
        .unwrap();
    house.tell("Moved.", Some("dora@example.org"), None).await;
    let of_dora = |order: &str| json!({"order": order, "request_id": "COR-1", "identifiers": [email_id("dora@example.org")], "by": "dpo-7"});
    let found = order(of_dora("find")).await.unwrap();
    let mut correct = of_dora("correct");
    correct["record"] = found["records"][0]["record"].clone();
    correct["changes"] = json!({"contact.email": "isadora@example.org"});
    order(correct).await.unwrap();
    let about = |order: &str, more: Value| {
        let mut all = json!({"order": order, "breach_id": "B-1", "by": "dpo-7"});
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    for (name, more) in [
        (
            "breach_register",
            json!({"aware_at": "2026-11-23T09:00:00Z", "how": "staff", "event_id": "b1"}),
        ),
        (
            "breach_told_ico",
            json!({"at": "2026-11-23T10:00:00Z", "reference": "IC-1", "phase": "complete",
                "event_id": "b2"}),
        ),
        ("breach_close", json!({"lessons": "none", "event_id": "b3"})),
        ("breach", json!({})),
    ] {
        told(order(about(name, more)).await).unwrap();
    }
    let closed = json!({"order": "breach_list", "by": "dpo-7", "closed_in": "2026-11"});
    told(order(closed).await).unwrap();
    let open = json!({"order": "breach_list", "by": "dpo-7"});
    told(order(open).await).unwrap();
    let waiting = json!({"order": "tasks", "by": "dpo-7"});
    told(order(waiting).await).unwrap();
    let report = house
        .drop_file("complaints", "c.csv", ROWS_THAT_NAME_HER.as_bytes())
        .await;
    let count = json!({"query": {"import": report["import"]}});
    let refused = told(order(about("breach_count", count)).await).unwrap_err();
    assert!(refused.contains("must name a report"), "{refused}");
    order(json!({"order": "register", "case_id": "C-1", "received": "2026-11-23", "channel": "letter", "asker": "person",
        "kinds": ["objection"], "by": "dpo-7"}))
    .await
    .unwrap();
    order(json!({"order": "stop_marketing", "case_id": "C-1", "identifiers": [email_id("dora@example.org")], "by": "dpo-7"}))
        .await
        .unwrap();
    house.stack.clock().set(at("2029-11-24T10:00:00Z"));
    for (lift, id) in [("unrestrict", "RES-1"), ("lift", "CLAIM-1")] {
        order(json!({"order": lift, "request_id": id, "reason": "settled", "by": "dpo-7"}))
            .await
            .unwrap();
    }
    assert_matches("Requests", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn unsubscribe_calls_what_it_is_allowed_and_as_much_for_a_forged_token() {
    let house = House::open().await;
    let (host, calls) = recording_host(&house, "unsubscribe");
    let unsubscribe = Unsubscribe::start(&host).await.unwrap();
    let good = house.unsubscribe_path("rosa@example.org").await;
    let mut made = Vec::new();
    for path in [good.as_str(), good.as_str(), "/unsubscribe/made-up"] {
        let before = calls.lock().unwrap().len();
        assert_eq!(
            unsubscribe.ask(click_event(path)).await.unwrap()["statusCode"],
            200
        );
        made.push(calls.lock().unwrap()[before..].to_vec());
    }
    assert_eq!(
        made[2], made[0],
        "a forged token takes the same calls as a good one"
    );
    assert!(
        made[1].len() <= made[0].len(),
        "they are being told already"
    );
    house.stack.clock().set(at("2026-11-23T10:00:01Z"));
    subscribe(&house, "rosa@example.org").await;
    let path = house.path_to("rosa@example.org");
    assert_eq!(
        unsubscribe
            .ask(gateway::event("POST", &path, YES))
            .await
            .unwrap()["statusCode"],
        200
    );
    let before = calls.lock().unwrap().len();
    let forged = unsubscribe
        .ask(gateway::event("POST", "/confirm/made-up", YES))
        .await
        .unwrap();
    assert_eq!(
        (&forged["statusCode"], calls.lock().unwrap().len()),
        (&json!(410), before),
        "who has no token learns nothing"
    );
    assert_matches("Unsubscribe", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn notify_calls_what_it_is_allowed() {
    let house = House::where_it_sleeps("notify").await;
    let (host, calls) = recording_host(&house, "notify");
    let notify = Notify::start(&host).await.unwrap();
    subscribe(&house, "rosa@example.org").await;
    assert_eq!(notify.invoke(scheduled()).await.unwrap()["sent"], 1);
    assert_matches("Notify", &calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn download_calls_what_it_is_allowed_and_nothing_for_a_forged_token() {
    let house = House::open().await;
    house.tell("Quick.", Some("rosa@example.org"), None).await;
    let package = house.export("rosa@example.org").await;
    let link = house.release(package["request_id"].as_str().unwrap()).await;
    let (host, calls) = recording_host(&house, "download");
    let download = Download::start(&host).await.unwrap();
    let before = calls.lock().unwrap().len();
    let path = link["url"]
        .as_str()
        .unwrap()
        .strip_prefix(house.stack.url())
        .unwrap();
    assert_eq!(
        download
            .ask(gateway::event("GET", "/packages/made-up", ""))
            .await
            .unwrap()["statusCode"],
        404
    );
    assert_eq!(
        calls.lock().unwrap().len(),
        before,
        "who has no token learns nothing, not even from the time it takes"
    );
    for (method, body, status) in [("GET", "", 200), ("POST", "code=WRONG", 422)] {
        assert_eq!(
            download
                .ask(gateway::event(method, path, body))
                .await
                .unwrap()["statusCode"],
            status
        );
    }
    let form = format!("code={}", link["code"].as_str().unwrap());
    let answer = download
        .ask(gateway::event("POST", path, &form))
        .await
        .unwrap();
    // Somebody who is sent on follows with the permission of the function that signed the link.
    let query = answer["headers"]["location"]
        .as_str()
        .unwrap()
        .split_once('?')
        .unwrap()
        .1
        .to_owned();
    calls
        .lock()
        .unwrap()
        .push(needed_of_s3("GET", &query, "Exports"));
    assert_matches("Download", &calls);
}

/// The event of a request to the desk, as whoever has these cookies.
fn at_desk(method: &str, path: &str, cookies: &[String], body: &str) -> LambdaEvent<Value> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut asked = gateway::event(method, path, body);
    asked.payload["rawQueryString"] = json!(query);
    asked.payload["cookies"] = json!(cookies);
    asked.payload["headers"]["sec-fetch-site"] = json!("same-origin");
    asked
}

/// The cookies of an answer, without their attributes; those that are taken back are left out.
fn cookies(answer: &Value) -> Vec<String> {
    let set = answer["cookies"].as_array().unwrap().iter();
    let pair = |it: &Value| it.as_str().unwrap().split(';').next().unwrap().to_owned();
    set.map(pair).filter(|it| !it.ends_with('=')).collect()
}

/// The event of a call of the desk's API by Dana, as the gateway passes it on.
fn called(house: &House, path: &str, body: &Value) -> LambdaEvent<Value> {
    let claims = house.stack.issuer().claims_for("dana").unwrap();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(_) => "[dpo]".to_owned(),
        other => other.to_string(),
    };
    let claims = claims.as_object().unwrap().iter();
    let claims: Value = claims
        .map(|(name, value)| (name.clone(), Value::from(text(value))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut asked = gateway::event("POST", path, &body.to_string());
    asked.payload["headers"]["content-type"] = json!("application/json");
    let jwt = json!({"claims": claims, "scopes": ["custodian/desk"]});
    asked.payload["requestContext"]["authorizer"] = json!({ "jwt": jwt });
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn desk_calls_what_it_is_allowed_and_may_not_invoke_who_believes_its_events() {
    let house = House::open().await;
    let (host, calls) = recording_host(&house, "desk");
    let desk = Desk::start(&host).await.unwrap();
    assert!(calls.lock().unwrap().is_empty(), "nothing while it starts");
    // Dana signs in at the issuer of the stack.
    let begun = at_desk("GET", "/desk/sign-in", &[], "");
    let begun = desk.ask(begun).await.unwrap();
    let issuer = begun["headers"]["location"].as_str().unwrap();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let said = http.build().unwrap().post(issuer).body("person=dana");
    let said = said.send().await.unwrap();
    let back = said.headers()["location"].to_str().unwrap();
    let back = back.strip_prefix(house.stack.desk_url().unwrap()).unwrap();
    let signed_in = at_desk("GET", back, &cookies(&begun), "");
    let signed_in = desk.ask(signed_in).await.unwrap();
    assert_eq!(signed_in["statusCode"], 303, "{signed_in}");
    let session = cookies(&signed_in);
    let page = desk
        .ask(at_desk("GET", "/desk", &session, ""))
        .await
        .unwrap();
    assert_eq!(page["statusCode"], 200, "{page}");
    // By its API Dana searches for somebody, and orders a copy of what there is.
    let case = json!({"case_id": "C-1", "received": "2026-11-23", "channel": "letter", "asker": "person", "kinds": ["access"]});
    let answer = desk.ask(called(&house, "/api/cases", &case)).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let who = json!({"identifiers": [email_id("rosa@example.org")]});
    for path in [
        "/api/requests/C-1-access/search",
        "/api/requests/C-1-access/package",
    ] {
        desk.ask(called(&house, path, &who)).await.unwrap();
    }
    let page = page["body"].as_str().unwrap();
    let token = page.split_once("name=\"token\" value=\"").unwrap().1;
    let token = token.split('"').next().unwrap();
    let form = format!("token={token}");
    let signed_out = desk
        .ask(at_desk("POST", "/desk/sign-out", &session, &form))
        .await;
    assert_eq!(signed_out.unwrap()["statusCode"], 200);
    assert_matches("Desk", &calls);
    // Its role is no way to an order that nobody has approved.
    let lambda = aws_sdk_lambda::Client::new(&host.lambda_client());
    for function in [
        "custodian-erase",
        "custodian-expire",
        "custodian-import",
        "custodian-desk",
    ] {
        let tried = lambda.invoke().function_name(function).send().await;
        let error = tried.unwrap_err().into_service_error();
        assert_eq!(
            error.meta().code(),
            Some("AccessDeniedException"),
            "{function}"
        );
    }
}

fn with_id(mut order: Value) -> Value {
    order["request_id"] = json!("ERASE-1");
    order
}
