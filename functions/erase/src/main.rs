//! Every place forgets one person and leaves a receipt, on AWS Lambda.

use custodian_erase::Erase;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let erase = Erase::start(&host).await?;
    run(service_fn(|event| erase.invoke(event))).await
}
