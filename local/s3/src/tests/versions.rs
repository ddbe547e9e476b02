//! Versions, and versions under lock.

use super::{BUCKET, Stack, refusal, refused};
use crate::{LockMode, Retention};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use chrono::{DateTime, Utc};

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A store whose bucket keeps versions, each under lock for 30 days.
async fn locked(mode: LockMode) -> Stack {
    let stack = Stack::start().await;
    stack
        .store
        .keep_versions(BUCKET, Some(Retention { mode, days: 30 }))
        .unwrap();
    stack
}

async fn put(stack: &Stack, key: &str, body: &'static [u8]) -> String {
    let put = stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(ByteStream::from_static(body));
    put.send().await.unwrap().version_id.unwrap()
}

async fn read(stack: &Stack, key: &str, version: &str) -> Vec<u8> {
    let object = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key(key)
        .version_id(version)
        .send()
        .await
        .unwrap();
    object.body.collect().await.unwrap().to_vec()
}

/// The list: key, version, whether it is the latest, whether it is a marker; in pages of this size.
async fn list(stack: &Stack, page: i32) -> Vec<(String, String, bool, bool)> {
    let (mut all, mut key, mut version) = (Vec::new(), None, None);
    loop {
        let list = stack
            .client
            .list_object_versions()
            .bucket(BUCKET)
            .max_keys(page);
        let answer = list
            .set_key_marker(key)
            .set_version_id_marker(version)
            .send()
            .await
            .unwrap();
        let mut some: Vec<_> = answer
            .versions()
            .iter()
            .map(|it| (it.key(), it.version_id(), it.is_latest(), false))
            .collect();
        some.extend(
            answer
                .delete_markers()
                .iter()
                .map(|it| (it.key(), it.version_id(), it.is_latest(), true)),
        );
        assert!(some.len() <= usize::try_from(page).unwrap());
        let owned = |text: Option<&str>| text.unwrap().to_owned();
        all.extend(
            some.into_iter()
                .map(|(key, id, latest, marker)| (owned(key), owned(id), latest.unwrap(), marker)),
        );
        if answer.is_truncated() != Some(true) {
            return all;
        }
        (key, version) = (answer.next_key_marker, answer.next_version_id_marker);
    }
}

#[tokio::test]
async fn what_is_put_again_is_another_version_and_what_was_there_stays() {
    let stack = locked(LockMode::Compliance).await;
    let (one, two) = (
        put(&stack, "a/ b", b"one").await,
        put(&stack, "a/ b", b"two").await,
    );
    let other = put(&stack, "c", b"three").await;
    let stack = stack.restart().await;
    assert_eq!(stack.read("a/ b").await, b"two");
    assert_eq!(
        (
            read(&stack, "a/ b", &one).await,
            read(&stack, "a/ b", &two).await
        ),
        (b"one".to_vec(), b"two".to_vec())
    );
    let row = |key: &str, id: &String, latest| (key.to_owned(), id.clone(), latest, false);
    let expected = [
        row("a/ b", &two, true),
        row("a/ b", &one, false),
        row("c", &other, true),
    ];
    for page in [1, 2, 1000] {
        assert_eq!(list(&stack, page).await, expected, "in pages of {page}");
    }
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("a/ b")
        .version_id(&one)
        .send()
        .await
        .unwrap();
    assert_eq!(head.object_lock_mode().unwrap().as_str(), "COMPLIANCE");
    assert_eq!(
        head.object_lock_retain_until_date().unwrap().secs(),
        at("2026-12-23T12:00:00Z").timestamp()
    );
    let unknown = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("c")
        .version_id(&one)
        .send()
        .await;
    assert_eq!(refused(unknown), refusal(404, "NoSuchVersion"));
}

#[tokio::test]
async fn a_deletion_marks_and_a_marker_can_be_taken_away() {
    let stack = locked(LockMode::Compliance).await;
    let one = put(&stack, "k", b"one").await;
    let gone = stack
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(gone.delete_marker(), Some(true));
    let stack = stack.restart().await;
    let get = |version: Option<&str>| {
        stack
            .client
            .get_object()
            .bucket(BUCKET)
            .key("k")
            .set_version_id(version.map(str::to_owned))
            .send()
    };
    assert_eq!(refused(get(None).await), refusal(404, "NoSuchKey"));
    assert_eq!(refused(get(gone.version_id()).await).0, 405);
    assert_eq!(read(&stack, "k", &one).await, b"one");
    assert!(stack.store.keys(BUCKET).is_empty() && list(&stack, 10).await.len() == 2);
    let marker = gone.version_id().unwrap();
    stack
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("k")
        .version_id(marker)
        .send()
        .await
        .unwrap();
    assert_eq!(stack.read("k").await, b"one");
}

#[tokio::test]
async fn what_is_under_lock_is_deleted_by_nobody_before_its_time() {
    let stack = locked(LockMode::Compliance).await;
    let one = put(&stack, "k", b"one").await;
    let delete = || {
        stack
            .client
            .delete_object()
            .bucket(BUCKET)
            .key("k")
            .version_id(&one)
    };
    assert_eq!(refused(delete().send().await), refusal(403, "AccessDenied"));
    assert_eq!(
        refused(delete().bypass_governance_retention(true).send().await),
        refusal(403, "AccessDenied")
    );
    let which = ObjectIdentifier::builder()
        .key("k")
        .version_id(&one)
        .build()
        .unwrap();
    let batch = stack
        .client
        .delete_objects()
        .bucket(BUCKET)
        .bypass_governance_retention(true);
    let batch = batch
        .delete(Delete::builder().objects(which).build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (batch.deleted().len(), batch.errors()[0].code()),
        (0, Some("AccessDenied"))
    );
    stack.clock.set(at("2026-12-23T11:59:59Z"));
    assert_eq!(refused(delete().send().await), refusal(403, "AccessDenied"));
    stack.clock.set(at("2026-12-23T12:00:00Z"));
    delete().send().await.unwrap();
    assert_eq!((list(&stack, 10).await.len(), stack.data()), (0, 0));
}

#[tokio::test]
async fn in_governance_mode_whoever_asks_to_bypass_the_lock_deletes() {
    let stack = locked(LockMode::Governance).await;
    let one = put(&stack, "k", b"one").await;
    let delete = || {
        stack
            .client
            .delete_object()
            .bucket(BUCKET)
            .key("k")
            .version_id(&one)
    };
    assert_eq!(refused(delete().send().await), refusal(403, "AccessDenied"));
    delete()
        .bypass_governance_retention(true)
        .send()
        .await
        .unwrap();
    assert_eq!((stack.store.keys(BUCKET).len(), stack.data()), (0, 0));
}

#[tokio::test]
async fn a_key_that_is_there_is_not_put_again_where_the_put_says_so() {
    let stack = locked(LockMode::Compliance).await;
    let put = |body: &'static [u8]| {
        let put = stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .if_none_match("*");
        put.body(ByteStream::from_static(body)).send()
    };
    put(b"one").await.unwrap();
    assert_eq!(
        refused(put(b"two").await),
        refusal(412, "PreconditionFailed")
    );
    assert_eq!(list(&stack, 10).await.len(), 1);
    // As on S3, a marker does not count as an object.
    stack
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    put(b"two").await.unwrap();
    assert_eq!(list(&stack, 10).await.len(), 3);
}

#[tokio::test]
async fn a_bucket_says_what_it_keeps_and_one_with_versions_in_it_stays() {
    let stack = locked(LockMode::Compliance).await;
    put(&stack, "k", b"one").await;
    stack
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    let status = stack
        .client
        .get_bucket_versioning()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(status.status().unwrap().as_str(), "Enabled");
    let lock = stack
        .client
        .get_object_lock_configuration()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let retention = lock
        .object_lock_configuration()
        .unwrap()
        .rule()
        .unwrap()
        .default_retention()
        .unwrap();
    assert_eq!(
        (retention.days(), retention.mode().unwrap().as_str()),
        (Some(30), "COMPLIANCE")
    );
    assert_eq!(
        refused(stack.client.delete_bucket().bucket(BUCKET).send().await),
        refusal(409, "BucketNotEmpty")
    );
    // A bucket that was begun without versions cannot start to keep them.
    stack.store.create_bucket("plain").unwrap();
    stack
        .client
        .put_object()
        .bucket("plain")
        .key("k")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    assert!(stack.store.keep_versions("plain", None).is_err());
    let plain = stack
        .client
        .get_bucket_versioning()
        .bucket("plain")
        .send()
        .await
        .unwrap();
    assert_eq!(plain.status(), None);
}
