//! The desk of the Data Protection Officer, on AWS Lambda.

use lambda_runtime::{Error, run, service_fn};
use requests::Requests;
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let requests = Requests::start(&host).await?;
    run(service_fn(|event| requests.invoke(event))).await
}
