//! Commands for surveys: `make check-survey`, and on AWS `make put-survey`, `make remove-survey`
//! and `make surveys`.

use clap::{Parser, Subcommand};
use custodian_aws::StorageError;
use custodian_operations::surveys::{Output, checked, list, put, remove};
use custodian_runtime::Environment;
use custodian_store::surveys::Surveys;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks surveys, puts them into the Register, removes them, and lists them.
///
/// Exits with 0 if it is done, with 1 if something is wrong with what was given, and with 2 if a
/// file or the Register cannot be read.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints everything that is wrong with a survey.
    Check {
        /// The survey's document.
        file: PathBuf,
    },
    /// Puts a survey into the Register, unless something is wrong with it.
    Put {
        /// The table of the Register: the output `RegisterTable` of the stack.
        #[arg(long, env = "REGISTER_TABLE")]
        table: String,
        /// The survey's document.
        file: PathBuf,
    },
    /// Removes a survey from the Register.
    Remove {
        /// The table of the Register: the output `RegisterTable` of the stack.
        #[arg(long, env = "REGISTER_TABLE")]
        table: String,
        /// The survey's id.
        id: String,
    },
    /// Lists the surveys of the Register.
    List {
        /// The table of the Register: the output `RegisterTable` of the stack.
        #[arg(long, env = "REGISTER_TABLE")]
        table: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let output = match Arguments::parse().command {
        Command::Check { file } => {
            read(&file).map(|document| checked(&file.display().to_string(), &document))
        }
        Command::Put { table, file } => match read(&file) {
            Ok(document) => {
                let host = Environment::operator().await;
                let surveys = Surveys::new(custodian_store::client(&host.dynamodb()), table);
                with_advice(
                    put(
                        &surveys,
                        &file.display().to_string(),
                        &document,
                        host.clock().now(),
                    )
                    .await,
                )
            }
            Err(error) => Err(error),
        },
        Command::Remove { table, id } => {
            let host = Environment::operator().await;
            with_advice(
                remove(
                    &Surveys::new(custodian_store::client(&host.dynamodb()), table),
                    &id,
                    host.clock().now(),
                )
                .await,
            )
        }
        Command::List { table } => {
            let host = Environment::operator().await;
            with_advice(
                list(
                    &Surveys::new(custodian_store::client(&host.dynamodb()), table),
                    host.clock().now(),
                )
                .await,
            )
        }
    };
    match output {
        Ok((output, code)) => writeln!(stdout(), "{output}").map(|()| ExitCode::from(code)),
        Err(error) => writeln!(stderr(), "{error}").map(|()| ExitCode::from(2)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn with_advice(outcome: Result<Output, StorageError>) -> Result<Output, String> {
    outcome.map_err(|error| {
        format!(
            "The Register does not answer: {error}. Run it again: what has been done stays done."
        )
    })
}
