//! Verifies the ledger and what it attests, and names the first thing that is wrong: `make
//! verify-ledger`.

use chrono::NaiveDate;
use clap::Parser;
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::Witness;
use custodian_operations::evidence::{self, Scope};
use custodian_operations::verify::{compare, summary, witness};
use custodian_runtime::{Clock, Environment};
use custodian_store::evidence::Register;
use custodian_store::ledger::Ledger;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Verifies the ledger and names the first thing that is wrong. With a Register, it also verifies
/// that requests, holds and restrictions are stored there as the ledger attests them.
///
/// Exits with 0 if everything is as it was, with 1 if not, and with 2 if it could not be read.
#[derive(Parser)]
struct Arguments {
    /// The table of the ledger: the output `LedgerTable` of the stack.
    #[arg(long, env = "LEDGER_TABLE")]
    table: String,
    /// The bucket of anchors, which the chain must match: the output `AnchorsBucket` of the stack.
    #[arg(long, env = "ANCHORS_BUCKET")]
    anchors: Option<String>,
    /// The Register that belongs to it: the output `RegisterTable` of the stack.
    #[arg(long, env = "REGISTER_TABLE")]
    register: Option<String>,
    /// The first day whose attested items are checked, for people who already know about changes
    /// before it.
    #[arg(long)]
    from: Option<NaiveDate>,
    /// A certificate that was noted outside the ledger, as in the sweep's log: YYYY-MM-DD=HASH.
    #[arg(long, value_parser = witness)]
    certificate: Option<Witness>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let Arguments {
        table,
        anchors,
        register,
        from,
        certificate,
    } = Arguments::parse();
    let (host, now) = (Environment::operator().await, Clock::system().now());
    let ledger = Ledger::new(custodian_store::client(&host.dynamodb()), table);
    let anchors = anchors.map(|bucket| Anchors::new(custodian_buckets::client(&host.s3()), bucket));
    let (text, mut code) = summary(&compare(&ledger, anchors.as_ref(), certificate, now).await);
    writeln!(stdout(), "{text}")?;
    if let (Some(register), 0) = (register, code) {
        let register = Register::new(custodian_store::client(&host.dynamodb()), register);
        let scope = Scope {
            from,
            ..Scope::all(now)
        };
        let (text, proven) = evidence::summary(&evidence::prove(&ledger, &register, scope).await);
        writeln!(stdout(), "{text}")?;
        code = proven;
    }
    Ok(ExitCode::from(code))
}
