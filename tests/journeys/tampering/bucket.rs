//! Somebody with every right that the account can give attacks the anchors themselves.

use super::{live, lived, lived_in_a_trial, sweep, told};
use crate::house::{House, options};
use aws_sdk_s3::error::ProvideErrorMetadata;
use custodian_local::iam::{Call, Principal};

const DAY: &str = "anchors/2026-11-24";
const ACCOUNT: &str = "arn:aws:iam::000000000000";

/// The versions of a key, the latest first.
async fn versions(house: &House, key: &str) -> Vec<String> {
    let list = house
        .s3()
        .list_object_versions()
        .bucket(house.anchors_bucket())
        .prefix(key)
        .send()
        .await
        .unwrap();
    list.versions()
        .iter()
        .map(|version| version.version_id().unwrap().to_owned())
        .collect()
}

async fn put(house: &House, key: &str, body: &str) {
    let put = house
        .s3()
        .put_object()
        .bucket(house.anchors_bucket())
        .key(key);
    put.body(body.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_is_put_once_and_no_version_of_it_goes() {
    let house = lived().await;
    let again = house
        .s3()
        .put_object()
        .bucket(house.anchors_bucket())
        .key(DAY)
        .if_none_match("*");
    let refused = again
        .body(b"2026-11-24=1=0".to_vec().into())
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("PreconditionFailed"));
    let version = versions(&house, DAY).await.pop().unwrap();
    for bypass in [false, true] {
        let delete = house
            .s3()
            .delete_object()
            .bucket(house.anchors_bucket())
            .key(DAY)
            .version_id(&version);
        let refused = delete
            .bypass_governance_retention(bypass)
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            refused.code(),
            Some("AccessDenied"),
            "it is under lock, whoever asks"
        );
    }
    // Even years later, the sweeps of that time find it there.
    let lock = house
        .s3()
        .head_object()
        .bucket(house.anchors_bucket())
        .key(DAY)
        .send()
        .await
        .unwrap();
    let days = (lock.object_lock_retain_until_date().unwrap().secs()
        - house.stack.clock().now().timestamp())
        / 86_400;
    assert!((2554..2557).contains(&days), "seven years: {days}");
    assert!(told(&house).await.starts_with("The chain holds."));
}

fn call(action: &str, bucket: &str, key: &str) -> Call {
    let key = if key.is_empty() {
        String::new()
    } else {
        format!("/{key}")
    };
    Call::new(
        &format!("s3:{action}"),
        &format!("arn:aws:s3:::{bucket}{key}"),
    )
    .with("aws:ViaAWSService", ["false".to_owned()])
}

fn once(bucket: &str, key: &str) -> Call {
    call("PutObject", bucket, key).with("s3:if-none-match", ["*".to_owned()])
}

fn somebody(house: &House, who: &str) -> Principal {
    house
        .stack
        .principal("ingest")
        .unwrap()
        .with_all_rights(&format!("{ACCOUNT}:{who}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_sweep_anchors_and_nobody_deletes_or_unlocks() {
    let house = House::open().await;
    let bucket = house.anchors_bucket();
    let sweep = house.stack.principal("sweep").unwrap();
    for key in [DAY, "heads/2026-11-24/000000000001"] {
        assert!(sweep.may(&once(&bucket, key)), "{key}");
        assert!(
            !sweep.may(&call("PutObject", &bucket, key)),
            "not where something may lie: {key}"
        );
    }
    assert!(
        !sweep.may(&once(&bucket, "elsewhere")) && !sweep.may(&call("GetObject", &bucket, DAY))
    );
    let everything = sweep.with_all_rights(&sweep.arn);
    for who in [
        somebody(&house, "user/admin"),
        somebody(&house, "root"),
        somebody(&house, "role/operators/night"),
        everything,
    ] {
        for action in [
            "DeleteObject",
            "DeleteObjectVersion",
            "BypassGovernanceRetention",
            "PutObjectRetention",
            "PutObjectLegalHold",
        ] {
            assert!(
                !who.may(&call(action, &bucket, DAY)),
                "{}: {action}",
                who.arn
            );
        }
        for action in [
            "DeleteBucket",
            "PutBucketVersioning",
            "PutBucketObjectLockConfiguration",
            "PutLifecycleConfiguration",
        ] {
            assert!(
                !who.may(&call(action, &bucket, "")),
                "{}: {action}",
                who.arn
            );
            let by_cloudformation =
                Call::new(&format!("s3:{action}"), &format!("arn:aws:s3:::{bucket}"));
            assert!(
                who.may(&by_cloudformation.with("aws:ViaAWSService", ["true".to_owned()])),
                "a deployment can"
            );
        }
        assert_eq!(
            who.may(&once(&bucket, DAY)),
            who.arn == sweep.arn,
            "{}",
            who.arn
        );
        for action in ["GetObject", "GetObjectVersion"] {
            assert!(
                who.may(&call(action, &bucket, DAY)),
                "whom the account lets compares: {action}"
            );
        }
    }
}

/// Deletes the latest version, which somebody can do in a trial.
async fn take_back(house: &House, key: &str) {
    let latest = versions(house, key).await.swap_remove(0);
    let delete = house
        .s3()
        .delete_object()
        .bucket(house.anchors_bucket())
        .key(key)
        .version_id(latest);
    delete
        .bypass_governance_retention(true)
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_somebody_puts_over_an_anchor_is_told() {
    let house = lived_in_a_trial().await;
    for (key, body) in [
        (
            DAY,
            "2026-11-24=6=0000000000000000000000000000000000000000000000000000000000000000\n",
        ),
        ("heads/2026-11-26/000000000008", ""),
    ] {
        put(&house, key, body).await;
        let line = format!(
            "The chain does not match its anchors: {key} matches, but has another version on top of it."
        );
        assert_eq!(told(&house).await, line);
        take_back(&house, key).await;
    }
    assert!(told(&house).await.starts_with("The chain holds."));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_that_is_marked_as_deleted_is_told_and_still_compared() {
    let house = lived().await;
    house
        .s3()
        .delete_object()
        .bucket(house.anchors_bucket())
        .key(DAY)
        .send()
        .await
        .unwrap();
    let line =
        format!("The chain does not match its anchors: {DAY} matches, but is marked as deleted.");
    assert_eq!(told(&house).await, line);
    // The sweep takes the day for one without an anchor and puts the same anchor again. The check
    // still reports it.
    assert_eq!(sweep(&house).await["anchored_days"], 1);
    assert_eq!(told(&house).await, line);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_that_was_there_first_and_says_something_else_is_told() {
    // Somebody with the sweep's role anchors days before they are over.
    let mut options = options();
    options
        .parameters
        .insert("AnchorMode".to_owned(), "GOVERNANCE".to_owned());
    let house = House::with(options).await;
    put(
        &house,
        DAY,
        "2026-11-24=6=0000000000000000000000000000000000000000000000000000000000000000\n",
    )
    .await;
    put(&house, "anchors/2026-11-25", "nothing").await;
    live(&house).await;
    let line = "names another link than the chain has there: the chain was rebuilt.";
    assert_eq!(
        told(&house).await,
        format!("The chain does not match its anchors: {DAY} {line}")
    );
    take_back(&house, DAY).await;
    sweep(&house).await;
    let line =
        "The chain does not match its anchors: anchors/2026-11-25 is not written as an anchor is.";
    assert_eq!(told(&house).await, line);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_anchor_is_told_without_its_name() {
    let house = lived_in_a_trial().await;
    for key in [
        "rosa@example.org",
        "anchors/rosa",
        "heads/2026-11-24/1",
        "heads/2026-11-24",
        "zebra",
    ] {
        put(&house, key, "1=0").await;
        let line =
            "The chain does not match its anchors: the bucket has something that is not an anchor.";
        assert_eq!(told(&house).await, line, "{key}");
        take_back(&house, key).await;
    }
    assert!(told(&house).await.starts_with("The chain holds."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_whose_anchor_is_gone_is_told() {
    let house = lived_in_a_trial().await;
    for key in [DAY, "anchors/2026-11-25"] {
        take_back(&house, key).await;
        let line = format!(
            "The chain does not match its anchors: {key} is missing, and the day is closed."
        );
        assert_eq!(told(&house).await, line);
        assert_eq!(sweep(&house).await["anchored_days"], 1);
        assert!(
            told(&house).await.starts_with("The chain holds."),
            "it is made up for"
        );
    }
}
