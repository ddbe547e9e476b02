//! Everything about one person becomes a package in S3, on AWS Lambda.

use custodian_export::Export;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let export = Export::start(&host).await?;
    run(service_fn(|event| export.invoke(event))).await
}
