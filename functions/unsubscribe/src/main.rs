//! One click ends a newsletter, on AWS Lambda.

use custodian_runtime::{Environment, logs};
use custodian_unsubscribe::Unsubscribe;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = Environment::lambda();
    logs::start(&host);
    let unsubscribe = Unsubscribe::start(&host).await?;
    run(service_fn(|event| unsubscribe.answer_event(event))).await
}
