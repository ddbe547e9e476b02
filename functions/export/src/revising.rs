//! Makes a version of a package without what is taken out of it. Everything else is copied as it was
//! read, line by line, so that nothing is in the new version that nobody has read.

use crate::Error;
use crate::document::{self, PackagedRecord, RECORD_COUNT, RECORDS, TAKEN_OUT};
use crate::making::random;
use crate::report;
use chrono::{DateTime, Utc};
use custodian_buckets::exports::{self, Exports, Upload};
use custodian_domain::record::Record;
use custodian_domain::record::reference::Reference;
use custodian_domain::rights::package::{File, RequestId};
use custodian_domain::rights::register::lists::{TakenOutGround, taken_out_in_words};
use custodian_domain::rights::taking_out::Mark;
use custodian_domain::validation::violation::Violation;
use custodian_store::packages::{Made, Package};
use custodian_store::records::Records;
use custodian_store::surveys::Surveys;
use custodian_store::surveys::versions::Wordbook;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The line of a report that says what was taken out.
const REPORT_LINE: &str = "<p id=\"taken-out\">";

/// Makes new versions of packages.
#[derive(Debug)]
pub(crate) struct Reviser {
    pub(crate) records: Records,
    pub(crate) surveys: Surveys,
    pub(crate) exports: Exports,
}

/// A marked record as it is in the package, and as it is going to be; `None` if all of it is taken
/// out.
struct Revised {
    before: String,
    after: Option<(String, String)>,
}

/// An object that is written, and what is counted of it.
struct Writing {
    to: Upload,
    hash: Sha256,
    bytes: u64,
}

impl Reviser {
    /// Writes both objects of the new version.
    pub(crate) async fn revise(
        &self,
        request: &RequestId,
        (package, made): (&Package, &Made),
        marks: &[Mark],
        taken_out: &BTreeMap<TakenOutGround, u64>,
        now: DateTime<Utc>,
    ) -> Result<Made, Error> {
        let revised = self.revised((package, made), marks, now).await?;
        let random = random();
        let key = exports::key(File::Document, request, &random);
        let (bytes, sha256, left) = self
            .document((&made.key, &key), &revised, taken_out)
            .await?;
        let mut report_key = None;
        if let Some(before) = &made.report_key {
            let key = exports::key(File::Report, request, &random);
            self.report((before, &key), &revised, taken_out).await?;
            report_key = Some(key);
        }
        Ok(Made {
            key,
            report_key,
            records: left,
            bytes,
            sha256,
            made_at: Some(now),
            ..made.clone()
        })
    }

    /// The marked records, as they are and as they are going to be.
    async fn revised(
        &self,
        (package, made): (&Package, &Made),
        marks: &[Mark],
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<Reference, Revised>, Error> {
        let mut marked: BTreeMap<&Reference, Vec<&Mark>> = BTreeMap::new();
        for mark in marks {
            marked.entry(&mark.record).or_default().push(mark);
        }
        let mut keys = Vec::new();
        for holder in &package.holders {
            let mut pages = self.records.summaries(holder, now);
            while let Some(page) = pages.next().await? {
                let named = page
                    .into_iter()
                    .filter(|it| marked.contains_key(&it.reference));
                keys.extend(named.map(|it| it.key));
            }
        }
        let made_at = self.made_at(made).await?;
        let mut wordbook = Wordbook::new(&self.surveys);
        let mut revised = BTreeMap::new();
        for record in self.records.these(keys, now).await? {
            let words = wordbook.of(&record.details, now).await?;
            let reference = record.details.reference.clone();
            let packaged = |record| PackagedRecord::of(record, &words, package.kind, made_at);
            let marks = marked.remove(&reference).ok_or(Error::Changed)?;
            revised.insert(reference, one(packaged, &record, &marks)?);
        }
        if marked.is_empty() {
            Ok(revised)
        } else {
            let rule = "names a record that this package does not have";
            Err(Violation::new("take_out", rule).into())
        }
    }

    /// When the first version was made, as its document says: what it says of a record depends on
    /// that.
    async fn made_at(&self, made: &Made) -> Result<DateTime<Utc>, Error> {
        let head = self.exports.lines(&made.key).await?.next().await?;
        let head = head.ok_or(Error::Changed)?;
        let head = head.strip_suffix(b",").ok_or(Error::Changed)?;
        let head = serde_json::from_slice::<Value>(&[head, b"}"].concat());
        let made_at = head
            .ok()
            .and_then(|head| head["made_at"].as_str()?.parse().ok());
        made_at.ok_or(Error::Changed)
    }

    /// Copies the document. Returns its size, its digest and how many records it has.
    async fn document(
        &self,
        (from, to): (&str, &str),
        revised: &BTreeMap<Reference, Revised>,
        taken_out: &BTreeMap<TakenOutGround, u64>,
    ) -> Result<(u64, String, u64), Error> {
        let mut writing = Writing::begin(&self.exports, File::Document, to).await?;
        let mut lines = self.exports.lines(from).await?;
        let (mut is_within, mut left, mut found) = (false, 0, 0);
        let mut last: Option<Vec<u8>> = None;
        while let Some(line) = lines.next().await? {
            if is_within && line == b"]," {
                is_within = false;
                writing.write(b"\n").await?;
            } else if is_within {
                let record = line.strip_suffix(b",").unwrap_or(&line);
                let copied = match named(record, revised)? {
                    None => Some(record),
                    Some(it) => {
                        found += 1;
                        it.after.as_ref().map(|(json, _)| json.as_bytes())
                    }
                };
                if let Some(copied) = copied {
                    let separator: &[u8] = if left == 0 { b"\n" } else { b",\n" };
                    writing.write(separator).await?;
                    writing.write(copied).await?;
                    left += 1;
                }
                continue;
            }
            if line.starts_with(RECORD_COUNT.as_bytes()) {
                writing.line(last.take()).await?;
                last = Some(format!("{RECORD_COUNT}{left},").into_bytes());
                continue;
            }
            if line == RECORDS.as_bytes() {
                is_within = true;
                writing.line(last.take()).await?;
                writing.write(&line).await?;
                continue;
            }
            writing.line(last.replace(line)).await?;
        }
        // What was taken out before is counted again.
        let last = last.ok_or(Error::Changed)?;
        if !last.starts_with(TAKEN_OUT.as_bytes()) {
            let open = last.strip_suffix(b"}").ok_or(Error::Changed)?;
            writing.write(open).await?;
            writing.write(b",\n").await?;
        }
        let counts = serde_json::to_string(taken_out).map_err(|_| Error::Changed)?;
        writing
            .write(format!("{TAKEN_OUT}{counts}}}\n").as_bytes())
            .await?;
        if found != revised.len() {
            return Err(Error::Changed);
        }
        let (bytes, sha256) = writing.finish().await?;
        Ok((bytes, sha256, left))
    }

    /// Copies the report.
    async fn report(
        &self,
        (from, to): (&str, &str),
        revised: &BTreeMap<Reference, Revised>,
        taken_out: &BTreeMap<TakenOutGround, u64>,
    ) -> Result<(), Error> {
        let mut writing = Writing::begin(&self.exports, File::Report, to).await?;
        let mut lines = self.exports.lines(from).await?;
        let begins: BTreeMap<String, &Revised> = revised
            .iter()
            .map(|(reference, it)| (report::record_begins(reference.as_str()), it))
            .collect();
        let (mut is_left_out, mut found) = (false, 0);
        while let Some(line) = lines.next().await? {
            let begun = std::str::from_utf8(&line)
                .ok()
                .and_then(|it| begins.get(it));
            if let Some(it) = begun {
                (is_left_out, found) = (true, found + 1);
                if let Some((_, part)) = &it.after {
                    writing.write(part.trim_start().as_bytes()).await?;
                }
            } else if is_left_out {
                is_left_out = line != report::RECORD_END.as_bytes();
            } else if !line.starts_with(REPORT_LINE.as_bytes()) {
                let is_heading = line.starts_with(report::RECORDS.as_bytes());
                writing.line(Some(line)).await?;
                if is_heading {
                    let told = taken_out_in_words(taken_out).join(" ");
                    let told = format!("{REPORT_LINE}{told}</p>");
                    writing.line(Some(told.into_bytes())).await?;
                }
            }
        }
        if found != revised.len() {
            return Err(Error::Changed);
        }
        writing.finish().await.map(drop)
    }
}

/// A marked record, before and after.
fn one<'a>(
    packaged: impl Fn(&'a Record) -> PackagedRecord<'a>,
    record: &'a Record,
    marks: &[&Mark],
) -> Result<Revised, Error> {
    let json = |it: &PackagedRecord<'_>| document::record(it).map_err(|_| Error::Changed);
    let before = json(&packaged(record))?;
    let after = if marks.iter().any(|mark| mark.is_whole()) {
        None
    } else {
        let after = packaged(record).without(marks)?;
        Some((json(&after)?, report::record(&after)))
    };
    Ok(Revised { before, after })
}

/// The marked record that a line of the document is, if it is one. It is as it was read, or refused.
fn named<'a>(
    line: &[u8],
    revised: &'a BTreeMap<Reference, Revised>,
) -> Result<Option<&'a Revised>, Error> {
    /// The beginning of a record, up to its reference.
    #[derive(serde::Deserialize)]
    struct Named {
        reference: Reference,
    }
    let is_there = |reference: &Reference| {
        let quoted = format!("\"{}\"", reference.as_str());
        line.windows(quoted.len())
            .any(|part| part == quoted.as_bytes())
    };
    if !revised.keys().any(is_there) {
        return Ok(None);
    }
    let Named { reference } = serde_json::from_slice(line).map_err(|_| Error::Changed)?;
    match revised.get(&reference) {
        Some(it) if it.before.as_bytes() != line => Err(Error::Changed),
        found => Ok(found),
    }
}

impl Writing {
    async fn begin(exports: &Exports, file: File, key: &str) -> Result<Self, Error> {
        Ok(Self {
            to: exports.begin(file, key.to_owned()).await?,
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.to.write(bytes).await?)
    }

    /// Writes a line, if there is one.
    async fn line(&mut self, line: Option<Vec<u8>>) -> Result<(), Error> {
        let Some(mut line) = line else {
            return Ok(());
        };
        line.push(b'\n');
        self.write(&line).await
    }

    async fn finish(self) -> Result<(u64, String), Error> {
        self.to.finish().await?;
        Ok((self.bytes, hex::encode(self.hash.finalize())))
    }
}
