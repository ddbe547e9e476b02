//! The door in front of packages, on AWS Lambda.

use custodian_download::Download;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let download = Download::start(&host).await?;
    run(service_fn(|event| download.answer_event(event))).await
}
