//! What an import reports, in one line: how many rows, and what became of them.
//!
//! A report has counts and the names of rules, and nothing of what is in the rows.

use crate::s3::Created;
use crate::stack::Stack;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The report of one import, as `import` writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    source: String,
    state: String,
    reason: Option<Reason>,
    #[serde(default)]
    rows: u64,
    #[serde(flatten)]
    counts: Counts,
    #[serde(default)]
    refused: BTreeMap<String, u64>,
    #[serde(default)]
    warnings: Vec<String>,
    pub(crate) finished_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Why a file was refused whole.
#[derive(Clone, Debug, Deserialize)]
struct Reason {
    rule: String,
    field: Option<String>,
}

/// What became of the rows that were not refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    new: u64,
    already_there: u64,
    corrected: u64,
    joined: u64,
    forgotten: u64,
    suppressed: u64,
    too_old: u64,
    in_future: u64,
}

impl Report {
    /// Reads a report; nothing if it is none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether an object of the intake bucket is a report, by its key `reports/{source}/{id}.json`.
    fn is_at(key: &str) -> bool {
        let inside = key.strip_prefix("reports/").and_then(|rest| rest.strip_suffix(".json"));
        inside
            .and_then(|inside| inside.split_once('/'))
            .is_some_and(|(source, id)| !source.is_empty() && !id.is_empty())
    }

    /// The report that an object is, which has just been created in the stack; nothing if it is none.
    #[must_use]
    pub fn of(stack: &Stack, object: &Created) -> Option<Self> {
        let is_one = Self::is_at(&object.key) && stack.intake().as_deref() == Some(object.bucket.as_str());
        let bytes = is_one.then(|| stack.store().bytes(&object.bucket, &object.key).ok().flatten()).flatten()?;
        Self::parse(&bytes)
    }

    /// Whether the file was refused whole.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.state == "refused"
    }

    /// How many rows were refused.
    #[must_use]
    pub fn refused_rows(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The line; counts that are zero are left out.
    #[must_use]
    pub fn line(&self) -> String {
        if self.is_refused() {
            return format!("{}: the file is refused: {}", self.source, self.reason());
        }
        let mut parts = vec![if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) }];
        let counts = &self.counts;
        for (count, words) in [
            (counts.new, "new"),
            (counts.already_there, "already there"),
            (counts.corrected, "corrected"),
            (counts.joined, "joined"),
            (counts.forgotten, "forgotten"),
            (counts.suppressed, "suppressed"),
            (counts.too_old, "too old"),
            (counts.in_future, "in the future"),
            (self.refused_rows(), "refused"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        }
        if let Some(refused) = parts.last_mut().filter(|_| self.refused_rows() > 0) {
            let rules: Vec<_> = self.refused.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
            *refused = format!("{refused} ({})", rules.join(", "));
        }
        let line = format!("{}: {}", self.source, parts.join(", "));
        if self.warnings.is_empty() { line } else { format!("{line}; {}", self.warnings.join(", ").replace('_', " ")) }
    }

    fn reason(&self) -> String {
        match &self.reason {
            Some(Reason { rule, field: Some(field) }) => format!("{rule} ({field})"),
            Some(Reason { rule, field: None }) => rule.clone(),
            None => "no reason is given".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use serde_json::{Value, json};

    fn line(report: &Value) -> String {
        Report::parse(report.to_string().as_bytes()).unwrap().line()
    }

    fn done(changes: Value) -> Value {
        let mut report = json!({
            "import": "0123456789abcdef", "source": "telephone", "state": "done", "rows": 10, "new": 6,
            "already_there": 0, "corrected": 0, "joined": 1, "forgotten": 0, "suppressed": 0, "too_old": 0,
            "in_future": 0, "refused": {"time": 1, "rating": 1, "required": 1}, "quarantined": 3, "warnings": [],
            "first_collected_at": "2026-11-01T09:00:00Z", "last_collected_at": "2026-11-02T09:00:00Z",
            "finished_at": "2026-11-23T12:00:00Z",
        });
        let Value::Object(changes) = changes else { panic!("{changes} is no change") };
        report.as_object_mut().unwrap().extend(changes);
        report
    }

    #[test]
    fn a_report_is_one_line_of_counts_and_rules() {
        let expected = "telephone: 10 rows, 6 new, 1 joined, 3 refused (rating 1, required 1, time 1)";
        assert_eq!(line(&done(json!({}))), expected);
    }

    #[test]
    fn everything_that_can_happen_to_a_row_is_said() {
        let all = json!({
            "rows": 1, "already_there": 2, "corrected": 3, "joined": 4, "forgotten": 5, "suppressed": 6, "too_old": 7,
            "in_future": 8, "refused": {}, "warnings": ["cut_at_5000"],
        });
        let expected = "telephone: 1 row, 6 new, 2 already there, 3 corrected, 4 joined, 5 forgotten, 6 suppressed, \
            7 too old, 8 in the future; cut at 5000";
        assert_eq!(line(&done(all)), expected);
    }

    #[test]
    fn a_file_that_is_refused_says_why() {
        let refused = json!({"source": "reviews", "state": "refused", "reason": {"rule": "header", "field": "rating"}});
        assert_eq!(line(&refused), "reviews: the file is refused: header (rating)");
        let refused = json!({"source": "reviews", "state": "refused", "reason": {"rule": "encoding"}, "rows": 0});
        assert_eq!(line(&refused), "reviews: the file is refused: encoding");
        assert!(Report::parse(b"{\"source\": 1}").is_none());
    }

    #[test]
    fn a_report_is_known_by_its_key() {
        assert!(Report::is_at("reports/telephone/0123456789abcdef.json"));
        for key in ["reports/telephone", "reports//a.json", "progress/telephone/a.json", "reports/telephone/a"] {
            assert!(!Report::is_at(key), "{key}");
        }
    }
}
