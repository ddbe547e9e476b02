//! This version opens a data folder that the first version filled. Everybody is found, nothing is
//! doubled when it arrives again, what is under way continues, and what is in force stays in force.
//! `tests/fixtures/upgrade/README.md` describes the folder.

use crate::confirming::subscribe;
use crate::house::{House, at, email_id, options};
use custodian_local::Options;
use custodian_operations::evidence::{self, Scope};
use custodian_operations::verify::verify;
use custodian_store::evidence::Register;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// What no version may change about a record: its source, its reference, its end, the end that a
/// hold keeps back, and whether it is restricted.
type Kept = (String, String, Option<i64>, Option<i64>, bool);

/// The first version's folder, opened by this version at the second at which it was left.
struct Upgraded {
    house: House,
    /// What the first version said about the folder.
    expected: Value,
    _folder: TempDir,
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/upgrade")).join(name)
}

/// The parts of a record's item that [`Kept`] has.
fn kept(item: &Value) -> Kept {
    let number = |name: &str| {
        item.get(name)
            .map(|it| it.as_i64().or_else(|| it.as_str()?.parse().ok()).unwrap())
    };
    let source = item["sk"].as_str().unwrap().split('#').nth(1).unwrap();
    let reference = item["reference"].as_str().unwrap();
    let restricted = item.get("restricted").is_some_and(|it| it == true);
    (
        source.to_owned(),
        reference.to_owned(),
        number("expires_at"),
        number("retention_due_at"),
        restricted,
    )
}

fn each<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what]
        .as_array()
        .unwrap_or_else(|| panic!("{what} is a list"))
}

impl Upgraded {
    async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    async fn open_with(change: impl FnOnce(&mut Options)) -> Self {
        let expected: Value =
            serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        let mut unpack = Command::new("tar");
        unpack
            .args(["--extract", "--gzip", "--file"])
            .arg(fixture("data.tar.gz"))
            .arg("--directory")
            .arg(folder.path());
        assert!(unpack.status().unwrap().success());
        let mut options = Options {
            data: Some(folder.path().to_owned()),
            ..options()
        };
        options.clock.set(at(expected["clock"].as_str().unwrap()));
        for parameter in each(&expected, "parameters") {
            let (name, value) = parameter.as_str().unwrap().split_once('=').unwrap();
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
        change(&mut options);
        let house = House::with(options).await;
        house.stack.settle().await.unwrap();
        Self {
            house,
            expected,
            _folder: folder,
        }
    }

    /// The records that are stored, in the words of the first version.
    async fn records(&self) -> Vec<Kept> {
        let items = self.house.items("RECORDS_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        let records = items.filter(|item| item["sk"].as_str().unwrap().starts_with("record#"));
        let mut kept: Vec<Kept> = records.map(|item| kept(&item)).collect();
        kept.sort();
        kept
    }

    /// The records of the folder, without those of the two people whose erasure continues as soon
    /// as it is opened.
    fn records_before(&self) -> Vec<Kept> {
        let erased = each(&self.expected, "erased_on_opening");
        let records = each(&self.expected, "records").iter();
        let mut kept: Vec<Kept> = records
            .filter(|item| !erased.contains(&item["reference"]))
            .map(kept)
            .collect();
        kept.sort();
        kept
    }

    /// The package of somebody whose links the DPO looked at and confirmed.
    async fn package(&self, kind: &str, identifiers: &Value) -> Value {
        let mut order = json!({"kind": kind, "identifiers": identifiers, "requested_by": "dpo-7"});
        let package = self.house.invoke("export", order.clone()).await.unwrap();
        if package["undecided"] == 0 {
            return package;
        }
        order["confirmed_links"] = each(&package, "linked")
            .iter()
            .map(|link| link["link"].clone())
            .collect();
        self.house.invoke("export", order).await.unwrap()
    }

    async fn found(&self, identifiers: &Value) -> Value {
        self.package("portability", identifiers).await["records"].clone()
    }

    async fn assert_all_found(&self) {
        let mut wrong = BTreeMap::new();
        for person in each(&self.expected, "people") {
            let found = self.found(&person["identifiers"]).await;
            if found != person["records"] {
                wrong.insert(
                    person["who"].as_str().unwrap(),
                    (person["records"].clone(), found),
                );
            }
        }
        assert!(
            wrong.is_empty(),
            "how many records there were, and are: {wrong:#?}"
        );
    }

    /// Everybody sends the same again, and partners drop the same files again.
    async fn send_all_again(&self) {
        let again = &self.expected["again"];
        for answer in each(again, "answers") {
            let [survey, key, answers] = [&answer[0], &answer[1], &answer[2]];
            let headers = [
                ("content-type", "application/json"),
                ("idempotency-key", key.as_str().unwrap()),
            ];
            let answer = self
                .house
                .post(survey.as_str().unwrap(), &headers, &answers.to_string())
                .await;
            // The first version accepted keys that anybody can guess. A program that still sends
            // them is told so, and nothing is doubled.
            let problem = (answer.status, answer.json()["type"].clone());
            assert_eq!(
                problem,
                (400, json!("urn:custodian:problem:idempotency-key")),
                "{key}: {}",
                answer.body
            );
        }
        for message in each(again, "messages") {
            let answer = self.house.hand_over(&message.to_string()).await;
            assert_eq!(
                (answer.status, &answer.json()["outcome"]),
                (200, &json!("repeated")),
                "{}",
                answer.body
            );
        }
        for (source, file) in again["files"].as_object().unwrap() {
            let bytes = std::fs::read(fixture("files").join(file.as_str().unwrap())).unwrap();
            let report = self
                .house
                .drop_file(source, &format!("again-{}", file.as_str().unwrap()), &bytes)
                .await;
            assert_eq!(
                (&report["state"], &report["new"]),
                (&json!("done"), &json!(0)),
                "{source}: {report}"
            );
        }
    }

    async fn status(&self, request: &str) -> Value {
        self.house.status(&json!(request)).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_whom_the_first_version_knew_is_found_and_every_end_is_what_it_was() {
    let upgraded = Upgraded::open().await;
    assert_eq!(upgraded.records().await, upgraded.records_before());
    upgraded.assert_all_found().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_claimed_in_the_first_version_is_a_claim_and_what_others_vouched_for_is_not() {
    let upgraded = Upgraded::open().await;
    for (who, followed, asserted_by) in [
        (
            json!({"type": "phone", "value": "07700 900111"}),
            false,
            json!(["claimed"]),
        ),
        (
            json!({"type": "reference", "value": "UCRN-00093321"}),
            true,
            json!(["signed_in"]),
        ),
        (
            json!({"type": "phone", "value": "07700 900142"}),
            true,
            json!(["staff"]),
        ),
    ] {
        let order = json!({"kind": "portability", "identifiers": [who], "requested_by": "dpo-7"});
        let package = upgraded.house.invoke("export", order).await.unwrap();
        let link = &each(&package, "linked")[0];
        assert_eq!(
            (&link["followed"], &link["asserted_by"]),
            (&json!(followed), &asserted_by),
            "{package}"
        );
        assert_eq!(
            package["undecided"], package["linked_total"],
            "nobody has decided yet: {package}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_doubles_and_no_end_moves_when_the_same_comes_again_after_an_upgrade() {
    let upgraded = Upgraded::open().await;
    upgraded.send_all_again().await;
    assert_eq!(upgraded.records().await, upgraded.records_before());
    upgraded.assert_all_found().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_lists_under_two_accounts_becomes_no_more_after_an_upgrade() {
    let upgraded = Upgraded::open().await;
    let before = upgraded.records().await;
    let file = std::fs::read(fixture("files/reviews-of-two-accounts.json")).unwrap();
    upgraded
        .house
        .drop_file("reviews", "again.json", &file)
        .await;
    let after = upgraded.records().await;
    assert!(after.len() <= before.len(), "{after:#?}");
    assert!(
        after.iter().all(|record| before.contains(record)),
        "{after:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_reaches_what_the_first_version_kept_and_adds_nothing() {
    let upgraded = Upgraded::open().await;
    let house = &upgraded.house;
    let file = |name: &str| std::fs::read_to_string(fixture("files").join(name)).unwrap();
    for (message, spelt) in [
        (0, "FS-CASE-718204411"),
        (1, "fs-case-718204412"),
        (2, "FS-Case-718204999"),
    ] {
        let mut message = upgraded.expected["again"]["messages"][message].clone();
        message["data"]["case_reference"] = json!(spelt);
        assert_eq!(
            house.hand_over(&message.to_string()).await.json()["outcome"],
            "repeated",
            "{spelt}"
        );
        (message["type"], message["timestamp"]) =
            (json!("submission.updated"), json!("2026-11-24T09:00:00Z"));
        message["data"]["comment"] = json!("Settled.");
        assert_eq!(
            house.hand_over(&message.to_string()).await.json()["outcome"],
            "corrected",
            "{spelt}"
        );
    }
    let reviews = file("reviews.json").replace("Lovely library", "Lonely library");
    let reviews = reviews.replace(
        "\"updateTime\": \"2026-05-01T10:00:00Z\"",
        "\"updateTime\": \"2026-06-01T10:00:00Z\"",
    );
    let report = house
        .drop_file("reviews", "corrected.json", reviews.as_bytes())
        .await;
    assert_eq!(
        (&report["new"], &report["corrected"]),
        (&json!(0), &json!(1)),
        "{report}"
    );
    let complaints = file("complaints.csv").replace("Mould in the bathroom", "Mould in the hall");
    let report = house
        .drop_file("complaints", "corrected.csv", complaints.as_bytes())
        .await;
    assert_eq!(
        (&report["new"], &report["corrected"]),
        (&json!(0), &json!(1)),
        "what is on hold too: {report}"
    );
    assert_eq!(upgraded.records().await, upgraded.records_before());
    upgraded.assert_all_found().await;
    let (head, post) = (
        "post_id,network,posted_at,handle,text,url,sentiment",
        "1836,facebook,2026-09-01T08:00:00Z",
    );
    let gone = house
        .drop_file(
            "social",
            "gone.csv",
            format!("{head}\n{post},sam.t,[deleted],,\n").as_bytes(),
        )
        .await;
    assert_eq!(
        (&gone["new"], &gone["forgotten"]),
        (&json!(0), &json!(1)),
        "{gone}"
    );
    assert_eq!(
        upgraded.records().await.len(),
        upgraded.records_before().len() - 1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_version_kept_is_told_whole_with_the_words_that_were_asked() {
    let upgraded = Upgraded::open().await;
    for person in each(&upgraded.expected, "people") {
        let package = upgraded.package("access", &person["identifiers"]).await;
        assert_eq!(package["records"], person["records"], "{}", person["who"]);
        let document = upgraded.house.document(&package).await;
        let report = upgraded
            .house
            .object(package["report_key"].as_str().unwrap())
            .await;
        for (who, words) in [
            ("json", &["Which site did you visit?", "Dorchester"][..]),
            (
                "planning, and a package handed over",
                &["Application reference", "P/FUL/2026/01234"],
            ),
            (
                "granicus, by customer number",
                &["Damers Road", "Third time this month."],
            ),
            ("interview, restricted", &["Felt rushed in the assessment"]),
            ("review", &["Lovely library, patient staff."]),
        ] {
            let is_whole = |text: &str| words.iter().all(|it| text.contains(it));
            let document = document.to_string();
            assert!(
                person["who"] != who || (is_whole(&document) && is_whole(&report)),
                "{who}: {document}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_rewords_a_survey_tells_old_answers_under_the_words_that_were_asked() {
    let (surveys, now) = (TempDir::new().unwrap(), options().surveys.unwrap());
    let asked = "Which site did you visit?";
    for name in ["recycling-centre.json", "planning-application.json"] {
        let survey = std::fs::read_to_string(now.join(name)).unwrap();
        std::fs::write(
            surveys.path().join(name),
            survey.replace(asked, "Where were you?"),
        )
        .unwrap();
    }
    let upgraded =
        Upgraded::open_with(|options| options.surveys = Some(surveys.path().to_owned())).await;
    let order = json!({"kind": "access", "identifiers": [email_id("alex@example.com")], "requested_by": "dpo-7"});
    let document = upgraded
        .house
        .document(&upgraded.house.invoke("export", order).await.unwrap())
        .await
        .to_string();
    assert!(
        document.contains(asked) && !document.contains("Where were you?"),
        "{document}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_of_the_first_version_verifies_and_is_continued() {
    let upgraded = Upgraded::open().await;
    let before = verify(&upgraded.house.ledger(), None).await.unwrap();
    assert!(before.entries > 5 && before.days > 1, "{before:?}");
    let unanchored = upgraded.house.audit().await.unwrap_err().to_string();
    assert!(
        unanchored.ends_with("is missing, and the day is closed"),
        "until the first sweep: {unanchored}"
    );
    upgraded.house.move_to("2026-11-26T10:00:00Z").await;
    upgraded.house.invoke("sweep", json!({})).await.unwrap();
    let after = verify(&upgraded.house.ledger(), None).await.unwrap();
    assert!(after.days > before.days && after.overdue == 0, "{after:?}");
    let audited = upgraded.house.audit().await.unwrap();
    assert_eq!(
        audited.anchored.unwrap().days,
        after.days,
        "every day is anchored, those from before as well"
    );
    upgraded.house.move_to("2029-12-31T10:00:00Z").await;
    let end = verify(&upgraded.house.ledger(), None).await.unwrap();
    assert!(
        end.entries > after.entries,
        "what the first version kept ends, and the ledger says so: {end:?}"
    );
    let left = upgraded.records().await;
    assert!(
        left.iter().all(|(_, _, _, due, _)| due.is_some()),
        "only what is held is left: {left:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_the_first_version_are_older_than_the_evidence_and_attested_from_then_on() {
    let upgraded = Upgraded::open().await;
    let house = &upgraded.house;
    let register = Register::new(house.dynamodb(), house.setting("REGISTER_TABLE"));
    let proven = async || {
        let scope = Scope::all(house.stack.clock().now());
        evidence::prove(&house.ledger(), &register, scope)
            .await
            .unwrap()
    };
    let before = proven().await;
    assert!(before.older > 10 && before.since.is_none(), "{before:?}");
    for request in ["ERA-3", "ERA-4"] {
        house.confirm_all(&json!(request)).await;
    }
    house.invoke("sweep", json!({})).await.unwrap();
    let after = proven().await;
    assert!(
        after.attested > 4 && after.waiting == 0 && after.older < before.older,
        "{before:?} {after:?}"
    );
    assert_eq!(after.since, Some(house.stack.clock().now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn erasures_that_the_first_version_began_go_on_to_their_certificates() {
    let upgraded = Upgraded::open().await;
    for request in ["ERA-3", "ERA-4"] {
        assert_eq!(
            upgraded.status(request).await["status"],
            "approved",
            "{request}"
        );
        upgraded.house.confirm_all(&json!(request)).await;
        let status = upgraded.status(request).await;
        assert_eq!(status["status"], "closed", "{status}");
        assert_eq!(
            each(&status["certificate"], "receipts").len(),
            6,
            "one of each place: {status}"
        );
    }
    assert_eq!(
        upgraded
            .found(&json!([email_id("nora.late@example.org")]))
            .await,
        0
    );
    let closed = upgraded.status("ERA-1").await;
    assert_eq!(closed["status"], "closed");
    assert_eq!(
        each(&closed["certificate"], "receipts").len(),
        6,
        "{closed}"
    );
    assert!(verify(&upgraded.house.ledger(), None).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_the_first_version_is_still_a_plan_and_can_be_approved() {
    let upgraded = Upgraded::open().await;
    assert_eq!(upgraded.status("ERA-5").await["status"], "planned");
    let order = json!({"identifiers": [email_id("paul.ash@example.com")], "ground": "17(1)(b)", "approved_by": "dpo-7",
        "request_id": "ERA-5"});
    let status = upgraded.house.erase(order).await.unwrap();
    assert_eq!(status["status"], "closed", "{status}");
    assert_eq!(
        upgraded
            .found(&json!([email_id("paul.ash@example.com")]))
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_the_first_version_is_approved_as_it_was_looked_at_whatever_came_since() {
    let upgraded = Upgraded::open().await;
    let (house, paul) = (&upgraded.house, "paul.ash@example.com");
    house.move_to("2026-11-24T11:00:00Z").await;
    house.tell("Later.", Some(paul), None).await;
    let planned = upgraded.status("ERA-5").await;
    let mut order = json!({"order": "approve", "request_id": "ERA-5", "hash": planned["hash"], "approved_by": "dpo-7"});
    let refused = house.invoke("requests", order.clone()).await.unwrap_err();
    assert!(
        refused.contains("\"SingleHanded\""),
        "the first version let one plan and approve: {refused}"
    );
    order["approved_by"] = json!("dpo-8");
    let approved = house.invoke("requests", order).await.unwrap();
    assert_eq!(approved["arrived_since"]["records"], 1, "{approved}");
    house.stack.settle().await.unwrap();
    house.confirm_all(&json!("ERA-5")).await;
    assert_eq!(upgraded.status("ERA-5").await["status"], "closed");
    assert_eq!(
        upgraded.found(&json!([email_id(paul)])).await,
        1,
        "what came after the plan"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_a_restriction_and_an_opt_out_of_the_first_version_stand() {
    let upgraded = Upgraded::open().await;
    let house = &upgraded.house;
    assert_eq!(upgraded.status("CLAIM-1").await["status"], "held");
    assert_eq!(upgraded.status("RES-1").await["status"], "restricted");
    let olive = house
        .opt_out("olive.reed@example.com", at("2026-11-24T10:00:00Z"))
        .await;
    assert!(olive.is_some(), "the opt-out is there");
    subscribe(house, "olive.reed@example.com").await;
    assert_eq!(
        house.opt_out_told("olive.reed@example.com").await["stands"],
        true,
        "whatever a form says after it"
    );
    assert_eq!(
        house
            .confirm(&house.path_to("olive.reed@example.com"))
            .await
            .status,
        200
    );
    assert_eq!(
        house.opt_out_told("olive.reed@example.com").await["stands"],
        false,
        "until it is confirmed"
    );
    house.move_to("2029-12-31T10:00:00Z").await;
    let priya = json!([email_id("priya.nair@example.org")]);
    assert_eq!(
        upgraded.found(&priya).await,
        5,
        "what is held outlasts its date"
    );
    let lift =
        json!({"order": "lift", "request_id": "CLAIM-1", "reason": "settled", "by": "dpo-7"});
    house.invoke("requests", lift).await.unwrap();
    assert_eq!(upgraded.found(&priya).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_peoples_hands_works_after_an_upgrade() {
    let upgraded = Upgraded::open().await;
    let (house, expected) = (&upgraded.house, &upgraded.expected);
    let former = house.get(expected["link"].as_str().unwrap()).await;
    assert!(
        former.status == 410 && former.body.contains("mailto:"),
        "a link without a code: {former:?}"
    );
    for request in ["SAR-1", "SAR-2"] {
        let link = house.release(request).await;
        assert_eq!(
            house.fetch(&link, "report").await.status,
            200,
            "a package of before: {request}"
        );
    }
    let rosa = expected["unsubscribe"]["rosa.hardy@example.com"]
        .as_str()
        .unwrap();
    assert_eq!(house.click(rosa).await.status, 200);
    assert!(
        house
            .opt_out("rosa.hardy@example.com", house.stack.clock().now())
            .await
            .is_some(),
        "a link in a newsletter"
    );
    house.move_to("2026-11-24T10:09:00Z").await;
    let form = format!(
        "submission_token={}&satisfaction=4&site=Wareham",
        expected["open_form"].as_str().unwrap()
    );
    let answer = house.post_form("recycling-centre", &form).await;
    assert_eq!(
        answer.status, 303,
        "a form that was open in a browser: {}",
        answer.body
    );
    assert_eq!(
        upgraded.records().await.len(),
        upgraded.records_before().len() + 1
    );
}
