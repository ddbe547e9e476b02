//! People are asked by email whether an address is theirs, on AWS Lambda.

use lambda_runtime::{Error, run, service_fn};
use notify::Notify;
use shared::edge::{Host, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Host::lambda();
    logs::start(&host);
    let notify = Notify::start(&host).await?;
    run(service_fn(|event| notify.invoke(event))).await
}
