//! The store, called by the real SDK over loopback.

mod lifecycle;
mod listing;
mod multipart;
mod objects;
mod protection;
mod versions;

use super::{Store, serve};
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region},
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

const BUCKET: &str = "exports";
const CREDENTIALS: (&str, &str) = ("local-access-key", "local-secret");

/// A store that is being served, with one bucket in it.
struct Stack {
    client: Client,
    store: Store,
    clock: Clock,
    address: SocketAddr,
    folder: TempDir,
    end: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Stack {
    async fn start() -> Self {
        Self::on(tempfile::tempdir().unwrap(), Clock::stopped_at(noon())).await
    }

    async fn on(folder: TempDir, clock: Clock) -> Self {
        let store = Store::open(folder.path(), clock.clone()).unwrap();
        store.create_bucket(BUCKET).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let until = async { drop(ended.await) };
        let served = tokio::spawn(serve(listener, store.clone(), CREDENTIALS, until));
        let client = client(address, CREDENTIALS.1);
        Self {
            client,
            store,
            clock,
            address,
            folder,
            end,
            served,
        }
    }

    /// Ends the server, and starts another on the same folder.
    async fn restart(self) -> Self {
        drop(self.end);
        self.served.await.unwrap();
        drop(self.store);
        Self::on(self.folder, self.clock).await
    }

    async fn put(&self, key: &str, body: &'static [u8]) {
        self.client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(ByteStream::from_static(body))
            .send()
            .await
            .unwrap();
    }

    async fn read(&self, key: &str) -> Vec<u8> {
        let object = self
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        object.body.collect().await.unwrap().to_vec()
    }

    /// How many files of bytes there are.
    fn data(&self) -> usize {
        files(&self.folder.path().join("buckets").join(BUCKET).join("data"))
    }

    /// How many bodies were left behind before they were complete.
    fn unfinished(&self) -> usize {
        files(&self.folder.path().join("tmp"))
    }
}

fn files(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn client(address: SocketAddr, secret: &str) -> Client {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new(CREDENTIALS.0, secret, None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .force_path_style(true);
    Client::from_conf(config.build())
}

/// What S3 calls the failure: its code, or else the status.
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> (u16, String) {
    let error = result.expect_err("it was not refused");
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16())
        .unwrap_or_default();
    (status, error.code().unwrap_or_default().to_owned())
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
