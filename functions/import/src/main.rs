//! What partners drop into the intake bucket becomes records, on AWS Lambda.

use custodian_import::Import;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let import = Import::start(&host).await?;
    run(service_fn(|event| import.invoke(event))).await
}
