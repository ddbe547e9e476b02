//! Sends a person through everything at log level TRACE, and finds them in no log line, ledger
//! entry or key.

use crate::attacks::public_door::sent_from;
use crate::confirming::subscribe;
use crate::desk::signed_in::sign_in;
use crate::gateway::Ask;
use crate::heard;
use crate::house::{House, TABLES, email_id, erasure, phone_id, token};
use crate::partners::{CREATED, changed};
use crate::permissions::template;
use custodian_ingest::Ingest;
use custodian_runtime::Function;
use custodian_simulators::Mode;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::json;

/// What must not be found, in every spelling that could occur, and the person's keys.
const TRACES: [&str; 12] = [
    "canary",
    "Canary",
    "kanarienvogel",
    "900177",
    "447700900177",
    "sings",
    "Goldfinch",
    "subject#1#",
    "203.0.113.177",
    "dunnock",
    "Dunnock",
    "hedge",
];

/// A complaint of theirs that was not acknowledged in time.
const COMPLAINT: &str = "\
reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at
CMP-1,complaint,2026-11-13T10:00:00Z,highways,1,Canary Goldfinch,canary@kanarienvogel.example,07700900177,It sings,,,
";
/// A call of theirs.
const CALL: &str = "\
CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,DISPOSITION,ANI,DNIS,CUSTOMER NAME,CALL TIME,TRANSFERS,Survey.Name,Survey.Q1 Satisfaction,Survey.Q2 Comment
1,\"Mon, 23 Nov 2026 09:00:12\",Waste Inbound,Inbound,Waste,Done,07700900177,01305251010,Canary Goldfinch,00:07:41,0,post-call,2,The canary sings
";

/// Files of every source with the person in good rows and in bad rows, and files that cannot be
/// read at all.
const FILES: [(&str, &str); 8] = [
    ("telephone", "CALL ID,Canary Goldfinch\n1,canary@kanarienvogel.example\n"),
    ("reviews", r#"{"reviews": [
        {"name": "accounts/canary/locations/1/reviews/sings", "reviewId": "Canary", "reviewer": {"displayName": "Canary Goldfinch"},
         "starRating": "TWO", "comment": "It sings", "createTime": "2026-11-01T10:00:00Z"},
        {"name": "canary", "starRating": "Canary", "comment": "sings", "createTime": "2026-11-01T10:00:00Z"},
        {"name": "canary", "createTime": "canary sings"}]}"#),
    ("reviews", "[\"Canary\"]"),
    ("social", "post_id,network,posted_at,handle,text,url,sentiment
canary,x,2026-11-01T10:00:00Z,@canary,It sings,https://x.example/canary,canary
canary,x,2026-11-01T10:00:00Z,@canary,[deleted],,
canary,x,when the canary sings,@canary,,,
\"Canary sings,x,2026-11-01T10:00:00Z,@canary,,,
"),
    ("interviews", "{\"interview_id\":\"Canary\",\"held_at\":\"2026-11-01T10:00:00Z\",\"service\":\"canary\",\"notes\":\"It sings\",
\"participant\":{\"email\":\"canary at home\"}}
{\"interview_id\":\"Canary\",\"held_at\":\"2026-11-01T10:00:00Z\",\"service\":\"canary\",\"participant\":{\"email\":\"canary at home\"}}
"),
    ("support", "{\"interaction_id\":\"Canary\",\"channel\":\"Canary\",\"started_at\":\"2026-11-01T10:00:00Z\",\"service\":\"canary\"}
{\"interaction_id\":\"Canary\",\"channel\":\"chat\",\"started_at\":\"2026-11-01T10:00:00Z\",\"service\":\"canary\",\"customer\":{\"phone\":\"07700 900177\"},\"transcript\":[{\"from\":\"customer\",\"at\":\"2026-11-01T10:00:00Z\",\"text\":\"It sings\"}]}
"),
    ("complaints", COMPLAINT),
    ("telephone", CALL),
];

/// More requests come from the person's network than one network may send.
async fn flood(house: &House) {
    let ingest = Ingest::start(
        &house
            .stack
            .host("ingest")
            .unwrap()
            .with("ANSWERS_PER_HOUR", "10".to_owned()),
    )
    .await;
    let ingest = ingest.unwrap();
    for _ in 0..12 {
        let event = sent_from("203.0.113.177", "satisfaction=9&comment=The+canary+sings");
        ingest
            .ask(LambdaEvent::new(event, Context::default()))
            .await
            .unwrap();
    }
}

/// Rows that break a rule: one of theirs, and one of somebody else's.
const REFUSED: &str = "\
reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at
CMP-2,complaint,2026-11-13T10:00:00Z,highways,7,Canary Goldfinch,canary@kanarienvogel.example,,It sings,,,
CMP-3,complaint,2026-11-13T10:00:00Z,highways,8,Dunnock,dunnock@hedge.example,,Nothing but the hedge,,,
";

/// A survey is reworded while they have it open, and they answer the questions they were asked.
/// Returns the form's token.
async fn answer_what_was_reworded(house: &House) -> String {
    const PLANNING: &str = "planning-application";
    let form = token(&house.get("/surveys/planning-application").await.body);
    house
        .reword(PLANNING, "better?", "better, all in all?")
        .await;
    house.move_to("2026-11-23T10:03:00Z").await;
    let answers = format!(
        "submission_token={form}&satisfaction=2&comment=The+canary+sings&email=canary%40kanarienvogel.example"
    );
    assert_eq!(house.post_form(PLANNING, &answers).await.status, 303);
    form
}

/// Long after the survey was reworded, nobody knows what the form asked. It comes back with the
/// text that was typed.
async fn answer_what_is_not_asked_any_more(house: &House, form: &str) {
    let typed = format!(
        "submission_token={form}&satisfaction=2&email=canary%40kanarienvogel.example&before=Goldfinch+sings"
    );
    let back = house.post_form("planning-application", &typed).await;
    assert!(
        back.status == 422 && back.body.contains("What we do not ask any more"),
        "{}",
        back.body
    );
    assert!(back.body.contains("Goldfinch sings"));
}

/// Refused rows are shown to the person they name, and to nobody else.
async fn ask_for_refused_rows(house: &House) {
    let report = house
        .drop_file("complaints", "Canary and Dunnock", REFUSED.as_bytes())
        .await;
    assert_silent("a report", &report.to_string());
    for (email, own, of_another) in [
        (
            "canary@kanarienvogel.example",
            "Canary Goldfinch",
            "Dunnock",
        ),
        ("dunnock@hedge.example", "Dunnock", "Canary Goldfinch"),
    ] {
        let order =
            json!({"kind": "access", "identifiers": [email_id(email)], "requested_by": "dpo-7"});
        let package = house.invoke("export", order).await.unwrap();
        assert!(
            package["held"]["quarantine"].as_u64() > Some(0),
            "{package}"
        );
        for key in ["key", "report_key"] {
            let said = house.object(package[key].as_str().unwrap()).await;
            assert!(said.contains(own) && !said.contains(of_another), "{said}");
        }
        house
            .answer_request(package["request_id"].as_str().unwrap())
            .await;
    }
}

/// Processors are notified of the restriction, of its lifting and of a correction, and confirm
/// each.
async fn tell_recipients(house: &House, who: &[serde_json::Value], errors: &mut Vec<String>) {
    let order =
        json!({"order": "rectified", "request_id": "COR-1", "identifiers": who, "by": "dpo-7"});
    errors.push(house.invoke("requests", order).await.unwrap().to_string());
    house.stack.settle().await.unwrap();
    for request in ["H-2-restricted", "H-2-lifted", "COR-1"] {
        house.confirm_all(&json!(request)).await;
        errors.push(house.status(&json!(request)).await.unwrap().to_string());
    }
}

/// A record is listed, looked at, corrected to what names somebody, and has a statement.
async fn correct_a_record(house: &House, who: &[serde_json::Value], errors: &mut Vec<String>) {
    let order = |order: &str| json!({"order": order, "request_id": "COR-2", "identifiers": who, "by": "dpo-7"});
    let mut listed = house.invoke("requests", order("find")).await.unwrap();
    listed["matched"].take();
    errors.push(listed.to_string());
    let mut look = order("look");
    look["record"] = listed["records"][0]["record"].clone();
    house.invoke("requests", look.clone()).await.unwrap();
    let mut correct = look.clone();
    correct["order"] = json!("correct");
    for field in ["contact.name", "contact.phone", "answers.nobody"] {
        for value in [json!("The canary sings"), json!(["The canary sings"])] {
            correct["changes"] = json!({field: value});
            match house.invoke("requests", correct.clone()).await {
                Ok(answer) => errors.push(answer.to_string()),
                Err(refused) => errors.push(refused),
            }
        }
    }
    let mut state = look;
    state["order"] = json!("state");
    state["text"] = json!("The canary sings");
    errors.push(house.invoke("requests", state).await.unwrap().to_string());
}

/// A request is registered. Whoever registers it types where they should not.
async fn note_in_the_register(house: &House, errors: &mut Vec<String>) {
    let registered = json!({"order": "register", "case_id": "CASE-1", "received": "2026-11-23",
        "channel": "telephone", "asker": "person", "kinds": ["access"], "by": "dpo-7"});
    errors.push(
        house
            .invoke("requests", registered.clone())
            .await
            .unwrap()
            .to_string(),
    );
    for (field, typed) in [
        ("case_id", json!("canary@kanarienvogel.example")),
        ("channel", json!("Canary Goldfinch")),
        ("kinds", json!(["canary"])),
        ("by", json!("Canary Goldfinch")),
        ("note", json!("canary@kanarienvogel.example rang")),
        ("note", json!("rang from 07700 900177")),
        ("received", json!("when the canary sings")),
    ] {
        let mut wrong = registered.clone();
        wrong[field] = typed;
        errors.push(house.invoke("requests", wrong).await.unwrap_err());
    }
    let asked = json!({"order": "ask", "case_id": "CASE-1", "on": "2026-11-23", "by": "dpo-7", "revision": 1});
    errors.push(
        house
            .invoke("requests", asked.clone())
            .await
            .unwrap()
            .to_string(),
    );
    errors.push(house.invoke("requests", asked).await.unwrap_err());
    for mut order in [
        json!({"order": "step", "case_id": "CASE-1", "step": "Canary sings"}),
        json!({"order": "close", "case_id": "CASE-1", "ending": "canary", "on": "2026-11-23"}),
        json!({"order": "list", "handler": "Canary Goldfinch"}),
    ] {
        order["by"] = json!("dpo-7");
        errors.push(house.invoke("requests", order).await.unwrap_err());
    }
    let list = json!({"order": "list", "by": "dpo-7"});
    errors.push(house.invoke("requests", list).await.unwrap().to_string());
}

/// A breach is registered. Whoever registers it types where they should not.
async fn note_a_breach(house: &House, errors: &mut Vec<String>) {
    let about = |order: &str| json!({"order": order, "breach_id": "BREACH-1", "by": "dpo-7"});
    let mut aware = about("breach_register");
    (aware["aware_at"], aware["how"]) = (json!("2026-11-23T09:00:00Z"), json!("staff"));
    let registered = house.invoke("requests", aware.clone()).await;
    errors.push(registered.unwrap().to_string());
    let mut scoped = about("breach_scope");
    scoped["query"] = json!({"from": "2026-11-01"});
    let known = house.invoke("requests", scoped.clone()).await;
    errors.push(known.unwrap().to_string());
    for (order, field, typed) in [
        (
            "breach_register",
            "breach_id",
            json!("canary@kanarienvogel.example"),
        ),
        (
            "breach_register",
            "aware_at",
            json!("when the canary sings"),
        ),
        ("breach_register", "how", json!("Canary Goldfinch")),
        (
            "breach_scope",
            "what",
            json!("canary@kanarienvogel.example rang"),
        ),
        ("breach_scope", "categories", json!(["canary"])),
        (
            "breach_scope",
            "query",
            json!({"survey": "Canary Goldfinch"}),
        ),
        (
            "breach_scope",
            "query",
            json!({"looked": {"by": "Canary Goldfinch"}}),
        ),
        ("breach_told_ico", "reference", json!("Canary Goldfinch")),
        ("breach_close", "lessons", json!("ring 07700 900177")),
        ("breach_affected", "after", json!("Canary Goldfinch")),
    ] {
        let mut wrong = about(order);
        if order == "breach_register" {
            wrong = aware.clone();
        }
        if order == "breach_told_ico" {
            wrong["at"] = json!("2026-11-23T09:30:00Z");
        }
        wrong[field] = typed;
        errors.push(house.invoke("requests", wrong).await.unwrap_err());
    }
    for order in ["breach", "breach_form", "breach_count"] {
        let answer = house.invoke("requests", about(order)).await;
        errors.push(answer.unwrap().to_string());
    }
    let complaints = json!({"order": "service_complaints", "by": "dpo-7"});
    let listed = house.invoke("requests", complaints).await;
    errors.push(listed.unwrap().to_string());
}

/// Drops the files, under the person's name.
async fn import(house: &House) {
    for (number, (source, file)) in FILES.into_iter().enumerate() {
        let report = house
            .drop_file(
                source,
                &format!("Canary Goldfinch {number}"),
                file.as_bytes(),
            )
            .await;
        assert_silent("a report", &report.to_string());
    }
    for key in house.files() {
        assert_silent("a key", &key);
    }
    // One file is where nothing looks until the sweep runs.
    let astray = house
        .s3()
        .put_object()
        .bucket(house.intake())
        .key("Canary/Goldfinch sings.csv");
    astray
        .body(COMPLAINT.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap();
}

fn assert_silent(what: &str, text: &str) {
    for trace in TRACES {
        assert!(!text.contains(trace), "{trace} is in {what}: {text}");
    }
}

#[test]
fn the_canary_is_in_no_log_line_no_ledger_entry_and_no_key() {
    // One thread, so that every log line of this stack is captured, and no line of any other.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (errors, lines) = heard::on_this_thread(|| runtime.block_on(send_through_everything()));
    for outcome in [
        "stored",
        "registered",
        "entered",
        "repeated",
        "conflict",
        "refused",
        "trapped",
        "limited",
        "packaged",
        "listed",
        "released",
        "opened_for_reading",
        "wrong_code",
        "read",
        "planned",
        "approved",
        "waiting",
        "confirmed",
        "woken",
        "done",
        "closed",
        "day_closed",
        "day_anchored",
        "verified",
        "placed",
        "told",
        "told_whom",
        "looked",
        "corrected",
        "stated",
        "led_on",
        "lifted",
        "standings",
        "expired",
        "swept",
        "poison",
        "telephone_never",
        "telephone_current",
        "telephone_overdue",
        "complaints",
        "corrected",
        "unsigned",
        "unsubscribed",
        "repeated",
        "foreign_token",
        "asked",
        "sent",
        "later",
        "failed",
        "unauthorised",
        "address_confirmed",
        "not_confirmed",
        "opted_in",
        "imported",
        "file_refused",
        "intake",
    ] {
        assert!(
            lines.contains(&format!("\"outcome\":\"{outcome}\"")),
            "{outcome} is not in the log:\n{lines}"
        );
    }
    assert_silent("the log", &lines);
    assert_silent("an error", &errors);
}

/// Granicus sends the person's forms, valid and invalid. Returns the errors that were given.
async fn hand_over_by_a_partner(house: &House) -> Vec<String> {
    let canary = changed(
        CREATED,
        "/data/profile",
        json!({"name": "Canary Goldfinch", "email": "canary@kanarienvogel.example"}),
    );
    let canary = changed(&canary, "/data/ucrn", json!("KANARIENVOGEL-900177"));
    let canary = changed(&canary, "/data/case_reference", json!("FS-Goldfinch"));
    let canary = changed(&canary, "/data/form", json!("How the canary sings"));
    let corrected = changed(
        &changed(&canary, "/data/form_version", json!(8)),
        "/data/comment",
        json!("The canary sings"),
    );
    for message in [&canary, &canary, &corrected] {
        assert_eq!(house.hand_over(message).await.status, 200);
    }
    let mut errors = Vec::new();
    for (pointer, value) in [
        ("/type", json!("canary")),
        ("/data/form", json!(["Goldfinch"])),
        ("/data/submitted_at", json!("when the canary sings")),
        ("/data/profile/email", json!("canary at home")),
        (
            "/data/answers",
            json!({"canary@kanarienvogel.example": {"sings": 1}}),
        ),
    ] {
        errors.push(
            house
                .hand_over(&changed(&canary, pointer, value))
                .await
                .body,
        );
    }
    errors.push(house.hand_over("{\"canary\": sings").await.body);
    let unsigned = [
        ("content-type", "application/json"),
        ("webhook-id", "canary"),
        ("webhook-signature", "v1,Goldfinch"),
    ];
    errors.push(
        house
            .post_to("/partners/granicus/submissions", &unsigned, &canary)
            .await
            .body,
    );
    errors
}

/// The DPO reads a package, releases it and sees the result. Somebody types a wrong code, and the
/// person fetches the package.
async fn go_to_the_door(house: &House, request: &str, errors: &mut Vec<String>) {
    let reading = house
        .invoke("export", json!({"read": request, "by": "dpo-7"}))
        .await
        .unwrap();
    assert_eq!(house.fetch(&reading, "report").await.status, 200);
    let link = house.release(request).await;
    errors.push(house.get_url(link["url"].as_str().unwrap()).await.body);
    for typed in [
        "canary%40kanarienvogel.example",
        "",
        "07700+900177",
        "Canary&code=Goldfinch",
    ] {
        errors.push(house.press(&link, typed, "report").await.body);
    }
    errors.push(
        house
            .press(&link, link["code"].as_str().unwrap(), "Goldfinch")
            .await
            .body,
    );
    assert_eq!(house.fetch(&link, "report").await.status, 200);
    errors.push(
        house
            .invoke("export", json!({"status": request, "by": "dpo-7"}))
            .await
            .unwrap()
            .to_string(),
    );
    for secret in [
        link["code"].as_str().unwrap(),
        link["url"].as_str().unwrap().rsplit_once('/').unwrap().1,
    ] {
        assert!(
            !house
                .everything()
                .await
                .iter()
                .any(|item| item.contains(secret)),
            "neither is stored as it is told"
        );
        assert!(!errors.iter().any(|page| page.contains(secret)));
    }
}

/// The person asks for the newsletter, is asked whether the address is theirs, and confirms it.
/// Somebody else tries a false link. The DPO asks for a link as well, and reverses the opt-out.
/// Returns the answers.
async fn confirm(house: &House) -> Vec<String> {
    let double = house.stack.simulators().notify.clone();
    double.conduct.behave(Mode::Forging);
    house
        .stack
        .clock()
        .set(house.stack.clock().now() + chrono::TimeDelta::seconds(1));
    subscribe(house, "canary@kanarienvogel.example").await;
    double.conduct.behave(Mode::Refusing);
    let who = [email_id("Canary@kanarienvogel.example")];
    let ask = |id: &str| json!({"order": "confirm_address", "request_id": id, "identifiers": who, "by": "dpo-7"});
    let mut told = vec![
        house
            .invoke("requests", ask("CON-1"))
            .await
            .unwrap()
            .to_string(),
    ];
    house.stack.settle().await.unwrap();
    told.push(house.invoke("requests", ask("CON-2")).await.unwrap_err());
    double.conduct.behave(Mode::Well);
    house
        .stack
        .clock()
        .set(house.stack.clock().now() + chrono::TimeDelta::minutes(2));
    told.push(house.run_notify().await.to_string());
    let path = house.path_to("canary@kanarienvogel.example");
    told.extend([
        house.get(&path).await.body,
        house.confirm(&path).await.body,
        house.confirm(&path).await.body,
    ]);
    for forged in [
        "canary@kanarienvogel.example",
        "subject%231%23sings",
        "Goldfinch?confirm=yes",
    ] {
        told.push(house.get(&format!("/confirm/{forged}")).await.body);
        told.push(house.confirm(&format!("/confirm/{forged}")).await.body);
    }
    told.push(
        house
            .post_to(&path, &[("content-type", "canary/sings")], "canary=sings")
            .await
            .body,
    );
    let opt_in = |reason| json!({"order": "opt_in", "request_id": "CON-3", "identifiers": who, "reason": reason, "by": "dpo-7"});
    told.push(
        house
            .invoke("requests", opt_in("canary sings"))
            .await
            .unwrap_err(),
    );
    told.push(
        house
            .invoke("requests", opt_in("mistake"))
            .await
            .unwrap()
            .to_string(),
    );
    told.push(
        house
            .invoke("notify", json!({"canary@kanarienvogel.example": "sings"}))
            .await
            .unwrap_err(),
    );
    for mail in double.mails() {
        assert_silent("a reference", &mail.reference);
    }
    told
}

/// The person unsubscribes twice, and once with a false token. Returns the pages that were shown.
async fn unsubscribe(house: &House) -> Vec<String> {
    let path = house.unsubscribe_path("canary@kanarienvogel.example").await;
    let mut pages = vec![
        house.get(&path).await.body,
        house.click(&path).await.body,
        house.click(&path).await.body,
    ];
    for forged in [
        "canary@kanarienvogel.example",
        "subject%231%23sings",
        "Goldfinch?email=canary@kanarienvogel.example",
    ] {
        pages.push(house.get(&format!("/unsubscribe/{forged}")).await.body);
        pages.push(house.click(&format!("/unsubscribe/{forged}")).await.body);
        pages.push(house.get(&format!("/packages/{forged}")).await.body);
    }
    pages.push(
        house
            .post_to(&path, &[("content-type", "canary/sings")], "canary")
            .await
            .body,
    );
    house.take_off().await;
    pages.push(
        house
            .post_to(
                &path,
                &[crate::unsubscribe::FORM],
                "Goldfinch=canary@kanarienvogel.example",
            )
            .await
            .body,
    );
    pages
}

/// Granicus needs half a minute for them, Five9 has them in its contacts, and the newsletter
/// service cannot be reached.
fn processors_hold_them(house: &House) {
    let simulators = house.stack.simulators();
    simulators.granicus.give("canary@kanarienvogel.example");
    simulators.granicus.take(chrono::TimeDelta::seconds(30));
    simulators.five9.give(&[
        ("number1", "07700900177"),
        ("first_name", "Canary"),
        ("last_name", "Goldfinch"),
    ]);
    simulators.newsletter.take_as(&[("android_id", "raw")]);
}

/// Somebody at the desk searches for them, by what is no address and by what is one, and asks for
/// addresses of pages that name them.
async fn search_at_the_desk(house: &House) {
    let case = json!({
        "order": "register", "case_id": "C-9", "received": "2026-11-23", "channel": "telephone", "asker": "person",
        "kinds": ["access"], "by": "d-1",
    });
    house.invoke("requests", case).await.unwrap();
    let dana = sign_in(house, "dana").await;
    let form = "/desk/cases/C-9/person";
    for (typed, status) in [
        ("canary sings at home", 422),
        ("canary@kanarienvogel.example", 200),
    ] {
        let mut fields = dana.get(form).await.hidden();
        fields.push(("emails".to_owned(), typed.to_owned()));
        assert_eq!(dana.send(form, &fields).await.status, status, "{typed}");
    }
    for astray in [
        "/desk/cases/canary@kanarienvogel.example",
        "/desk/requests?reference=canary%40kanarienvogel.example",
        "/desk/looks?request_id=canary",
        "/desk/canary",
    ] {
        dana.get(astray).await;
    }
}

/// Returns the errors that were given.
async fn send_through_everything() -> String {
    let house = House::open().await;
    let survey = "recycling-centre";
    let form = house.get("/surveys/recycling-centre").await;
    house.move_to("2026-11-23T10:01:00Z").await;
    let answers = "satisfaction=2&site=Wareham&comment=The+canary+sings&email=canary%40kanarienvogel.example&phone=07700+900177";
    let token = token(&form.body);
    let body = format!("submission_token={token}&{answers}");
    assert_eq!(house.post_form(survey, &body).await.status, 303);
    assert_eq!(house.post_form(survey, &body).await.status, 303);
    assert_eq!(
        house
            .post_form(survey, &body.replace("sings", "is+silent"))
            .await
            .status,
        422
    );
    assert_eq!(
        house
            .post_form(survey, &format!("{answers}&leave_empty=canary"))
            .await
            .status,
        422
    );
    // A survey that does not exist returns the text to the sender and records it nowhere.
    assert_eq!(house.post_form("canary", answers).await.status, 404);
    let mut errors = Vec::new();
    note_in_the_register(&house, &mut errors).await;
    note_a_breach(&house, &mut errors).await;
    for wrong in [
        json!({"satisfaction": "Canary", "canary@kanarienvogel.example": "sings", "email": "canary at home", "site": "Goldfinch"}),
        json!("canary"),
    ] {
        errors.push(house.post_json(survey, &wrong).await.body);
    }
    errors.push(
        house
            .post(
                survey,
                &[("content-type", "application/json")],
                "{\"email\": \"canary@",
            )
            .await
            .body,
    );
    errors.push(
        house
            .post(survey, &[("content-type", "canary/sings")], "canary")
            .await
            .body,
    );
    errors.push(
        house
            .post_json("canary@kanarienvogel.example", &json!({}))
            .await
            .body,
    );
    for astray in [
        "/canary@kanarienvogel.example",
        "/privacy/canary",
        "/surveys/recycling-centre/thank-you?reference=canary",
    ] {
        errors.push(house.get(astray).await.body);
    }
    errors.extend(hand_over_by_a_partner(&house).await);
    flood(&house).await;
    let reworded = answer_what_was_reworded(&house).await;
    ask_for_refused_rows(&house).await;

    let who = [
        email_id("Canary@kanarienvogel.example"),
        phone_id("07700 900177"),
    ];
    // A request named after the person is refused, and its name is not repeated.
    let named = json!({"kind": "access", "identifiers": who, "requested_by": "dpo-7", "request_id": "SAR-07700900177"});
    errors.push(house.invoke("export", named).await.unwrap_err());
    for kind in ["access", "portability"] {
        let order = json!({"kind": kind, "identifiers": who, "requested_by": "dpo-7", "request_id": format!("R-{kind}")});
        house.invoke("export", order).await.unwrap();
        go_to_the_door(&house, &format!("R-{kind}"), &mut errors).await;
    }
    let order = json!({"kind": "access", "identifiers": who, "requested_by": "dpo-7", "request_id": "R-withdrawn"});
    house.invoke("export", order).await.unwrap();
    let withdraw =
        json!({"withdraw": "R-withdrawn", "by": "dpo-7", "reason": "ordered by mistake"});
    errors.push(house.invoke("export", withdraw).await.unwrap().to_string());
    for key in house.objects() {
        assert_silent("a key", &key);
    }
    for wrong in [
        json!({"kind": "canary", "identifiers": [email_id("canary sings")], "requested_by": "dpo-7"}),
        json!({"kind": "access", "identifiers": [email_id("canary sings")], "requested_by": "dpo-7"}),
        json!({"kind": "access", "identifiers": "canary", "requested_by": "dpo-7"}),
        json!({"link_for": "canary@kanarienvogel.example", "by": "dpo-7"}),
        json!({"release": "R-access", "released_by": "dpo-7", "days": "when the canary sings"}),
        json!({"release": "Canary Goldfinch", "released_by": "dpo-7"}),
        json!({"read": "canary sings", "by": "dpo-7"}),
        json!({"status": ["Goldfinch"], "by": "dpo-7"}),
        json!({"withdraw": "canary sings", "by": "dpo-7"}),
        json!({"withdraw": "R-access", "by": "dpo-7", "reason": "canary@kanarienvogel.example did not ask"}),
        json!({"release": "R-access", "released_by": "dpo-7", "confirmed_links": ["canary@kanarienvogel.example"]}),
        json!({"order": "plan", "identifiers": [email_id("canary sings")], "request_id": "R-1"}),
        json!({"order": "canary sings"}),
        json!({"order": "confirm", "request_id": "R-1", "place": "canary", "confirmed_by": "x", "done_on": "canary"}),
        json!("canary sings"),
    ] {
        errors.push(house.invoke("export", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("erase", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("requests", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("sweep", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("expire", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("ingest", wrong.clone()).await.unwrap_err());
        errors.push(house.invoke("partners", wrong.clone()).await.unwrap_err());
        errors.push(
            house
                .invoke("unsubscribe", wrong.clone())
                .await
                .unwrap_err(),
        );
        errors.push(house.invoke("verify", wrong.clone()).await.unwrap_err());
        errors.push(
            house
                .invoke(
                    "requests",
                    json!({"order": "unsubscribe_link", "by": "dpo-7", "identifiers": wrong}),
                )
                .await
                .unwrap_err(),
        );
        errors.push(house.invoke("import", wrong).await.unwrap_err());
    }
    for (place, id, ground) in [
        ("hold", "H-1", "legal claim"),
        ("restrict", "H-2", "18(1)(a)"),
    ] {
        let order = |ground| json!({"order": place, "request_id": id, "identifiers": who, "ground": ground, "by": "dpo-7"});
        errors.push(
            house
                .invoke("requests", order("canary sings"))
                .await
                .unwrap_err(),
        );
        errors.push(
            house
                .invoke("requests", order(ground))
                .await
                .unwrap()
                .to_string(),
        );
        errors.push(
            house
                .invoke(
                    "requests",
                    json!({"order": "status", "request_id": id, "by": "dpo-7"}),
                )
                .await
                .unwrap()
                .to_string(),
        );
    }
    house.invoke("sweep", json!({})).await.unwrap();
    house
        .invoke(
            "requests",
            json!({"order": "notice", "request_id": "H-2", "by": "dpo-7"}),
        )
        .await
        .unwrap();
    house
        .invoke(
            "requests",
            json!({"order": "whom", "request_id": "H-2-restricted", "by": "dpo-7"}),
        )
        .await
        .unwrap();
    for (lift, id) in [("lift", "H-1"), ("unrestrict", "H-2")] {
        let order =
            |reason| json!({"order": lift, "request_id": id, "reason": reason, "by": "dpo-7"});
        errors.push(
            house
                .invoke("requests", order("canary sings"))
                .await
                .unwrap_err(),
        );
        errors.push(
            house
                .invoke("requests", order("settled"))
                .await
                .unwrap()
                .to_string(),
        );
    }
    let links = |after: &str| json!({"order": "links", "request_id": "L-1", "identifiers": who, "by": "dpo-7", "after": after});
    errors.push(
        house
            .invoke("requests", links("canary sings"))
            .await
            .unwrap_err(),
    );
    let mut first = links("");
    first.as_object_mut().unwrap().remove("after");
    let mut listed = house.invoke("requests", first).await.unwrap();
    // Somebody who gives a full address sees it masked, and sees nothing about anybody else.
    assert_eq!(
        listed["matched"][0]["identifier"], "c•••@kanarienvogel.example",
        "{listed}"
    );
    listed["matched"].take();
    errors.push(listed.to_string());
    correct_a_record(&house, &who, &mut errors).await;
    tell_recipients(&house, &who, &mut errors).await;
    search_at_the_desk(&house).await;
    // A complaint is overdue, and no call comes after this one.
    house.invoke("sweep", json!({})).await.unwrap();
    import(&house).await;
    house.invoke("sweep", json!({})).await.unwrap();
    errors.extend(unsubscribe(&house).await);
    errors.extend(confirm(&house).await);
    processors_hold_them(&house);
    house.erase(erasure(&who)).await.unwrap();

    // Granicus reports that it is done. The person answers once more, so that three years can pass,
    // and one record is unreadable.
    house.move_to("2026-11-23T10:10:00Z").await;
    assert!(house.stack.simulators().granicus.inventory().is_empty());
    house.post_form(survey, answers).await;
    let poison = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("RECORDS_TABLE"));
    let s = crate::house::s;
    let end = aws_sdk_dynamodb::types::AttributeValue::N("1890122400".into());
    // For a record that nobody can read, its place is kept and nothing of its content.
    let poison = poison
        .item("pk", s("nobody's"))
        .item("sk", s("?"))
        .item("comment", s("The canary sings"));
    poison.item("expires_at", end).send().await.unwrap();
    house.move_to("2029-12-01T00:00:00Z").await;
    house
        .invoke("sweep", json!({"from": "2026-11-20"}))
        .await
        .unwrap();
    house.stack.settle().await.unwrap();
    answer_what_is_not_asked_any_more(&house, &reworded).await;
    errors.push(house.invoke("verify", json!({})).await.unwrap().to_string());

    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert!(house.items("LEDGER_TABLE").await.len() >= 4);
    for entry in house.items("LEDGER_TABLE").await {
        assert_silent("the ledger", &entry);
    }
    let trail = house.items("AUDIT_TABLE").await;
    assert!(trail.len() >= 4);
    for entry in trail {
        assert_silent("the audit trail", &entry);
    }
    for message in house.stack.messages("custodian-Failed") {
        assert_silent("the queue", &message.body.to_string());
    }
    let left = house
        .everything()
        .await
        .into_iter()
        .filter(|item| !item.contains("SUPPRESSION#") && !item.contains("OPTOUT#"));
    left.for_each(|item| assert_silent("what is stored", &item));
    let tables = template()["Resources"]
        .as_mapping()
        .unwrap()
        .values()
        .filter(|it| it["Type"] == "AWS::DynamoDB::Table")
        .count();
    assert_eq!(
        TABLES.len(),
        tables,
        "a table that is added is looked through as well"
    );
    errors.join("\n")
}
