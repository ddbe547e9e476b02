//! Backups of the embedded DynamoDB. They replace point-in-time recovery, which it lacks.
//!
//! A person asks to keep a moment. A table as it was then becomes a new one beside it, without TTL
//! and stream, as a restore on AWS makes one.

use crate::dynamodb::{self, Dynamo};
use crate::template::Table;
use aws_sdk_dynamodb::Client;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{Database, ImportOptions};
use std::path::{Path, PathBuf};

/// How long a moment is kept: the default of the template's `RecoveryDays`.
const KEPT: TimeDelta = TimeDelta::days(35);
const NAMED: &str = "%Y-%m-%dT%H%M%SZ.db";
/// How many items are copied at a time.
const PAGE: usize = 500;

/// The moments that were kept, each a whole database in a file.
pub(crate) struct Backups(PathBuf);

impl Backups {
    /// The moments in a folder, which is made when it is needed.
    pub(crate) const fn of(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Keeps the moment. Returns the second under which it is found. Moments that are too old are
    /// deleted.
    pub(crate) fn take(
        &self,
        dynamo: &Dynamo,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, String> {
        std::fs::create_dir_all(&self.0).map_err(|error| error.to_string())?;
        for old in self
            .moments()
            .into_iter()
            .filter(|moment| *moment + KEPT < now)
        {
            std::fs::remove_file(self.file(old)).map_err(|error| error.to_string())?;
        }
        let moment = now.with_nanosecond(0).unwrap_or(now);
        let (file, unfinished) = (self.file(moment), self.0.join("unfinished"));
        if unfinished.exists() {
            std::fs::remove_file(&unfinished).map_err(|error| error.to_string())?;
        }
        dynamo
            .database
            .vacuum_into(text(&unfinished)?)
            .map_err(|error| error.to_string())?;
        std::fs::rename(&unfinished, &file).map_err(|error| error.to_string())?;
        Ok(moment)
    }

    /// The moments that are kept, the earliest first.
    pub(crate) fn moments(&self) -> Vec<DateTime<Utc>> {
        let files = std::fs::read_dir(&self.0)
            .into_iter()
            .flatten()
            .filter_map(Result::ok);
        let named = |name: &str| {
            NaiveDateTime::parse_from_str(name, NAMED)
                .ok()
                .map(|moment| moment.and_utc())
        };
        let mut moments: Vec<_> = files
            .filter_map(|file| named(file.file_name().to_str()?))
            .collect();
        moments.sort();
        moments
    }

    /// Makes `copy` of the table as it was at that moment. Returns how many items it has.
    pub(crate) async fn restore(
        &self,
        dynamo: &Dynamo,
        client: &Client,
        table: &Table,
        moment: DateTime<Utc>,
        copy: &str,
    ) -> Result<usize, String> {
        let file = self.file(moment);
        if !file.is_file() {
            let kept: Vec<_> = self
                .moments()
                .iter()
                .map(|moment| moment.format("%FT%TZ").to_string())
                .collect();
            let kept = if kept.is_empty() {
                "none".to_owned()
            } else {
                kept.join(", ")
            };
            return Err(format!(
                "there is no backup of that moment; backups: {kept}"
            ));
        }
        let bare = Table {
            name: copy.to_owned(),
            ttl: None,
            stream: None,
            ..table.clone()
        };
        dynamodb::create(client, &bare).await?;
        let (database, name, copy) = (dynamo.database.clone(), table.name.clone(), copy.to_owned());
        let copied =
            tokio::task::spawn_blocking(move || copy_items(&file, &name, &database, &copy)).await;
        copied.map_err(|error| error.to_string())?
    }

    fn file(&self, moment: DateTime<Utc>) -> PathBuf {
        self.0.join(moment.format(NAMED).to_string())
    }
}

fn copy_items(file: &Path, table: &str, to: &Database, copy: &str) -> Result<usize, String> {
    let from = Database::new(text(file)?).map_err(|error| error.to_string())?;
    let (mut count, mut start) = (0, None);
    loop {
        let page = ScanRequest {
            table_name: table.to_owned(),
            limit: Some(PAGE),
            exclusive_start_key: start,
            ..ScanRequest::default()
        };
        let page = from.scan(page).map_err(|error| error.to_string())?;
        let items = page.items.unwrap_or_default();
        count += items.len();
        to.import_items(copy, items, ImportOptions::default())
            .map_err(|error| error.to_string())?;
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(count);
        }
    }
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| "the folder's name is not UTF-8".to_owned())
}
