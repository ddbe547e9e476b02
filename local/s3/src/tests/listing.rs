use super::{BUCKET, Stack, refusal, refused};
use aws_sdk_s3::types::EncodingType;

async fn stack_with(keys: &[&str]) -> Stack {
    let stack = Stack::start().await;
    for key in keys {
        stack.put(key, b"x").await;
    }
    stack
}

#[tokio::test]
async fn a_list_is_in_order_and_under_its_prefix() {
    let stack = stack_with(&["b/2", "a", "b/1", "c"]).await;
    let list = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = list
        .contents()
        .iter()
        .filter_map(|object| object.key())
        .collect();
    assert_eq!(keys, ["a", "b/1", "b/2", "c"]);
    assert_eq!(
        (list.key_count(), list.is_truncated(), list.max_keys()),
        (Some(4), Some(false), Some(1000))
    );
    let list = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .prefix("b/")
        .start_after("b/1")
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = list
        .contents()
        .iter()
        .filter_map(|object| object.key())
        .collect();
    assert_eq!(keys, ["b/2"]);
    assert_eq!(list.contents()[0].size(), Some(1));
}

#[tokio::test]
async fn pages_hold_every_key_and_common_prefix_once() {
    let stack = stack_with(&["a", "b/1", "b/2", "b/3", "c/1", "c/d/2", "e", "é", "f"]).await;
    for page in 1..=10 {
        let list = stack
            .client
            .list_objects_v2()
            .bucket(BUCKET)
            .delimiter("/")
            .max_keys(page);
        let mut pages = list.into_paginator().send();
        let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
        while let Some(found) = pages.next().await {
            let found = found.unwrap();
            assert!(
                found.contents().len() + found.common_prefixes().len()
                    <= usize::try_from(page).unwrap()
            );
            keys.extend(
                found
                    .contents()
                    .iter()
                    .filter_map(|object| object.key().map(str::to_owned)),
            );
            prefixes.extend(
                found
                    .common_prefixes()
                    .iter()
                    .filter_map(|it| it.prefix().map(str::to_owned)),
            );
        }
        assert_eq!(keys, ["a", "e", "f", "é"], "{page} a page");
        assert_eq!(prefixes, ["b/", "c/"], "{page} a page");
    }
}

#[tokio::test]
async fn a_delimiter_counts_after_the_prefix() {
    let stack = stack_with(&["c/1", "c/d/2", "c/d/3"]).await;
    let list = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .delimiter("/")
        .prefix("c/")
        .send()
        .await
        .unwrap();
    assert_eq!(
        list.contents()
            .iter()
            .filter_map(|object| object.key())
            .collect::<Vec<_>>(),
        ["c/1"]
    );
    assert_eq!(
        list.common_prefixes()
            .iter()
            .filter_map(|it| it.prefix())
            .collect::<Vec<_>>(),
        ["c/d/"]
    );
}

#[tokio::test]
async fn a_page_of_nothing_holds_nothing_and_a_wrong_token_is_refused() {
    let stack = stack_with(&["a"]).await;
    let none = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .max_keys(0)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (none.contents().len(), none.is_truncated()),
        (0, Some(false))
    );
    let wrong = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .continuation_token("!")
        .send()
        .await;
    assert_eq!(refused(wrong), refusal(400, "InvalidArgument"));
}

#[tokio::test]
async fn keys_that_look_like_paths_or_need_encoding_are_only_keys() {
    let keys = [
        "../../../escape",
        "..",
        "/leading",
        "a//b",
        "trailing/",
        "space and+plus",
        "ключ/日本語/🙂",
        "per%cent%2e",
        "<&>'\"",
        "q?a=b#c",
        "./x",
        "..%2f..%2fescape",
    ];
    let stack = stack_with(&[]).await;
    for key in keys {
        let put = stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(key.as_bytes().to_vec().into());
        put.send()
            .await
            .unwrap_or_else(|error| panic!("{key}: {error:?}"));
    }
    let mut sorted = keys.map(str::to_owned);
    sorted.sort();
    assert_eq!(stack.store.keys(BUCKET), sorted);
    let list = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        list.contents()
            .iter()
            .filter_map(|object| object.key())
            .collect::<Vec<_>>(),
        sorted
    );
    for key in keys {
        assert_eq!(stack.read(key).await, key.as_bytes(), "{key}");
    }
    let outside = std::fs::read_dir(stack.folder.path()).unwrap().count();
    assert_eq!(outside, 3, "buckets, lock and tmp");
    for key in keys {
        stack
            .client
            .delete_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(stack.data(), 0);
}

#[tokio::test]
async fn a_list_spells_keys_for_urls_when_asked() {
    let stack = stack_with(&["a b/é"]).await;
    let list = stack
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .unwrap();
    assert_eq!(list.contents()[0].key(), Some("a+b/%C3%A9"));
}

#[tokio::test]
async fn a_key_too_long_is_refused() {
    let stack = stack_with(&[]).await;
    let put = stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key("k".repeat(1025))
        .send()
        .await;
    assert_eq!(refused(put), refusal(400, "KeyTooLongError"));
    stack
        .client
        .put_object()
        .bucket(BUCKET)
        .key("k".repeat(1024))
        .send()
        .await
        .unwrap();
}
