//! Makes a package: every live record in the order of time, read a few at a time and written as
//! they come.

use crate::document::{self, Head, Said};
use crate::gathering::{Gathered, Position};
use crate::held::{Counted, Item};
use crate::order::PackageOrder;
use crate::report;
use crate::supplementary::Seen;
use crate::{Error, Export};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports;
use custodian_buckets::exports::{Exports, Upload};
use custodian_buckets::files::{NamedRow, Why};
use custodian_domain::record::facts::Value;
use custodian_domain::record::{Holder, Record};
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::{File, PackageKind};
use custodian_domain::survey::words::Words;
use custodian_rights::people::Found;
use custodian_store::Key;
use custodian_store::packages::{DAYS, Gone, Made, Package, State};
use custodian_store::suppressions::Suppression;
use custodian_store::surveys::versions::Wordbook;
use futures_util::stream::{self, StreamExt};
use sha2::{Digest, Sha256};

/// How many records are read at once, and how many such reads are in progress: memory holds no more
/// of them.
const AT_ONCE: usize = 100;
const AHEAD: usize = 2;

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
        let gathered = Box::pin(self.gather(order, found, now)).await?;
        let mut words = Wordbook::new(&self.surveys);
        let random = random();
        let key = exports::key(File::Document, &order.request, &random);
        let report_key = exports::key(File::Report, &order.request, &random);
        let head = Head {
            order,
            shared: !package.unconfirmed.is_empty(),
            about: &self.about,
            public_url: &self.public_url,
            made_at: now,
            gathered: &gathered,
        };
        let mut writing = Box::pin(Writing::begin(&self.exports, &key, &report_key, &head)).await?;
        let mut expires_at = package.requested_at + DAYS;
        expires_at = gathered
            .earliest_end
            .map_or(expires_at, |end| expires_at.min(end));
        let some_keys = SomeKeys {
            positions: gathered.records.chunks(AT_ONCE),
            holders: &found.holders,
        };
        let read = stream::iter(some_keys)
            .map(|keys| self.records.these(keys, now))
            .buffered(AHEAD);
        let mut read = std::pin::pin!(read);
        while let Some(records) = read.next().await {
            for record in &records? {
                if is_left_over(&found.holders, &erased, record) {
                    self.exports.discard(&order.request).await?;
                    return Err(Error::ErasureOpen);
                }
                // A held record has no end: it cannot be over while the package exists.
                expires_at = record
                    .details
                    .retention
                    .end()
                    .map_or(expires_at, |end| expires_at.min(end.instant()));
                writing
                    .record(record, &words.of(&record.details, now).await?)
                    .await?;
            }
        }
        writing.held(&head).await?;
        if gathered.count(Holding::Quarantine) > 0 && order.kind == PackageKind::Access {
            let mut pages = self.files.rows_naming(&found.identifiers);
            while let Some(page) = pages.next().await? {
                for named in page {
                    let end = named.goes_on.and_time(NaiveTime::MIN).and_utc();
                    expires_at = if end > now {
                        expires_at.min(end)
                    } else {
                        expires_at
                    };
                    writing.row(&row(named)).await?;
                }
            }
        }
        let counted = writing.counted(&gathered);
        let (bytes, sha256) = writing.finish(&head, &counted).await?;
        let Counted { held, not_followed } = counted;
        let records = held.get(Holding::Records.as_str()).copied().unwrap_or(0);
        let made = Made {
            key,
            report_key: Some(report_key),
            records,
            bytes,
            sha256,
            expires_at,
            held,
            not_followed,
        };
        // An erasure suppresses its subject before it looks for packages: either it finds this one,
        // or this code sees the suppression.
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
        if let Some(Package {
            state: State::Complete,
            made: Some(made),
            ..
        }) = &current
            && same
        {
            // The same order was carried out twice at once. The first one's package is kept, and
            // the other's objects are deleted.
            return Ok(made.clone());
        }
        self.exports.discard(&order.request).await?;
        if let Some(current) = current.filter(|current| !current.state.is_open()) {
            // Whatever closed it says why.
            current.refuse_closed(now)?;
        }
        self.packages
            .close(&order.request, package, State::Erased, now)
            .await?;
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

/// Whether an erasure in progress, or one that broke off, has left this. For a record from the very
/// second of an erasure: either the erasure deleted it, or it came after.
fn is_left_over(
    holders: &[Holder],
    erased: &Erased,
    Record {
        holder, details, ..
    }: &Record,
) -> bool {
    let suppression = holders
        .iter()
        .zip(erased)
        .find(|(other, _)| *other == holder)
        .and_then(|(_, it)| it.as_ref());
    let erasures = suppression
        .into_iter()
        .flat_map(|suppression| &suppression.erasures);
    let mut earlier = erasures.filter(|erased| details.collected_at < erased.at);
    earlier.any(|erased| erased.covers(details.source, &details.reference, details.collected_at))
}

/// A row in quarantine, as it is written: as text, and as bytes where text would lose some.
fn row(named: NamedRow) -> Item {
    let NamedRow {
        folder,
        import: _,
        line,
        why: Why { rule, field },
        goes_on,
        bytes,
    } = named;
    let some = |text: String| {
        Some(text)
            .filter(|text| !text.is_empty())
            .map(|text| Value::Text(text.into()))
    };
    let exact = std::str::from_utf8(&bytes)
        .is_err()
        .then(|| Value::Text(STANDARD.encode(&bytes).into()));
    let folder_words = folder
        .source()
        .map_or(folder.as_str(), |source| source.label());
    Item::default()
        .text("folder", "Came as", folder_words)
        .with(
            "line",
            "Line of the file",
            line.and_then(|line| u32::try_from(line).ok())
                .map(Value::Number),
        )
        .with("field", "Field", field.and_then(some))
        .with("rule", "Rule that it breaks", rule.and_then(some))
        .text(
            "text",
            "What it says",
            String::from_utf8_lossy(&bytes).trim_end().to_owned(),
        )
        .with("row_base64", "Its bytes, in base64", exact)
        .with("kept_until", "Deleted on", Some(Value::Day(goes_on)))
}

/// The keys of the records, a few at a time.
struct SomeKeys<'a> {
    positions: std::slice::Chunks<'a, Position>,
    holders: &'a [Holder],
}

impl Iterator for SomeKeys<'_> {
    type Item = Vec<Key>;

    fn next(&mut self) -> Option<Self::Item> {
        self.positions.next().map(|some| {
            some.iter()
                .filter_map(|position| position.key(self.holders))
                .collect()
        })
    }
}

/// A package while it is written: the document, and the report beside it.
struct Writing {
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

impl Writing {
    async fn begin(
        exports: &Exports,
        key: &str,
        report_key: &str,
        head: &Head<'_>,
    ) -> Result<Self, StorageError> {
        let (document, report) = tokio::try_join!(
            exports.begin(File::Document, key.to_owned()),
            exports.begin(File::Report, report_key.to_owned()),
        )?;
        let (kind, made_at, hash, seen) = (
            head.order.kind,
            head.made_at,
            Sha256::new(),
            Seen::default(),
        );
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

    async fn record(&mut self, record: &Record, words: &Words) -> Result<(), StorageError> {
        let said = Said::of(record, words, self.kind, self.made_at);
        self.seen.add(record);
        let separator = if self.records == 0 { "\n" } else { ",\n" };
        self.records += 1;
        let json = document::record(&said).map_err(|_| unwritten())?;
        self.write(&format!("{separator}{json}")).await?;
        self.write_report(&report::record(&said)).await
    }

    async fn held(&mut self, head: &Head<'_>) -> Result<(), StorageError> {
        self.write(&document::held(head, self.records).map_err(|_| unwritten())?)
            .await?;
        self.write_report(&report::held(head, self.records)).await
    }

    async fn row(&mut self, item: &Item) -> Result<(), StorageError> {
        let separator = if self.rows == 0 { "\n" } else { ",\n" };
        self.rows += 1;
        let json = document::row(item).map_err(|_| unwritten())?;
        self.write(&format!("{separator}{json}")).await?;
        self.write_report(&report::row(item)).await
    }

    /// How many there are of each kind of thing, with the number of records that were read.
    fn counted(&self, gathered: &Gathered) -> Counted {
        let mut counted = gathered.counted();
        counted
            .held
            .insert(Holding::Records.as_str().to_owned(), self.records);
        counted
    }

    /// Returns the document's size and SHA-256.
    async fn finish(
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

/// Sixteen bytes that nobody can guess, for a key.
fn random() -> String {
    let mut bytes = [0; 16];
    #[expect(
        clippy::expect_used,
        reason = "without randomness a key could be guessed: better no package"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}
