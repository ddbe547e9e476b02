//! Shows what could not be read: `make quarantine`.

use chrono::{DateTime, Utc};
use clap::Parser;
use custodian_buckets::files::Files;
use custodian_domain::record::source::Source;
use custodian_operations::local_stack;
use custodian_operations::quarantine::{
    Import, Listed, QuarantineError, bring_back, find, imports, list, report, restore,
};
use custodian_runtime::Environment;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{Write, stderr, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How many rows of an import are listed when all imports are listed.
const LISTED: u64 = 10;
/// How long the program waits for the report of a retried import.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(500);

/// Lists what is in quarantine and why, restores it byte for byte, or imports it again.
///
/// Exits with 0 if that was done, with 1 if some of the retried rows are refused again, and with 2
/// if it could not be done.
#[derive(Parser)]
struct Arguments {
    /// The intake bucket of a stack on AWS. Without it, the stack that runs here.
    #[arg(long)]
    bucket: Option<String>,
    /// The port of the stack that runs here.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    port: u16,
    /// Lists every row of this import, `{folder}/{import}`.
    #[arg(long, value_name = "IMPORT")]
    show: Option<String>,
    /// Writes this import's bytes into a file as they came, with the header that makes the rows a
    /// file again.
    #[arg(long, value_name = "IMPORT", conflicts_with = "show", requires = "to")]
    restore: Option<String>,
    /// The file to write, which must not exist. It is personal data, so only you choose where it
    /// goes.
    #[arg(long, value_name = "FILE", requires = "restore")]
    to: Option<PathBuf>,
    /// Drops this import again, and waits for its report.
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["show", "restore"])]
    retry: Option<String>,
    /// The corrected file. Without it, the import is dropped as it is.
    #[arg(long, value_name = "FILE", requires = "retry")]
    file: Option<PathBuf>,
    /// The source of the import, if its folder does not say.
    #[arg(long, requires = "retry")]
    source: Option<String>,
    /// Deletes this import from quarantine before its days are over, because it was retried or is
    /// of no use.
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["show", "restore", "retry"])]
    delete: Option<String>,
    /// Who uses this program.
    #[arg(long, env = "USER", default_value = "somebody")]
    by: String,
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
    let (host, bucket) = if let Some(bucket) = &arguments.bucket {
        (host, bucket.clone())
    } else {
        let here = local_stack::intake(arguments.port)?;
        (host.with("AWS_ENDPOINT_URL_S3", here.s3), here.bucket)
    };
    let (files, now) = (
        Files::new(custodian_buckets::client(&host.s3()), bucket),
        host.clock().now(),
    );
    let Arguments {
        show,
        restore,
        retry,
        delete,
        to,
        file,
        source,
        by,
        ..
    } = arguments;
    if let Some(name) = delete {
        let import = find(&files, &name).await?;
        for kept in &import.objects {
            files.delete_kept(kept).await?;
        }
        writeln!(stdout(), "{name} is deleted from quarantine.")?;
        log(&by, now, "deleted", &name, import.objects.len() as u64);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = retry {
        return Ok(again(&files, &name, file, source, &by, now).await?);
    }
    match (show, restore.zip(to)) {
        (Some(name), _) => show_all(&files, &find(&files, &name).await?, &by, now).await?,
        (_, Some((name, to))) => write(&files, &name, &to, &by, now).await?,
        _ => show_imports(&files, &by, now).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes who did what to the error output: names and counts only.
fn log(by: &str, now: DateTime<Utc>, did: &str, import: &str, count: u64) {
    let line = json!({"at": now, "by": by, "did": did, "import": import, "count": count});
    let _ = writeln!(stderr(), "{line}");
}

async fn show_imports(files: &Files, by: &str, now: DateTime<Utc>) -> Result<(), QuarantineError> {
    let (imports, mut out) = (imports(files).await?, stdout());
    for import in &imports {
        writeln!(out, "{}, deleted on {}", import.name(), import.goes_on())?;
        let mut count = 0;
        list(files, import, |listed| {
            count += 1;
            if count <= LISTED || listed.line.is_none() {
                tell(&listed)
            } else {
                Ok(())
            }
        })
        .await?;
        if count > LISTED {
            writeln!(
                out,
                "  {count} in all: make quarantine SHOW={}",
                import.name()
            )?;
        }
    }
    if imports.is_empty() {
        writeln!(out, "Nothing is in quarantine.")?;
    }
    let (mut pages, mut waiting) = (files.unread().await?, 0);
    while let Some(page) = pages.next().await? {
        waiting += page.len();
    }
    if waiting > 0 {
        writeln!(out, "Files that wait to be read: {waiting}.")?;
    }
    log(by, now, "listed", "all", imports.len() as u64);
    Ok(())
}

async fn show_all(
    files: &Files,
    import: &Import,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), QuarantineError> {
    let mut count = 0;
    list(files, import, |listed| {
        count += 1;
        tell(&listed)
    })
    .await?;
    log(by, now, "listed", &import.name(), count);
    Ok(())
}

fn tell(Listed { line, why }: &Listed) -> std::io::Result<()> {
    let place = line.map_or_else(|| "whole".to_owned(), |line| format!("line {line}"));
    let rule = why.rule.as_deref().unwrap_or("see its report");
    writeln!(
        stdout(),
        "  {place}: {}{rule}",
        why.field
            .as_ref()
            .map(|field| format!("{field} "))
            .unwrap_or_default()
    )
}

async fn write(
    files: &Files,
    name: &str,
    to: &Path,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), QuarantineError> {
    let import = find(files, name).await?;
    // It is personal data, so nobody else on this machine may read it.
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to);
    let mut file = opened.map_err(|error| unusable(to, error))?;
    let (_, count) = restore(files, &import, &mut file).await?;
    file.sync_all().map_err(|error| unusable(to, error))?;
    let what = match count {
        None => "The whole".to_owned(),
        Some(1) => "1 row".to_owned(),
        Some(count) => format!("{count} rows"),
    };
    writeln!(
        stdout(),
        "{what} of {name} written to {}. It is personal data: delete it when you are done.",
        to.display()
    )?;
    log(by, now, "restored", name, count.unwrap_or(1));
    Ok(())
}

fn unusable(file: &Path, error: std::io::Error) -> QuarantineError {
    QuarantineError::File(file.display().to_string(), error)
}

async fn again(
    files: &Files,
    name: &str,
    mended: Option<PathBuf>,
    source: Option<String>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<ExitCode, QuarantineError> {
    let source = match source {
        Some(name) => {
            Some(Source::named(&name).ok_or(QuarantineError::Wrong("there is no such source"))?)
        }
        None => None,
    };
    let import = find(files, name).await?;
    let mended = mended
        .map(|file| std::fs::read(&file).map_err(|error| unusable(&file, error)))
        .transpose()?;
    let errand = format!("{:032x}", now.timestamp_nanos_opt().unwrap_or_default());
    let file = bring_back(files, &import, mended, source, &errand).await?;
    log(by, now, "brought_back", name, 1);
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if let Some(report) = report(files, &file, &errand).await? {
            writeln!(stdout(), "{report:#}")?;
            let refuses_rows = report["refused"]
                .as_object()
                .is_some_and(|refused| !refused.is_empty());
            let refuses = refuses_rows || report["state"] == "refused";
            if refuses {
                // It names the same people as what was there before, so an erasure waits for both.
                let again = format!("{}/{}", file.folder.as_str(), file.id());
                writeln!(
                    stderr(),
                    "What was refused again is in quarantine as {again}, next to {name}."
                )?;
            }
            return Ok(ExitCode::from(u8::from(refuses)));
        }
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
    }
    let report = format!("reports/{}/{}.json", file.folder.as_str(), file.id());
    writeln!(
        stdout(),
        "It is waiting to be read. The result will be in {report} in the intake bucket."
    )?;
    Ok(ExitCode::SUCCESS)
}
