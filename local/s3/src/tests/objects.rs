use super::{BUCKET, Stack, client, noon, refusal, refused};
use aws_sdk_s3::{
    primitives::{ByteStream, DateTime},
    types::{Delete, MetadataDirective, ObjectIdentifier, ServerSideEncryption},
};

#[tokio::test]
async fn an_object_is_read_as_it_was_put() {
    let stack = Stack::start().await;
    let put = stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key("r1/x/export.json");
    let put = put
        .body(ByteStream::from_static(b"{}"))
        .content_type("application/json");
    let put = put
        .content_disposition("attachment; filename=\"export.json\"")
        .metadata("request", "r1");
    let put = put
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id("alias/custodian");
    let put = put.cache_control("no-store").send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"99914b932bd37a50b983c5e7c90ae93b\""));
    assert_eq!(
        put.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );

    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("r1/x/export.json")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length(), Some(2));
    assert_eq!(head.content_type(), Some("application/json"));
    assert_eq!(
        head.last_modified(),
        Some(&DateTime::from_secs(noon().timestamp()))
    );

    let get = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("r1/x/export.json")
        .send()
        .await
        .unwrap();
    assert_eq!(get.e_tag(), put.e_tag());
    assert_eq!(
        get.content_disposition(),
        Some("attachment; filename=\"export.json\"")
    );
    assert_eq!(get.cache_control(), Some("no-store"));
    assert_eq!(get.content_encoding(), None);
    assert_eq!(
        get.metadata().unwrap().get("request").map(String::as_str),
        Some("r1")
    );
    assert_eq!(
        get.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(get.ssekms_key_id(), Some("alias/custodian"));
    assert_eq!(get.checksum_crc32(), put.checksum_crc32());
    assert_eq!(get.body.collect().await.unwrap().to_vec(), b"{}");
}

#[tokio::test]
async fn an_empty_object_is_an_object() {
    let stack = Stack::start().await;
    stack.put("empty", b"").await;
    assert!(stack.read("empty").await.is_empty());
}

#[tokio::test]
async fn a_range_of_an_object_is_read() {
    let stack = Stack::start().await;
    stack.put("digits", b"0123456789").await;
    for (range, expected, content_range) in [
        ("bytes=2-4", &b"234"[..], "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ] {
        let got = stack
            .client
            .get_object()
            .bucket(BUCKET)
            .key("digits")
            .range(range)
            .send()
            .await
            .unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), expected);
    }
    let beyond = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("digits")
        .range("bytes=10-")
        .send()
        .await;
    assert_eq!(refused(beyond), refusal(416, "InvalidRange"));
}

#[tokio::test]
async fn a_read_follows_its_conditions() {
    let stack = Stack::start().await;
    stack.put("k", b"one").await;
    let get = || stack.client.get_object().bucket(BUCKET).key("k");
    let tag = get().send().await.unwrap().e_tag().unwrap().to_owned();
    get().if_match(&tag).send().await.unwrap();
    get().if_none_match("\"other\"").send().await.unwrap();
    assert_eq!(
        refused(get().if_match("\"other\"").send().await),
        refusal(412, "PreconditionFailed")
    );
    assert_eq!(refused(get().if_none_match(&tag).send().await).0, 304);
    let then = DateTime::from_secs(noon().timestamp());
    assert_eq!(refused(get().if_modified_since(then).send().await).0, 304);
    let before = DateTime::from_secs(noon().timestamp() - 1);
    assert_eq!(
        refused(get().if_unmodified_since(before).send().await).0,
        412
    );
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .if_match("\"other\"")
        .send()
        .await;
    assert_eq!(refused(head).0, 412);
}

#[tokio::test]
async fn the_rest_of_an_object_is_read_only_while_it_is_the_same() {
    let stack = Stack::start().await;
    stack.put("k", b"0123456789").await;
    let rest = || {
        stack
            .client
            .get_object()
            .bucket(BUCKET)
            .key("k")
            .range("bytes=7-")
    };
    let tag = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap()
        .e_tag()
        .unwrap()
        .to_owned();
    let got = rest().if_match(&tag).send().await.unwrap();
    assert_eq!(
        (got.content_range(), got.content_length()),
        (Some("bytes 7-9/10"), Some(3))
    );
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"789");
    stack.put("k", b"9876543210").await;
    assert_eq!(
        refused(rest().if_match(&tag).send().await),
        refusal(412, "PreconditionFailed")
    );
    // Even where there is nothing to read, the condition decides.
    let beyond = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .range("bytes=10-")
        .if_match(&tag)
        .send()
        .await;
    assert_eq!(refused(beyond), refusal(412, "PreconditionFailed"));
}

#[tokio::test]
async fn a_delete_follows_its_condition() {
    let stack = Stack::start().await;
    stack.put("k", b"one").await;
    let delete = |tag: &str| {
        stack
            .client
            .delete_object()
            .bucket(BUCKET)
            .key("k")
            .if_match(tag)
            .send()
    };
    let tag = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap()
        .e_tag()
        .unwrap()
        .to_owned();
    stack.put("k", b"two").await;
    assert_eq!(
        refused(delete(&tag).await),
        refusal(412, "PreconditionFailed")
    );
    assert_eq!(stack.read("k").await, b"two");
    let tag = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap()
        .e_tag()
        .unwrap()
        .to_owned();
    delete(&tag).await.unwrap();
    assert!(stack.store.keys(BUCKET).is_empty());
    // S3 says that there is nothing to compare with, although a delete without a condition would
    // succeed.
    for tag in [tag.as_str(), "*"] {
        assert_eq!(refused(delete(tag).await), refusal(404, "NoSuchKey"));
    }
}

#[tokio::test]
async fn a_write_follows_its_conditions() {
    let stack = Stack::start().await;
    let put = |body: &'static [u8]| {
        stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .body(ByteStream::from_static(body))
    };
    assert_eq!(
        refused(put(b"0").if_match("\"tag\"").send().await),
        refusal(404, "NoSuchKey")
    );
    let first = put(b"1").if_none_match("*").send().await.unwrap();
    assert_eq!(
        refused(put(b"2").if_none_match("*").send().await),
        refusal(412, "PreconditionFailed")
    );
    assert_eq!(
        refused(put(b"2").if_match("\"tag\"").send().await),
        refusal(412, "PreconditionFailed")
    );
    assert_eq!(stack.read("k").await, b"1");
    put(b"3")
        .if_match(first.e_tag().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(stack.read("k").await, b"3");
    assert_eq!((stack.data(), stack.unfinished()), (1, 0));
}

#[tokio::test]
async fn a_put_replaces_the_object_and_its_bytes() {
    let stack = Stack::start().await;
    stack.put("k", b"one").await;
    stack.put("k", b"two").await;
    assert_eq!(stack.read("k").await, b"two");
    assert_eq!(stack.data(), 1);
}

#[tokio::test]
async fn of_puts_at_the_same_time_with_one_condition_one_wins() {
    let stack = Stack::start().await;
    let puts = (0..8).map(|_| {
        let put = stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .if_none_match("*");
        put.body(ByteStream::from_static(b"mine")).send()
    });
    let won = futures_util::future::join_all(puts)
        .await
        .into_iter()
        .flatten()
        .count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let stack = Stack::start().await;
    let missing = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("none")
        .send()
        .await;
    assert_eq!(refused(missing), refusal(404, "NoSuchKey"));
    assert_eq!(
        refused(
            stack
                .client
                .head_object()
                .bucket(BUCKET)
                .key("none")
                .send()
                .await
        )
        .0,
        404
    );
    let nowhere = stack
        .client
        .put_object()
        .bucket("nowhere")
        .key("k")
        .body(ByteStream::from_static(b"x"));
    assert_eq!(refused(nowhere.send().await), refusal(404, "NoSuchBucket"));
    let listed = stack
        .client
        .list_objects_v2()
        .bucket("nowhere")
        .send()
        .await;
    assert_eq!(refused(listed), refusal(404, "NoSuchBucket"));
}

#[tokio::test]
async fn deleting_twice_is_deleting_once() {
    let stack = Stack::start().await;
    stack.put("k", b"x").await;
    for _ in 0..2 {
        stack
            .client
            .delete_object()
            .bucket(BUCKET)
            .key("k")
            .send()
            .await
            .unwrap();
    }
    assert!(stack.store.keys(BUCKET).is_empty());
    assert_eq!(stack.data(), 0);
}

#[tokio::test]
async fn a_batch_is_deleted_whether_its_objects_are_there_or_not() {
    let stack = Stack::start().await;
    for key in ["a", "b", "c"] {
        stack.put(key, b"x").await;
    }
    let objects =
        ["a", "c", "none"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder()
        .set_objects(Some(objects.to_vec()))
        .build()
        .unwrap();
    let done = stack
        .client
        .delete_objects()
        .bucket(BUCKET)
        .delete(delete)
        .send()
        .await
        .unwrap();
    assert_eq!((done.deleted().len(), done.errors().len()), (3, 0));
    assert_eq!(stack.store.keys(BUCKET), ["b"]);
}

#[tokio::test]
async fn a_copy_keeps_the_headers_unless_they_are_replaced() {
    let stack = Stack::start().await;
    let put = stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key("from here/é")
        .content_type("text/plain");
    put.metadata("a", "1")
        .body(ByteStream::from_static(b"text"))
        .send()
        .await
        .unwrap();
    let source = "exports/from%20here/%C3%A9";
    let copy = || {
        stack
            .client
            .copy_object()
            .bucket(BUCKET)
            .copy_source(source)
    };
    copy().key("kept").send().await.unwrap();
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("kept")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.content_type(), head.metadata().unwrap().len()),
        (Some("text/plain"), 1)
    );
    assert_eq!(stack.read("kept").await, b"text");

    let replaced = copy()
        .key("replaced")
        .metadata_directive(MetadataDirective::Replace)
        .content_type("text/html");
    replaced.send().await.unwrap();
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("replaced")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.content_type(), head.metadata().unwrap().len()),
        (Some("text/html"), 0)
    );

    let other = copy()
        .key("other")
        .copy_source_if_match("\"other\"")
        .send()
        .await;
    assert_eq!(refused(other), refusal(412, "PreconditionFailed"));
    let itself = copy().key("from here/é").send().await;
    assert_eq!(refused(itself), refusal(400, "InvalidRequest"));
    let missing = stack
        .client
        .copy_object()
        .bucket(BUCKET)
        .copy_source("exports/none")
        .key("k")
        .send()
        .await;
    assert_eq!(refused(missing), refusal(404, "NoSuchKey"));
}

#[tokio::test]
async fn only_an_empty_bucket_is_deleted() {
    let stack = Stack::start().await;
    stack
        .client
        .create_bucket()
        .bucket("intake")
        .send()
        .await
        .unwrap();
    let again = stack.client.create_bucket().bucket("intake").send().await;
    assert_eq!(refused(again), refusal(409, "BucketAlreadyOwnedByYou"));
    stack.put("k", b"x").await;
    let listed = stack.client.list_buckets().send().await.unwrap();
    assert_eq!(
        listed
            .buckets()
            .iter()
            .filter_map(|bucket| bucket.name())
            .collect::<Vec<_>>(),
        ["exports", "intake"]
    );
    let full = stack.client.delete_bucket().bucket(BUCKET).send().await;
    assert_eq!(refused(full), refusal(409, "BucketNotEmpty"));
    stack
        .client
        .delete_bucket()
        .bucket("intake")
        .send()
        .await
        .unwrap();
    assert_eq!(
        refused(stack.client.head_bucket().bucket("intake").send().await).0,
        404
    );
    stack
        .client
        .head_bucket()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let stack = Stack::start().await;
    let put = stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key("kept")
        .content_type("text/plain");
    put.metadata("a", "1")
        .body(ByteStream::from_static(b"text"))
        .send()
        .await
        .unwrap();
    stack.put("gone", b"x").await;
    stack
        .client
        .delete_object()
        .bucket(BUCKET)
        .key("gone")
        .send()
        .await
        .unwrap();
    let upload = stack
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("later")
        .send()
        .await
        .unwrap();
    let id = upload.upload_id().unwrap();
    let part = stack
        .client
        .upload_part()
        .bucket(BUCKET)
        .key("later")
        .upload_id(id)
        .part_number(3);
    part.body(ByteStream::from_static(b"part"))
        .send()
        .await
        .unwrap();
    let before = stack.store.uploads(BUCKET);
    // What a process that ended in between leaves.
    std::fs::write(
        stack.folder.path().join("buckets/exports/data/orphan"),
        b"x",
    )
    .unwrap();
    std::fs::write(stack.folder.path().join("tmp/half"), b"x").unwrap();

    let stack = stack.restart().await;
    assert_eq!(stack.store.keys(BUCKET), ["kept"]);
    assert_eq!(stack.store.uploads(BUCKET), before);
    assert_eq!(before[0].parts, [3]);
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("kept")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.content_type(), head.metadata().unwrap().len()),
        (Some("text/plain"), 1)
    );
    assert_eq!(
        head.last_modified(),
        Some(&DateTime::from_secs(noon().timestamp()))
    );
    assert_eq!(stack.read("kept").await, b"text");
    assert_eq!((stack.data(), stack.unfinished()), (2, 0));
}

#[tokio::test]
async fn a_folder_is_for_one_store_at_a_time() {
    let stack = Stack::start().await;
    let other = super::Store::open(stack.folder.path(), stack.clock.clone());
    assert_eq!(other.unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
    stack.restart().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_idle_connections() {
    let stack = Stack::start().await;
    stack.put("k", b"x").await;
    let other = client(stack.address, super::CREDENTIALS.1);
    other.head_bucket().bucket(BUCKET).send().await.unwrap();
    drop(stack.end);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(1), stack.served).await;
    ended.unwrap().unwrap();
}
