//! Calls: whose they are by the type of the call, which legs they have, and how a withheld or
//! rounded number is read.

use super::{dropped, fixture, is_of_somebody};
use crate::house::House;
use proptest::prelude::*;
use serde_json::{Value, json};

const HEADER: &str = "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,AGENT,AGENT NAME,DISPOSITION,ANI,CUSTOMER NAME,DNIS,\
    CALL TIME,TALK TIME,HOLD TIME,TRANSFERS,Survey.Name,Survey.Q1 Satisfaction,Survey.Q2 Comment\n";

fn phone<'a>(dropped: &'a super::Dropped, call: &str) -> Option<&'a str> {
    dropped.named(call)["contact"]["phone"].as_str()
}

fn legs(call: &Value) -> usize {
    call["particulars"]["telephone"]["legs"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn the_customer_is_who_called_or_who_was_called_by_the_type_of_the_call() {
    let dropped = fixture(&House::open().await, "telephone", "call-types.csv").await;
    assert_eq!((dropped.count("new"), dropped.refused()), (8, vec![]));
    for (call, number) in
        (1..=8).map(|call| (format!("91000000000{call}"), format!("0770090020{call}")))
    {
        let expected = (call != "910000000007").then_some(number.as_str());
        assert_eq!(phone(&dropped, &call), expected, "{call}");
    }
    assert!(
        !is_of_somebody(dropped.named("910000000007")),
        "a call among staff is no customer's"
    );
}

#[tokio::test]
async fn a_type_of_call_in_any_letters_is_known_and_another_is_told_by_its_column() {
    let row = |call: usize, call_type: &str| {
        format!(
            "{call},\"Mon, 16 Nov 2026 09:00:12\",,{call_type},,,,,07700900201,,07700900202,,,,,,4,\n"
        )
    };
    let types = [
        "INBOUND",
        "3rd-party transfer",
        "3RD PARTY  CONFERENCE",
        "manual",
        "QUEUE CALLBACK",
        "Skipped in preview",
        "test",
        "Sideways",
    ];
    let rows: String = types
        .iter()
        .enumerate()
        .map(|(call, call_type)| row(call + 1, call_type))
        .collect();
    let dropped = dropped(
        &House::open().await,
        "telephone",
        "types.csv",
        format!("{HEADER}{rows}").as_bytes(),
    )
    .await;
    let (caller, called) = (Some("07700900201"), Some("07700900202"));
    let expected = [caller, caller, caller, called, called, called, None];
    for (call, expected) in expected.into_iter().enumerate() {
        assert_eq!(
            phone(&dropped, &(call + 1).to_string()),
            expected,
            "{}",
            types[call]
        );
    }
    assert_eq!(dropped.refused(), [(9, "CALL TYPE", "call_type")]);
}

#[tokio::test]
async fn the_rating_on_the_leg_of_a_transfer_is_the_call_s() {
    let dropped = fixture(&House::open().await, "telephone", "transfer-leg.csv").await;
    let call = dropped.named("910000000011");
    assert_eq!(
        (dropped.count("new"), dropped.count("joined"), legs(call)),
        (1, 1, 2)
    );
    assert_eq!(
        (&call["satisfaction"], phone(&dropped, "910000000011")),
        (&json!(2), Some("07700900211"))
    );
}

#[tokio::test]
async fn a_length_that_cannot_be_read_does_not_cost_the_call() {
    let dropped = fixture(&House::open().await, "telephone", "durations.csv").await;
    let seconds =
        |call: &str| dropped.named(call)["particulars"]["telephone"]["legs"][0]["seconds"].as_u64();
    let read = [
        "910000000021",
        "910000000022",
        "910000000023",
        "910000000024",
    ]
    .map(seconds);
    assert_eq!(read, [Some(300), Some(90_600), None, Some(305)]);
}

#[tokio::test]
async fn a_rounded_number_is_refused_and_every_other_spelling_is_one_person() {
    let house = House::open().await;
    let dropped = fixture(&house, "telephone", "rounded-numbers.csv").await;
    assert_eq!(
        dropped.refused(),
        [(2, "ANI", "rounded"), (6, "DNIS", "rounded")]
    );
    assert_eq!(dropped.ids(), ["2187346", "2187347", "2187348"]);
    let holder = &dropped.records[0]["pk"];
    assert!(
        is_of_somebody(&dropped.records[0])
            && dropped.records.iter().all(|call| call["pk"] == *holder)
    );
}

#[tokio::test]
async fn two_legs_of_one_second_are_both_kept_in_any_order_of_the_rows() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/intake/telephone/legs-of-one-second.csv"
    );
    let file = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = file.lines().collect();
    let mut calls = Vec::new();
    for _ in 0..2 {
        let dropped = dropped(
            &House::open().await,
            "telephone",
            "legs.csv",
            format!("{}\n", lines.join("\n")).as_bytes(),
        )
        .await;
        let mut call = dropped.named("910000000051").clone();
        assert_eq!(
            (legs(&call), &call["satisfaction"], &call["service"]),
            (2, &json!(2), &json!("housing"))
        );
        // The order decides only which row counts as the latest.
        call.as_object_mut().unwrap().remove("revision");
        calls.push(call);
        lines.swap(1, 2);
    }
    assert_eq!(calls[0], calls[1]);
}

#[tokio::test]
async fn where_the_clock_cannot_tell_the_later_row_is_the_later_leg() {
    let house = House::open().await;
    let rated = fixture(&house, "telephone", "rated-twice.csv").await;
    let call = rated.named("910000000095");
    assert_eq!(
        (&call["satisfaction"], &call["answers"]["comment"]),
        (&json!(1), &json!("last leg, twelve minutes later"))
    );
    let clocks = fixture(&house, "telephone", "clocks-change.csv").await;
    let call = clocks.named("910000000091");
    assert_eq!(
        (&call["satisfaction"], &call["service"], legs(call)),
        (&json!(3), &json!("housing"), 2)
    );
    let refused = clocks.refused();
    assert_eq!(
        refused,
        [(4, "TIMESTAMP", "time"), (6, "TIMESTAMP", "time")],
        "an hour and a day that were not"
    );
    // The same report again changes nothing.
    let before = house.items("RECORDS_TABLE").await;
    house.move_to("2026-11-23T12:00:00Z").await;
    for (file, calls) in [("rated-twice.csv", 2), ("clocks-change.csv", 3)] {
        let again = fixture(&house, "telephone", file).await;
        assert_eq!(
            (again.count("already_there"), again.count("corrected")),
            (calls, 0),
            "{file}"
        );
    }
    assert_eq!(house.items("RECORDS_TABLE").await, before);
}

#[tokio::test]
async fn who_withholds_the_number_is_nobody_in_whichever_digits() {
    let dropped = fixture(&House::open().await, "telephone", "withheld.csv").await;
    assert_eq!((dropped.count("new"), dropped.refused()), (8, vec![]));
    for call in &dropped.records {
        assert!(!is_of_somebody(call), "{}", call["answers"]["comment"]);
    }
}

#[tokio::test]
async fn withheld_is_withheld_with_every_prefix_and_a_mobile_telephone_is_somebody_s() {
    let row = |(call, number): (usize, &&str)| {
        format!(
            "{},\"Mon, 16 Nov 2026 09:00:12\",,Inbound,,,,,{number},,01305251010,,,,,,4,\n",
            100 + call
        )
    };
    let withheld = [
        "00266696687",
        "0266696687",
        "+44266696687",
        "86282452253",
        "Private Number",
        "WITHHELD",
        "+7378742833",
        "1111111111",
        "n/a",
        "anonymous@anonymous.invalid",
        "8656696",
        "2001",
        "+",
        "01305 251010",
    ];
    let rows: String = withheld.iter().enumerate().map(row).collect();
    let house = House::open().await;
    let nobody = dropped(
        &house,
        "telephone",
        "withheld.csv",
        format!("{HEADER}{rows}").as_bytes(),
    )
    .await;
    assert_eq!(nobody.refused(), []);
    assert!(
        nobody.records.len() == withheld.len() && !nobody.records.iter().any(is_of_somebody),
        "{:?}",
        nobody.records
    );
    let mobiles = ["07378742833", "+447378742833"];
    let rows: String = mobiles
        .iter()
        .enumerate()
        .map(|(call, number)| row((call + 100, number)))
        .collect();
    let somebody = dropped(
        &house,
        "telephone",
        "mobiles.csv",
        format!("{HEADER}{rows}").as_bytes(),
    )
    .await;
    assert_eq!(
        somebody
            .records
            .iter()
            .filter(|call| is_of_somebody(call))
            .count(),
        2
    );
}

#[tokio::test]
async fn what_five9_deleted_is_no_name_of_anything() {
    let dropped = fixture(&House::open().await, "telephone", "deleted-names.csv").await;
    let call = dropped.named("910000000131");
    assert!(
        !call.to_string().to_lowercase().contains("deleted"),
        "{call}"
    );
    assert_eq!(phone(&dropped, "910000000131"), Some("07700900231"));
}

#[tokio::test]
async fn a_line_of_totals_is_told_as_one_and_no_call() {
    let dropped = fixture(&House::open().await, "telephone", "totals.csv").await;
    assert_eq!(dropped.ids(), ["910000000081", "910000000082"]);
    assert_eq!(dropped.refused(), [(3, "", "total"), (5, "", "total")]);
}

#[tokio::test]
async fn five_thousand_calls_and_a_line_of_totals_are_a_report_that_was_cut() {
    let row = |call: usize| {
        // Only one in fifty has a rating that can be read. A refused rating is a call as well.
        let rating = if call.is_multiple_of(50) { 4 } else { 9 };
        format!(
            "{call},\"Mon, 16 Nov 2026 09:00:12\",,Inbound,,,,,07700900201,,01305251010,,,,,,{rating},\n"
        )
    };
    let rows: String = (1..=5_000).map(row).collect();
    let file = format!("{HEADER}{rows},,,,,,,Grand total,,,,416:40:00,,,,,,5000\n");
    let dropped = dropped(
        &House::open().await,
        "telephone",
        "cut.csv",
        file.as_bytes(),
    )
    .await;
    assert_eq!(
        (dropped.count("rows"), &dropped.report["warnings"]),
        (5_001, &json!(["cut_at_5000"]))
    );
}

#[tokio::test]
async fn a_time_is_read_if_it_can_be_read_in_one_way_only() {
    let house = House::open().await;
    let dropped = fixture(&house, "telephone", "timestamps.csv").await;
    let at = |call: &str| dropped.named(call)["collected_at"].as_str().unwrap();
    assert_eq!(
        ["910000000221", "910000000223"].map(at),
        ["2026-11-16T09:00:12Z"; 2]
    );
    assert_eq!(
        ["910000000222", "910000000224"].map(at),
        ["2026-11-16T09:00:00Z"; 2]
    );
    let row = "1,06/11/2026 09:00,,Inbound,,,,,07700900201,,01305251010,,,,,,4,\n";
    let dropped = super::dropped(
        &house,
        "telephone",
        "either.csv",
        format!("{HEADER}{row}").as_bytes(),
    )
    .await;
    assert_eq!(dropped.refused(), [(2, "TIMESTAMP", "day_or_month_first")]);
}

/// One call: legs at different seconds, some rated.
fn any_legs() -> impl Strategy<Value = Vec<(u32, Option<u8>)>> {
    proptest::collection::btree_map(0_u32..600, proptest::option::of(1_u8..=5), 2..6)
        .prop_map(|legs| legs.into_iter().collect())
}

/// Five calls whose rows come in another order and in two files make the same records.
#[tokio::test]
async fn rows_in_any_order_and_in_any_files_are_the_same_calls() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut rows = Vec::new();
    for call in 1..=5 {
        for (second, rating) in any_legs().new_tree(&mut runner).unwrap().current() {
            let rating = rating.map(|rating| rating.to_string()).unwrap_or_default();
            rows.push(format!(
                "{call},\"Mon, 16 Nov 2026 09:{:02}:{:02}\",Waste Inbound,Inbound,Waste,,,Done,0770090020{call},,01305251010,\
                 00:01:00,,,,post-call,{rating},\n",
                second / 60,
                second % 60
            ));
        }
    }
    let mut results = Vec::new();
    for turn in 0..4 {
        let house = House::open().await;
        let shuffled = Just(rows.clone())
            .prop_shuffle()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let (first, second) = shuffled.split_at(shuffled.len() * turn / 4);
        for (name, part) in [("one.csv", first), ("two.csv", second)] {
            house
                .move_to(if name == "one.csv" {
                    "2026-11-23T10:00:10Z"
                } else {
                    "2026-11-23T10:00:20Z"
                })
                .await;
            dropped(
                &house,
                "telephone",
                name,
                format!("{HEADER}{}", part.concat()).as_bytes(),
            )
            .await;
        }
        let items = house.items("RECORDS_TABLE").await;
        let plain = items.iter().map(|item| {
            let mut call: Value = serde_json::from_str(item).unwrap();
            call.as_object_mut().unwrap().remove("revision");
            for said in ["answered_by", "named_by"] {
                call["particulars"]["telephone"][said] = Value::Null;
            }
            call
        });
        results.push(plain.map(|call| call.to_string()).collect::<Vec<_>>());
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}
