//! What TTL left behind is deleted, and the ledger says so, on AWS Lambda.

use lambda_runtime::{Error, run, service_fn};
use shared::edge::{Host, logs};
use sweep::Sweep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let sweep = Sweep::start(&host).await?;
    run(service_fn(|event| sweep.invoke(event))).await
}
