//! Bytes on their way to disk and back; memory holds only a buffer of them.

use super::checksum::{Algorithm, Sum};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use s3s::{
    S3Error, S3Result, StdError, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Md5},
    dto::StreamingBlob,
    s3_error,
    stream::{ByteStream, RemainingLength},
};
use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tempfile::{NamedTempFile, TempPath};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncSeekExt as _, AsyncWriteExt as _, BufWriter, ReadBuf},
};

/// The size of one read or write.
const BUFFER: usize = 128 * 1024;
/// The largest body that S3 accepts in one request: 5 GiB.
const LARGEST: u64 = 5 << 30;

/// A body on disk under a temporary name; dropping it removes it.
pub(super) struct Received {
    pub file: TempPath,
    pub size: u64,
    /// The MD5 digest.
    pub digest: [u8; 16],
    pub sum: Sum,
}

impl Received {
    /// The entity tag of a body that came in one request.
    pub fn e_tag(&self) -> String {
        hex::encode(self.digest)
    }
}

/// A file that is being written, and what is computed over it meanwhile.
pub(super) struct Sink {
    file: BufWriter<File>,
    path: TempPath,
    size: u64,
    md5: Md5,
    algorithm: Algorithm,
    hasher: ChecksumHasher,
}

impl Sink {
    /// A new file in the folder `tmp`.
    pub fn create(tmp: &Path, algorithm: Algorithm) -> io::Result<Self> {
        let (file, path) = NamedTempFile::new_in(tmp)?.into_parts();
        let file = BufWriter::with_capacity(BUFFER, File::from_std(file));
        Ok(Self {
            file,
            path,
            size: 0,
            md5: Md5::new(),
            algorithm,
            hasher: algorithm.hasher(),
        })
    }

    /// Appends `bytes`.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.hasher.update(bytes);
        self.file.write_all(bytes).await
    }

    /// Ends the file.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        Ok(Received {
            file: self.path,
            size: self.size,
            digest: self.md5.finalize(),
            sum: Sum::of(self.algorithm, self.hasher),
        })
    }
}

/// What a request says of its body.
#[derive(Default)]
pub(super) struct Announced {
    pub length: Option<i64>,
    pub md5: Option<String>,
    /// The checksum in a header.
    pub sum: Option<(Algorithm, String)>,
    /// The algorithm of the checksum in a trailer.
    pub trailer: Option<Algorithm>,
    pub trailers: Option<TrailingHeaders>,
    /// The algorithm to compute when the request states no checksum.
    pub otherwise: Option<Algorithm>,
}

impl Announced {
    /// The algorithm that the request's `x-amz-trailer` header announces.
    pub fn trailer(headers: &http::HeaderMap) -> S3Result<Option<Algorithm>> {
        let Some(name) = headers
            .get("x-amz-trailer")
            .and_then(|name| name.to_str().ok())
        else {
            return Ok(None);
        };
        name.trim()
            .to_ascii_lowercase()
            .strip_prefix("x-amz-checksum-")
            .map(Algorithm::named)
            .transpose()
    }
}

/// Writes a body to disk; it is refused unless its length and checksums are what the request
/// announced.
pub(super) async fn receive(
    tmp: &Path,
    body: Option<StreamingBlob>,
    announced: Announced,
) -> S3Result<Received> {
    let length = announced
        .length
        .and_then(|length| u64::try_from(length).ok());
    if length.is_some_and(|length| length > LARGEST) {
        return Err(s3_error!(EntityTooLarge));
    }
    let stated = announced
        .sum
        .as_ref()
        .map(|(algorithm, _)| *algorithm)
        .or(announced.trailer);
    let algorithm = stated
        .or(announced.otherwise)
        .unwrap_or(Algorithm::Crc64nvme);
    let mut sink = Sink::create(tmp, algorithm).map_err(S3Error::internal_error)?;
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await {
            sink.write(&bytes.map_err(broken)?)
                .await
                .map_err(S3Error::internal_error)?;
            if sink.size > length.unwrap_or(LARGEST) {
                return Err(if length.is_some() {
                    s3_error!(IncompleteBody)
                } else {
                    s3_error!(EntityTooLarge)
                });
            }
        }
    }
    let received = sink.finish().await.map_err(S3Error::internal_error)?;
    if length.is_some_and(|length| length != received.size) {
        return Err(s3_error!(IncompleteBody));
    }
    if announced
        .md5
        .as_ref()
        .is_some_and(|md5| *md5 != base64(&received.digest))
    {
        return Err(s3_error!(
            BadDigest,
            "The Content-MD5 you specified did not match what we received."
        ));
    }
    let trailing = announced.trailer.and_then(|algorithm| {
        let trailers = announced.trailers.as_ref()?;
        trailers
            .read(|map| Some(map.get(algorithm.header())?.to_str().ok()?.to_owned()))
            .flatten()
    });
    if announced.trailer.is_some() && trailing.is_none() {
        return Err(s3_error!(
            InvalidRequest,
            "The trailing checksum that was announced did not come."
        ));
    }
    let given = announced.sum.map(|(_, value)| value).or(trailing);
    if given.is_some_and(|value| value != received.sum.value) {
        let name = algorithm.name();
        return Err(s3_error!(
            BadDigest,
            "The {name} you specified did not match the calculated checksum."
        ));
    }
    Ok(received)
}

/// Why a body broke off; `s3s` says it only in words.
fn broken(error: StdError) -> S3Error {
    let text = error.to_string();
    if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch)
    } else if text.contains("Sha256Mismatch") {
        s3_error!(
            BadDigest,
            "The x-amz-content-sha256 you specified did not match what we received."
        )
    } else {
        S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, error)
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Some bytes of a file, on their way out.
pub(super) struct Outgoing {
    file: File,
    left: usize,
}

impl Outgoing {
    /// `length` bytes of `file` from `first` on.
    pub async fn open(file: std::fs::File, first: u64, length: u64) -> io::Result<Self> {
        let mut file = File::from_std(file);
        file.seek(io::SeekFrom::Start(first)).await?;
        Ok(Self {
            file,
            left: usize::try_from(length).map_err(io::Error::other)?,
        })
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut space = vec![0; BUFFER.min(self.left)];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.file).poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        if read == 0 {
            return Poll::Ready(Some(Err(
                io::Error::from(io::ErrorKind::UnexpectedEof).into()
            )));
        }
        self.left -= read;
        space.truncate(read);
        Poll::Ready(Some(Ok(space.into())))
    }
}

impl ByteStream for Outgoing {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.left)
    }
}
