//! What partners drop into the intake bucket becomes records, on AWS Lambda.

use import::Import;
use lambda_runtime::{Error, run, service_fn};
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let import = Import::start(&host).await?;
    run(service_fn(|event| import.invoke(event))).await
}
