//! Logs of a function: one JSON object a line, with an allow-list of fields, and never a value that
//! someone sent.
//!
//! The fields are `survey`, `place`, `count`, `packages`, `purpose`, `tries`, `outcome`, `error`
//! and `oldest_lateness_seconds`. The span is the runtime's own, with the request's id. A log never
//! says what a person sent, who they are or where their data is stored. Two things ensure it.
//! Libraries, whose trace lines show whole requests, log from `WARN` only. And a test sends a
//! person through every function at `TRACE` and finds them in no line.

use crate::Environment;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// The beginning of the names of our own crates, whose lines are written at any level.
const OWN_CRATES: &str = "custodian_";

/// Starts logging to standard output at the level that Lambda's logging configuration sets
/// (`AWS_LAMBDA_LOG_LEVEL`).
pub fn start(environment: &Environment) {
    let level = environment
        .setting("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(Level::INFO);
    // A second start in one process keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber(level, std::io::stdout));
}

/// The subscriber that [`start`] starts, with another writer.
pub fn subscriber<W>(level: Level, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let libraries = level.min(Level::WARN);
    // The runtime's span around an invocation has the request's id and nothing else of it.
    let heard = Targets::new()
        .with_default(libraries)
        .with_target("lambda_runtime::layers::trace", Level::INFO)
        .with_target(OWN_CRATES, level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(lines).with(heard)
}
