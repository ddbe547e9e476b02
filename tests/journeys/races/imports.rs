//! An import and an erasure at the same moment: the erasure wins, whichever of them comes first.

use super::overtaken_by;
use crate::faults::start;
use crate::house::{House, asleep, email_id, erasure, options};
use crate::imports_faults::{COMPLAINTS, dropped, import};
use crate::paused::pausing_host;
use erase::Erase;
use local::Options;
use serde_json::json;
use shared::domain::place::Place;
use shared::edge::Host;

fn rosa(number: usize) -> String {
    format!("rosa-{number}@example.org")
}

/// What Rosa and Abel told long before.
fn file(number: usize) -> String {
    let row = |who: &str| {
        format!(
            "{who}-{number},complaint,2026-11-06T10:00:00Z,highways,1,,{who}-{number}@example.org,07700 900142,A hole,,,\n"
        )
    };
    format!("{COMPLAINTS}{}{}", row("rosa"), row("abel"))
}

/// Nothing of hers is kept, neither record nor link; all of his is.
async fn she_is_gone_and_he_stays(house: &House, number: usize, when: &str) {
    let held = house.items("RECORDS_TABLE").await;
    assert!(!held.iter().any(|item| item.contains(&rosa(number))), "{when}");
    assert!(held.iter().any(|item| item.contains(&format!("abel-{number}@"))), "{when}");
    assert_eq!(held.len(), 2 * number, "{when}: a record and a link of each Abel's");
}

async fn approve(house: &House, number: usize) -> String {
    let order = erasure(&[email_id(&rosa(number))]);
    let id = order["request_id"].as_str().unwrap().to_owned();
    house.approve_alone(order).await.unwrap();
    id
}

/// The task of an erasure that deletes records.
async fn forget(host: &Host, request: &str) -> Result<(), String> {
    let erase = Erase::start(host).await.map_err(|error| error.to_string())?;
    erase.invoke(start(request, Place::Records)).await.map(drop).map_err(|failure| failure.error_message)
}

/// What it writes after the approval it takes back itself; what it wrote before, the task deletes.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_an_approval_overtakes_at_any_of_its_calls_leaves_nothing_once_the_task_is_done() {
    let house = House::with(Options { functions: asleep(&["import", "erase"]), ..options() }).await;
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
        let Some((imported, request)) = overtaken_by(import(&host, event), overtaking).await else { break };
        imported.unwrap();
        forget(&house.stack.host("erase").unwrap(), &request).await.unwrap();
        she_is_gone_and_he_stays(&house, number, &format!("approved before call {number}")).await;
        raced += 1;
    }
    assert!(raced >= 5, "{raced}");
}

/// From the approval on she is suppressed: a file that is read before or while the task deletes, or after it, brings nothing
/// of hers, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_before_any_call_of_an_erasure_that_is_approved_and_after_it_brings_nothing_back() {
    let house = House::where_it_sleeps("erase").await;
    let mut raced = 0;
    for number in 1..60 {
        house.tell("Before.", Some(&rosa(number)), Some("07700 900142")).await;
        let request = approve(&house, number).await;
        let (host, mut pause) = pausing_host(&house, "erase", number);
        let overtaking = async {
            pause.reached().await;
            let report = house.drop_file("complaints", "during.csv", file(number).as_bytes()).await;
            pause.go_on();
            report
        };
        let Some((done, report)) = overtaken_by(forget(&host, &request), overtaking).await else { break };
        done.unwrap();
        assert_eq!((&report["suppressed"], &report["new"]), (&json!(1), &json!(1)), "before call {number}");
        she_is_gone_and_he_stays(&house, number, &format!("read before call {number}")).await;
        let report = house.drop_file("complaints", "after.csv", file(number).as_bytes()).await;
        assert_eq!((&report["suppressed"], &report["already_there"]), (&json!(1), &json!(1)));
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
    house.drop_file("complaints", "between.csv", file(1).as_bytes()).await;
    let mut approval = order("approve");
    (approval["hash"], approval["approved_by"]) = (before["hash"].clone(), json!("dpo-8"));
    let approved = house.invoke("requests", approval).await.unwrap();
    assert_eq!(approved["arrived_since"]["records"], 0);
    let changed = approved["changed_since"].as_array().unwrap();
    assert!(changed.contains(&json!("records.complaints.2026-11: 1, was nothing")), "{approved}");
    house.stack.settle().await.unwrap();
    she_is_gone_and_he_stays(&house, 1, "erased with what came between").await;
}
