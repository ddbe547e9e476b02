//! Posts: an id that a spreadsheet has rounded belongs to nobody, and what was withdrawn is deleted
//! however the network says so.

use super::{dropped, fixture};
use crate::house::House;
use crate::imports_faults::POSTS;

#[tokio::test]
async fn a_time_is_read_in_every_spelling_that_says_its_zone() {
    let dropped = fixture(&House::open().await, "social", "times.csv").await;
    assert_eq!(
        dropped.ids(),
        ["facebook:126577551217199_101", "x:102", "x:103"]
    );
    assert!(
        dropped
            .records
            .iter()
            .all(|post| post["collected_at"] == "2026-11-10T09:20:20Z")
    );
    assert_eq!(
        dropped.refused(),
        [(5, "posted_at", "time")],
        "a bare number does not say of what"
    );
}

#[tokio::test]
async fn a_rounded_id_makes_no_resident_s_post_another_s() {
    let dropped = fixture(&House::open().await, "social", "rounded-ids.csv").await;
    assert!(dropped.records.is_empty());
    assert_eq!(
        dropped.refused(),
        [(2, "post_id", "rounded"), (3, "post_id", "rounded")]
    );
}

#[tokio::test]
async fn no_row_changes_both_whose_post_it_is_and_when_it_was() {
    let house = House::open().await;
    let first = format!("{POSTS}18582,x,2026-11-10T09:00:00Z,@first,The ramp is blocked,,\n");
    let kept = dropped(&house, "social", "one.csv", first.as_bytes()).await;
    let before = kept.records;
    for (other, text) in [
        ("@second", "Thank you for the bench"),
        ("@second", "[deleted]"),
        ("@second", "[Removed]"),
    ] {
        house.move_to("2026-11-23T11:00:00Z").await;
        let file = format!("{POSTS}18582,x,2026-11-10T09:00:04Z,{other},{text},,\n");
        let dropped = dropped(&house, "social", text, file.as_bytes()).await;
        assert_eq!(dropped.records, before, "{text}");
        assert_eq!(dropped.report["refused"]["different_person_and_time"], 1);
        assert!(
            dropped
                .refused()
                .contains(&(2, "", "different_person_and_time"))
        );
    }
    // The same in one file, and the refused row is in quarantine.
    let both =
        format!("{POSTS}7,x,2026-11-10T09:00:00Z,@a,One,,\n7,x,2026-11-10T09:00:04Z,@b,Two,,\n");
    let dropped = dropped(&house, "social", "both.csv", both.as_bytes()).await;
    assert_eq!(
        (
            dropped.count("new"),
            dropped.named("x:7")["contact"]["reference"].as_str()
        ),
        (1, Some("x:a"))
    );
    let rows = house.quarantined("social").await;
    assert!(
        rows.iter().any(|row| row["row"]
            .as_str()
            .is_some_and(|row| row.contains("@b,Two"))),
        "{rows:?}"
    );
}

#[tokio::test]
async fn an_id_in_a_formula_is_the_id_in_it() {
    let house = House::open().await;
    assert_eq!(
        fixture(&house, "social", "plain-id.csv").await.ids(),
        ["x:1858200000000010423"]
    );
    let dropped = fixture(&house, "social", "formula-id.csv").await;
    assert_eq!((dropped.count("forgotten"), dropped.records.len()), (1, 0));
}

#[tokio::test]
async fn what_a_network_removed_is_withdrawn_in_whichever_words() {
    let house = House::open().await;
    assert_eq!(
        fixture(&house, "social", "before-removal.csv")
            .await
            .records
            .len(),
        3
    );
    let dropped = fixture(&house, "social", "removed.csv").await;
    assert_eq!((dropped.count("forgotten"), dropped.records.len()), (3, 0));
    assert!(
        !house
            .items("RECORDS_TABLE")
            .await
            .iter()
            .any(|item| item.contains("rubbish"))
    );
}

#[tokio::test]
async fn a_removal_of_what_is_not_there_stores_nobody() {
    let house = House::open().await;
    let dropped = fixture(&house, "social", "unknown-deletion.csv").await;
    assert_eq!(
        (
            dropped.count("rows"),
            dropped.count("new"),
            dropped.records.len()
        ),
        (1, 0, 0)
    );
    assert!(
        !house
            .everything()
            .await
            .iter()
            .any(|it| it.contains("nobody_example"))
    );
}

#[tokio::test]
async fn what_was_garbled_before_it_came_is_kept_as_it_came() {
    let dropped = fixture(&House::open().await, "social", "mojibake.csv").await;
    let kept = &dropped.named("facebook:201")["answers"]["comment"];
    assert!(
        kept.as_str().unwrap().starts_with("caf\u{c3}\u{a9}"),
        "{kept}"
    );
}
