//! `local import`: puts a file into the intake bucket of a running stack, and waits for the report.

mod client;
mod progress;
mod upload;
mod wait;

pub use progress::{ProgressView, progress_view};

use custodian_buckets::files::File;
use custodian_domain::record::source::Source;
use custodian_import::report::{Report, State};
use custodian_local_aws::request_id;
use std::path::{Path, PathBuf};

/// What to import, and where.
#[derive(Clone, Debug)]
pub struct ImportArguments {
    /// The port of the stack.
    pub port: u16,
    /// The source that the file is from, as keys spell it.
    pub source: String,
    /// The file.
    pub file: PathBuf,
}

/// A file that was imported, and its results.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The import's report.
    pub report: Report,
    /// The name in quarantine of what was refused, `{folder}/{import}`; `None` if nothing was.
    pub quarantine: Option<String>,
}

/// Why a file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The request makes no sense, or there is no stack.
    #[error("{0}")]
    Wrong(String),
    /// It began, and its end is unknown.
    #[error("{0}")]
    Unfinished(String),
}

/// Uploads the file, and waits until it is imported or refused.
///
/// # Errors
/// If there is no such file, source or stack; or if the import failed, or the stack ended
/// meanwhile.
pub async fn import(
    arguments: &ImportArguments,
    view: &mut dyn ProgressView,
) -> Result<Imported, ImportError> {
    let source = known(&arguments.source)?;
    let name = name_of(&arguments.file)?;
    let client = client::IntakeClient::open(arguments.port).await?;
    let key = format!("{}/{name}", source.as_str());
    let name = request_id().replace('-', "");
    let etag = upload::upload(&client, &key, &name, &arguments.file, view).await?;
    let file = File {
        folder: source.into(),
        key,
        etag,
    };
    let id = file.id();
    let report = wait::wait(&client, &file, &name, view).await;
    view.end();
    let report = report?;
    let refused = report.state == State::Refused || report.quarantined() > 0;
    let quarantine = refused.then(|| format!("{}/{id}", source.as_str()));
    Ok(Imported { report, quarantine })
}

/// The source of this name, if it comes as files.
fn known(name: &str) -> Result<Source, ImportError> {
    let is_file = |source: &Source| custodian_import::sources::format(*source).is_some();
    Source::named(name).filter(is_file).ok_or_else(|| {
        let all: Vec<_> = Source::ALL
            .iter()
            .filter(|source| is_file(source))
            .map(|source| source.as_str())
            .collect();
        ImportError::Wrong(format!(
            "there is no source {name}; files come from {}",
            all.join(", ")
        ))
    })
}

fn name_of(file: &Path) -> Result<&str, ImportError> {
    let wrong = |problem: &str| ImportError::Wrong(format!("{}: {problem}", file.display()));
    let found = std::fs::metadata(file).map_err(|error| wrong(&error.to_string()))?;
    if !found.is_file() {
        return Err(wrong("this is not a file"));
    }
    file.file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| wrong("its name is not UTF-8"))
}
