use super::{BUCKET, Stack, refusal, refused};
use aws_sdk_s3::{
    error::SdkError,
    operation::complete_multipart_upload::{
        CompleteMultipartUploadError, CompleteMultipartUploadOutput,
    },
    primitives::ByteStream,
    types::{
        ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
        ServerSideEncryption,
    },
};

const MIB: usize = 1 << 20;

/// An upload to the key `k`.
struct Upload {
    stack: Stack,
    id: String,
}

impl Upload {
    async fn start() -> Self {
        let stack = Stack::start().await;
        let create = stack
            .client
            .create_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .content_type("application/json");
        let create = create
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .send()
            .await
            .unwrap();
        Self {
            id: create.upload_id().unwrap().to_owned(),
            stack,
        }
    }

    async fn part(&self, number: i32, body: Vec<u8>) -> CompletedPart {
        let part = self
            .stack
            .client
            .upload_part()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&self.id)
            .part_number(number);
        let part = part.body(ByteStream::from(body)).send().await.unwrap();
        CompletedPart::builder()
            .part_number(number)
            .e_tag(part.e_tag().unwrap())
            .build()
    }

    async fn complete(
        &self,
        parts: impl IntoIterator<Item = CompletedPart>,
    ) -> Result<CompleteMultipartUploadOutput, SdkError<CompleteMultipartUploadError>> {
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts.into_iter().collect()))
            .build();
        let complete = self
            .stack
            .client
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&self.id);
        complete.multipart_upload(parts).send().await
    }
}

#[tokio::test]
async fn twelve_mebibytes_in_parts_become_one_object() {
    let upload = Upload::start().await;
    let bytes: Vec<u8> = (0..12 * MIB)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect();
    let mut parts = Vec::new();
    // In any order, and one of them twice.
    for number in [3, 1, 2, 1] {
        let at = usize::try_from(number - 1).unwrap() * 5 * MIB;
        let part = bytes[at..bytes.len().min(at + 5 * MIB)].to_vec();
        parts.retain(|part: &CompletedPart| part.part_number() != Some(number));
        parts.push(upload.part(number, part).await);
    }
    parts.sort_by_key(CompletedPart::part_number);
    let stack = &upload.stack;
    assert!(stack.store.keys(BUCKET).is_empty());
    assert_eq!(stack.store.uploads(BUCKET)[0].parts, [1, 2, 3]);

    let done = upload.complete(parts.clone()).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""));
    assert!(stack.store.uploads(BUCKET).is_empty());
    assert_eq!((stack.data(), stack.unfinished()), (1, 0));
    assert!(stack.read("k").await == bytes);
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("application/json"));
    assert_eq!(
        head.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
    assert_eq!(
        refused(upload.complete(parts).await),
        refusal(404, "NoSuchUpload")
    );
}

#[tokio::test]
async fn every_part_but_the_last_has_five_mebibytes() {
    let upload = Upload::start().await;
    let parts = [
        upload.part(1, vec![0; 5 * MIB - 1]).await,
        upload.part(2, vec![1]).await,
    ];
    assert_eq!(
        refused(upload.complete(parts.clone()).await),
        refusal(400, "EntityTooSmall")
    );
    let enough = upload.part(1, vec![0; 5 * MIB]).await;
    upload.complete([enough, parts[1].clone()]).await.unwrap();
}

#[tokio::test]
async fn parts_are_completed_in_order_and_as_they_arrived() {
    let upload = Upload::start().await;
    let one = upload.part(1, vec![0; 5 * MIB]).await;
    let two = upload.part(2, vec![1]).await;
    assert_eq!(
        refused(upload.complete([two.clone(), one.clone()]).await),
        refusal(400, "InvalidPartOrder")
    );
    let unknown = CompletedPart::builder()
        .part_number(3)
        .e_tag("\"x\"")
        .build();
    assert_eq!(
        refused(upload.complete([one.clone(), unknown]).await),
        refusal(400, "InvalidPart")
    );
    let other = CompletedPart::builder()
        .part_number(1)
        .e_tag(two.e_tag().unwrap())
        .build();
    assert_eq!(
        refused(upload.complete([other, two.clone()]).await),
        refusal(400, "InvalidPart")
    );
    assert_eq!(
        refused(upload.complete([]).await),
        refusal(400, "MalformedXML")
    );
    // What isn't named is left out.
    upload.complete([two]).await.unwrap();
    assert_eq!(upload.stack.read("k").await, [1]);
    assert_eq!(upload.stack.data(), 1);
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let upload = Upload::start().await;
    let part = upload.part(1, vec![0; 10]).await;
    let client = &upload.stack.client;
    let abort = || {
        client
            .abort_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload.id)
            .send()
    };
    abort().await.unwrap();
    assert!(upload.stack.store.uploads(BUCKET).is_empty());
    assert_eq!(upload.stack.data(), 0);
    assert_eq!(refused(abort().await), refusal(404, "NoSuchUpload"));
    assert_eq!(
        refused(upload.complete([part]).await),
        refusal(404, "NoSuchUpload")
    );
    let late = client
        .upload_part()
        .bucket(BUCKET)
        .key("k")
        .upload_id(&upload.id)
        .part_number(2);
    assert_eq!(
        refused(late.body(vec![0].into()).send().await),
        refusal(404, "NoSuchUpload")
    );
}

#[tokio::test]
async fn parts_and_uploads_are_listed_in_pages() {
    let upload = Upload::start().await;
    for number in [1, 5, 10_000] {
        upload.part(number, vec![0; 3]).await;
    }
    let client = &upload.stack.client;
    let parts = client
        .list_parts()
        .bucket(BUCKET)
        .key("k")
        .upload_id(&upload.id)
        .max_parts(2)
        .into_paginator();
    let parts = parts
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    assert_eq!(
        parts
            .iter()
            .filter_map(aws_sdk_s3::types::Part::part_number)
            .collect::<Vec<_>>(),
        [1, 5, 10_000]
    );
    assert!(parts.iter().all(|part| part.size() == Some(3)));
    for number in [0, 10_001] {
        let part = client
            .upload_part()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload.id)
            .part_number(number);
        assert_eq!(
            refused(part.body(vec![0].into()).send().await),
            refusal(400, "InvalidArgument")
        );
    }

    for key in ["a", "k", "z"] {
        client
            .create_multipart_upload()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
    }
    let first = client
        .list_multipart_uploads()
        .bucket(BUCKET)
        .max_uploads(3)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = first
        .uploads()
        .iter()
        .filter_map(|upload| upload.key())
        .collect();
    assert_eq!(
        (keys, first.is_truncated()),
        (vec!["a", "k", "k"], Some(true))
    );
    let next = client.list_multipart_uploads().bucket(BUCKET);
    let next = next.key_marker(first.next_key_marker().unwrap());
    let next = next
        .upload_id_marker(first.next_upload_id_marker().unwrap())
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = next
        .uploads()
        .iter()
        .filter_map(|upload| upload.key())
        .collect();
    assert_eq!((keys, next.is_truncated()), (vec!["z"], Some(false)));
}

#[tokio::test]
async fn an_upload_with_a_checksum_of_its_own_wants_every_parts_checksum() {
    let stack = Stack::start().await;
    let create = stack
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("k");
    let create = create
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .unwrap();
    let upload = Upload {
        id: create.upload_id().unwrap().to_owned(),
        stack,
    };
    let send = |algorithm| {
        let part = upload
            .stack
            .client
            .upload_part()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload.id)
            .part_number(1);
        part.checksum_algorithm(algorithm)
            .body(b"part".to_vec().into())
            .send()
    };
    assert_eq!(
        refused(send(ChecksumAlgorithm::Crc32).await),
        refusal(400, "InvalidRequest")
    );
    let part = send(ChecksumAlgorithm::Sha256).await.unwrap();
    let listed = CompletedPart::builder()
        .part_number(1)
        .e_tag(part.e_tag().unwrap());
    assert_eq!(
        refused(upload.complete([listed.clone().build()]).await),
        refusal(400, "InvalidRequest")
    );
    let wrong = listed.clone().checksum_sha256("AAAA").build();
    assert_eq!(
        refused(upload.complete([wrong]).await),
        refusal(400, "InvalidPart")
    );
    let done = upload
        .complete([listed
            .checksum_sha256(part.checksum_sha256().unwrap())
            .build()])
        .await
        .unwrap();
    assert!(done.checksum_sha256().unwrap().ends_with("-1"));
    assert_eq!(done.checksum_type(), Some(&ChecksumType::Composite));
    assert_eq!(upload.stack.read("k").await, b"part");
}

#[tokio::test]
async fn completing_follows_the_conditions_of_a_write() {
    let upload = Upload::start().await;
    let part = upload.part(1, vec![2]).await;
    upload.stack.put("k", b"there").await;
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = upload
        .stack
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("k")
        .upload_id(&upload.id);
    let refused_one = complete
        .multipart_upload(parts)
        .if_none_match("*")
        .send()
        .await;
    assert_eq!(refused(refused_one), refusal(412, "PreconditionFailed"));
    assert_eq!(upload.stack.read("k").await, b"there");
    assert_eq!(upload.stack.unfinished(), 0);
}
