//! The upload into the bucket: in one piece, or in parts if the file is large.

use super::ImportError;
use super::client::IntakeClient;
use super::progress::ProgressView;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use custodian_buckets::files::ERRAND;
use std::io;
use std::path::Path;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// The largest file that is put in one piece, and the size of a part of a larger one, in bytes.
const PIECE: u64 = 16 << 20;
/// The most parts that S3 accepts.
const MOST_PARTS: u64 = 10_000;

/// Puts the file under `key`, with the errand by which its report is found. Returns its entity tag
/// without quotes.
pub(super) async fn upload(
    client: &IntakeClient,
    key: &str,
    errand: &str,
    file: &Path,
    view: &mut dyn ProgressView,
) -> Result<String, ImportError> {
    let unreadable = |error: io::Error| ImportError::Wrong(format!("{}: {error}", file.display()));
    let mut open = File::open(file).await.map_err(unreadable)?;
    let size = open.metadata().await.map_err(unreadable)?.len();
    view.uploaded(0, size);
    let tag = if size <= PIECE {
        let mut body = Vec::new();
        open.read_to_end(&mut body).await.map_err(unreadable)?;
        let put = client
            .s3
            .put_object()
            .bucket(&client.bucket)
            .key(key)
            .metadata(ERRAND, errand)
            .body(body.into());
        put.send().await.map_err(broken)?.e_tag
    } else {
        let create = client
            .s3
            .create_multipart_upload()
            .bucket(&client.bucket)
            .key(key)
            .metadata(ERRAND, errand);
        let create = create.send().await.map_err(broken)?;
        let id = create.upload_id.ok_or_else(|| {
            ImportError::Unfinished("the file did not arrive whole: S3 named no upload".to_owned())
        })?;
        match parts(client, (key, &id), &mut open, size, view).await {
            Ok(tag) => tag,
            Err(error) => {
                // If it cannot be reached, it cannot be tidied either: the lifecycle does it a day
                // later.
                let abort = client
                    .s3
                    .abort_multipart_upload()
                    .bucket(&client.bucket)
                    .key(key)
                    .upload_id(id);
                let _ = abort.send().await;
                return Err(error);
            }
        }
    };
    view.uploaded(size, size);
    tag.map(|tag| tag.trim_matches('"').to_owned())
        .ok_or_else(|| ImportError::Unfinished("S3 gave no entity tag for the file".into()))
}

async fn parts(
    client: &IntakeClient,
    (key, id): (&str, &str),
    file: &mut File,
    size: u64,
    view: &mut dyn ProgressView,
) -> Result<Option<String>, ImportError> {
    let piece = PIECE.max(size.div_ceil(MOST_PARTS));
    let (mut done, mut sent) = (0, Vec::new());
    for number in 1.. {
        let mut body = Vec::new();
        let read = file.take(piece).read_to_end(&mut body).await;
        let read = read.map_err(|error| {
            ImportError::Unfinished(format!("the file cannot be read: {error}"))
        })?;
        if read == 0 {
            break;
        }
        let part = client
            .s3
            .upload_part()
            .bucket(&client.bucket)
            .key(key)
            .upload_id(id)
            .part_number(number);
        let part = part.body(body.into()).send().await.map_err(broken)?;
        sent.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.e_tag)
                .build(),
        );
        done += read as u64;
        view.uploaded(done, size);
    }
    let complete = client
        .s3
        .complete_multipart_upload()
        .bucket(&client.bucket)
        .key(key)
        .upload_id(id);
    let complete = complete.multipart_upload(
        CompletedMultipartUpload::builder()
            .set_parts(Some(sent))
            .build(),
    );
    Ok(complete.send().await.map_err(broken)?.e_tag)
}

/// An upload that broke off.
fn broken(error: impl std::error::Error) -> ImportError {
    ImportError::Unfinished(format!(
        "the file did not arrive whole: {}",
        DisplayErrorContext(error)
    ))
}
