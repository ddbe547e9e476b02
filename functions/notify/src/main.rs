//! People are asked by email whether an address is theirs, on AWS Lambda.

use custodian_notify::Notify;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let notify = Notify::start(&host).await?;
    run(service_fn(|event| notify.invoke(event))).await
}
