//! An import and an erasure at the same moment: the erasure wins, whichever comes first. Two
//! imports at the same moment: one file is read after the other.

use super::overtaken_by;
use crate::faults::start;
use crate::house::{House, asleep, email_id, erasure, options};
use crate::imports_faults::{COMPLAINTS, POSTS, dropped, dropped_as, import};
use crate::paused::pausing_host;
use chrono::TimeDelta;
use custodian_buckets::files::{Beside, File, Files};
use custodian_domain::place::Place;
use custodian_domain::record::source::Source;
use custodian_erase::Erase;
use custodian_local::Options;
use custodian_runtime::{Environment, Function};
use custodian_store::imports::Imports;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

fn rosa(number: usize) -> String {
    format!("rosa-{number}@example.org")
}

/// What Rosa and Abel posted long before.
fn file(number: usize) -> String {
    let row = |who: &str| {
        format!(
            "{who}-{number},complaint,2026-11-06T10:00:00Z,highways,1,,{who}-{number}@example.org,07700 900142,A hole,,,\n"
        )
    };
    format!("{COMPLAINTS}{}{}", row("rosa"), row("abel"))
}

/// Asserts that none of her records and links are kept, and that all of his are.
async fn she_is_gone_and_he_stays(house: &House, number: usize, when: &str) {
    let held = house.items("RECORDS_TABLE").await;
    assert!(
        !held.iter().any(|item| item.contains(&rosa(number))),
        "{when}"
    );
    assert!(
        held.iter()
            .any(|item| item.contains(&format!("abel-{number}@"))),
        "{when}"
    );
    assert_eq!(
        held.len(),
        2 * number,
        "{when}: a record and a link of each Abel's"
    );
}

async fn approve(house: &House, number: usize) -> String {
    let order = erasure(&[email_id(&rosa(number))]);
    let id = order["request_id"].as_str().unwrap().to_owned();
    house.approve_alone(order).await.unwrap();
    id
}

/// The task of an erasure that deletes records.
async fn forget(host: &Environment, request: &str) -> Result<(), String> {
    let erase = Erase::start(host)
        .await
        .map_err(|error| error.to_string())?;
    erase
        .invoke(start(request, Place::Records))
        .await
        .map(drop)
        .map_err(|failure| failure.error_message)
}

/// The import itself takes back what it writes after the approval. The task deletes what it wrote
/// before.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_an_approval_overtakes_at_any_of_its_calls_leaves_nothing_once_the_task_is_done()
 {
    let house = House::with(Options {
        functions: asleep(&["import", "erase"]),
        ..options()
    })
    .await;
    let mut raced = 0;
    for number in 1..60 {
        let event = dropped(&house, "complaints", &file(number)).await;
        let (host, mut pause) = pausing_host(&house, "import", number);
        let overtaking = async {
            pause.reached().await;
            let request = approve(&house, number).await;
            pause.go_on();
            request
        };
        let Some((imported, request)) = overtaken_by(import(&host, event), overtaking).await else {
            break;
        };
        imported.unwrap();
        forget(&house.stack.host("erase").unwrap(), &request)
            .await
            .unwrap();
        she_is_gone_and_he_stays(&house, number, &format!("approved before call {number}")).await;
        raced += 1;
    }
    assert!(raced >= 5, "{raced}");
}

/// From the approval on she is suppressed. A file that is read before, while or after the task
/// deletes brings nothing of hers, and its report says so.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_before_any_call_of_an_erasure_that_is_approved_and_after_it_brings_nothing_back()
{
    let house = House::where_it_sleeps("erase").await;
    let mut raced = 0;
    for number in 1..60 {
        house
            .tell("Before.", Some(&rosa(number)), Some("07700 900142"))
            .await;
        let request = approve(&house, number).await;
        let (host, mut pause) = pausing_host(&house, "erase", number);
        let overtaking = async {
            pause.reached().await;
            let report = house
                .drop_file("complaints", "during.csv", file(number).as_bytes())
                .await;
            pause.go_on();
            report
        };
        let Some((done, report)) = overtaken_by(forget(&host, &request), overtaking).await else {
            break;
        };
        done.unwrap();
        assert_eq!(
            (&report["suppressed"], &report["new"]),
            (&json!(1), &json!(1)),
            "before call {number}"
        );
        she_is_gone_and_he_stays(&house, number, &format!("read before call {number}")).await;
        let report = house
            .drop_file("complaints", "after.csv", file(number).as_bytes())
            .await;
        assert_eq!(
            (&report["suppressed"], &report["already_there"]),
            (&json!(1), &json!(1))
        );
        she_is_gone_and_he_stays(&house, number, "read after it").await;
        raced += 1;
    }
    assert!(raced >= 5, "{raced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_between_the_plan_and_its_approval_and_is_older_goes_too_and_is_said() {
    let house = House::open().await;
    let order = |what: &str| json!({"order": what, "request_id": "ER-1"});
    let mut plan = order("plan");
    (plan["identifiers"], plan["ground"]) = (json!([email_id(&rosa(1))]), json!("17(1)(b)"));
    plan["planned_by"] = json!("dpo-7");
    let before = house.invoke("requests", plan).await.unwrap();
    house
        .drop_file("complaints", "between.csv", file(1).as_bytes())
        .await;
    let mut approval = order("approve");
    (approval["hash"], approval["approved_by"]) = (before["hash"].clone(), json!("dpo-8"));
    let approved = house.invoke("requests", approval).await.unwrap();
    assert_eq!(approved["arrived_since"]["records"], 0);
    let changed = approved["changed_since"].as_array().unwrap();
    assert!(
        changed.contains(&json!("records.complaints.2026-11: 1, was nothing")),
        "{approved}"
    );
    house.stack.settle().await.unwrap();
    she_is_gone_and_he_stays(&house, 1, "erased with what came between").await;
}

fn imports(house: &House) -> Imports {
    Imports::new(house.dynamodb(), house.setting("REGISTER_TABLE"))
}

fn files(house: &House) -> Files {
    Files::new(house.s3(), house.intake())
}

/// A file with one post, and its notification.
async fn told_of(house: &House, key: &str, post: usize, text: &str) -> LambdaEvent<Value> {
    let mut event = dropped_as(
        house,
        key,
        &format!("{POSTS}{post},x,2026-09-01T08:00:00Z,@a,{text},,\n"),
    )
    .await;
    event.context.request_id = key.to_owned();
    event
}

/// An invocation that is notified of a second file while the source's first is read leaves it and
/// writes nothing. The second is read when the first is finished. Before the first begins and after
/// it has ended, the second is read at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_another_of_its_source_overtakes_at_any_of_its_calls_is_not_interleaved_and_both_are_read()
 {
    let house = House::where_it_sleeps("import").await;
    let host = house.stack.host("import").unwrap();
    let (mut waited, mut read) = (0, 0);
    for call in 1..60 {
        let first = told_of(&house, &format!("social/first-{call}"), call, "First.").await;
        let key = format!("social/second-{call}");
        let second = told_of(&house, &key, call, "Second.").await;
        let etag = second.payload["Records"][0]["s3"]["object"]["eTag"]
            .as_str()
            .unwrap()
            .to_owned();
        let id = File::dropped(&key, &etag).unwrap().id();
        let (slow, mut pause) = pausing_host(&house, "import", call);
        let overtaking = async {
            pause.reached().await;
            let before = house.items("RECORDS_TABLE").await;
            let told = import(&host, second).await.unwrap();
            let is_untouched = before == house.items("RECORDS_TABLE").await;
            pause.go_on();
            (told, is_untouched)
        };
        let Some((done, (told, is_untouched))) =
            overtaken_by(import(&slow, first), overtaking).await
        else {
            break;
        };
        assert_eq!(
            done.unwrap()["reports"][0]["state"],
            "done",
            "before call {call}"
        );
        if told == json!({"reports": []}) {
            assert!(is_untouched, "before call {call}");
            let handover = Beside::Handover.key(Source::Social, &id);
            assert!(
                house.files().contains(&handover),
                "before call {call}: nobody reads it"
            );
            let mut event = dropped_as(&house, "elsewhere", "").await;
            event.payload["Records"][0]["s3"]["object"]["key"] = json!(handover);
            assert_eq!(
                import(&host, event).await.unwrap()["reports"][0]["state"],
                "done"
            );
            waited += 1;
        } else {
            assert_eq!(told["reports"][0]["state"], "done", "before call {call}");
            read += 1;
        }
        let posts = house.items("RECORDS_TABLE").await;
        assert_eq!(posts.len(), call);
        assert!(
            posts.iter().all(|post| post.contains("Second.")),
            "before call {call}: the later word stands"
        );
        let left = house
            .files()
            .into_iter()
            .filter(|key| key.starts_with("social/") || key.starts_with("progress/"));
        assert_eq!(
            left.collect::<Vec<_>>(),
            Vec::<String>::new(),
            "before call {call}"
        );
    }
    assert!(waited >= 8 && read >= 3, "{waited} {read}");
}

/// The whole stack runs as many invocations as there are files.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_files_of_one_source_that_land_at_once_all_are_read_and_the_last_word_stands() {
    let house = House::open().await;
    let mut ids = Vec::new();
    for number in 0..12 {
        let file = format!("{POSTS}1,x,2026-09-01T08:00:00Z,@a,Text {number}.,,\n");
        ids.push(
            house
                .put_file("social", &format!("file-{number}"), file.as_bytes())
                .await,
        );
    }
    house.stack.settle().await.unwrap();
    for id in ids {
        assert_eq!(house.report("social", &id).await["state"], "done");
    }
    let posts = house.items("RECORDS_TABLE").await;
    assert_eq!(posts.len(), 1);
    assert!(
        posts.iter().all(|post| post.contains("Text 11.")),
        "{posts:?}"
    );
    assert!(
        house.files().iter().all(|key| key.starts_with("reports/")),
        "{:?}",
        house.files()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_one_invocation_s_until_it_ends_it_or_can_no_longer_be_running() {
    let house = House::open().await;
    let (imports, now) = (imports(&house), house.stack.clock().now());
    let takes = async |invocation: &str, minutes: i64| {
        imports
            .take_lease(
                Source::Social,
                invocation,
                now + TimeDelta::minutes(minutes),
            )
            .await
            .unwrap()
    };
    assert!(
        takes("one", 0).await && takes("one", 1).await,
        "Lambda repeats an invocation under its id"
    );
    assert!(!takes("two", 16).await, "it may still be running");
    assert!(
        imports
            .take_lease(Source::Reviews, "two", now)
            .await
            .unwrap(),
        "each source has its own"
    );
    assert!(takes("two", 17).await, "it can't be running any longer");
    imports
        .end_lease(Source::Social, "one", now + TimeDelta::minutes(17))
        .await
        .unwrap();
    assert!(
        !takes("one", 18).await,
        "who has lost the turn ends nobody's"
    );
    imports
        .end_lease(Source::Social, "two", now + TimeDelta::minutes(18))
        .await
        .unwrap();
    assert!(takes("one", 18).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_that_fail_none_starts_the_others_again_and_again() {
    let house = House::where_it_sleeps("import").await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(house.put_file("social", name, b"x").await);
    }
    let files = files(&house);
    let next = async |failed: Option<usize>| {
        let failed = failed.map(|at| ids[at].as_str());
        files
            .waiting_longest(Source::Social, failed)
            .await
            .unwrap()
            .map(|file| file.key)
    };
    assert_eq!(next(None).await.as_deref(), Some("social/a"));
    assert_eq!(
        next(Some(0)).await.as_deref(),
        Some("social/b"),
        "one fails, and the next has its turn"
    );
    files
        .hand_over(&File::dropped("social/b", &etag(&house, "social/b").await).unwrap())
        .await
        .unwrap();
    assert_eq!(next(Some(1)).await.as_deref(), Some("social/a"));
    files
        .hand_over(&File::dropped("social/a", &etag(&house, "social/a").await).unwrap())
        .await
        .unwrap();
    assert_eq!(next(Some(0)).await.as_deref(), Some("social/c"));
    files
        .hand_over(&File::dropped("social/c", &etag(&house, "social/c").await).unwrap())
        .await
        .unwrap();
    assert_eq!(
        next(Some(2)).await,
        None,
        "each had its turn: Lambda and the sweep try them again"
    );
    assert!(
        next(None).await.is_some(),
        "one that was read hands over to whoever waits"
    );
}

async fn etag(house: &House, key: &str) -> String {
    house
        .s3()
        .head_object()
        .bucket(house.intake())
        .key(key)
        .send()
        .await
        .unwrap()
        .e_tag
        .unwrap()
}
