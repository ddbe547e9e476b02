//! Making a package: every live record, read by the page and written on as it comes.

use crate::document::{self, Said};
use crate::order::PackageOrder;
use crate::report;
use crate::{Error, Export};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use shared::domain::package::{File, PackageKind};
use shared::domain::place::Place;
use shared::domain::record::{Holder, Record};
use shared::domain::survey::words::Words;
use shared::storage::StorageError;
use shared::storage::exports::{Exports, Upload};
use shared::storage::packages::{DAYS, Gone, Made, Package, State};
use shared::storage::people::Found;
use shared::storage::suppressions::Suppression;
use shared::storage::surveys::versions::Wordbook;

/// Every place with every holder in it: the list that an erasure walks too.
fn places<'a>(
    holders: &'a [Holder],
    erased: &'a Erased,
) -> impl Iterator<Item = (Place, (&'a Holder, &'a Option<Suppression>))> {
    Place::ALL.into_iter().flat_map(move |place| holders.iter().zip(erased).map(move |pair| (place, pair)))
}

/// That each holder was erased, if that still matters.
type Erased = Vec<Option<Suppression>>;

impl Export {
    /// Makes the objects of a package that is entered as started.
    pub(crate) async fn make(
        &self,
        order: &PackageOrder,
        package: &Package,
        found: &Found,
        now: DateTime<Utc>,
    ) -> Result<Made, Error> {
        let erased = self.erased(&found.holders, now).await?;
        let mut words = Wordbook::new(&self.surveys);
        let random = random();
        let key = File::Document.key(&order.request, &random);
        let report_key = (order.kind == PackageKind::Access).then(|| File::Report.key(&order.request, &random));
        let head = document::Head { order, shared: !package.unconfirmed.is_empty(), about: &self.about, made_at: now };
        let mut writing = Writing::begin(&self.exports, &key, report_key.as_deref(), &head).await?;
        let mut expires_at = package.requested_at + DAYS;
        for (place, (holder, suppression)) in places(&found.holders, &erased) {
            let mut pages = match place {
                Place::Records => self.records.about(holder, now),
                // Packages hold copies of records, and nothing of their own. What waits in the intake is read into
                // records within minutes. What processors hold is named in each record, with until when.
                Place::Exports | Place::Intake | Place::Granicus | Place::Five9 | Place::Newsletter => continue,
            };
            while let Some(page) = pages.next().await? {
                for record in &page {
                    if suppression.as_ref().is_some_and(|suppression| is_left_over(suppression, record)) {
                        self.exports.discard(&order.request).await?;
                        return Err(Error::ErasureOpen);
                    }
                    // What is held has no end: nothing of it can be over while the package is there.
                    expires_at = record.details.retention.end().map_or(expires_at, |end| expires_at.min(end.instant()));
                    writing.record(record, &words.of(&record.details, now).await?).await?;
                }
            }
        }
        let (records, bytes, sha256) = writing.finish(&head).await?;
        let made = Made { key, report_key, records, bytes, sha256, expires_at };
        // An erasure suppresses its subject before it looks for packages: either it finds this one, or this is seen here.
        let same = self.erased(&found.holders, now).await? == erased;
        if same && self.packages.complete(&order.request, &made).await? {
            return Ok(made);
        }
        self.give_way(order, package, now, same).await
    }

    /// Somebody closed or completed this package while it was being made.
    async fn give_way(
        &self,
        order: &PackageOrder,
        package: &Package,
        now: DateTime<Utc>,
        same: bool,
    ) -> Result<Made, Error> {
        let current = self.packages.find(&order.request, now).await?;
        if let Some(Package { state: State::Complete, made: Some(made), .. }) = current
            && same
        {
            // The same order was carried out twice at once; the first stands, and the other's objects end with it.
            return Ok(made);
        }
        self.exports.discard(&order.request).await?;
        self.packages.close(&order.request, package, State::Erased, now).await?;
        Err(Gone::Erased.into())
    }

    async fn erased(&self, holders: &[Holder], now: DateTime<Utc>) -> Result<Erased, StorageError> {
        let mut erased = Vec::new();
        for holder in holders {
            erased.push(self.suppressions.of(holder, now).await?);
        }
        Ok(erased)
    }
}

/// Whether an erasure that is under way, or broke off, has left this. Told in the very second of an erasure: either it
/// took that, or it came after.
fn is_left_over(suppression: &Suppression, record: &Record) -> bool {
    let Record { details, .. } = record;
    let mut earlier = suppression.erasures.iter().filter(|erased| details.collected_at < erased.at);
    earlier.any(|erased| erased.covers(details.source, &details.reference, details.collected_at))
}

/// A package that is being written: the document, and the report for access.
struct Writing {
    document: Upload,
    report: Option<Upload>,
    kind: PackageKind,
    made_at: DateTime<Utc>,
    hash: Sha256,
    records: u64,
    bytes: u64,
}

impl Writing {
    async fn begin(
        exports: &Exports,
        key: &str,
        report_key: Option<&str>,
        head: &document::Head<'_>,
    ) -> Result<Self, StorageError> {
        let document = exports.begin(File::Document, key.to_owned()).await?;
        let report = match report_key {
            Some(key) => Some(exports.begin(File::Report, key.to_owned()).await?),
            None => None,
        };
        let (kind, made_at) = (head.order.kind, head.made_at);
        let mut writing = Self { document, report, kind, made_at, hash: Sha256::new(), records: 0, bytes: 0 };
        writing.write(&document::opening(head)).await?;
        writing.write_report(|| report::opening(head)).await?;
        Ok(writing)
    }

    async fn record(&mut self, record: &Record, words: &Words) -> Result<(), StorageError> {
        let said = Said::of(record, words, self.kind, self.made_at);
        let separator = if self.records == 0 { "\n" } else { ",\n" };
        self.records += 1;
        self.write(&format!("{separator}{}", said.to_json())).await?;
        self.write_report(|| report::record(&said)).await
    }

    /// Gives the number of records, and the document's size and SHA-256.
    async fn finish(mut self, head: &document::Head<'_>) -> Result<(u64, u64, String), StorageError> {
        self.write(&document::closing(self.records)).await?;
        let records = self.records;
        self.write_report(|| report::closing(head, records)).await?;
        if let Some(report) = self.report {
            report.finish().await?;
        }
        self.document.finish().await?;
        Ok((self.records, self.bytes, hex::encode(self.hash.finalize())))
    }

    async fn write(&mut self, text: &str) -> Result<(), StorageError> {
        self.hash.update(text);
        self.bytes += u64::try_from(text.len()).unwrap_or_default();
        self.document.write(text.as_bytes()).await
    }

    async fn write_report(&mut self, text: impl FnOnce() -> String) -> Result<(), StorageError> {
        match &mut self.report {
            Some(report) => report.write(text().as_bytes()).await,
            None => Ok(()),
        }
    }
}

/// Sixteen bytes that nobody can guess, for a key.
fn random() -> String {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "without randomness a key could be guessed: better no package")]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}
