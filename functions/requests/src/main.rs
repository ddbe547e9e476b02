//! The desk of the Data Protection Officer, on AWS Lambda.

use custodian_requests::Requests;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let requests = Requests::start(&host).await?;
    run(service_fn(|event| requests.invoke(event))).await
}
