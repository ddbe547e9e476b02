//! The smallest function that can put one item, against which `ingest` is measured.

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

/// The same root certificates as `ingest`, unless it is told to read the system's, as the SDK does
/// by default.
const ROOTS: &str = include_str!("../../shared/runtime/src/amazon-roots.pem");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let table = arguments.next().ok_or("which table?")?;
    let trust = match arguments.next().as_deref() {
        Some("system") => TrustStore::default(),
        _ => TrustStore::empty().with_pem_certificate(ROOTS),
    };
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(TlsContext::builder().with_trust_store(trust).build()?)
        .build_https();
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await;
    let (client, table) = (&aws_sdk_dynamodb::Client::new(&sdk), &table);
    run(service_fn(async |event: LambdaEvent<Value>| {
        let item = serde_dynamo::to_item(&event.payload)?;
        client
            .put_item()
            .table_name(table)
            .set_item(Some(item))
            .send()
            .await?;
        Ok::<_, Error>(json!({"statusCode": 201}))
    }))
    .await
}
