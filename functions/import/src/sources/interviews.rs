//! One-to-one interviews: one line of JSON for each.

use super::values::{contact_in, exact, name, rating_in, required, time};
use super::{Problem, RowAt, fault};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{Interview, SourceDetails};
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::survey::LawfulBasis;
use custodian_domain::validation::object::Object;
use custodian_domain::validation::rule::Rule;
use serde_json::{Map, Value};

/// Reads an interview.
pub(super) fn read(object: &Map<String, Value>, row_at: RowAt) -> Result<SourceRecord, Problem> {
    let interview = Object::whole(object);
    let held = required("held_at", time("held_at", interview.text("held_at")?)?)?;
    let held = row_at.collected(Source::Interviews, held)?;
    let named = |field: &str| name(field, interview.text(field)?);
    let id = required(
        "interview_id",
        exact("interview_id", interview.id("interview_id")?.as_deref())?,
    )?;
    let part = Interview {
        notes: interview.text("notes")?.map(str::to_owned),
        themes: interview.texts("themes")?,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = RecordBody::from_source(&id, held, revision, SourceDetails::Interviews(part));
    let basis = interview
        .text("lawful_basis")?
        .map(|basis| basis.to_lowercase().replace([' ', '-'], "_"));
    details.lawful_basis = match basis.as_deref() {
        None | Some("public_task") => LawfulBasis::PublicTask,
        Some("consent") => LawfulBasis::Consent,
        Some(_) => return Err(fault("lawful_basis", Rule::Choice)),
    };
    details.service = Some(required("service", named("service")?)?);
    details.journey = named("journey")?;
    details.stage = named("stage")?;
    details.satisfaction = rating_in(&interview, "satisfaction")?;
    details.contact = interview
        .object("participant")?
        .map_or_else(|| Ok(Contact::default()), |who| contact_in(&who))?;
    Ok(SourceRecord::upsert(&id, details))
}
