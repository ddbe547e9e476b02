//! Ids of requests and messages, in AWS's form.

use uuid::Builder;

/// A new id: a random UUID.
#[must_use]
pub fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(
            error = error.to_string(),
            "the operating system gave no random bytes"
        );
    }
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
