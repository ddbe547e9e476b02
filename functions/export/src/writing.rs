//! A package while it is written: the document, and the report beside it.

use crate::document::{self, Head, PackagedRecord};
use crate::gathering::Gathered;
use crate::report;
use crate::sections::{Counted, Item};
use crate::supplementary::Seen;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::{Exports, Upload};
use custodian_domain::record::Record;
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::{File, PackageKind};
use custodian_domain::survey::words::Words;
use sha2::{Digest, Sha256};

/// A package while it is written: the document, and the report beside it.
pub(crate) struct PackageWriter {
    document: Upload,
    report: Upload,
    kind: PackageKind,
    made_at: DateTime<Utc>,
    hash: Sha256,
    records: u64,
    rows: u64,
    bytes: u64,
    seen: Seen,
}

impl PackageWriter {
    pub(crate) async fn begin(
        exports: &Exports,
        key: &str,
        report_key: &str,
        head: &Head<'_>,
    ) -> Result<Self, StorageError> {
        let (document, report) = tokio::try_join!(
            exports.begin(File::Document, key.to_owned()),
            exports.begin(File::Report, report_key.to_owned()),
        )?;
        let (kind, made_at, hash, seen) = (head.kind, head.made_at, Sha256::new(), Seen::default());
        let mut writing = Self {
            document,
            report,
            kind,
            made_at,
            hash,
            records: 0,
            rows: 0,
            bytes: 0,
            seen,
        };
        writing.write(&document::opening(head)).await?;
        writing.write_report(&report::opening(head)).await?;
        Ok(writing)
    }

    pub(crate) async fn record(
        &mut self,
        record: &Record,
        words: &Words,
    ) -> Result<(), StorageError> {
        let packaged = PackagedRecord::of(record, words, self.kind, self.made_at);
        self.seen.add(record);
        let separator = if self.records == 0 { "\n" } else { ",\n" };
        self.records += 1;
        let json = document::record(&packaged).map_err(|_| unwritten())?;
        self.write(&format!("{separator}{json}")).await?;
        self.write_report(&report::record(&packaged)).await
    }

    pub(crate) async fn held(&mut self, head: &Head<'_>) -> Result<(), StorageError> {
        self.write(&document::held(head, self.records).map_err(|_| unwritten())?)
            .await?;
        self.write_report(&report::held(head, self.records)).await
    }

    pub(crate) async fn row(&mut self, item: &Item) -> Result<(), StorageError> {
        let separator = if self.rows == 0 { "\n" } else { ",\n" };
        self.rows += 1;
        let json = document::row(item).map_err(|_| unwritten())?;
        self.write(&format!("{separator}{json}")).await?;
        self.write_report(&report::row(item)).await
    }

    /// How many there are of each kind of thing, with the number of records that were read.
    pub(crate) fn counted(&self, gathered: &Gathered) -> Counted {
        let mut counted = gathered.counted();
        counted
            .held
            .insert(Holding::Records.as_str().to_owned(), self.records);
        counted
    }

    /// Returns the document's size and SHA-256.
    pub(crate) async fn finish(
        mut self,
        head: &Head<'_>,
        counted: &Counted,
    ) -> Result<(u64, String), StorageError> {
        let message = counted.message(self.kind);
        self.write(&document::closing(head, &self.seen, message))
            .await?;
        let report = report::closing(head, message);
        self.write_report(&report).await?;
        tokio::try_join!(self.report.finish(), self.document.finish())?;
        Ok((self.bytes, hex::encode(self.hash.finalize())))
    }

    async fn write(&mut self, text: &str) -> Result<(), StorageError> {
        self.hash.update(text);
        self.bytes += text.len() as u64;
        self.document.write(text.as_bytes()).await
    }

    async fn write_report(&mut self, text: &str) -> Result<(), StorageError> {
        self.report.write(text.as_bytes()).await
    }
}

fn unwritten() -> StorageError {
    StorageError::unreadable("write a package")
}
