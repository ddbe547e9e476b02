//! Prepares a table that was restored from a backup for reading: `make restore`.

use chrono::{DateTime, Utc};
use clap::Parser;
use custodian_operations::restore::{counts, restore, summary};
use custodian_rights::restoring::{Redone, Restoring};
use custodian_runtime::Environment;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Makes a table that was restored from a backup ready to be read: puts TTL, stream, recovery and
/// protection back on it, and deletes again what has expired, or was erased or withdrawn, since. It
/// changes the restored table and appends to the ledger.
///
/// Exits with 0 if the table may be read, and with 1 if not. You can run it again as often as you
/// like.
#[derive(Parser)]
struct Arguments {
    /// The restored table of records. Never the live one.
    #[arg(long)]
    table: String,
    /// The instant that was restored, such as 2026-11-23T10:00:00Z.
    #[arg(long)]
    since: DateTime<Utc>,
    /// The live table of records, if it exists and can be trusted: what was kept or corrected since
    /// is copied from it.
    #[arg(long)]
    live: Option<String>,
    /// The table of the ledger.
    #[arg(long, env = "LEDGER_TABLE")]
    ledger: String,
    /// The table of the Register.
    #[arg(long, env = "REGISTER_TABLE")]
    register: String,
    /// How many days back a restore of the table should be possible, as in the template's parameter
    /// `RecoveryDays`.
    #[arg(long, env = "RECOVERY_DAYS", default_value_t = 35, value_parser = clap::value_parser!(i32).range(1..=35))]
    recovery_days: i32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = stdout();
    if arguments.live.as_ref() == Some(&arguments.table) {
        writeln!(
            out,
            "NOT to be read: the restored table and the live one are the same."
        )?;
        return Ok(ExitCode::from(1));
    }
    let host = Environment::operator().await;
    let records = |name: String| Records::new(custodian_store::client(&host.dynamodb()), name);
    let restoring = Restoring {
        copy: records(arguments.table),
        live: arguments.live.map(records),
        ledger: Ledger::new(custodian_store::client(&host.dynamodb()), arguments.ledger),
        suppressions: Suppressions::new(
            custodian_store::client(&host.dynamodb()),
            arguments.register,
        ),
        since: arguments.since,
    };
    let mut failed = Ok(());
    let progress = |redone: &Redone| {
        let written = writeln!(stdout(), "… {}", counts(redone));
        failed = std::mem::replace(&mut failed, Ok(())).and(written);
    };
    let outcome = restore(
        &restoring,
        arguments.recovery_days,
        host.clock().now(),
        progress,
    )
    .await;
    failed?;
    let (text, code) = summary(&outcome);
    writeln!(out, "{text}")?;
    Ok(ExitCode::from(code))
}
