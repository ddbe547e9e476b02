//! A deletion and its ledger entry happen together or not at all, and each once.

use super::tables::lend;
use super::{
    DAY, END, END_DAY, all, at, day, ends, keep_many, lying, person, record, said, subject, told,
};
use custodian_domain::ledger::{Cause, Entry, EntryId, ItemKind};
use custodian_domain::record::Holder;
use custodian_domain::record::source::Source;
use custodian_store::ledger::Ledger;
use std::collections::HashSet;

/// The day after everything ended.
const LATER: &str = "2099-11-24T10:00:00Z";

fn entry(removed: &str, lateness_seconds: i64) -> Entry {
    Entry {
        id: EntryId::of("partition", "sort", ends(END)),
        cause: Cause::Retention,
        kind: ItemKind::Record,
        source: Some(Source::WebForm),
        collected_month: Some("2096-11".to_owned()),
        due: ends(END),
        removed: at(removed),
        lateness_seconds,
    }
}

#[tokio::test]
async fn what_ttl_removed_is_told_once_and_stays_as_it_is() {
    lend(async |tables| {
        for lateness in [1, 2] {
            tables
                .ledger()
                .append(vec![entry(END, lateness)], at(END))
                .await
                .unwrap();
        }
        assert_eq!(
            tables
                .ledger()
                .append(vec![entry(LATER, 3)], at(LATER))
                .await
                .unwrap(),
            0
        );
        let lateness = async |date| {
            told(tables, date)
                .await
                .iter()
                .map(|it| it.lateness_seconds)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (lateness(END_DAY).await, lateness("2099-11-24").await),
            (vec![1], vec![])
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_is_gone_and_in_the_ledger() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        records
            .link(&subject("rosa"), &subject("abel"), day(DAY), ends(END))
            .await
            .unwrap();
        let going = lying(tables, &rosa).await;
        assert_eq!(
            records
                .forget(going.clone(), &tables.ledger(), Cause::Sweep, at(LATER))
                .await
                .unwrap(),
            3
        );
        assert!(lying(tables, &rosa).await.is_empty());
        let entries = told(tables, "2099-11-24").await;
        assert_eq!(entries.len(), 3);
        assert!(
            entries
                .iter()
                .all(|it| it.cause == Cause::Sweep && it.lateness_seconds == 86_400)
        );
        assert!(
            entries
                .iter()
                .all(|it| it.due == ends(END) && it.removed == at(LATER))
        );
        assert!(
            entries
                .iter()
                .all(|it| it.source.is_some() == (it.kind == ItemKind::Record))
        );
        assert_eq!(
            records
                .forget(going, &tables.ledger(), Cause::Sweep, at(LATER))
                .await
                .unwrap(),
            0,
            "and only once"
        );
        assert_eq!(told(tables, "2099-11-24").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_deleted_that_cannot_be_told() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 2).await;
        let nowhere = Ledger::new(tables.client.clone(), tables.name("Nowhere"));
        let outcome = records
            .forget(
                lying(tables, &rosa).await,
                &nowhere,
                Cause::Sweep,
                at(LATER),
            )
            .await;
        assert_eq!(
            said(outcome),
            "read the ledger's head: ResourceNotFoundException"
        );
        assert_eq!(lying(tables, &rosa).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_already_is_left_out_and_not_told() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 5).await;
        let going = lying(tables, &rosa).await;
        let first = going[..2].to_vec();
        records
            .forget(first, &tables.ledger(), Cause::Sweep, at(END))
            .await
            .unwrap();
        for cause in [Cause::Sweep, Cause::Erasure] {
            let left = records
                .forget(going.clone(), &tables.ledger(), cause, at(LATER))
                .await
                .unwrap();
            assert_eq!(left, if cause == Cause::Sweep { 3 } else { 0 });
        }
        assert_eq!(
            (
                told(tables, END_DAY).await.len(),
                told(tables, "2099-11-24").await.len()
            ),
            (2, 3)
        );
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_and_is_deleted_again_is_told_again() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        for (cause, instant) in [(Cause::Sweep, END), (Cause::Restore, LATER)] {
            keep_many(&records, &rosa, 3).await;
            let going = lying(tables, &rosa).await;
            assert_eq!(
                records
                    .forget(going, &tables.ledger(), cause, at(instant))
                    .await
                    .unwrap(),
                3
            );
        }
        let ids = async |date| {
            told(tables, date)
                .await
                .into_iter()
                .map(|it| it.id)
                .collect::<HashSet<_>>()
        };
        let (first, second) = (ids(END_DAY).await, ids("2099-11-24").await);
        assert!(
            first.len() == 3 && first == second,
            "the same deletions, by their names"
        );
    })
    .await;
}

#[tokio::test]
async fn the_sweep_leaves_what_was_renewed_after_it_looked_and_an_erasure_does_not() {
    lend(async |tables| {
        let (records, phone) = (tables.records(), Holder::Subject(subject("phone")));
        records
            .link(&subject("phone"), &subject("rosa"), day(DAY), ends(END))
            .await
            .unwrap();
        let going = lying(tables, &phone).await;
        records
            .link(
                &subject("phone"),
                &subject("rosa"),
                day(DAY),
                ends("2100-01-01T00:00:00Z"),
            )
            .await
            .unwrap();
        assert_eq!(
            records
                .forget(going.clone(), &tables.ledger(), Cause::Sweep, at(LATER))
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            all(records.links(&subject("phone"), at(LATER))).await.len(),
            1
        );
        assert!(told(tables, "2099-11-24").await.is_empty());
        assert_eq!(
            records
                .forget(going, &tables.ledger(), Cause::Erasure, at(LATER))
                .await
                .unwrap(),
            1
        );
        assert!(lying(tables, &phone).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn more_than_one_transaction_holds_are_forgotten_too() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 51).await;
        let going = lying(tables, &rosa).await;
        assert_eq!(
            records
                .forget(going, &tables.ledger(), Cause::Erasure, at(END))
                .await
                .unwrap(),
            51
        );
        keep_many(&records, &rosa, 120).await;
        let going = lying(tables, &rosa).await;
        let gone = [&going[0], &going[60], &going[119]]
            .map(Clone::clone)
            .to_vec();
        records
            .forget(gone, &tables.ledger(), Cause::Erasure, at(LATER))
            .await
            .unwrap();
        assert_eq!(
            records
                .forget(going, &tables.ledger(), Cause::Erasure, at(LATER))
                .await
                .unwrap(),
            117
        );
        assert!(lying(tables, &rosa).await.is_empty());
        assert_eq!(
            (
                told(tables, END_DAY).await.len(),
                told(tables, "2099-11-24").await.len()
            ),
            (51, 120)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_forget_at_once_each_deletion_is_told_by_one() {
    lend(async |tables| {
        let (records, rosa) = (tables.records(), person("rosa"));
        keep_many(&records, &rosa, 120).await;
        let going = lying(tables, &rosa).await;
        let mut running = tokio::task::JoinSet::new();
        for cause in [Cause::Erasure, Cause::Sweep, Cause::Erasure, Cause::Sweep] {
            let (records, ledger, going) = (records.clone(), tables.ledger(), going.clone());
            running.spawn(async move {
                records
                    .forget(going, &ledger, cause, at(LATER))
                    .await
                    .unwrap()
            });
        }
        let deleted: u64 = running.join_all().await.iter().sum();
        assert!(lying(tables, &rosa).await.is_empty());
        let entries = told(tables, "2099-11-24").await;
        assert_eq!((deleted, entries.len()), (120, 120));
    })
    .await;
}

#[tokio::test]
async fn the_ledger_tells_deletions_apart_and_not_whose_they_were() {
    let names = ["rosa", "abel"].map(person);
    let records = names
        .iter()
        .flat_map(|holder| ["1", "2"].map(|key| record(holder, key, "Quick.")));
    let keys = records
        .map(|record| custodian_store::Key::record(&record.holder, Source::WebForm, &record.id));
    let ids: HashSet<String> = keys
        .map(|key| {
            EntryId::of(&key.partition, &key.sort, ends(END))
                .as_str()
                .to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(
        ids.iter()
            .all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
}
