//! Records in the ledger the removals that `expire` could not record: `make redrive`.

use clap::Parser;
use custodian_buckets::discarded::Discarded;
use custodian_expire::Expire;
use custodian_operations::local_stack;
use custodian_operations::redrive::redrive;
use custodian_runtime::Environment;
use custodian_store::ledger::Ledger;
use custodian_store::unreadable::UnreadableRemovals;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Reads what `expire` gave up on, records it in the ledger, and deletes what is recorded.
///
/// Exits with 0 if nothing is left, with 1 if something that nobody can read is left, and with 2 if
/// it could not be done.
#[derive(Parser)]
struct Arguments {
    /// The bucket of discarded removals of a stack on AWS. Without it, the stack that runs here.
    #[arg(long, requires_all = ["ledger", "register"])]
    bucket: Option<String>,
    /// The table of that stack's ledger.
    #[arg(long, requires = "bucket")]
    ledger: Option<String>,
    /// The table of that stack's Register.
    #[arg(long, requires = "bucket")]
    register: Option<String>,
    /// The port of the stack that runs here.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let host = Environment::operator().await;
    let given = (arguments.bucket, arguments.ledger, arguments.register);
    let (host, bucket, ledger, register) =
        if let (Some(bucket), Some(ledger), Some(register)) = given {
            (host, bucket, ledger, register)
        } else {
            let here = local_stack::evidence(arguments.port)?;
            let host = host
                .with("AWS_ENDPOINT_URL_S3", here.s3)
                .with("AWS_ENDPOINT_URL_DYNAMODB", here.dynamodb);
            (host, here.discarded, here.ledger, here.register)
        };
    let client = custodian_store::client(&host.dynamodb());
    let expire = Expire {
        clock: host.clock(),
        ledger: Ledger::new(client.clone(), ledger),
        unreadable: UnreadableRemovals::new(client, register),
    };
    let discarded = Discarded::new(custodian_buckets::client(&host.s3()), bucket);
    let (words, code) = redrive(&expire, &discarded).await?.summary();
    writeln!(stdout(), "{words}")?;
    Ok(ExitCode::from(code))
}
