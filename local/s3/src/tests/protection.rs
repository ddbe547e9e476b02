//! What must not get in, or out.

use super::{BUCKET, Stack, client, noon, refusal, refused};
use crate::{
    body::{Announced, receive},
    checksum::Algorithm,
};
use aws_sdk_s3::{presigning::PresigningConfig, primitives::ByteStream, types::ChecksumAlgorithm};
use chrono::{DateTime, TimeDelta};
use custodian_clock::Clock;
use s3s::{Body, S3ErrorCode, dto::StreamingBlob};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[tokio::test]
async fn a_body_with_a_wrong_checksum_is_not_stored() {
    let stack = Stack::start().await;
    stack.put("k", b"before").await;
    let put = || {
        stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .body(ByteStream::from_static(b"after"))
    };
    for wrong in [
        put().checksum_crc32("AAAAAA=="),
        put().checksum_crc32_c("AAAAAA=="),
        put().checksum_crc64_nvme("AAAAAAAAAAA="),
        put().checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        put().checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        put().content_md5("AAAAAAAAAAAAAAAAAAAAAA=="),
    ] {
        assert_eq!(refused(wrong.send().await), refusal(400, "BadDigest"));
    }
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
    let part = part
        .part_number(1)
        .checksum_crc32("AAAAAA==")
        .body(ByteStream::from_static(b"part"));
    assert_eq!(refused(part.send().await), refusal(400, "BadDigest"));
    assert!(stack.store.uploads(BUCKET)[0].parts.is_empty());
    assert_eq!(stack.read("k").await, b"before");
    assert_eq!((stack.data(), stack.unfinished()), (1, 0));
}

#[tokio::test]
async fn every_checksum_of_s3_is_computed_as_the_sdk_does() {
    let stack = Stack::start().await;
    for algorithm in ChecksumAlgorithm::values()
        .iter()
        .copied()
        .map(ChecksumAlgorithm::from)
    {
        if !["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"].contains(&algorithm.as_str()) {
            continue;
        }
        let put = stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key(algorithm.as_str());
        let put = put
            .checksum_algorithm(algorithm.clone())
            .body(ByteStream::from_static(b"text"));
        put.send()
            .await
            .unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
        // The SDK compares the checksum that it gets with what it reads.
        assert_eq!(stack.read(algorithm.as_str()).await, b"text");
    }
}

#[tokio::test]
async fn a_body_that_changes_on_its_way_is_not_stored() {
    let stack = Stack::start().await;
    let file = stack.folder.path().join("body");
    std::fs::write(&file, [&b"ORIGINAL"[..], &vec![b'.'; 200_000]].concat()).unwrap();
    // Without TLS the SDK signs every chunk of a streamed body, and the trailer with its checksum.
    for (sent, expected) in [
        ("ORIGINAL", None),
        ("TAMPERED", Some(refusal(403, "SignatureDoesNotMatch"))),
    ] {
        let client = client(
            proxy(stack.address, "ORIGINAL", sent).await,
            super::CREDENTIALS.1,
        );
        let body = ByteStream::from_path(&file).await.unwrap();
        let put = client
            .put_object()
            .bucket(BUCKET)
            .key(sent)
            .body(body)
            .send()
            .await;
        match expected {
            Some(expected) => assert_eq!(refused(put), expected),
            None => drop(put.unwrap()),
        }
    }
    let stored = stack
        .client
        .get_object()
        .bucket(BUCKET)
        .key("ORIGINAL")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (stored.content_encoding(), stored.content_length()),
        (None, Some(200_008))
    );
    assert_eq!(stack.store.keys(BUCKET), ["ORIGINAL"]);
    assert_eq!((stack.data(), stack.unfinished()), (1, 0));
}

#[tokio::test]
async fn a_body_shorter_or_longer_than_announced_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    for (length, complete) in [(3, false), (4, true), (5, false)] {
        let body = StreamingBlob::from(Body::from("text".to_owned()));
        let announced = Announced {
            length: Some(length),
            ..Announced::default()
        };
        let received = receive(folder.path(), Some(body), announced).await;
        match received {
            Ok(received) => assert!(complete && received.size == 4),
            Err(error) => assert!(!complete && *error.code() == S3ErrorCode::IncompleteBody),
        }
    }
    assert_eq!(super::files(folder.path()), 0);
}

#[tokio::test]
async fn a_trailing_checksum_that_does_not_come_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let body = StreamingBlob::from(Body::from("text".to_owned()));
    let announced = Announced {
        trailer: Some(Algorithm::Crc32),
        ..Announced::default()
    };
    let error = receive(folder.path(), Some(body), announced)
        .await
        .err()
        .unwrap();
    assert_eq!(*error.code(), S3ErrorCode::InvalidRequest);
    assert_eq!(super::files(folder.path()), 0);
}

#[tokio::test]
async fn a_presigned_link_works_for_its_time_by_the_machines_own_clock() {
    let stack = Stack::start().await;
    stack.put("r1/é x.json", b"package").await;
    // Years pass for the stack, and not for the link.
    stack.clock.set(noon() + TimeDelta::days(1096));
    let hour = Duration::from_hours(1);
    let link = async |started: TimeDelta| {
        let start = Clock::system().now() - started;
        let config = PresigningConfig::builder()
            .start_time(start.into())
            .expires_in(hour)
            .build()
            .unwrap();
        let get = stack.client.get_object().bucket(BUCKET).key("r1/é x.json");
        let get = get
            .response_content_disposition("attachment")
            .presigned(config)
            .await
            .unwrap();
        get.uri()
            .strip_prefix(&format!("http://{}", stack.address))
            .unwrap()
            .to_owned()
    };
    let fresh = get(stack.address, &link(TimeDelta::minutes(59)).await).await;
    assert!(fresh.starts_with("HTTP/1.1 200"), "{fresh}");
    assert!(fresh.contains("content-disposition: attachment"), "{fresh}");
    assert!(fresh.ends_with("package"), "{fresh}");
    let expired = get(stack.address, &link(TimeDelta::minutes(61)).await).await;
    assert!(
        expired.starts_with("HTTP/1.1 403") && expired.contains("Request has expired"),
        "{expired}"
    );
    let changed = link(TimeDelta::zero()).await.replace("r1/", "r2/");
    let changed = get(stack.address, &changed).await;
    assert!(
        changed.starts_with("HTTP/1.1 403") && changed.contains("SignatureDoesNotMatch"),
        "{changed}"
    );
}

#[tokio::test]
async fn a_request_without_the_secret_is_refused() {
    let stack = Stack::start().await;
    stack.put("k", b"x").await;
    let anonymous = get(stack.address, "/exports/k").await;
    assert!(
        anonymous.starts_with("HTTP/1.1 403") && anonymous.contains("AccessDenied"),
        "{anonymous}"
    );
    let stranger = client(stack.address, "another secret")
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await;
    assert_eq!(refused(stranger), refusal(403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_not_ignored() {
    let stack = Stack::start().await;
    let put = || {
        stack
            .client
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .body(ByteStream::from_static(b"x"))
    };
    assert_eq!(
        refused(put().tagging("a=b").send().await),
        refusal(501, "NotImplemented")
    );
    let public = put()
        .acl(aws_sdk_s3::types::ObjectCannedAcl::PublicRead)
        .send()
        .await;
    assert_eq!(refused(public), refusal(501, "NotImplemented"));
    let much = put().metadata("a", "b".repeat(2048)).send().await;
    assert_eq!(refused(much), refusal(400, "MetadataTooLarge"));
    assert!(stack.store.keys(BUCKET).is_empty());
}

#[tokio::test]
async fn the_clock_of_the_stack_moves_no_signature() {
    let stack = Stack::start().await;
    stack.clock.set(noon() + TimeDelta::days(1096));
    stack.put("k", b"x").await;
    let head = stack
        .client
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    let then = DateTime::from_timestamp(head.last_modified().unwrap().secs(), 0);
    assert_eq!(then, Some(noon() + TimeDelta::days(1096)));
}

/// What a browser gets.
async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A proxy between the SDK and the store that replaces a word of what is sent.
async fn proxy(to: SocketAddr, word: &'static str, other: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (mut answers, mut requests) = TcpStream::connect(to).await.unwrap().into_split();
            let (mut from_client, mut to_client) = stream.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut answers, &mut to_client).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                    let bytes = &mut buffer[..read];
                    // Not in the request line: that is signed.
                    let head = bytes
                        .windows(4)
                        .position(|end| end == b"\r\n\r\n")
                        .unwrap_or_default();
                    if let Some(at) = bytes[head..]
                        .windows(word.len())
                        .position(|it| it == word.as_bytes())
                    {
                        bytes[head + at..][..word.len()].copy_from_slice(other.as_bytes());
                    }
                    if requests.write_all(bytes).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}
