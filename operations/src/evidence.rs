//! Says in words whether requests, holds and restrictions are in the Register as the ledger's chain
//! attests them.

pub use custodian_rights::audit::evidence::{Proven, Scope, Unproven, prove};

/// The output, and the exit code: 0 if everything is as it is attested, 1 if not, 2 if it could not
/// be read.
#[must_use]
pub fn summary(outcome: &Result<Proven, Unproven>) -> (String, u8) {
    match outcome {
        Ok(Proven {
            since,
            attested,
            waiting,
            older,
            signed,
        }) => {
            let since = since.map_or_else(
                || "No requests are attested yet.".to_owned(),
                |since| {
                    format!(
                        "Requests, holds and restrictions are as they were attested, since {since}. Items: {attested}."
                    )
                },
            );
            (
                format!(
                    "{since} Waiting to be attested: {waiting}. Older than the evidence: {older}. \
                     Processors' answers whose signatures are valid: {signed}."
                ),
                0,
            )
        }
        Err(Unproven::Doubt(doubt)) => (
            format!("Requests are not as they are attested: {doubt}."),
            1,
        ),
        Err(Unproven::Chain(broken)) => (
            format!("Requests cannot be read from the chain: {broken}."),
            1,
        ),
        Err(Unproven::Storage(error)) => (format!("The Register could not be read: {error}."), 2),
    }
}
