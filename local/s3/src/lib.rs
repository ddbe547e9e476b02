//! An S3 of our own, for the local stack and the tests: the protocol is the crate `s3s`, the store
//! is a folder.
//!
//! It answers what Custodian and a person with the AWS command line need: buckets, objects (ranges,
//! conditions, copies, batches), lists, multipart uploads, checksums, presigned links, S3's
//! lifecycle rules when they are run, and versions under a bucket's own Object Lock. It differs
//! from S3 in this:
//!
//! - No tags, ACLs, customer keys, policies, legal holds, locks of an object's own, `ListObjects`
//!   version 1 or `UploadPartCopy`. A request whose meaning depends on one of these is refused with
//!   `NotImplemented`, and never ignored.
//! - Versions are kept by buckets that were set so before anything was put there, and nothing
//!   expires in those.
//! - Encryption is stored and answered as requested (`aws:kms`), but the bytes on disk are plain.
//! - Nothing is synced to disk: data survives the end of the process, but not the loss of power.
//! - The checksum over a batch delete's list is not compared; its signature is.
//!
//! # Two clocks
//!
//! `Last-Modified`, the start of uploads and the lifecycle follow the
//! [`Clock`](custodian_clock::Clock), which the local stack moves. Signatures do not: `s3s`
//! compares the date of a signature, and the expiry of a presigned link, with the machine's own
//! clock. The SDK signs by that clock too, so requests stay valid however far the stack's clock was
//! moved, and a link made for an hour works for an hour of real time. So don't give the SDK the
//! stack's time.

mod body;
mod checksum;
mod conditions;
mod created;
mod disk;
mod lifecycle;
mod listing;
mod multipart;
mod objects;
mod parts;
mod record;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod versions;

pub use created::{Created, How};
pub use lifecycle::{Lifecycle, Removed};
pub use listing::spelled;
pub use store::{OpenUpload, Store};
pub use versions::{LockMode, Retention};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use std::{future::Future, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long a request in progress at the end may still take.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// Answers S3 requests signed with `credentials` (access key, secret) on `listener` until
/// `shutdown` is ready.
///
/// Idle connections then close at once, and requests in progress have half a second.
pub fn serve<F>(
    listener: TcpListener,
    store: Store,
    credentials: (&str, &str),
    shutdown: F,
) -> impl Future<Output = ()> + Send + use<F>
where
    F: Future<Output = ()> + Send,
{
    let mut builder = S3ServiceBuilder::new(service::Service(store));
    builder.set_auth(SimpleAuth::from_single(credentials.0, credentials.1));
    let service = builder.build();
    async move {
        let (end, ended) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Without it every small answer waits for the client's delayed
                        // acknowledgement.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(converse(stream, service.clone(), ended.clone()));
                    }
                    // For example out of file handles: wait for some to be free.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
            }
        }
        drop(listener);
        drop(end);
        let _ = tokio::time::timeout(LAST_REQUESTS, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
        connections.shutdown().await;
    }
}

async fn converse(
    stream: tokio::net::TcpStream,
    service: s3s::service::S3Service,
    mut ended: watch::Receiver<()>,
) {
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
