//! There is one chain, whoever writes to it and however many write at once, and tampering with it
//! shows.

use super::tables::{Tables, lend};
use super::{END, END_DAY, all, at, day, ends, keep_many, lying, person, told};
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_domain::ledger::{
    Cause, ChainFault, Entry, EntryId, Figures, Head, ItemKind, Left, Link, Verified,
};
use custodian_domain::record::source::Source;
use custodian_operations::verify::{Unverified, verify, witness};
use custodian_store::Item;
use custodian_store::ledger::Ledger;
use std::collections::HashSet;

const NEXT: &str = "2099-11-24T00:30:00Z";
const NEXT_DAY: &str = "2099-11-24";

fn removal(number: usize, removed: &str) -> Entry {
    Entry {
        id: EntryId::of("partition", &number.to_string(), ends(END)),
        cause: Cause::Retention,
        kind: ItemKind::Record,
        source: Some(Source::WebForm),
        collected_month: Some("2096-11".to_owned()),
        due: ends(END),
        removed: at(removed),
        lateness_seconds: i64::try_from(number).unwrap(),
    }
}

async fn append(ledger: &Ledger, numbers: std::ops::Range<usize>, instant: &str) {
    let entries = numbers.map(|number| removal(number, instant)).collect();
    ledger.append(entries, at(instant)).await.unwrap();
}

/// Closes the first open day with the counts of its blocks.
async fn close(ledger: &Ledger, instant: &str) -> Head {
    let head = ledger.begun(at(instant)).await.unwrap();
    let (tally, broken) = ledger.tally(head.open()).await.unwrap();
    assert_eq!(broken, 0);
    let closed = ledger
        .close(&head, &[(tally.figures(), Left::default())], at(instant))
        .await
        .unwrap();
    assert_eq!(closed.expect("nobody else writes")[0].day, head.open());
    ledger.head().await.unwrap().unwrap()
}

async fn verified(tables: &Tables) -> Verified {
    verify(&tables.ledger(), None).await.unwrap()
}

/// Which link the check names: its day, its number, and what is wrong with it.
async fn broken(tables: &Tables) -> (String, u64, ChainFault) {
    match verify(&tables.ledger(), None).await {
        Err(Unverified::Broken(it)) => (it.day.to_string(), it.n, it.fault),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_write_at_once_make_one_chain_with_every_deletion_once() {
    lend(async |tables| {
        let people = ["rosa", "abel", "mary", "john", "anne", "luke"].map(person);
        let mut running = tokio::task::JoinSet::new();
        for (place, holder) in people.iter().enumerate() {
            keep_many(&tables.records(), holder, 40).await;
            let going = lying(tables, holder).await;
            // Each has its own ledger, as functions that run side by side do.
            let (records, ledger) = (tables.records(), tables.ledger());
            running.spawn(async move {
                for some in going.chunks(7) {
                    let cause = if place % 2 == 0 {
                        Cause::Erasure
                    } else {
                        Cause::Sweep
                    };
                    records
                        .forget(some.to_vec(), &ledger, cause, at(END))
                        .await
                        .unwrap();
                }
            });
        }
        for _ in 0..2 {
            // Both record the same, as when a stream's batch comes again.
            let ledger = tables.ledger();
            running.spawn(async move {
                for number in 0..12 {
                    append(&ledger, number * 10..(number + 1) * 10, END).await;
                }
            });
        }
        running.join_all().await;
        let entries = told(tables, END_DAY).await;
        let ids: HashSet<EntryId> = entries.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!((entries.len(), ids.len()), (6 * 40 + 120, 6 * 40 + 120));
        let found = verified(tables).await;
        assert_eq!(
            (found.links, found.entries),
            (6 * 6 + 12, 360),
            "a block for each transaction that did something"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_forget_the_same_do_not_fork_the_chain() {
    lend(async |tables| {
        let rosa = person("rosa");
        keep_many(&tables.records(), &rosa, 60).await;
        let going = lying(tables, &rosa).await;
        let forget = async |some: usize| {
            let (records, ledger, mut deleted) = (tables.records(), tables.ledger(), 0);
            for some in going.chunks(some) {
                deleted += records
                    .forget(some.to_vec(), &ledger, Cause::Erasure, at(END))
                    .await
                    .unwrap();
            }
            deleted
        };
        let (one, other) = tokio::join!(forget(7), forget(11));
        assert_eq!((one + other, told(tables, END_DAY).await.len()), (60, 60));
        assert_eq!(verified(tables).await.entries, 60);
    })
    .await;
}

#[tokio::test]
async fn a_day_is_closed_after_blocks_of_the_next_and_nothing_is_added_to_it() {
    lend(async |tables| {
        let ledger = tables.ledger();
        append(&ledger, 0..120, END).await;
        append(&ledger, 120..130, NEXT).await;
        let head = close(&ledger, NEXT).await;
        assert_eq!(
            (head.n, head.closed),
            (4, Some(day(END_DAY))),
            "two blocks, one of the next day, the certificate"
        );
        // A writer whose clock is slow writes on the day that is open.
        append(&tables.ledger(), 130..131, END).await;
        assert_eq!(
            (
                told(tables, END_DAY).await.len(),
                told(tables, NEXT_DAY).await.len()
            ),
            (120, 11)
        );
        let found = verified(tables).await;
        assert_eq!(
            (found.links, found.entries, found.days, found.closed),
            (5, 131, 1, Some(day(END_DAY)))
        );
        let noted = format!("{END_DAY}={}", found.certificate.as_str());
        assert_eq!(
            verify(&ledger, Some(witness(&noted).unwrap()))
                .await
                .unwrap(),
            found
        );
        let told = {
            let (mut pages, mut count) = (ledger.entries_since(day(NEXT_DAY)), 0);
            while let Some(page) = pages.next().await.unwrap() {
                count += page.len();
            }
            count
        };
        assert_eq!(
            told, 11,
            "what is told since a day leaves out what was told before"
        );
    })
    .await;
}

#[tokio::test]
async fn days_without_deletions_are_closed_many_at_a_time() {
    lend(async |tables| {
        let ledger = tables.ledger();
        let head = ledger.begun(at(END)).await.unwrap();
        assert_eq!((head.n, head.open()), (0, day(END_DAY)));
        assert_eq!(
            ledger.begun(at(NEXT)).await.unwrap(),
            head,
            "it begins once"
        );
        let days = vec![(Figures::default(), Left::default()); 120];
        let closed = ledger
            .close(&head, &days, at("2100-06-01T00:00:00Z"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(closed.len(), 99, "what one transaction takes");
        assert!(
            ledger
                .close(&head, &days, at("2100-06-01T00:00:00Z"))
                .await
                .unwrap()
                .is_none(),
            "the chain is further"
        );
        let found = verified(tables).await;
        assert_eq!((found.days, found.links, found.entries), (99, 99, 0));
    })
    .await;
}

/// Three blocks and the certificate of one day, then two blocks and the certificate of the next.
async fn furnish(tables: &Tables) {
    let ledger = tables.ledger();
    for block in 0..3 {
        append(&ledger, block * 10..(block + 1) * 10, END).await;
    }
    close(&ledger, NEXT).await;
    for block in 3..5 {
        append(&ledger, block * 10..(block + 1) * 10, NEXT).await;
    }
    close(&ledger, "2099-11-25T00:30:00Z").await;
    assert_eq!(verified(tables).await.links, 7);
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn take(tables: &Tables, date: &str, sort: &str) -> Item {
    let taken = tables
        .client
        .delete_item()
        .table_name(tables.name("Ledger"));
    let taken = taken
        .key("pk", text(&format!("DAY#{date}")))
        .key("sk", text(sort));
    let taken = taken
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
        .send()
        .await
        .unwrap();
    taken.attributes.expect("it was there")
}

async fn put(tables: &Tables, item: Item) {
    tables
        .client
        .put_item()
        .table_name(tables.name("Ledger"))
        .set_item(Some(item))
        .send()
        .await
        .unwrap();
}

fn block(n: u64) -> String {
    format!("ENTRY#{n:012}")
}

fn body(item: &Item) -> String {
    item["body"].as_s().unwrap().clone()
}

/// The item with another body, and the hash that matches it.
fn forged(mut item: Item, body: &str) -> Item {
    let link: Link = serde_dynamo::from_item(item.clone()).unwrap();
    let hash = custodian_domain::ledger::Hash::of(&link.previous, body);
    item.insert("body".to_owned(), text(body));
    item.insert("hash".to_owned(), text(hash.as_str()));
    item
}

#[tokio::test]
async fn a_block_that_was_changed_is_named() {
    lend(async |tables| {
        furnish(tables).await;
        let item = take(tables, END_DAY, &block(2)).await;
        let changed = body(&item).replacen("\"retention\"", "\"erasure\"", 1);
        put(
            tables,
            Item::from_iter(
                item.clone()
                    .into_iter()
                    .chain([("body".to_owned(), text(&changed))]),
            ),
        )
        .await;
        assert_eq!(
            broken(tables).await,
            (END_DAY.to_owned(), 2, ChainFault::Changed)
        );
        put(tables, forged(item.clone(), &changed)).await;
        assert_eq!(
            broken(tables).await,
            (END_DAY.to_owned(), 3, ChainFault::Unlinked),
            "the next does not follow it"
        );
        let spaced = body(&item).replacen(':', ": ", 1);
        put(tables, forged(item, &spaced)).await;
        assert_eq!(
            broken(tables).await,
            (END_DAY.to_owned(), 2, ChainFault::Unreadable)
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_removed_is_named() {
    for (date, sort, named) in [
        (END_DAY, block(1), (END_DAY, 1, ChainFault::Missing)),
        (END_DAY, block(3), (NEXT_DAY, 3, ChainFault::Missing)),
        (
            END_DAY,
            "CERTIFICATE".to_owned(),
            (END_DAY, 4, ChainFault::Uncertified),
        ),
        (NEXT_DAY, block(6), (NEXT_DAY, 6, ChainFault::Missing)),
        (
            NEXT_DAY,
            "CERTIFICATE".to_owned(),
            (NEXT_DAY, 7, ChainFault::Uncertified),
        ),
    ] {
        lend(async |tables| {
            furnish(tables).await;
            take(tables, date, &sort).await;
            let (day, n, fault) = named;
            assert_eq!(
                broken(tables).await,
                (day.to_owned(), n, fault),
                "{date} {sort}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn blocks_that_were_swapped_are_named() {
    lend(async |tables| {
        furnish(tables).await;
        let (mut two, mut three) = (
            take(tables, END_DAY, &block(2)).await,
            take(tables, END_DAY, &block(3)).await,
        );
        two.insert("sk".to_owned(), text(&block(3)));
        three.insert("sk".to_owned(), text(&block(2)));
        put(tables, two.clone()).await;
        put(tables, three.clone()).await;
        assert_eq!(
            broken(tables).await,
            (END_DAY.to_owned(), 2, ChainFault::Misplaced)
        );
        // Their numbers are swapped as well.
        let numbers = [two["n"].clone(), three["n"].clone()];
        two.insert("n".to_owned(), numbers[1].clone());
        three.insert("n".to_owned(), numbers[0].clone());
        put(tables, two).await;
        put(tables, three).await;
        assert_eq!(
            broken(tables).await,
            (END_DAY.to_owned(), 2, ChainFault::Unlinked)
        );
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_was_cut_short_or_made_longer_is_named() {
    lend(async |tables| {
        furnish(tables).await;
        let last = take(tables, NEXT_DAY, "CERTIFICATE").await;
        let mut head = tables
            .client
            .get_item()
            .table_name(tables.name("Ledger"))
            .key("pk", text("CHAIN"));
        head = head.key("sk", text("HEAD"));
        let true_head = head.send().await.unwrap().item.unwrap();
        // The last certificate is deleted, and the head is made to match. Only the witness shows
        // it.
        let mut short = true_head.clone();
        let before: Link = serde_dynamo::from_item(last.clone()).unwrap();
        let first = verify_first_certificate(tables).await;
        short.insert("n".to_owned(), AttributeValue::N("6".to_owned()));
        short.insert("hash".to_owned(), text(before.previous.as_str()));
        short.insert("closed".to_owned(), text(END_DAY));
        short.insert("certificate".to_owned(), text(&first));
        put(tables, short).await;
        assert_eq!(verified(tables).await.days, 1, "by itself that is a chain");
        let noted = format!("{NEXT_DAY}={}", before.hash.as_str());
        let named = verify(&tables.ledger(), Some(witness(&noted).unwrap()))
            .await
            .unwrap_err();
        assert_eq!(
            named.to_string(),
            "link 7 of 2099-11-24: the day is closed and its certificate is missing"
        );
        // A block after the end.
        put(tables, true_head).await;
        put(tables, last).await;
        let mut behind = take(tables, NEXT_DAY, &block(6)).await;
        put(tables, behind.clone()).await;
        behind.insert("sk".to_owned(), text(&block(8)));
        put(tables, behind).await;
        assert_eq!(
            broken(tables).await,
            (NEXT_DAY.to_owned(), 8, ChainFault::Beyond)
        );
    })
    .await;
}

async fn verify_first_certificate(tables: &Tables) -> String {
    let ledger = tables.ledger();
    let first = all(ledger.stored(day(END_DAY)))
        .await
        .into_iter()
        .next()
        .unwrap();
    let custodian_domain::ledger::StoredContent::Link(link) = first.content else {
        panic!("the certificate comes first")
    };
    link.hash.as_str().to_owned()
}

#[tokio::test]
async fn a_certificate_that_was_forged_is_named() {
    lend(async |tables| {
        furnish(tables).await;
        let item = take(tables, NEXT_DAY, "CERTIFICATE").await;
        let mut head = tables
            .client
            .get_item()
            .table_name(tables.name("Ledger"))
            .key("pk", text("CHAIN"));
        head = head.key("sk", text("HEAD"));
        let head = head.send().await.unwrap().item.unwrap();
        let forge = async |changed: String| {
            let item = forged(item.clone(), &changed);
            let mut head = head.clone();
            head.insert("hash".to_owned(), item["hash"].clone());
            head.insert("certificate".to_owned(), item["hash"].clone());
            put(tables, item).await;
            put(tables, head).await;
        };
        // The last link and the head are made to match. The counts and the certificate before do
        // not.
        forge(body(&item).replace("\"deleted\":20", "\"deleted\":19")).await;
        assert_eq!(
            broken(tables).await,
            (NEXT_DAY.to_owned(), 7, ChainFault::Miscounted)
        );
        forge(body(&item).replace("\"max\":49", "\"max\":4")).await;
        assert_eq!(
            broken(tables).await,
            (NEXT_DAY.to_owned(), 7, ChainFault::Miscounted)
        );
        let first = verify_first_certificate(tables).await;
        forge(body(&item).replace(&first, &"0".repeat(64))).await;
        assert_eq!(
            broken(tables).await,
            (NEXT_DAY.to_owned(), 7, ChainFault::OutOfTurn)
        );
        // Only the noted hash shows a change that nobody can recount.
        forge(body(&item).replace("\"overdue\":0", "\"overdue\":9")).await;
        assert_eq!(verified(tables).await.overdue, 9);
        let noted = format!("{NEXT_DAY}={}", item["hash"].as_s().unwrap());
        let named = verify(&tables.ledger(), Some(witness(&noted).unwrap()))
            .await
            .unwrap_err();
        assert_eq!(
            named.to_string(),
            "link 7 of 2099-11-24: is not the certificate that was noted"
        );
    })
    .await;
}

#[tokio::test]
async fn a_head_that_was_set_back_stops_whoever_writes() {
    lend(async |tables| {
        let (ledger, rosa) = (tables.ledger(), person("rosa"));
        append(&ledger, 0..1, END).await;
        let back = Head {
            n: 0,
            ..ledger.head().await.unwrap().unwrap()
        };
        append(&ledger, 1..2, END).await;
        let mut item: Item = serde_dynamo::to_item(&back).unwrap();
        item.extend([
            ("pk".to_owned(), text("CHAIN")),
            ("sk".to_owned(), text("HEAD")),
        ]);
        put(tables, item).await;
        keep_many(&tables.records(), &rosa, 1).await;
        let going = lying(tables, &rosa).await;
        let outcome = tables
            .records()
            .forget(going, &tables.ledger(), Cause::Erasure, at(END))
            .await;
        assert_eq!(
            super::said(outcome),
            "delete records and append to the ledger: the ledger's head is behind its chain"
        );
        assert_eq!(
            lying(tables, &rosa).await.len(),
            1,
            "nothing is deleted that cannot be told"
        );
    })
    .await;
}
