//! The results of a file: counts, rules, and nothing that anybody told the council.

use crate::rows::Broken;
use chrono::{DateTime, Utc};
use custodian_buckets::files::Folder;
use custodian_domain::record::source::Source;
use custodian_domain::validation::rule::Rule;
use custodian_rights::intake::IntakeOutcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many rows Five9 puts into a report before it stops without a warning.
const CUT_AT: u64 = 5_000;

/// The results of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The file, by its name in our own keys.
    pub import: String,
    /// Its source, by the folder that it was dropped in.
    pub source: Folder,
    /// Whether it was read.
    pub state: State,
    /// Why it was refused whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many rows were looked at.
    pub rows: u64,
    /// How many were new records.
    pub new: u64,
    /// How many were there already.
    pub already_there: u64,
    /// How many corrected a record.
    pub corrected: u64,
    /// How many were further legs of a call.
    pub joined: u64,
    /// How many withdrew a record that is now deleted.
    pub forgotten: u64,
    /// How many withdrew a record that a hold keeps until the hold is lifted.
    #[serde(default)]
    pub held: u64,
    /// How many are about people who were erased since, or about withdrawn records.
    pub suppressed: u64,
    /// How many were over already.
    pub too_old: u64,
    /// How many were in the future.
    pub in_future: u64,
    /// How many broke which rule; they are in quarantine.
    pub refused: BTreeMap<String, u64>,
    /// What an operator should look at.
    pub warnings: Vec<Warning>,
    /// When the earliest of these rows was collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_collected_at: Option<DateTime<Utc>>,
    /// When the latest was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_collected_at: Option<DateTime<Utc>>,
    /// The name given by the person who brought it back, to find its report by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errand: Option<String>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// The state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being read.
    Reading,
    /// It was read to its end.
    Done,
    /// It could not be read, and is in quarantine whole.
    Refused,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: String,
    /// The column; or the source, if it is another's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// What an operator should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The report has exactly as many rows as Five9 cuts it at: the rest is missing.
    #[serde(rename = "cut_at_5000")]
    CutShort,
    /// The list of reviews has further pages, which are not in the file.
    MorePages,
    /// Rows were too long, quotes were broken, or a list broke off: the file is in quarantine
    /// whole.
    KeptWhole,
    /// A complaint's deadlines are after the calendar of bank holidays.
    BeyondCalendar,
}

impl Report {
    /// The report of a file of which nothing was read yet.
    #[must_use]
    pub fn new(import: String, source: impl Into<Folder>) -> Self {
        Self {
            import,
            source: source.into(),
            state: State::Reading,
            reason: None,
            rows: 0,
            new: 0,
            already_there: 0,
            corrected: 0,
            joined: 0,
            forgotten: 0,
            held: 0,
            suppressed: 0,
            too_old: 0,
            in_future: 0,
            refused: BTreeMap::new(),
            warnings: Vec::new(),
            first_collected_at: None,
            last_collected_at: None,
            errand: None,
            finished_at: None,
        }
    }

    /// Adds the results of another part of the file.
    pub fn add(&mut self, part: &Self) {
        for (count, more) in [
            (&mut self.rows, part.rows),
            (&mut self.new, part.new),
            (&mut self.already_there, part.already_there),
            (&mut self.corrected, part.corrected),
            (&mut self.joined, part.joined),
            (&mut self.forgotten, part.forgotten),
            (&mut self.held, part.held),
            (&mut self.suppressed, part.suppressed),
            (&mut self.too_old, part.too_old),
            (&mut self.in_future, part.in_future),
        ] {
            *count += more;
        }
        for (rule, more) in &part.refused {
            *self.refused.entry(rule.clone()).or_default() += more;
        }
        part.warnings.iter().for_each(|warning| self.warn(*warning));
        part.first_collected_at
            .into_iter()
            .chain(part.last_collected_at)
            .for_each(|at| self.collected(at));
    }

    /// Counts the result of a row.
    pub fn taken(&mut self, outcome: IntakeOutcome) {
        let count = match outcome {
            IntakeOutcome::New => &mut self.new,
            IntakeOutcome::Before => &mut self.already_there,
            IntakeOutcome::Corrected => &mut self.corrected,
            IntakeOutcome::Joined => &mut self.joined,
            IntakeOutcome::Forgotten => &mut self.forgotten,
            IntakeOutcome::Held => &mut self.held,
            IntakeOutcome::Suppressed => &mut self.suppressed,
            IntakeOutcome::OfAnother => return self.refuse(Rule::OfAnother.name()),
        };
        *count += 1;
    }

    /// Counts a row that breaks a rule.
    pub fn refuse(&mut self, rule: &str) {
        *self.refused.entry(rule.to_owned()).or_default() += 1;
    }

    /// Whether any row of it is stored: a file without one shows nothing of its source.
    #[must_use]
    pub const fn has_taken(&self) -> bool {
        self.new + self.already_there + self.corrected + self.joined + self.suppressed > 0
    }

    /// Whether a part of it could not be put into quarantine row by row.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        Broken::keeping_the_file().any(|rule| self.refused.contains_key(rule.name()))
    }

    /// Stretches the span of time to an instant.
    pub fn collected(&mut self, at: DateTime<Utc>) {
        self.first_collected_at = Some(self.first_collected_at.map_or(at, |first| first.min(at)));
        self.last_collected_at = Some(self.last_collected_at.map_or(at, |last| last.max(at)));
    }

    /// Warns once.
    pub fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
            self.warnings.sort();
        }
    }

    /// The file was read to its end.
    pub fn done(&mut self, now: DateTime<Utc>) {
        let refused = |rule: &str| self.refused.get(rule).copied().unwrap_or(0);
        // Totals and counts of a report are not calls; a line with fewer fields, or more, may be
        // one of them.
        let most = self
            .rows
            .saturating_sub(refused(Rule::Total.name()) + refused(Broken::HeaderAgain.name()));
        let least = most.saturating_sub(refused(Broken::WrongNumberOfFields.name()));
        if self.source == Folder::Of(Source::Telephone) && (least..=most).contains(&CUT_AT) {
            self.warn(Warning::CutShort);
        }
        (self.state, self.finished_at) = (State::Done, Some(now));
    }

    /// The file could not be read.
    pub fn refused(&mut self, reason: Reason, now: DateTime<Utc>) {
        (self.state, self.reason, self.finished_at) = (State::Refused, Some(reason), Some(now));
    }

    /// How many rows are in quarantine.
    #[must_use]
    pub fn quarantined(&self) -> u64 {
        self.refused.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Warning};
    use chrono::DateTime;
    use custodian_domain::record::source::Source;

    #[test]
    fn a_report_of_exactly_as_many_calls_as_five9_cuts_at_is_warned_of_whatever_stands_below_them()
    {
        for (rows, refused, is_warned) in [
            (5_000, vec![], true),
            (4_999, vec![], false),
            (5_001, vec![], false),
            (5_001, vec!["total"], true),
            (5_001, vec!["wrong_number_of_fields"], true),
            (
                5_003,
                vec!["total", "header_again", "wrong_number_of_fields"],
                true,
            ),
            (5_000, vec!["total"], false),
            (5_000, vec!["wrong_number_of_fields"], true),
            (5_000, vec!["phone"], true),
            (5_001, vec!["phone"], false),
        ] {
            let mut report = Report::new(String::new(), Source::Telephone);
            report.rows = rows;
            for rule in &refused {
                report.refuse(rule);
            }
            report.done(DateTime::UNIX_EPOCH);
            assert_eq!(
                report.warnings == [Warning::CutShort],
                is_warned,
                "{rows} {refused:?}"
            );
        }
    }
}
