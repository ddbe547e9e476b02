//! The ports of the stack: its own, and those of its endpoints.

use crate::options::StartError;
use tokio::net::TcpListener;

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
