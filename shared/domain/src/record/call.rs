//! The legs of a call, and what the call says as a whole: the same in whichever order its rows
//! come, and however often.

use crate::identity::contact::Contact;
use crate::record::processor_copy::ProcessorCopy;
use crate::record::source_details::{Leg, ReportRow, SourceDetails, TelephoneDetails};
use crate::record::{COMMENT, RecordBody};
use crate::survey::answers::Answer;
use crate::validation::json;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::cmp::{Ordering, Reverse};

/// How many legs of a call are kept.
const LEGS: usize = 50;

impl ReportRow {
    /// What a row of this report said of a leg. If an hour comes twice, the clock can't tell when
    /// the leg began. Then the order of the report decides: the hour and the row's line.
    #[must_use]
    pub fn of(leg: &Leg, twice: Option<(DateTime<Utc>, u64)>, report: &str) -> Self {
        let (clock, line) = twice.unwrap_or((leg.at, 0));
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(json::text(leg))[..9]);
        Self {
            clock,
            line,
            seconds: leg.seconds,
            leg: digest,
            report: report.to_owned(),
        }
    }

    /// Which leg it is about, sorted by when a leg ended.
    fn place(&self) -> (DateTime<Utc>, u64, Option<u32>, &str) {
        (self.clock, self.line, self.seconds, &self.leg)
    }
}

/// Two versions of a call, joined: all legs of both, what the last rated leg says, and the name
/// from the first leg that has one.
///
/// Of two versions of one leg, the later report's counts.
pub(super) fn joined(
    newer: (&RecordBody, &TelephoneDetails),
    older: (&RecordBody, &TelephoneDetails),
) -> RecordBody {
    let mut legs: Vec<Leg> = newer.1.legs.iter().chain(&older.1.legs).cloned().collect();
    legs.sort();
    legs.dedup();
    // More than that is no call, and would not fit into an item. The earliest are kept, in
    // whichever order they come.
    legs.truncate(LEGS);
    let (answers, other) = (answered(newer), answered(older));
    let (rated, answered_by) = match (answers, other) {
        (Some(one), Some(another)) if later(newer.0, &one, older.0, &another) == Ordering::Less => {
            (older, Some(another))
        }
        (None, Some(another)) => (older, Some(another)),
        (one, _) => (newer, one),
    };
    let (named, named_by) = match (names(newer), names(older)) {
        (Some(one), Some(another))
            if earlier(newer.0, &one, older.0, &another) == Ordering::Greater =>
        {
            (older, Some(another))
        }
        (None, Some(another)) => (older, Some(another)),
        (one, _) => (newer, one),
    };
    let answered_at = rated.1.answered_at.filter(|_| answered_by.is_some());
    let survey = match answered_by {
        Some(_) => rated.0.survey.clone(),
        None => [&newer.0.survey, &older.0.survey]
            .into_iter()
            .flatten()
            .min()
            .cloned(),
    };
    let service = match answered_by {
        Some(_) => rated.0.service.clone(),
        None => legs.first().and_then(|leg| leg.service.clone()),
    };
    RecordBody {
        service,
        survey,
        satisfaction: rated.0.satisfaction,
        answers: rated.0.answers.clone(),
        contact: named.0.contact.clone(),
        custody: legs
            .last()
            .map(|leg| ProcessorCopy::five9(leg.at))
            .into_iter()
            .collect(),
        particulars: SourceDetails::Telephone(TelephoneDetails {
            legs,
            answered_at,
            named_at: named.1.named_at,
            answered_by,
            named_by,
        }),
        ..newer.0.clone()
    }
}

/// Which row the answers come from, if there are any.
fn answered((details, call): (&RecordBody, &TelephoneDetails)) -> Option<ReportRow> {
    let at = call.answered_at?;
    Some(
        call.answered_by
            .clone()
            .unwrap_or_else(|| formerly(details, call, at)),
    )
}

/// Which row names the person, if any does.
fn names((details, call): (&RecordBody, &TelephoneDetails)) -> Option<ReportRow> {
    let at = call.named_at?;
    Some(
        call.named_by
            .clone()
            .unwrap_or_else(|| formerly(details, call, at)),
    )
}

/// What an earlier version, which stored only the beginning of a leg, would have stored.
fn formerly(details: &RecordBody, call: &TelephoneDetails, at: DateTime<Utc>) -> ReportRow {
    let report = details
        .revision
        .as_ref()
        .map_or("", |revision| revision.file());
    match call.legs.iter().find(|leg| leg.at == at) {
        Some(leg) => ReportRow::of(leg, None, report),
        None => ReportRow {
            clock: at,
            line: 0,
            seconds: None,
            leg: String::new(),
            report: report.to_owned(),
        },
    }
}

/// Which of two ratings is the later. In one report, two of one leg are sorted by what they say, so
/// that the order of its rows does not matter.
fn later(one: &RecordBody, row: &ReportRow, other: &RecordBody, by: &ReportRow) -> Ordering {
    let answer = |details: &RecordBody| {
        let comment = match details.answers.get(COMMENT) {
            Some(Answer::Text(text)) => Some(text.clone()),
            _ => None,
        };
        (details.satisfaction, comment)
    };
    row.place()
        .cmp(&by.place())
        .then_with(|| row.report.cmp(&by.report))
        .then_with(|| answer(one).cmp(&answer(other)))
}

/// Which of two names is the earlier.
fn earlier(one: &RecordBody, row: &ReportRow, other: &RecordBody, by: &ReportRow) -> Ordering {
    let who =
        |Contact {
             name,
             email,
             phone,
             reference,
         }: &Contact| { [name, email, phone, reference].map(|text| Reverse(text.clone())) };
    let latest = |row: &ReportRow| Reverse(row.report.clone());
    let place = row
        .place()
        .cmp(&by.place())
        .then_with(|| latest(row).cmp(&latest(by)));
    place.then_with(|| who(&one.contact).cmp(&who(&other.contact)))
}
