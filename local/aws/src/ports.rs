//! The ports of the stack: its own, those of its APIs, and those of its endpoints.

use crate::dynamodb::Dynamo;
use crate::host::{ACCESS_KEY, Endpoints, SECRET_KEY};
use crate::options::{Options, StartError};
use crate::secrets;
use crate::stack::Servers;
use crate::template::Template;
use custodian_local_s3::Store;
use std::collections::BTreeMap;
use tokio::net::TcpListener;

/// An HTTP API that has a port of its own.
pub(crate) struct ApiPort {
    /// Its logical id.
    pub(crate) id: String,
    pub(crate) listener: TcpListener,
    /// The address by which browsers know it.
    pub(crate) url: String,
}

/// Listens on a port of this machine; 0 is any free one.
pub(crate) async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}

/// Listens next to the stack's port, so that the port is the same after a restart; elsewhere if
/// that is taken. Also returns the address.
///
/// # Errors
/// [`StartError::Port`] if no port can be opened.
pub async fn beside(door: u16, offset: u16) -> Result<(TcpListener, String), StartError> {
    let beside = if door == 0 {
        0
    } else {
        door.saturating_add(offset)
    };
    let listener = match listen(beside).await {
        Err(_) if beside != 0 => listen(0).await,
        other => other,
    };
    let listener = listener.map_err(|error| StartError::Port(beside, error))?;
    let port = listener
        .local_addr()
        .map_or(beside, |address| address.port());
    Ok((listener, format!("http://127.0.0.1:{port}")))
}

/// Opens the ports of the APIs that have one of their own, and offers their addresses to the
/// template, whether it has them or not.
pub(crate) async fn apis_beside(
    options: &Options,
    offered: &mut BTreeMap<String, String>,
) -> Result<Vec<ApiPort>, StartError> {
    let mut apis = Vec::new();
    for api in &options.apis {
        let (listener, url) = beside(options.port, api.offset).await?;
        let url = url.replace("127.0.0.1", "localhost");
        offered.insert(api.parameter.clone(), url.clone());
        apis.push(ApiPort {
            id: api.id.clone(),
            listener,
            url,
        });
    }
    Ok(apis)
}

/// Opens the endpoints of DynamoDB, S3 and Secrets Manager. Lambda's is at `lambda`.
pub(crate) async fn serve_endpoints(
    servers: &mut Servers,
    options: &Options,
    template: &Template,
    dynamo: &Dynamo,
    store: &Store,
    lambda: &str,
) -> Result<Endpoints, StartError> {
    let (dynamodb_listener, dynamodb) = beside(options.port, 1).await?;
    let (s3_listener, s3) = beside(options.port, 2).await?;
    let (secrets_listener, secrets) = beside(options.port, 3).await?;
    let serving = dynoxide::server::serve_with_shutdown(
        dynamodb_listener,
        dynamo.database.clone(),
        servers.over(),
    );
    servers.spawn(async move { drop(serving.await) });
    servers.spawn(custodian_local_s3::serve(
        s3_listener,
        store.clone(),
        (ACCESS_KEY, SECRET_KEY),
        servers.over(),
    ));
    let known = (options.secrets)(&template.secrets);
    servers.serve(secrets_listener, secrets::router(&template.secrets, &known));
    Ok(Endpoints {
        dynamodb,
        s3,
        secrets,
        lambda: lambda.to_owned(),
    })
}
