//! A record that TTL removed becomes a ledger entry, on AWS Lambda.

use custodian_expire::Expire;
use custodian_runtime::{Environment, logs};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let expire = Expire::start(&host).await?;
    run(service_fn(|event| expire.invoke(event))).await
}
