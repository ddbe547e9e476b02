//! What partners hand over becomes records, on AWS Lambda.

use custodian_partners::Partners;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let partners = Partners::start(&host).await?;
    run(service_fn(|event| partners.answer_event(event))).await
}
