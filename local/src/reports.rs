//! The report of an import in one line: how many rows, and their results.
//!
//! A report has counts and the names of rules, and nothing of what is in the rows.

use crate::stack::Stack;
use custodian_buckets::files;
use custodian_import::report::{Reason, Report, State, Warning};
use custodian_local_s3::Created;

/// The report in an object that was just created in the stack; `None` if it is not one.
#[must_use]
pub fn of(stack: &Stack, object: &Created) -> Option<Report> {
    files::reported(&object.key)
        .filter(|_| stack.intake().as_deref() == Some(object.bucket.as_str()))?;
    let bytes = stack
        .store()
        .bytes(&object.bucket, &object.key)
        .ok()
        .flatten()?;
    serde_json::from_slice(&bytes).ok()
}

/// The line; counts that are zero are left out.
#[must_use]
pub fn line(report: &Report) -> String {
    let source = report.source.as_str();
    if report.state == State::Refused {
        return format!("{source}: the file was refused: {}", reason(report));
    }
    let mut parts = vec![if report.rows == 1 {
        "1 row".to_owned()
    } else {
        format!("{} rows", report.rows)
    }];
    for (count, words) in [
        (report.new, "new"),
        (report.already_there, "already there"),
        (report.corrected, "corrected"),
        (report.joined, "joined"),
        (report.forgotten, "forgotten"),
        (report.suppressed, "suppressed"),
        (report.too_old, "too old"),
        (report.in_future, "in the future"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    if report.quarantined() > 0 {
        let rules: Vec<_> = report
            .refused
            .iter()
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        parts.push(format!(
            "{} refused ({})",
            report.quarantined(),
            rules.join(", ")
        ));
    }
    let line = format!("{source}: {}", parts.join(", "));
    let warnings: Vec<_> = report
        .warnings
        .iter()
        .map(|warning| words(*warning))
        .collect();
    if warnings.is_empty() {
        line
    } else {
        format!("{line}; {}", warnings.join(", "))
    }
}

fn reason(report: &Report) -> String {
    match &report.reason {
        Some(Reason {
            rule,
            field: Some(field),
        }) => format!("{rule} ({field})"),
        Some(Reason { rule, field: None }) => rule.clone(),
        None => "no reason is given".to_owned(),
    }
}

const fn words(warning: Warning) -> &'static str {
    match warning {
        Warning::CutShort => "cut at 5000",
        Warning::MorePages => "there are more pages, which are not in the file",
        Warning::KeptWhole => {
            "the whole file is in quarantine: there may be more rows after the point where it was cut off"
        }
        Warning::BeyondCalendar => "beyond calendar",
    }
}

#[cfg(test)]
mod tests {
    use super::line;
    use chrono::DateTime;
    use custodian_domain::record::source::Source;
    use custodian_import::report::{Reason, Report, Warning};

    fn report() -> Report {
        let mut report = Report::new("0123456789abcdef".to_owned(), Source::Telephone);
        (report.rows, report.new, report.joined) = (10, 6, 1);
        report
    }

    #[test]
    fn a_report_is_one_line_of_counts_and_rules() {
        let mut report = report();
        for rule in ["time", "rating", "required"] {
            report.refuse(rule);
        }
        report.done(DateTime::UNIX_EPOCH);
        assert_eq!(
            line(&report),
            "telephone: 10 rows, 6 new, 1 joined, 3 refused (rating 1, required 1, time 1)"
        );
    }

    #[test]
    fn everything_that_can_happen_to_a_row_is_said() {
        let mut report = report();
        (
            report.rows,
            report.already_there,
            report.corrected,
            report.joined,
        ) = (1, 2, 3, 4);
        (
            report.forgotten,
            report.suppressed,
            report.too_old,
            report.in_future,
        ) = (5, 6, 7, 8);
        for warning in [
            Warning::CutShort,
            Warning::MorePages,
            Warning::BeyondCalendar,
        ] {
            report.warn(warning);
        }
        report.done(DateTime::UNIX_EPOCH);
        let expected = "telephone: 1 row, 6 new, 2 already there, 3 corrected, 4 joined, 5 forgotten, 6 suppressed, \
            7 too old, 8 in the future; cut at 5000, \
            there are more pages, which are not in the file, beyond calendar";
        assert_eq!(line(&report), expected);
    }

    #[test]
    fn a_file_that_is_refused_says_why() {
        for (rule, field, expected) in [
            (
                "missing_column",
                Some("CALL ID"),
                "telephone: the file was refused: missing_column (CALL ID)",
            ),
            (
                "header_not_utf8",
                None,
                "telephone: the file was refused: header_not_utf8",
            ),
        ] {
            let mut report = report();
            report.refused(
                Reason {
                    rule: rule.to_owned(),
                    field: field.map(str::to_owned),
                },
                DateTime::UNIX_EPOCH,
            );
            assert_eq!(line(&report), expected);
        }
    }
}
