//! What the ledger says is held against what was told of it outside, and against what is there, on AWS Lambda.

use lambda_runtime::{Error, run, service_fn};
use shared::edge::{Host, logs};
use verify::Verify;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let verify = Verify::start(&host).await?;
    run(service_fn(|event| verify.invoke(event))).await
}
