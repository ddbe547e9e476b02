//! Complaints and compliments: one row for each, and again whenever it has moved on.

use super::columns::Fields;
use super::values::{contact, exact, name, required, some_word, time};
use super::{Problem, RowAt, fault};
use custodian_domain::london;
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{Complaint, ComplaintKind, SourceDetails};
use custodian_domain::record::source_record::{AHEAD, SourceRecord};
use custodian_domain::rights::complaint::Stage;
use custodian_domain::rights::complaint_deadlines::ComplaintDeadlines;
use custodian_domain::validation::rule::Rule;

/// The columns that a file must have.
pub(super) const COLUMNS: [&str; 12] = [
    "reference",
    "kind",
    "received_at",
    "service",
    "stage",
    "name",
    "email",
    "phone",
    "text",
    "outcome",
    "acknowledged_at",
    "closed_at",
];

/// Reads a complaint or a compliment.
pub(super) fn read(fields: &Fields<'_>, row_at: RowAt) -> Result<SourceRecord, Problem> {
    let named = |column: &str| name(column, fields.get(column));
    let instant = |column: &str| time(column, fields.get(column));
    let received = required("received_at", instant("received_at")?)?;
    let received = row_at.collected(Source::Complaints, received)?;
    let reference = required("reference", exact("reference", fields.get("reference"))?)?;
    let kind = match required("kind", some_word(fields.get("kind")))?
        .to_lowercase()
        .as_str()
    {
        "complaint" | "complaints" => ComplaintKind::Complaint,
        "compliment" | "compliments" => ComplaintKind::Compliment,
        _ => return Err(fault("kind", Rule::Choice)),
    };
    let stage = match (some_word(fields.get("stage")), kind) {
        (Some(written), _) => Some(stage(written).ok_or_else(|| fault("stage", Rule::Choice))?),
        (None, ComplaintKind::Compliment) => None,
        (None, ComplaintKind::Complaint) => return Err(fault("stage", Rule::Required)),
    };
    // No deadline ends by an impossible date.
    let possible = |column: &str| match instant(column)? {
        Some(at) if at > row_at.now + AHEAD => Err(fault(column, Rule::InFuture)),
        // Some systems know the day only.
        Some(at) if london::date(at) < london::date(received) => {
            Err(fault(column, Rule::BeforeReceipt))
        }
        at => Ok(at),
    };
    let (acknowledged_at, closed_at) = (possible("acknowledged_at")?, possible("closed_at")?);
    let clocks = match (kind, stage) {
        (ComplaintKind::Complaint, Some(stage)) => {
            Some(ComplaintDeadlines::of(received, acknowledged_at, stage))
        }
        _ => None,
    };
    let part = Complaint {
        kind,
        stage,
        outcome: named("outcome")?,
        acknowledged_at,
        closed_at,
        clocks,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = RecordBody::from_source(
        &reference,
        received,
        revision,
        SourceDetails::Complaints(part),
    );
    details.service = named("service")?;
    let [called, address, number] =
        ["name", "email", "phone"].map(|column| (column, fields.get(column)));
    details.contact = contact(called, address, number)?;
    details.add_comment(fields.get("text"));
    Ok(SourceRecord::upsert(&reference, details))
}

/// `1`, `1.0`, `Stage 1` or `stage one`.
fn stage(written: &str) -> Option<Stage> {
    let small = written.to_lowercase();
    let number = small
        .strip_prefix("stage")
        .unwrap_or(&small)
        .trim_matches(|c: char| c.is_whitespace() || c == '-');
    match number {
        "one" => Some(Stage::One),
        "two" => Some(Stage::Two),
        number => {
            let whole = number.split_once('.').map_or(number, |(whole, zeros)| {
                if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') {
                    whole
                } else {
                    number
                }
            });
            Stage::try_from(whole.parse::<u8>().ok()?).ok()
        }
    }
}
