//! A web form becomes a record, on AWS Lambda.

use ingest::Ingest;
use lambda_runtime::{Error, run, service_fn};
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let ingest = Ingest::start(&host).await?;
    run(service_fn(|event| ingest.answer_event(event))).await
}
