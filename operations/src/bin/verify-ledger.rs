//! Verifies the ledger and names the first thing that is wrong: `make verify-ledger`.

use clap::Parser;
use operations::verify::{compare, told, witness};
use shared::domain::ledger::Witness;
use shared::edge::{Clock, Host};
use shared::storage::anchors::Anchors;
use shared::storage::ledger::Ledger;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Verifies the ledger and names the first thing that is wrong.
///
/// Exits with 0 if it is what it was, with 1 if not, and with 2 if it could not be read.
#[derive(Parser)]
struct Arguments {
    /// The table of the ledger: the output `LedgerTable` of the stack.
    #[arg(long, env = "LEDGER_TABLE")]
    table: String,
    /// The bucket of anchors, which the chain has to agree with: the output `AnchorsBucket` of the stack.
    #[arg(long, env = "ANCHORS_BUCKET")]
    anchors: Option<String>,
    /// A certificate that was noted outside of the ledger, as in the sweep's log: YYYY-MM-DD=HASH.
    #[arg(long, value_parser = witness)]
    certificate: Option<Witness>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let Arguments { table, anchors, certificate } = Arguments::parse();
    let host = Host::lambda().await;
    let ledger = Ledger::new(host.dynamodb(), table);
    let anchors = anchors.map(|bucket| Anchors::new(host.s3(), bucket));
    let (told, code) = told(&compare(&ledger, anchors.as_ref(), certificate, Clock::system().now()).await);
    writeln!(stdout(), "{told}")?;
    Ok(ExitCode::from(code))
}
