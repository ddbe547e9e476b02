//! The door in front of packages, on AWS Lambda.

use download::Download;
use lambda_runtime::{Error, run, service_fn};
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let download = Download::start(&host).await?;
    run(service_fn(|event| download.answer_event(event))).await
}
