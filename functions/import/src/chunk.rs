//! The rows that are stored together.

use crate::reading::{ReadError, Reading};
use crate::report::{Report, Warning};
use crate::rows::{Framed, Position, Raw};
use crate::sources::{Five9, Problem, Reader, RowAt};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::quarantined::QuarantinedRow;
use custodian_domain::record::source_details::{Complaint, SourceDetails};
use custodian_domain::record::source_record::{SourceChange, SourceRecord, Untimely};
use custodian_domain::validation::rule::Rule;
use custodian_rights::intake::IntakeOutcome;

/// How many rows are in a chunk.
const ROWS: u64 = 1_000;
/// How many bytes of rows are in it, if rows are long. A chunk needs a few times as much memory.
const BYTES: usize = 2 * 1024 * 1024;

/// After how many rows other tasks run: while a chunk is read, the one before it is stored.
const TURN: u64 = 32;

/// Rows that are stored together.
pub struct Chunk {
    /// The boundary before its first row.
    pub begin: Position,
    /// The boundary after its last row.
    pub end: Position,
    /// How many rows it has, and the results of those that are not sent to storage.
    pub report: Report,
    /// The records from its good rows.
    pub sent: Vec<SourceRecord>,
    /// The same rows as they are in the file, in the same order.
    pub raws: Vec<Raw>,
    /// Its bad rows, one JSON object a line.
    pub quarantined: Vec<u8>,
    /// Whether the file ends with it.
    pub is_last: bool,
}

impl Chunk {
    /// Reads the next chunk of a file.
    pub async fn read(
        reading: &mut Reading,
        five9: &Five9,
        now: DateTime<Utc>,
    ) -> Result<Self, ReadError> {
        let (source, file, begin) = (reading.source(), reading.arrived(), reading.position());
        let mut chunk = Self {
            begin: begin.clone(),
            end: begin,
            report: Report::new(String::new(), source),
            sent: Vec::new(),
            raws: Vec::new(),
            quarantined: Vec::new(),
            is_last: false,
        };
        let (mut reader, mut bytes) = (None, 0);
        while chunk.report.rows < ROWS && bytes < BYTES {
            let framed = reading.next().await?;
            if reader.is_none() {
                // The header is known by now. A file without rows must have its columns as well.
                reader = match Reader::new(source, reading.header(), five9) {
                    Ok(reader) => reader,
                    Err(misfit) => return Err(reading.unfit(misfit, framed, five9).await),
                };
            }
            let (Some(framed), Some(reader)) = (framed, &reader) else {
                chunk.is_last = true;
                break;
            };
            chunk.report.rows += 1;
            if chunk.report.rows.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
            let (raw, row) = match framed {
                Framed::Row { raw, row } => (raw, row),
                Framed::Broken { raw, rule } => {
                    bytes += raw.bytes.len();
                    chunk.report.refuse(rule.name());
                    chunk.quarantine("", rule.name(), raw)?;
                    continue;
                }
            };
            bytes += raw.bytes.len();
            let row_at = RowAt {
                file,
                line: raw.line,
                now,
            };
            chunk.sort(reader.read(row, row_at), raw)?;
        }
        if chunk.is_last && reading.has_more_pages() {
            chunk.report.warn(Warning::MorePages);
        }
        chunk.end = reading.position();
        Ok(chunk)
    }

    /// Counts the result of a row. One that storage did not accept after all goes to quarantine.
    pub fn taken(&mut self, outcome: IntakeOutcome, raw: Raw) -> Result<(), StorageError> {
        self.report.taken(outcome);
        if outcome == IntakeOutcome::OfAnother {
            self.quarantine("", Rule::OfAnother.name(), raw)?;
        }
        Ok(())
    }

    fn sort(&mut self, read: Result<SourceRecord, Problem>, raw: Raw) -> Result<(), StorageError> {
        match read {
            Ok(record) => {
                self.report.collected(record.collected_at);
                if is_beyond_calendar(&record) {
                    self.report.warn(Warning::BeyondCalendar);
                }
                self.sent.push(record);
                self.raws.push(raw);
            }
            Err(Problem::Untimely(Untimely::TooOld)) => self.report.too_old += 1,
            Err(Problem::Untimely(Untimely::InFuture)) => self.report.in_future += 1,
            Err(Problem::Violation(fault)) => {
                self.report.refuse(fault.rule.name());
                self.quarantine(&fault.field, fault.rule.name(), raw)?;
            }
        }
        Ok(())
    }

    /// Stores a bad row. Its file is deleted afterwards, so a failure here is an error.
    fn quarantine(&mut self, field: &str, rule: &str, raw: Raw) -> Result<(), StorageError> {
        let row = QuarantinedRow {
            line: raw.line,
            field: field.to_owned(),
            rule: rule.to_owned(),
            bytes: raw.bytes,
        };
        let cannot = |_| StorageError::because("keep a row", "cannot be written as JSON");
        self.quarantined.extend(row.to_line().map_err(cannot)?);
        Ok(())
    }
}

fn is_beyond_calendar(record: &SourceRecord) -> bool {
    let SourceChange::Upsert(details) = &record.change else {
        return false;
    };
    let SourceDetails::Complaints(Complaint {
        clocks: Some(clocks),
        closed_at: None,
        ..
    }) = &details.particulars
    else {
        return false;
    };
    !clocks.are_known()
}
