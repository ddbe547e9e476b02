//! What partners hand over becomes records, on AWS Lambda.

use lambda_runtime::{Error, run, service_fn};
use partners::Partners;
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let partners = Partners::start(&host).await?;
    run(service_fn(|event| partners.answer_event(event))).await
}
