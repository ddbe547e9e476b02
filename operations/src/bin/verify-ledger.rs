//! Verifies the ledger's chain and names the first link that does not hold: `make verify-ledger`.

use clap::Parser;
use operations::verify::{Unverified, verify, witness};
use shared::domain::ledger::Witness;
use shared::edge::Host;
use shared::storage::ledger::Ledger;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Verifies the ledger's chain and names the first link that does not hold.
///
/// Exits with 0 if it holds, with 1 if it is broken, and with 2 if it could not be read.
#[derive(Parser)]
struct Arguments {
    /// The table of the ledger.
    #[arg(long, env = "LEDGER_TABLE", default_value = "custodian-Ledger")]
    table: String,
    /// A certificate that was noted outside of the ledger, as in the sweep's log: YYYY-MM-DD=HASH.
    #[arg(long, value_parser = witness)]
    certificate: Option<Witness>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let Arguments { table, certificate } = Arguments::parse();
    let host = Host::lambda().await;
    let ledger = Ledger::new(host.dynamodb(), table);
    let mut out = stdout();
    match verify(&ledger, certificate).await {
        Ok(found) => {
            writeln!(
                out,
                "The chain holds: {} links tell of {} deletions, and {} days are closed.",
                found.links, found.entries, found.days
            )?;
            if let Some(closed) = found.closed {
                writeln!(out, "The last certificate is {closed}={}", found.certificate.as_str())?;
            }
            writeln!(out, "Overdue, over all certificates: {}", found.overdue)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(Unverified::Broken(broken)) => {
            writeln!(out, "The chain is broken: {broken}.")?;
            Ok(ExitCode::from(1))
        }
        Err(Unverified::Storage(error)) => {
            writeln!(out, "The ledger could not be read: {error}.")?;
            Ok(ExitCode::from(2))
        }
    }
}
