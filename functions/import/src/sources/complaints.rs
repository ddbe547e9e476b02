//! Complaints and compliments: one row for each, and again whenever it has moved on.

use super::columns::Fields;
use super::values::{Rule, contact, name, required, time};
use super::{Problem, RowAt, fault};
use shared::domain::arrival::Arrival;
use shared::domain::clocks::Clocks;
use shared::domain::complaint::Stage;
use shared::domain::particulars::{Complaint, ComplaintKind, Particulars};
use shared::domain::record::Details;
use shared::domain::revision::Revision;
use shared::domain::source::Source;

/// What a file must have.
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
pub(super) fn read(fields: &Fields<'_>, row_at: RowAt) -> Result<Arrival, Problem> {
    let named = |column: &str| name(column, fields.get(column));
    let instant = |column: &str| time(column, fields.get(column));
    let received = required("received_at", instant("received_at")?)?;
    let received = row_at.collected(Source::Complaints, received)?;
    let reference = required("reference", named("reference")?)?;
    let kind = match required("kind", fields.get("kind"))? {
        "complaint" => ComplaintKind::Complaint,
        "compliment" => ComplaintKind::Compliment,
        _ => return Err(fault("kind", Rule::Choice)),
    };
    let stage = match (fields.get("stage"), kind) {
        (Some("1"), _) => Some(Stage::One),
        (Some("2"), _) => Some(Stage::Two),
        (None, ComplaintKind::Compliment) => None,
        (None, ComplaintKind::Complaint) => return Err(fault("stage", Rule::Required)),
        (Some(_), _) => return Err(fault("stage", Rule::Choice)),
    };
    let acknowledged_at = instant("acknowledged_at")?;
    let clocks = match (kind, stage) {
        (ComplaintKind::Complaint, Some(stage)) => Some(Clocks::of(received, acknowledged_at, stage)),
        _ => None,
    };
    let part = Complaint {
        kind,
        stage,
        outcome: named("outcome")?,
        acknowledged_at,
        closed_at: instant("closed_at")?,
        clocks,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = Details::told(&reference, received, revision, Particulars::Complaints(part));
    details.service = named("service")?;
    let [called, address, number] = ["name", "email", "phone"].map(|column| (column, fields.get(column)));
    details.contact = contact(called, address, number)?;
    details.add_comment(fields.get("text"));
    Ok(Arrival::told(details))
}
