//! What is kept, what is read, and what leads to it.

use super::tables::{Tables, lend};
use super::{
    DAY, END, LAST_SECOND, TOLD, all, at, day, ends, keep_many, lying, pages, person, record,
    subject, told_at,
};
use custodian_domain::ledger::ItemKind;
use custodian_domain::record::{Holder, Record};
use custodian_store::SHARDS;
use custodian_store::records::{DeletionCandidate, Kept};
use std::collections::BTreeSet;

/// A text so long that twenty of them are more than a megabyte.
fn long() -> String {
    "x".repeat(60_000)
}

async fn read(tables: &Tables, holder: &Holder, instant: &str) -> Vec<Record> {
    all(tables.records().about(holder, at(instant))).await
}

/// What is overdue from the day on which everything here was sent.
async fn overdue(tables: &Tables, instant: &str) -> Vec<DeletionCandidate> {
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        found.extend(all(tables.records().overdue(day(DAY), shard, at(instant))).await);
    }
    found
}

#[tokio::test]
async fn the_same_thing_twice_is_one_record_and_the_second_is_told_of_the_first() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        let first = record(&rosa, "k", "Quick.");
        assert!(matches!(
            records.keep(&first, at(TOLD)).await.unwrap(),
            Kept::New
        ));
        let again = told_at("2096-11-23T10:05:00Z", &rosa, "k", "Quick.");
        let Kept::Before(told) = records
            .keep(&again, again.details.collected_at)
            .await
            .unwrap()
        else {
            panic!("it was kept before");
        };
        assert_eq!(told.collected_at, at(TOLD));
        assert_eq!(read(tables, &rosa, TOLD).await, [first]);
    })
    .await;
}

#[tokio::test]
async fn something_else_under_the_same_key_is_not_kept() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        let first = record(&rosa, "k", "Quick.");
        records.keep(&first, at(TOLD)).await.unwrap();
        let other = records
            .keep(&record(&rosa, "k", "Slow."), at(TOLD))
            .await
            .unwrap();
        assert!(matches!(other, Kept::Other));
        assert_eq!(read(tables, &rosa, TOLD).await, [first]);
    })
    .await;
}

#[tokio::test]
async fn what_is_over_makes_room_and_what_is_not_over_does_not() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        records
            .keep(&record(&rosa, "k", "Quick."), at(TOLD))
            .await
            .unwrap();
        let early = told_at(LAST_SECOND, &rosa, "k", "Slow.");
        assert!(matches!(
            records.keep(&early, at(LAST_SECOND)).await.unwrap(),
            Kept::Other
        ));
        let anew = told_at(END, &rosa, "k", "Slow.");
        assert!(matches!(
            records.keep(&anew, at(END)).await.unwrap(),
            Kept::New
        ));
        assert_eq!(read(tables, &rosa, END).await, [anew]);
    })
    .await;
}

#[tokio::test]
async fn a_record_is_read_up_to_the_second_before_its_end_and_lies_there_until_it_is_deleted() {
    lend(async |tables| {
        let rosa = person("rosa");
        keep_many(&tables.records(), &rosa, 1).await;
        assert_eq!(read(tables, &rosa, LAST_SECOND).await.len(), 1);
        assert_eq!(read(tables, &rosa, END).await, []);
        assert_eq!(lying(tables, &rosa).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn more_than_a_megabyte_comes_in_pages_with_each_live_record_once_and_no_expired_one() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        for number in 0..40 {
            let instant = if number % 2 == 0 {
                TOLD
            } else {
                "2096-11-24T10:00:00Z"
            };
            let record = told_at(instant, &rosa, &number.to_string(), &long());
            records.keep(&record, at(instant)).await.unwrap();
        }
        let came = pages(records.about(&rosa, at(END))).await;
        assert!(
            came.len() > 2 && came.iter().all(|page| page.len() <= 18),
            "a page is a megabyte before it is sifted"
        );
        let ids: BTreeSet<_> = came
            .iter()
            .flatten()
            .map(|record| record.id.clone())
            .collect();
        assert_eq!((came.iter().flatten().count(), ids.len()), (20, 20));
        assert_eq!(lying(tables, &rosa).await.len(), 40);
    })
    .await;
}

#[tokio::test]
async fn nobody_reads_what_is_anothers() {
    lend(async |tables| {
        let records = tables.records();
        let anonymous = record(&person("rosa"), "k", "Quick.").details.reference;
        for holder in [
            person("rosa"),
            person("rosalind"),
            Holder::Anonymous(anonymous),
        ] {
            records
                .keep(&record(&holder, "k", "Quick."), at(TOLD))
                .await
                .unwrap();
            let read = read(tables, &holder, TOLD).await;
            assert_eq!(
                read.iter().map(|record| &record.holder).collect::<Vec<_>>(),
                [&holder]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_is_lengthened_and_never_shortened() {
    lend(async |tables| {
        let (records, phone, rosa) = (tables.records(), subject("phone"), subject("rosa"));
        for until in [END, "2099-11-25T10:00:00Z", "2099-11-24T10:00:00Z"] {
            records
                .link(&phone, &rosa, day(DAY), ends(until))
                .await
                .unwrap();
        }
        let links = lying(tables, &Holder::Subject(phone)).await;
        assert_eq!(
            links.iter().map(|link| link.due).collect::<Vec<_>>(),
            [Some(ends("2099-11-25T10:00:00Z"))]
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_leads_where_it_led_until_it_ends() {
    lend(async |tables| {
        let (records, phone) = (tables.records(), subject("phone"));
        let leads_to = async |instant: &str| {
            let links = all(records.links(&phone, at(instant))).await;
            links.into_iter().map(|link| link.to).collect::<Vec<_>>()
        };
        keep_many(&records, &Holder::Subject(phone.clone()), 1).await;
        for (name, until) in [("abel", END), ("rosa", "2099-11-25T10:00:00Z")] {
            records
                .link(&phone, &subject(name), day(DAY), ends(until))
                .await
                .unwrap();
        }
        assert_eq!(
            leads_to(LAST_SECOND).await,
            [subject("abel"), subject("rosa")]
        );
        assert_eq!(leads_to(END).await, [subject("rosa")]);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_taken_back_is_what_it_was_before() {
    lend(async |tables| {
        let (records, phone, rosa) = (tables.records(), subject("phone"), subject("rosa"));
        let due = async || lying(tables, &Holder::Subject(phone.clone())).await[0].due;
        let new = records
            .link(&phone, &rosa, day(DAY), ends(END))
            .await
            .unwrap()
            .unwrap();
        records.take_back(new, ends(TOLD)).await.unwrap();
        assert!(
            all(records.links(&phone, at(TOLD))).await.is_empty(),
            "a new one is over at once"
        );
        assert_eq!(due().await, Some(ends(TOLD)), "and TTL has it to remove");
        records
            .link(&phone, &rosa, day(DAY), ends(END))
            .await
            .unwrap()
            .unwrap();
        assert!(
            records
                .link(&phone, &rosa, day(DAY), ends(END))
                .await
                .unwrap()
                .is_none(),
            "as long already"
        );
        let longer = records
            .link(&phone, &rosa, day(DAY), ends("2099-11-25T10:00:00Z"))
            .await
            .unwrap()
            .unwrap();
        records.take_back(longer, ends(TOLD)).await.unwrap();
        assert_eq!(due().await, Some(ends(END)));
    })
    .await;
}

#[tokio::test]
async fn everything_that_lies_under_a_person_is_found_for_deletion() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        records
            .keep(&record(&rosa, "1", "Quick."), at(TOLD))
            .await
            .unwrap();
        records
            .keep(&told_at(END, &rosa, "2", "Quick."), at(END))
            .await
            .unwrap();
        records
            .link(&subject("rosa"), &subject("abel"), day(DAY), ends(END))
            .await
            .unwrap();
        let mut found = lying(tables, &rosa).await;
        found.sort_by_key(|candidate| (candidate.kind != ItemKind::Link, candidate.due));
        let told: Vec<_> = found
            .iter()
            .map(|it| (it.kind, it.day, it.due, it.collected_at))
            .collect();
        let expected = [
            (ItemKind::Link, day(DAY), Some(ends(END)), None),
            (ItemKind::Record, day(DAY), Some(ends(END)), Some(at(TOLD))),
            (
                ItemKind::Record,
                day("2099-11-23"),
                Some(ends("2102-11-23T10:00:00Z")),
                Some(at(END)),
            ),
        ];
        assert_eq!(told, expected);
        assert!(found[1].contact.email.is_some() && found[0].contact.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_index_finds_what_is_overdue_and_does_not_tell_whose_it_is() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 12).await;
        records
            .keep(
                &told_at("2096-11-23T12:00:00Z", &rosa, "later", "Quick."),
                at(TOLD),
            )
            .await
            .unwrap();
        records
            .keep(
                &told_at("2096-11-22T12:00:00Z", &rosa, "earlier", "Quick."),
                at(TOLD),
            )
            .await
            .unwrap();
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        assert!(overdue(tables, LAST_SECOND).await.is_empty());
        let found = overdue(tables, END).await;
        assert_eq!(found.len(), 13, "of this day, and over");
        assert!(
            found
                .iter()
                .all(|it| it.due == Some(ends(END)) && it.day == day(DAY))
        );
        assert!(
            found
                .iter()
                .all(|it| it.contact.is_empty() && it.collected_at.is_none())
        );
        assert_eq!(
            found
                .iter()
                .filter(|it| it.kind == ItemKind::Link && it.source.is_none())
                .count(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_day_with_more_than_a_megabyte_is_looked_through_in_pages() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        for number in 0..100 {
            let mut record = record(&rosa, &number.to_string(), "Quick.");
            record.details.service = Some(long());
            records.keep(&record, at(TOLD)).await.unwrap();
        }
        let mut found = BTreeSet::new();
        for shard in 0..SHARDS {
            let came = pages(records.overdue(day(DAY), shard, at(END))).await;
            let lengths: Vec<usize> = came.iter().map(Vec::len).collect();
            assert!(
                lengths.len() > 1 && lengths.iter().all(|length| *length <= 18),
                "shard {shard}: {lengths:?}"
            );
            found.extend(came.into_iter().flatten().map(|it| it.key.sort));
        }
        assert_eq!(found.len(), 100);
        assert!(found.iter().all(|sort| sort.starts_with("record#")));
    })
    .await;
}
