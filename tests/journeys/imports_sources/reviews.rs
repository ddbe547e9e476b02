//! Reviews: lists, pages and single reviews are read, and something that is not a list of reviews
//! is not taken for a place without any.

use super::{fixture, is_of_somebody, refused_whole};
use crate::house::House;
use serde_json::json;

const PLACE: &str = "accounts/1/locations/22/reviews";

#[tokio::test]
async fn the_answer_for_many_places_is_read_and_tells_that_there_is_more() {
    let dropped = fixture(&House::open().await, "reviews", "batch-get.json").await;
    assert_eq!(
        dropped.ids(),
        [
            format!("{PLACE}/R01a"),
            "accounts/1/locations/23/reviews/R01b".to_owned()
        ]
    );
    assert!(dropped.records.iter().all(is_of_somebody));
    assert_eq!(dropped.report["warnings"], json!(["more_pages"]));
}

#[tokio::test]
async fn a_review_by_itself_is_read() {
    let dropped = fixture(&House::open().await, "reviews", "single.json").await;
    assert_eq!(
        (dropped.ids(), dropped.count("new")),
        (vec![&*format!("{PLACE}/R02a")], 1)
    );
}

#[tokio::test]
async fn what_is_no_list_of_reviews_is_kept_whole_with_the_reason() {
    for (file, rule) in [
        ("error-message.json", "error_message"),
        ("array.json", "not_an_object"),
        ("wrong-folder.jsonl", "no_list"),
        ("wrong-folder-two.jsonl", "no_list"),
        ("packed.json.gz", "gzip"),
    ] {
        assert_eq!(
            refused_whole("reviews", file).await,
            json!({"rule": rule}),
            "{file}"
        );
    }
}

#[tokio::test]
async fn a_page_that_has_others_behind_it_is_warned_of() {
    let house = House::open().await;
    let dropped = fixture(&house, "reviews", "more-pages.json").await;
    assert_eq!(
        (dropped.count("new"), &dropped.report["warnings"]),
        (2, &json!(["more_pages"]))
    );
    let dropped = fixture(&house, "reviews", "two-pages.json").await;
    assert_eq!(
        dropped.count("new"),
        2,
        "pages behind each other are all read"
    );
    assert_eq!(
        dropped.report["warnings"],
        json!([]),
        "and the last of them has none behind it"
    );
}

#[tokio::test]
async fn a_review_without_an_id_of_its_own_is_found_by_the_one_in_its_name() {
    let house = House::open().await;
    let dropped = fixture(&house, "reviews", "without-id.json").await;
    let record = dropped.named(&format!("{PLACE}/R07a"));
    assert!(is_of_somebody(record));
    assert_eq!(record["contact"]["reference"], "R07a");
}

#[tokio::test]
async fn a_review_is_one_whichever_account_names_its_place() {
    let house = House::open().await;
    let before = fixture(&house, "reviews", "one-account.json").await.records;
    let dropped = fixture(&house, "reviews", "another-account.json").await;
    assert_eq!(
        (dropped.count("already_there"), dropped.records),
        (1, before)
    );
}

#[tokio::test]
async fn times_stars_and_texts_are_read_as_they_are_meant() {
    let times = fixture(&House::open().await, "reviews", "times.json").await;
    assert_eq!((times.count("new"), times.count("rows")), (5, 5));
    assert_eq!(
        times.named(&format!("{PLACE}/R10c"))["collected_at"],
        "2026-11-02T10:00:00Z"
    );
    let stars = fixture(&House::open().await, "reviews", "stars-as-numbers.json").await;
    assert_eq!(stars.count("new"), 3);
    assert!(
        stars
            .records
            .iter()
            .all(|review| review["particulars"]["reviews"]["stars"] == 5)
    );
    let markup = fixture(&House::open().await, "reviews", "markup.json").await;
    let comment = markup.named(&format!("{PLACE}/R14a"))["answers"]["comment"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        comment.starts_with("<b>Bold</b> <script>"),
        "it is a text: {comment}"
    );
}

#[tokio::test]
async fn half_an_emoji_costs_itself_only() {
    let dropped = fixture(&House::open().await, "reviews", "half-an-emoji.json").await;
    assert_eq!(dropped.count("new"), 2);
    assert_eq!(
        dropped.named(&format!("{PLACE}/R13a"))["answers"]["comment"],
        "Great library \u{fffd}"
    );
    assert_eq!(
        dropped.named(&format!("{PLACE}/R13b"))["answers"]["comment"],
        "Great \u{1f4da}\u{200d} library"
    );
}

#[tokio::test]
async fn a_review_that_comes_twice_in_a_page_is_one_and_its_last_word_stands() {
    let dropped = fixture(&House::open().await, "reviews", "doubled-in-page.json").await;
    assert_eq!(
        (
            dropped.records.len(),
            dropped.count("new"),
            dropped.count("corrected")
        ),
        (1, 1, 1)
    );
    assert_eq!(dropped.records[0]["answers"]["comment"], "Slow and kind.");
}

#[tokio::test]
async fn a_list_of_anything_else_is_no_empty_place() {
    let house = House::open().await;
    for (name, file) in [
        ("media", r#"{"media":[{"name":"x"}]}"#),
        ("total", r#"{"totalReviewCount":120}"#),
    ] {
        let report = house.drop_file("reviews", name, file.as_bytes()).await;
        assert_eq!(
            (&report["state"], &report["reason"]["rule"]),
            (&json!("refused"), &json!("no_list")),
            "{file}"
        );
    }
    for (name, file) in [
        ("empty", "{}"),
        ("lists", r#"{"reviews":[],"nextPageToken":""}"#),
    ] {
        let report = house.drop_file("reviews", name, file.as_bytes()).await;
        assert_eq!(
            (&report["state"], &report["rows"]),
            (&json!("done"), &json!(0)),
            "{file}"
        );
    }
}
