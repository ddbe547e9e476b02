//! Packages in the Register: whose data they hold, and until when.

use super::tables::{Tables, lend};
use super::{all, at, person, said};
use custodian_domain::identity::assertion::Assertion;
use custodian_domain::record::Holder;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::package::{File, PackageKind, RequestId};
use custodian_domain::rights::package_token::{LinkId, LinkKind};
use custodian_store::packages::{Grant, Made, Package, State};

const ASKED: &str = "2096-11-23T10:00:00Z";
/// Fourteen days later.
const OVER: &str = "2096-12-07T10:00:00Z";
const SECOND_BEFORE: &str = "2096-12-07T09:59:59Z";

fn request(id: &str) -> RequestId {
    RequestId::try_from(id.to_owned()).unwrap()
}

fn package(holders: &[&str]) -> Package {
    Package {
        kind: PackageKind::Access,
        state: State::Started,
        order: "digest".to_owned(),
        requested_by: "dpo-7".to_owned(),
        requested_at: at(ASKED),
        holders: holders.iter().map(|name| person(name)).collect(),
        unconfirmed: vec!["0123456789ab".to_owned()],
        undecided: Undecided::of([("ba9876543210".to_owned(), Assertion::Claimed)]),
        decided: Vec::new(),
        made: None,
        handed_over_at: None,
        release: None,
        reading: None,
        fetched: Vec::new(),
        withdrawn: None,
        in_case: None,
        reviewed: None,
        superseded: false,
    }
}

fn made(expires_at: &str) -> Made {
    Made {
        key: "r/random/export.json".to_owned(),
        report_key: None,
        records: 2,
        bytes: 2_000,
        sha256: "00".repeat(32),
        expires_at: at(expires_at),
        held: std::collections::BTreeMap::from([("records".to_owned(), 1)]),
        records_until: None,
        not_followed: 0,
        made_at: None,
    }
}

async fn find(tables: &Tables, id: &RequestId) -> Package {
    tables
        .packages()
        .find(id, at(ASKED))
        .await
        .unwrap()
        .unwrap()
}

async fn holding(tables: &Tables, holder: &Holder) -> Vec<RequestId> {
    all(tables.packages().holding(holder)).await
}

async fn due(tables: &Tables, instant: &str) -> Vec<RequestId> {
    all(tables.packages().due(at(instant)))
        .await
        .into_iter()
        .map(|(_, request)| request)
        .collect()
}

#[tokio::test]
async fn a_package_is_found_by_its_request_by_whom_it_is_about_and_by_its_end() {
    lend(async |tables| {
        let (packages, first, second) = (tables.packages(), request("ex-1"), request("ex-2"));
        assert_eq!(packages.find(&first, at(ASKED)).await.unwrap(), None);
        assert!(
            packages
                .start(&first, &package(&["rosa", "abel"]), Vec::new())
                .await
                .unwrap()
        );
        assert!(
            packages
                .start(&second, &package(&["rosa"]), Vec::new())
                .await
                .unwrap()
        );
        assert_eq!(find(tables, &first).await, package(&["rosa", "abel"]));
        assert_eq!(
            holding(tables, &person("rosa")).await,
            [first.clone(), second.clone()]
        );
        assert_eq!(
            holding(tables, &person("abel")).await,
            std::slice::from_ref(&first)
        );
        assert_eq!(holding(tables, &person("cleo")).await, []);
        assert_eq!(
            (due(tables, SECOND_BEFORE).await, due(tables, OVER).await),
            (vec![], vec![first, second])
        );
        let remembered = packages
            .find(&request("ex-1"), at("2099-11-23T09:59:59Z"))
            .await
            .unwrap();
        assert!(
            remembered.is_some()
                && packages
                    .find(&request("ex-1"), at("2099-11-23T10:00:00Z"))
                    .await
                    .unwrap()
                    .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_package_that_broke_off_is_started_again() {
    lend(async |tables| {
        let (packages, id) = (tables.packages(), request("ex-1"));
        assert!(
            packages
                .start(&id, &package(&["rosa"]), Vec::new())
                .await
                .unwrap()
        );
        assert!(
            packages
                .start(&id, &package(&["rosa", "abel"]), Vec::new())
                .await
                .unwrap()
        );
        let other = Package {
            order: "another".to_owned(),
            ..package(&["cleo"])
        };
        assert!(
            !packages.start(&id, &other, Vec::new()).await.unwrap(),
            "but not for another order"
        );
        assert_eq!(find(tables, &id).await, package(&["rosa", "abel"]));
        assert_eq!(due(tables, OVER).await, [id], "once");
    })
    .await;
}

#[tokio::test]
async fn a_complete_package_is_over_with_the_first_record_in_it() {
    lend(async |tables| {
        let (packages, id) = (tables.packages(), request("ex-1"));
        packages
            .start(&id, &package(&["rosa"]), Vec::new())
            .await
            .unwrap();
        let early = made("2096-11-30T00:00:00Z");
        assert!(packages.complete(&id, &early).await.unwrap());
        let complete = Package {
            state: State::Complete,
            made: Some(early),
            ..package(&["rosa"])
        };
        assert_eq!(find(tables, &id).await, complete);
        assert_eq!(due(tables, "2096-11-29T23:59:59Z").await, []);
        assert_eq!(
            due(tables, "2096-11-30T00:00:00Z").await,
            std::slice::from_ref(&id)
        );
        assert!(
            !packages.complete(&id, &made(OVER)).await.unwrap(),
            "the first stands"
        );
        assert!(
            !packages
                .start(&id, &package(&["abel"]), Vec::new())
                .await
                .unwrap(),
            "nor is it made anew"
        );
        assert_eq!(find(tables, &id).await, complete);
        assert_eq!(holding(tables, &person("abel")).await, []);
    })
    .await;
}

fn grant(link: &LinkId, fetches: u32) -> Grant {
    Grant {
        link: link.clone(),
        code: "digest".to_owned(),
        by: "dpo-7".to_owned(),
        at: at(ASKED),
        until: at(OVER),
        fetches,
        document: 0,
        report: 0,
        wrong_codes: 0,
    }
}

#[tokio::test]
async fn a_package_is_handed_over_by_the_first_fetch_of_a_release_and_not_by_a_reading() {
    lend(async |tables| {
        let (packages, id, link) = (tables.packages(), request("ex-1"), LinkId::random());
        assert!(
            !packages
                .grant(&id, LinkKind::Release, &grant(&link, 2), None, Vec::new())
                .await
                .unwrap(),
            "there is no package"
        );
        packages
            .start(&id, &package(&["rosa"]), Vec::new())
            .await
            .unwrap();
        assert!(
            !packages
                .grant(&id, LinkKind::Release, &grant(&link, 2), None, Vec::new())
                .await
                .unwrap(),
            "it is not complete"
        );
        packages.complete(&id, &made(OVER)).await.unwrap();
        assert!(
            packages
                .grant(&id, LinkKind::Reading, &grant(&link, 2), None, Vec::new())
                .await
                .unwrap()
        );
        assert!(
            packages
                .fetch(&id, LinkKind::Reading, &link, File::Report, at(ASKED))
                .await
                .unwrap()
        );
        let read = find(tables, &id).await;
        assert_eq!(
            (
                read.handed_over_at,
                read.unconfirmed.len(),
                read.fetched.len()
            ),
            (None, 1, 1)
        );
        assert!(
            packages
                .grant(&id, LinkKind::Release, &grant(&link, 2), None, Vec::new())
                .await
                .unwrap()
        );
        let released = find(tables, &id).await;
        assert!(
            released.unconfirmed.is_empty() && released.undecided.is_empty(),
            "a release decides on its links"
        );
        for (instant, stands) in [(ASKED, true), (SECOND_BEFORE, true), (SECOND_BEFORE, false)] {
            let fetched = packages
                .fetch(&id, LinkKind::Release, &link, File::Report, at(instant))
                .await
                .unwrap();
            assert_eq!(
                (fetched, find(tables, &id).await.handed_over_at),
                (stands, Some(at(ASKED)))
            );
        }
        assert!(
            packages
                .fetch(&id, LinkKind::Release, &link, File::Document, at(ASKED))
                .await
                .unwrap()
        );
        let package = find(tables, &id).await;
        let release = Grant {
            report: 2,
            document: 1,
            ..grant(&link, 2)
        };
        assert_eq!(
            (package.grant(LinkKind::Release), package.fetched.len()),
            (Some(&release), 4)
        );
        assert!(
            !packages
                .fetch(
                    &id,
                    LinkKind::Release,
                    &LinkId::random(),
                    File::Document,
                    at(ASKED)
                )
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn five_wrong_codes_end_a_link_and_a_newer_one_begins_anew() {
    lend(async |tables| {
        let (packages, id, link) = (tables.packages(), request("ex-1"), LinkId::random());
        packages
            .start(&id, &package(&["rosa"]), Vec::new())
            .await
            .unwrap();
        packages.complete(&id, &made(OVER)).await.unwrap();
        packages
            .grant(&id, LinkKind::Release, &grant(&link, 3), None, Vec::new())
            .await
            .unwrap();
        packages
            .wrong_code(&id, LinkKind::Release, &LinkId::random())
            .await
            .unwrap();
        packages
            .wrong_code(&id, LinkKind::Reading, &link)
            .await
            .unwrap();
        for wrong in [1, 2, 3, 4, 5, 5] {
            packages
                .wrong_code(&id, LinkKind::Release, &link)
                .await
                .unwrap();
            let release = find(tables, &id).await.release.unwrap();
            assert_eq!(
                (
                    release.wrong_codes,
                    release.is_open(LinkKind::Release, at(ASKED))
                ),
                (wrong, wrong < 5)
            );
        }
        assert!(
            !packages
                .fetch(&id, LinkKind::Release, &link, File::Document, at(ASKED))
                .await
                .unwrap()
        );
        let newer = LinkId::random();
        packages
            .grant(&id, LinkKind::Release, &grant(&newer, 3), None, Vec::new())
            .await
            .unwrap();
        assert!(
            packages
                .fetch(&id, LinkKind::Release, &newer, File::Document, at(ASKED))
                .await
                .unwrap()
        );
        let open = find(tables, &id).await;
        packages
            .close(&id, &open, State::Expired, at(OVER))
            .await
            .unwrap();
        assert!(
            !packages
                .fetch(&id, LinkKind::Release, &newer, File::Document, at(ASKED))
                .await
                .unwrap()
        );
        let closed = find(tables, &id).await;
        assert_eq!(
            (closed.release, closed.handed_over_at, closed.fetched.len()),
            (None, Some(at(ASKED)), 1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_closed_package_is_remembered_without_whose_it_was_and_looked_for_once_more() {
    lend(async |tables| {
        for (id, end) in [("ex-early", "2096-11-30T00:00:00Z"), ("ex-full", OVER)] {
            let (packages, id) = (tables.packages(), request(id));
            packages
                .start(&id, &package(&["rosa", "abel"]), Vec::new())
                .await
                .unwrap();
            packages.complete(&id, &made(end)).await.unwrap();
            let open = find(tables, &id).await;
            for now in ["2096-11-24T10:00:00Z", "2096-11-24T10:01:00Z"] {
                packages
                    .close(&id, &open, State::Erased, at(now))
                    .await
                    .unwrap();
            }
            let nobodys = Package {
                state: State::Erased,
                order: String::new(),
                holders: Vec::new(),
                unconfirmed: Vec::new(),
                undecided: Undecided::default(),
                ..package(&[])
            };
            assert_eq!(find(tables, &id).await, nobodys);
            assert_eq!(
                (
                    holding(tables, &person("rosa")).await,
                    holding(tables, &person("abel")).await
                ),
                (vec![], vec![])
            );
            assert_eq!(due(tables, "2096-11-24T10:14:59Z").await, []);
            let left = all(packages.due(at(OVER))).await;
            assert_eq!(
                left.iter().map(|(_, request)| request).collect::<Vec<_>>(),
                [&id, &id]
            );
            for (entry, _) in left {
                packages.drop_entry(&entry).await.unwrap();
                packages.drop_entry(&entry).await.unwrap();
            }
            assert_eq!(due(tables, OVER).await, []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_package_that_was_closed_meanwhile_is_neither_completed_nor_started_again() {
    lend(async |tables| {
        let (packages, id) = (tables.packages(), request("ex-1"));
        packages
            .start(&id, &package(&["rosa"]), Vec::new())
            .await
            .unwrap();
        packages
            .close(&id, &package(&["rosa"]), State::Erased, at(ASKED))
            .await
            .unwrap();
        assert!(!packages.complete(&id, &made(OVER)).await.unwrap());
        assert!(
            !packages
                .start(&id, &package(&["rosa"]), Vec::new())
                .await
                .unwrap()
        );
        let closed = find(tables, &id).await;
        assert_eq!(
            (closed.state, closed.made, closed.holders),
            (State::Erased, None, Vec::new())
        );
        assert_eq!(holding(tables, &person("rosa")).await, []);
        let unknown = said(
            packages
                .close(&request("ex-2"), &package(&[]), State::Expired, at(ASKED))
                .await,
        );
        assert_eq!(unknown, "close a package's entry: there is no such package");
    })
    .await;
}
