//! A web form becomes a record, on AWS Lambda.

use custodian_ingest::Ingest;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let ingest = Ingest::start(&host).await?;
    run(service_fn(|event| ingest.answer_event(event))).await
}
