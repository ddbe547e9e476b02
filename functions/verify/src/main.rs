//! What the ledger says is held against what was told of it outside, and against what is there, on
//! AWS Lambda.

use custodian_runtime::{Environment, logs};
use custodian_verify::Verify;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let verify = Verify::start(&host).await?;
    run(service_fn(|event| verify.invoke(event))).await
}
