//! Makes a package: every live record in the order of time, read a few at a time and written as
//! they come.

use crate::Error;
use crate::document::Head;
use crate::gathering::Gatherer;
use crate::gathering::records::Position;
use crate::sections::{Counted, Item};
use crate::supplementary::Council;
use crate::writing::PackageWriter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::{self, Exports};
use custodian_buckets::files::{Files, NamedRow, Why};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::facts::Value;
use custodian_domain::record::{Holder, Record};
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::{File, PackageKind, RequestId};
use custodian_rights::people::Found;
use custodian_store::Key;
use custodian_store::packages::{DAYS, Gone, Made, Package, Packages, State};
use custodian_store::records::Records;
use custodian_store::suppressions::{Suppression, Suppressions};
use custodian_store::surveys::Surveys;
use custodian_store::surveys::versions::Wordbook;
use futures_util::stream::{self, StreamExt};

/// How many records are read at once, and how many such reads are in progress: memory holds no more
/// of them.
const AT_ONCE: usize = 100;
const AHEAD: usize = 2;

/// That each holder was erased, if that still matters.
type Erased = Vec<Option<Suppression>>;

/// Makes packages that are entered as started.
#[derive(Debug)]
pub(crate) struct PackageMaker {
    pub(crate) records: Records,
    pub(crate) surveys: Surveys,
    pub(crate) suppressions: Suppressions,
    pub(crate) packages: Packages,
    pub(crate) files: Files,
    pub(crate) exports: Exports,
    pub(crate) gatherer: Gatherer,
    pub(crate) council: Council,
    pub(crate) public_url: String,
}

/// A package to make.
#[derive(Clone, Copy)]
pub(crate) struct ToMake<'a> {
    pub(crate) request: &'a RequestId,
    /// The identifiers that the order names.
    pub(crate) identifiers: &'a [Identifier],
    /// Its entry, as started.
    pub(crate) package: &'a Package,
    /// Whose data goes into it.
    pub(crate) found: &'a Found,
}

impl PackageMaker {
    /// Makes the objects of a package that is entered as started, and completes its entry.
    pub(crate) async fn make(
        &self,
        to_make: ToMake<'_>,
        now: DateTime<Utc>,
    ) -> Result<Made, Error> {
        let ToMake {
            request,
            identifiers,
            package,
            found,
        } = to_make;
        let erased = self.erased(&found.holders, now).await?;
        let gathered = Box::pin(self.gatherer.gather(request, found, now)).await?;
        let mut words = Wordbook::new(&self.surveys);
        let random = random();
        let key = exports::key(File::Document, request, &random);
        let report_key = exports::key(File::Report, request, &random);
        let head = Head {
            kind: package.kind,
            request,
            identifiers,
            shared: !package.unconfirmed.is_empty(),
            about: &self.council,
            public_url: &self.public_url,
            made_at: now,
            gathered: &gathered,
        };
        let mut writing = Box::pin(PackageWriter::begin(
            &self.exports,
            &key,
            &report_key,
            &head,
        ))
        .await?;
        let (mut expires_at, mut records_until) = (package.requested_at + DAYS, None);
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
                    self.exports.discard(request).await?;
                    return Err(Error::ErasureOpen);
                }
                // A held record has no end: it cannot be over while the package exists.
                expires_at = record
                    .details
                    .retention
                    .end()
                    .map_or(expires_at, |end| expires_at.min(end.instant()));
                records_until = records_until.max(Some(record.details.retention.due().instant()));
                writing
                    .record(record, &words.of(&record.details, now).await?)
                    .await?;
            }
        }
        writing.held(&head).await?;
        if gathered.count(Holding::Quarantine) > 0 && package.kind == PackageKind::Access {
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
            records_until,
            held,
            not_followed,
            made_at: Some(now),
        };
        // An erasure suppresses its subject before it looks for packages: either it finds this one,
        // or this code sees the suppression.
        let same = self.erased(&found.holders, now).await? == erased;
        if same && self.packages.complete(request, &made).await? {
            return Ok(made);
        }
        self.give_way(request, package, now, same).await
    }

    /// Somebody closed or completed this package while it was being made.
    async fn give_way(
        &self,
        request: &RequestId,
        package: &Package,
        now: DateTime<Utc>,
        same: bool,
    ) -> Result<Made, Error> {
        let current = self.packages.find(request, now).await?;
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
        self.exports.discard(request).await?;
        if let Some(current) = current.filter(|current| !current.state.is_open()) {
            // Whatever closed it says why.
            current.refuse_closed(now)?;
        }
        self.packages
            .close(request, package, State::Erased, now)
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

/// Sixteen bytes that nobody can guess, for a key.
pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    #[expect(
        clippy::expect_used,
        reason = "without randomness a key could be guessed: better no package"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}
