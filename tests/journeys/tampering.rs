//! Somebody with every right to the tables replaces the ledger with another. What is recorded
//! outside it shows the change.

mod bucket;
mod forging;
mod verifying;

use crate::house::{House, at, options, s};
use chrono::NaiveDate;
use custodian_buckets::anchors::{Anchor, Anchors};
use custodian_domain::ledger::{Cause, Entry, EntryId, ItemKind};
use custodian_domain::record::source::Source;
use custodian_domain::retention::ExpiresAt;
use custodian_operations::verify;
use custodian_rights::audit::{Unverified, look_for_foreign_items};
use custodian_store::ledger::ForeignItem;
use forging::{Chain, Said};
use serde_json::{Value, json};

/// When the check is made: three days are closed, and the fourth has a morning.
const NOW: &str = "2026-11-26T13:00:00Z";

fn removal(number: usize, removed: &str) -> Entry {
    let due = ExpiresAt::at(at("2026-11-23T00:00:00Z"));
    Entry {
        id: EntryId::of("partition", &number.to_string(), due),
        cause: Cause::Retention,
        kind: ItemKind::Record,
        source: Some(Source::WebForm),
        collected_month: Some("2023-11".to_owned()),
        due,
        removed: at(removed),
        lateness_seconds: Entry::lateness(due, at(removed)),
    }
}

/// TTL removes something, and the ledger records it.
async fn remove(house: &House, numbers: std::ops::Range<usize>) {
    let now = house.stack.clock().now();
    let entries = numbers
        .map(|number| removal(number, &now.to_rfc3339()))
        .collect();
    house.ledger().append(entries, now).await.unwrap();
}

async fn sweep(house: &House) -> Value {
    house.invoke("sweep", json!({})).await.unwrap()
}

/// Days pass: two with deletions in the morning and in the afternoon, one without any, and a
/// morning. Every hour the end of the chain is anchored. A whole sweep runs when there are days to
/// close, and at the end.
async fn live(house: &House) {
    let anchors = Anchors::new(house.s3(), house.anchors_bucket());
    for (hour, removed, sweeps) in [
        ("2026-11-23T10:00:00Z", 0..3, false),
        ("2026-11-23T14:00:00Z", 3..5, false),
        ("2026-11-24T00:20:00Z", 0..0, true),
        ("2026-11-24T10:00:00Z", 5..8, false),
        ("2026-11-24T14:00:00Z", 8..9, false),
        ("2026-11-26T00:20:00Z", 0..0, true),
        ("2026-11-26T10:00:00Z", 9..12, false),
        ("2026-11-26T12:00:00Z", 12..14, true),
    ] {
        house.stack.clock().set(at(hour));
        remove(house, removed).await;
        if sweeps {
            sweep(house).await;
        } else {
            let head = house.ledger().head().await.unwrap().unwrap();
            assert!(anchors.put(&Anchor::of_head(&head).unwrap()).await.unwrap());
        }
    }
    house.stack.clock().set(at(NOW));
}

async fn lived() -> House {
    let house = House::open().await;
    live(&house).await;
    house
}

/// The same, where a lock can be bypassed, so that one attack after another can be tried.
async fn lived_in_a_trial() -> House {
    let mut options = options();
    options
        .parameters
        .insert("AnchorMode".to_owned(), "GOVERNANCE".to_owned());
    let house = House::with(options).await;
    live(&house).await;
    house
}

/// The first line of what the check prints about the ledger.
async fn told(house: &House) -> String {
    let (told, code) = verify::summary(&house.audit().await);
    assert_eq!(
        code,
        u8::from(!told.starts_with("The chain holds.")),
        "{told}"
    );
    told.lines().next().unwrap().to_owned()
}

/// Asserts that the chain holds by itself: only the anchors show the change.
async fn holds_by_itself(house: &House) {
    let found = verify::verify(&house.ledger(), None).await;
    assert!(found.is_ok(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_ledger_is_the_one_that_was_anchored() {
    let house = lived().await;
    let audited = house.audit().await.unwrap();
    let anchored = audited.anchored.unwrap();
    assert_eq!(
        (
            audited.chain.links,
            audited.chain.entries,
            audited.chain.days
        ),
        (9, 14, 3)
    );
    // Two days were closed at once, and the second certificate was the end.
    assert_eq!((anchored.days, anchored.heads), (3, 8));
    let (told, code) = verify::summary(&Ok(audited));
    assert!(
        code == 0 && told.contains("\nIt matches its anchors. Daily anchors: 3."),
        "{told}"
    );
    // A sweep that finds nothing new anchors nothing new.
    let before = house.stack.store().keys(&house.anchors_bucket());
    assert_eq!(sweep(&house).await["anchored_days"], 0);
    assert_eq!(house.stack.store().keys(&house.anchors_bucket()), before);
    assert!(house.audit().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_is_one_line_that_anybody_can_compare() {
    let house = lived().await;
    let link = house
        .ledger()
        .certificate("2026-11-24".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let anchor = house
        .object_in(&house.anchors_bucket(), "anchors/2026-11-24")
        .await;
    assert_eq!(
        anchor,
        format!("2026-11-24={}={}\n", link.n, link.hash.as_str())
    );
    assert!(
        verify::witness(anchor.trim()).is_ok_and(|witness| witness.hash == link.hash),
        "CERTIFICATE= takes it"
    );
    let head = house.ledger().head().await.unwrap().unwrap();
    let witness = house
        .object_in(&house.anchors_bucket(), "heads/2026-11-26/000000000009")
        .await;
    assert_eq!(witness, format!("9={}\n", head.hash.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_compared_with_nothing_says_so() {
    let house = lived().await;
    let found = verify::compare(&house.ledger(), None, None, at("2036-01-01T00:00:00Z")).await;
    let (told, code) = verify::summary(&found);
    assert!(
        code == 0 && told.contains("\nNothing outside the table was compared:"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_cut_off_is_told() {
    let house = lived().await;
    let whole = Chain::of(&house).await;
    for (left, line) in [
        // The second of this morning's two blocks is missing.
        (
            8,
            "heads/2026-11-26/000000000009 names a link after the end of the chain: its end was cut off.",
        ),
        (
            7,
            "heads/2026-11-26/000000000008 names a link after the end of the chain: its end was cut off.",
        ),
        // The last certificate is missing, too.
        (
            6,
            "anchors/2026-11-25 names a link after the end of the chain: its end was cut off.",
        ),
    ] {
        let mut chain = whole.clone();
        chain.0.truncate(left);
        chain.write(&house).await;
        holds_by_itself(&house).await;
        assert_eq!(
            told(&house).await,
            format!("The chain does not match its anchors: {line}"),
            "{left}"
        );
    }
    whole.write(&house).await;
    assert!(
        told(&house).await.starts_with("The chain holds."),
        "what was there is there again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_made_anew_without_an_entry_is_told() {
    let house = lived().await;
    let whole = Chain::of(&house).await;
    for (link, line) in [
        // A block of the morning of the first day, of the afternoon of the second, and of today.
        (
            0,
            "heads/2026-11-23/000000000001 names another link than the chain has there: the chain was rebuilt.",
        ),
        (
            4,
            "heads/2026-11-24/000000000005 names another link than the chain has there: the chain was rebuilt.",
        ),
        (
            8,
            "heads/2026-11-26/000000000009 names another link than the chain has there: the chain was rebuilt.",
        ),
    ] {
        let mut chain = whole.clone();
        let Said::Block(block) = &mut chain.0[link] else {
            panic!("a block: {:?}", chain.0)
        };
        block.entries.pop();
        chain.write(&house).await;
        holds_by_itself(&house).await;
        assert_eq!(
            told(&house).await,
            format!("The chain does not match its anchors: {line}"),
            "{link}"
        );
    }
    // The functions continue after it, and the sweep anchors what it finds. The first anchors stay.
    let before = told(&house).await;
    remove(&house, 20..21).await;
    sweep(&house).await;
    assert_eq!(told(&house).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_whose_every_word_is_kept_but_one_second_is_told() {
    let house = lived().await;
    let mut chain = Chain::of(&house).await;
    let Said::Closed(certificate) = &mut chain.0[2] else {
        panic!("the first day's")
    };
    certificate.closed_at += chrono::TimeDelta::seconds(1);
    chain.write(&house).await;
    holds_by_itself(&house).await;
    let line = "heads/2026-11-23/000000000003 names another link than the chain has there: the chain was rebuilt.";
    assert_eq!(
        told(&house).await,
        format!("The chain does not match its anchors: {line}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_was_taken_out_is_told() {
    let house = lived().await;
    let mut chain = Chain::of(&house).await;
    chain
        .0
        .retain(|said| said.day() > NaiveDate::from_ymd_opt(2026, 11, 23).unwrap());
    chain.write(&house).await;
    holds_by_itself(&house).await;
    let line = "anchors/2026-11-23 names a day before the chain begins: its beginning was removed.";
    assert_eq!(
        told(&house).await,
        format!("The chain does not match its anchors: {line}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_empty_and_was_not_is_told() {
    let house = lived().await;
    Chain::erase(&house).await;
    let line = "anchors/2026-11-23 names a link after the end of the chain: its end was cut off.";
    assert_eq!(
        told(&house).await,
        format!("The chain does not match its anchors: {line}")
    );
    // The next sweep begins a chain, on another day.
    sweep(&house).await;
    let line = "anchors/2026-11-23 names a day before the chain begins: its beginning was removed.";
    assert_eq!(
        told(&house).await,
        format!("The chain does not match its anchors: {line}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_puts_into_the_ledger_is_told() {
    let house = lived().await;
    let whole = Chain::of(&house).await;
    for (partition, sort, attributes, line) in [
        (
            "DAY#2026-11-24",
            "ENTRY#000000000004",
            &["note"][..],
            "an item of 2026-11-24 has an attribute that no link has.",
        ),
        (
            "DAY#2026-11-25",
            "CERTIFICATE",
            &["expires_at"],
            "an item of 2026-11-25 has an attribute that no link has.",
        ),
        (
            "CHAIN",
            "HEAD",
            &["note"],
            "the head has an attribute that no head has, or there is an item beside it.",
        ),
        (
            "CHAIN",
            "TAIL",
            &[],
            "the head has an attribute that no head has, or there is an item beside it.",
        ),
        (
            "DAY#2026-11-22",
            "ENTRY#000000000001",
            &[],
            "there is an item on 2026-11-22, a day that the chain does not have.",
        ),
        (
            "DAY#2026-11-27",
            "CERTIFICATE",
            &[],
            "there is an item on 2026-11-27, a day that the chain does not have.",
        ),
        (
            "DAY#2026-11-9",
            "CERTIFICATE",
            &[],
            "an item is in a partition that nobody writes to.",
        ),
        (
            "rosa@example.org",
            "META",
            &[],
            "an item is in a partition that nobody writes to.",
        ),
        (
            "TOLD#rosa",
            "META",
            &[],
            "an item says more of a removal than that it is recorded.",
        ),
        (
            "TOLD#0123456789abcdef0123456789abcdef",
            "META",
            &[],
            "an item says that a removal is recorded, but no link records it.",
        ),
    ] {
        whole.clone().write(&house).await;
        forging::put(&house, partition, sort, attributes).await;
        let expected = format!("The ledger has an item that Custodian did not write: {line}");
        assert_eq!(told(&house).await, expected, "{partition} {sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_told_is_looked_for_in_parts_where_it_is_too_much_at_once() {
    let house = lived().await;
    let (ledger, head) = (
        house.ledger(),
        house.ledger().head().await.unwrap().unwrap(),
    );
    for at_once in [100, 13, 3, 1] {
        look_for_foreign_items(&ledger, &head, at_once)
            .await
            .unwrap();
    }
    for last in ["0", "1", "2", "3"] {
        let mark = format!("TOLD#0123456789abcdef0123456789abcde{last}");
        forging::put(&house, &mark, "META", &[]).await;
        let found = look_for_foreign_items(&ledger, &head, 3).await.unwrap_err();
        assert!(
            matches!(found, Unverified::ForeignItem(ForeignItem::Unrecorded)),
            "{found}"
        );
        house
            .dynamodb()
            .delete_item()
            .table_name(house.setting("LEDGER_TABLE"))
            .key("pk", s(&mark))
            .key("sk", s("META"))
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_not_closed_any_more_are_told() {
    let house = lived().await;
    for (now, line) in [
        ("2026-11-27T06:59:59Z", None),
        ("2026-11-27T07:00:00Z", Some("2026-11-26")),
        ("2026-11-28T12:00:00Z", Some("2026-11-26")),
    ] {
        house.stack.clock().set(at(now));
        let expected = line.map(|day| {
            format!("Days are no longer being closed: {day} should be closed by now but is not.")
        });
        let told = told(&house).await;
        assert!(
            expected
                .as_ref()
                .map_or(told.starts_with("The chain holds."), |it| *it == told),
            "{now}: {told}"
        );
    }
    sweep(&house).await;
    assert!(
        told(&house).await.starts_with("The chain holds."),
        "what was missed is made up for"
    );
}
