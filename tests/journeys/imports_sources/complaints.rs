//! Complaints: however a table writes an empty cell, and in upper or lower case, every deadline is
//! watched and no impossible date ends one.

use super::{fixture, is_of_somebody};
use crate::house::House;
use serde_json::json;

#[tokio::test]
async fn a_complaint_is_read_in_any_letters_and_with_its_stage_in_words() {
    let dropped = fixture(&House::open().await, "complaints", "spelling.csv").await;
    assert_eq!(dropped.ids(), ["CMP-C01-1", "CMP-C01-2", "CMP-C01-3"]);
    for record in &dropped.records {
        assert_eq!(
            (
                &record["clock"],
                &record["particulars"]["complaints"]["stage"]
            ),
            (&json!("acknowledge"), &json!(1))
        );
    }
    assert_eq!(
        dropped.refused(),
        [(5, "kind", "choice")],
        "a request for a service is neither"
    );
}

#[tokio::test]
async fn a_word_for_nothing_leaves_the_complaint_and_its_clock() {
    let house = House::open().await;
    let dropped = fixture(&house, "complaints", "placeholders.csv").await;
    assert_eq!(
        dropped.ids(),
        ["CMP-C02-1", "CMP-C02-2", "CMP-C02-3", "CMP-C02-4"]
    );
    assert!(
        dropped
            .records
            .iter()
            .all(|record| is_of_somebody(record) && record["clock"] == "acknowledge")
    );
    assert!(dropped.named("CMP-C02-1")["contact"].get("email").is_none());
    assert!(dropped.named("CMP-C02-3")["contact"].get("phone").is_none());
    assert_eq!(dropped.refused(), [(6, "phone", "rounded")]);
}

#[tokio::test]
async fn who_shares_a_complaint_finds_it_by_either_address() {
    let house = House::open().await;
    fixture(&house, "complaints", "placeholders.csv").await;
    for (email, records) in [
        ("alex@example.org", 1),
        ("sam@example.org", 1),
        ("c02@example.org", 2),
    ] {
        let found = house.export(email).await;
        assert_eq!(found["records"], records, "{email}");
    }
}

#[tokio::test]
async fn no_clock_ends_by_a_date_that_cannot_be() {
    let house = House::open().await;
    let dropped = fixture(&house, "complaints", "impossible-dates.csv").await;
    assert!(dropped.records.is_empty());
    assert_eq!(
        dropped.refused(),
        [
            (2, "acknowledged_at", "before_receipt"),
            (3, "closed_at", "in_future"),
            (4, "closed_at", "before_receipt")
        ]
    );
}

#[tokio::test]
async fn a_date_that_two_people_read_differently_is_told_as_such() {
    let dropped = fixture(&House::open().await, "complaints", "british-date.csv").await;
    assert_eq!(
        dropped.refused(),
        [(2, "received_at", "day_or_month_first")]
    );
}

#[tokio::test]
async fn a_reference_in_other_letters_is_the_same_complaint() {
    let house = House::open().await;
    let row = |reference: &str, text: &str| {
        format!(
            "{}{reference},complaint,2026-11-20T10:00:00Z,highways,1,,rosa@example.org,,{text},,,\n",
            crate::imports_faults::COMPLAINTS
        )
    };
    super::dropped(
        &house,
        "complaints",
        "one.csv",
        row("CMP-1", "A hole").as_bytes(),
    )
    .await;
    house.move_to("2026-11-23T11:00:00Z").await;
    let dropped = super::dropped(
        &house,
        "complaints",
        "two.csv",
        row("cmp-1", "Two holes").as_bytes(),
    )
    .await;
    assert_eq!((dropped.count("corrected"), dropped.records.len()), (1, 1));
    assert_eq!(house.export("rosa@example.org").await["records"], 1);
}
