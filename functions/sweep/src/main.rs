//! What TTL left behind is deleted, and the ledger says so, on AWS Lambda.

use custodian_runtime::{Environment, logs};
use custodian_sweep::Sweep;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let sweep = Sweep::start(&host).await?;
    run(service_fn(|event| sweep.invoke(event))).await
}
