//! Verifies the ledger's chain and names the first link that does not hold: `make verify-ledger`.

use clap::Parser;
use operations::verify::{told, verify, witness};
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
    /// The table of the ledger: the output `LedgerTable` of the stack.
    #[arg(long, env = "LEDGER_TABLE")]
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
    let (told, code) = told(&verify(&ledger, certificate).await);
    writeln!(stdout(), "{told}")?;
    Ok(ExitCode::from(code))
}
