//! The local stack, from the command line.

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use custodian_domain::ledger::Witness;
use custodian_import::report::State;
use custodian_local::operate::OfSurveys;
use custodian_local::{
    ACCESS_KEY, ImportArguments, ImportError, Options, SECRET_KEY, Stack, import, operate,
    progress_view, reports,
};
use custodian_local_s3::Created;
use custodian_operations::evidence;
use custodian_operations::restore;
use custodian_operations::verify::{self, witness};
use custodian_rights::restoring::Redone;
use custodian_runtime::Clock;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tracing_subscriber::EnvFilter;

/// The default port of the front door.
const PORT: u16 = 3000;

/// Runs template.yaml on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The port to open. The endpoints, the simulators, the desk and its issuer take the next nine,
    /// or any others that are free.
    #[arg(long, env = "PORT", default_value_t = PORT, global = true)]
    port: u16,
    /// A folder that keeps everything across restarts. Without it, everything is in memory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The SAM template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// The folder of surveys to load.
    #[arg(long, value_name = "DIR", default_value = "surveys")]
    surveys: PathBuf,
    /// The time at which the clock starts.
    #[arg(long, value_name = "RFC 3339")]
    clock: Option<DateTime<Utc>>,
    /// A value for a parameter of the template. Repeat it for several.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
}

#[derive(Subcommand)]
enum Command {
    /// Drops a file into the running stack, and prints the outcome of its rows.
    ///
    /// Exits with 0 if it was imported, 1 if it was refused whole, 2 if there is no such file or no
    /// running stack, and 3 if the outcome is unknown.
    Import {
        /// The source of the file: telephone, reviews, social, interviews, support or complaints.
        #[arg(long)]
        source: String,
        /// The file.
        file: PathBuf,
    },
    /// Verifies the ledger of the running stack, and names the first link that does not hold.
    ///
    /// Exits with 0 if it holds, 1 if it is broken, and 2 if it could not be read.
    VerifyLedger {
        /// A certificate that was noted outside the ledger, as in the sweep's log: YYYY-MM-DD=HASH.
        #[arg(long, value_parser = witness)]
        certificate: Option<Witness>,
    },
    /// Puts a survey into the running stack, unless something is wrong with it.
    ///
    /// Exits with 0 if it is there, 1 if something is wrong with it, and 2 if it cannot be read or
    /// the stack does not answer.
    PutSurvey {
        /// The survey's document.
        file: PathBuf,
    },
    /// Removes a survey from the running stack.
    RemoveSurvey {
        /// The survey's id.
        id: String,
    },
    /// Lists the surveys of the running stack.
    ListSurveys,
    /// Makes the running stack keep its tables as they are now, to rehearse a restore.
    Backup,
    /// Rehearses a restore in the running stack. What is restored is deleted again.
    ///
    /// Exits with 0 if what was restored may be read, 1 if not, and 2 if there is nothing to
    /// restore or no running stack.
    Restore {
        /// The moment, as `backup` printed it.
        #[arg(long)]
        since: DateTime<Utc>,
        /// Restores as if the live table were lost or not to be trusted.
        #[arg(long)]
        without_live: bool,
    },
}

/// What to print about the chain and, if that holds, about what it attests; and the exit code.
async fn verified(port: u16, certificate: Option<Witness>) -> Result<(String, u8), String> {
    let chain = verify::summary(&operate::verify_ledger(port, certificate).await?);
    if chain.1 != 0 {
        return Ok(chain);
    }
    let (output, code) = evidence::summary(&operate::verify_evidence(port).await?);
    Ok((format!("{}\n{output}", chain.0), code))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The embedded DynamoDB warns about every condition that does not hold, which is normal.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    let port = arguments.port;
    match arguments.command {
        Some(Command::Import { source, file }) => {
            return ExitCode::from(import_file(&ImportArguments { port, source, file }).await);
        }
        Some(Command::VerifyLedger { certificate }) => {
            return print(verified(port, certificate).await);
        }
        Some(Command::PutSurvey { file }) => {
            let name = file.display().to_string();
            return match std::fs::read(&file) {
                Ok(document) => print(operate::surveys(port, OfSurveys::Put(name, document)).await),
                Err(error) => print(Err(format!("{name}: {error}"))),
            };
        }
        Some(Command::RemoveSurvey { id }) => {
            return print(operate::surveys(port, OfSurveys::Remove(id)).await);
        }
        Some(Command::ListSurveys) => return print(operate::surveys(port, OfSurveys::List).await),
        Some(Command::Backup) => {
            return print(
                operate::backup(port)
                    .await
                    .map(|moment| (backup_message(moment, port), 0)),
            );
        }
        Some(Command::Restore {
            since,
            without_live,
        }) => {
            let progress =
                |redone: &Redone| drop(writeln!(io::stdout(), "… {}", restore::counts(redone)));
            let outcome = operate::rehearse(port, since, !without_live, progress).await;
            return print(outcome.map(|outcome| {
                let (output, code) = restore::summary(&outcome);
                (
                    format!("{output}\nThe restored table has been deleted."),
                    code,
                )
            }));
        }
        None => {}
    }
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the result. The code 2 means that it could not begin.
fn print(output: Result<(String, u8), String>) -> ExitCode {
    let (text, code) = output.unwrap_or_else(|error| (error, 2));
    let _ = if code == 2 {
        writeln!(io::stderr(), "{text}")
    } else {
        writeln!(io::stdout(), "{text}")
    };
    ExitCode::from(code)
}

fn backup_message(moment: DateTime<Utc>, port: u16) -> String {
    let (moment, port) = (moment.format("%FT%TZ"), at(port));
    format!(
        "The backup of this moment is kept for 35 days. To rehearse a restore of it: make restore SINCE={moment}{port}"
    )
}

/// What to add to a `make` command for the stack at this port.
fn at(port: u16) -> String {
    if port == PORT {
        String::new()
    } else {
        format!(" PORT={port}")
    }
}

/// Drops a file and returns the exit code.
async fn import_file(arguments: &ImportArguments) -> u8 {
    let port = at(arguments.port);
    match import(arguments, &mut *progress_view()).await {
        Ok(brought) => {
            let mut out = io::stdout();
            let _ = writeln!(out, "{}", reports::line(&brought.report));
            if let Some(name) = brought.quarantine {
                let _ = writeln!(
                    out,
                    "What was refused is kept for 14 days. To see why: make quarantine SHOW={name}{port}"
                );
            }
            u8::from(brought.report.state == State::Refused)
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            if matches!(error, ImportError::Wrong(_)) {
                2
            } else {
                3
            }
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let clock = Clock::movable();
    if let Some(now) = arguments.clock {
        clock.set(now);
    }
    let mut options = Options::new(arguments.template);
    options.port = arguments.port;
    options.data = arguments.data;
    options.surveys = Some(arguments.surveys);
    options.clock = clock;
    options
        .parameters
        .extend(arguments.parameter.into_iter().collect::<BTreeMap<_, _>>());
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let stack = Stack::start(options).await?;
    let created = stack.created();
    welcome(&stack)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = tell(&stack, created) => {}
    }
    stack.stop().await;
    Ok(())
}

/// Prints the outcome of each import's rows.
async fn tell(stack: &Stack, mut created: Receiver<Created>) {
    loop {
        match created.recv().await {
            Ok(object) => {
                if let Some(report) = reports::of(stack, &object) {
                    let _ = writeln!(io::stdout(), "{}", reports::line(&report));
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Prints what there is to open and to try.
fn welcome(stack: &Stack) -> io::Result<()> {
    let (url, endpoints) = (stack.url(), stack.endpoints());
    let port = url
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .map_or_else(String::new, at);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Custodian is running. Its clock says {}.\n",
        stack.clock().now().format("%F %T UTC")
    )?;
    for survey in stack.surveys() {
        writeln!(out, "  {url}/surveys/{survey}")?;
    }
    if let Some(desk) = stack.desk_url() {
        writeln!(
            out,
            "\nThe desk, for invented members of staff: {desk}/desk"
        )?;
    }
    writeln!(
        out,
        "\nFor any SDK, in {} as {ACCESS_KEY} / {SECRET_KEY}:",
        custodian_local::REGION
    )?;
    writeln!(out, "  DynamoDB         {}", endpoints.dynamodb)?;
    writeln!(out, "  S3               {}", endpoints.s3)?;
    writeln!(out, "  Secrets Manager  {}", endpoints.secrets)?;
    writeln!(out, "  Lambda           {}", endpoints.lambda)?;
    let erase = stack.settings("erase").unwrap_or_default();
    let simulators = ["GRANICUS_URL", "NEWSLETTER_URL", "FIVE9_URL"]
        .map(|name| erase.get(name).cloned().unwrap_or_default());
    writeln!(
        out,
        "\nSimulated processors: Granicus {}, newsletter {}, Five9 {}",
        simulators[0], simulators[1], simulators[2]
    )?;
    let notify = stack
        .settings("notify")
        .and_then(|it| it.get("NOTIFY_URL").cloned())
        .unwrap_or_default();
    writeln!(
        out,
        "Simulated GOV.UK Notify: the emails that it was asked to send are at {notify}/mails"
    )?;
    writeln!(
        out,
        r#"
To try:
  curl -i {url}/surveys/recycling-centre/responses -H 'content-type: application/json' \
    -d '{{"satisfaction": 4, "site": "Dorchester", "email": "alex@example.com"}}'
  curl {url}/2015-03-31/functions/export/invocations \
    -d '{{"kind": "access", "identifiers": [{{"type": "email", "value": "alex@example.com"}}], "requested_by": "dpo"}}'
  make import SOURCE=telephone FILE=tests/fixtures/intake/telephone/call-survey-2026-10-12.csv{port}
  curl {url}/_local/clock -d '{{"advance": "P3Y"}}'

RUST_LOG=info,dynoxide=error shows what the functions log; Ctrl-C ends."#
    )?;
    out.flush()
}
