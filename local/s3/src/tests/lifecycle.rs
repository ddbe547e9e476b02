use super::{BUCKET, Stack};
use crate::{Lifecycle, Removed};
use chrono::{DateTime, Utc};

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

#[tokio::test]
async fn an_object_expires_at_the_midnight_after_its_days() {
    let stack = Stack::start().await;
    let lifecycle = Lifecycle {
        expire_after_days: Some(14),
        ..Lifecycle::default()
    };
    stack.store.set_lifecycle(BUCKET, [lifecycle]).unwrap();
    stack.put("noon", b"x").await;
    stack.clock.set(at("2026-11-24T00:00:00Z"));
    stack.put("midnight", b"x").await;
    // Put again: its days start again.
    stack.put("again", b"x").await;
    let stack = stack.restart().await;

    assert_eq!(
        stack
            .store
            .run_lifecycle(at("2026-12-07T23:59:59Z"))
            .unwrap(),
        Removed::default()
    );
    let first = stack
        .store
        .run_lifecycle(at("2026-12-08T00:00:00Z"))
        .unwrap();
    assert_eq!(
        first,
        Removed {
            objects: 1,
            uploads: 0
        }
    );
    assert_eq!(stack.store.keys(BUCKET), ["again", "midnight"]);
    assert_eq!(
        stack
            .store
            .run_lifecycle(at("2026-12-08T23:59:59Z"))
            .unwrap(),
        Removed::default()
    );
    assert_eq!(
        stack
            .store
            .run_lifecycle(at("2026-12-09T00:00:00Z"))
            .unwrap()
            .objects,
        2
    );
    assert_eq!(stack.data(), 0);
}

#[tokio::test]
async fn an_upload_that_nobody_completes_is_aborted() {
    let stack = Stack::start().await;
    let lifecycle = Lifecycle {
        abort_uploads_after_days: Some(1),
        ..Lifecycle::default()
    };
    stack.store.set_lifecycle(BUCKET, [lifecycle]).unwrap();
    stack.put("kept", b"x").await;
    let upload = stack
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    let part = stack
        .client
        .upload_part()
        .bucket(BUCKET)
        .key("k")
        .upload_id(upload.upload_id().unwrap());
    part.part_number(1)
        .body(b"part".to_vec().into())
        .send()
        .await
        .unwrap();
    assert_eq!(
        stack
            .store
            .run_lifecycle(at("2026-11-24T23:59:59Z"))
            .unwrap(),
        Removed::default()
    );
    let removed = stack
        .store
        .run_lifecycle(at("2026-11-25T00:00:00Z"))
        .unwrap();
    assert_eq!(
        removed,
        Removed {
            objects: 0,
            uploads: 1
        }
    );
    assert!(stack.store.uploads(BUCKET).is_empty());
    assert_eq!((stack.store.keys(BUCKET).len(), stack.data()), (1, 1));
}

#[tokio::test]
async fn a_lifecycle_is_about_its_prefix() {
    let stack = Stack::start().await;
    let lifecycle = Lifecycle {
        expire_after_days: Some(0),
        prefix: "quarantine/".to_owned(),
        ..Lifecycle::default()
    };
    stack.store.set_lifecycle(BUCKET, [lifecycle]).unwrap();
    stack.put("quarantine/a", b"x").await;
    stack.put("source/a", b"x").await;
    stack
        .store
        .run_lifecycle(at("2030-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(stack.store.keys(BUCKET), ["source/a"]);
}

#[tokio::test]
async fn each_prefix_has_its_own_rule_and_of_two_the_sooner_counts() {
    let stack = Stack::start().await;
    let rule = |prefix: &str, days| {
        let prefix = prefix.to_owned();
        Lifecycle {
            expire_after_days: Some(days),
            prefix,
            ..Lifecycle::default()
        }
    };
    let unfinished = Lifecycle {
        abort_uploads_after_days: Some(1),
        ..Lifecycle::default()
    };
    let rules = [
        rule("reports/", 365),
        rule("quarantine/", 14),
        rule("quarantine/old/", 30),
        unfinished,
    ];
    stack.store.set_lifecycle(BUCKET, rules).unwrap();
    for key in ["kept", "quarantine/a", "quarantine/old/a", "reports/a"] {
        stack.put(key, b"x").await;
    }
    stack
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("reports/b")
        .send()
        .await
        .unwrap();
    let stack = stack.restart().await;
    let removed = stack
        .store
        .run_lifecycle(at("2026-11-25T00:00:00Z"))
        .unwrap();
    assert_eq!(
        removed,
        Removed {
            objects: 0,
            uploads: 1
        }
    );
    stack
        .store
        .run_lifecycle(at("2026-12-08T00:00:00Z"))
        .unwrap();
    assert_eq!(stack.store.keys(BUCKET), ["kept", "reports/a"]);
    stack
        .store
        .run_lifecycle(at("2027-11-23T23:59:59Z"))
        .unwrap();
    assert_eq!(stack.store.keys(BUCKET), ["kept", "reports/a"]);
    stack
        .store
        .run_lifecycle(at("2027-11-24T00:00:00Z"))
        .unwrap();
    assert_eq!(stack.store.keys(BUCKET), ["kept"]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_gets_no_lifecycle() {
    let stack = Stack::start().await;
    let error = stack.store.set_lifecycle("nowhere", []).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}
