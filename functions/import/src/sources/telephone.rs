//! A Five9 report: one row for each leg of a call.

use super::columns::Fields;
use super::five9::{Began, Customer, Five9};
use super::values::{
    exact, is_power, is_rounded, name, number, person, rating, required, some_word,
};
use super::{Problem, RowAt, fault};
use custodian_domain::identity::identifier::{Identifier, NotAnIdentifier};
use custodian_domain::identity::written::{is_nothing, is_taken_back};
use custodian_domain::record::RecordBody;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{Leg, ReportRow, SourceDetails, TelephoneDetails};
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::survey::answers::AnswerRule;
use custodian_domain::validation::rule::Rule;

/// Reads a row. Who took the call is not read: a record needs no agent's name.
pub(super) fn read(
    five9: &Five9,
    fields: &Fields<'_>,
    row_at: RowAt,
) -> Result<SourceRecord, Problem> {
    let names = &five9.columns;
    // `[None]`, `[Deleted]` and the like mean nobody and nothing.
    let is_bare = |text: &str| (text.starts_with('[') && is_nothing(text)) || is_taken_back(text);
    let get = |column: &str| fields.get(column).filter(|text| !is_bare(text));
    let optional = |column: &Option<String>| column.as_deref().and_then(get);
    let text = |column: &Option<String>| column.as_deref().map_or(Ok(None), |it| name(it, get(it)));

    if [&names.timestamp, &names.call_type, &names.ani, &names.dnis]
        .iter()
        .all(|column| get(column).is_none())
    {
        return Err(fault("", Rule::Total));
    }
    let time = required(&names.timestamp, some_word(get(&names.timestamp)))?;
    let Began { at, twice } = five9
        .instant(time)
        .map_err(|rule| fault(&names.timestamp, rule))?;
    let at = row_at.collected(Source::Telephone, at)?;
    let call_id = required(&names.call_id, exact(&names.call_id, get(&names.call_id))?)?;
    let call_type = required(&names.call_type, some_word(get(&names.call_type)))?;
    let customer = five9
        .customer(call_type)
        .ok_or_else(|| fault(&names.call_type, Rule::CallType))?;
    let phone = match customer {
        Customer::Ani => caller(five9, &names.ani, get(&names.ani), get(&names.dnis))?,
        Customer::Dnis => caller(five9, &names.dnis, get(&names.dnis), get(&names.ani))?,
        Customer::Nobody => None,
    };
    let is_shown = |shown: &&str| customer != Customer::Nobody && !five9.is_withheld(shown);
    let shown = names.customer_name.as_deref();
    let shown = shown.map_or(Ok(None), |it| person(it, get(it).filter(is_shown)))?;
    let satisfaction = names.satisfaction.as_deref();
    let satisfaction = satisfaction.map_or(Ok(None), |it| rating(it, get(it)))?;
    let comment = optional(&names.comment);
    let campaign = text(&names.campaign)?;
    let service = campaign
        .as_ref()
        .and_then(|campaign| five9.services.get(campaign).cloned());
    let leg = Leg {
        at,
        skill: text(&names.skill)?,
        outcome: text(&names.disposition)?,
        seconds: optional(&names.call_time).and_then(seconds),
        service: service.clone(),
        campaign,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let report_row = ReportRow::of(&leg, twice.map(|hour| (hour, row_at.line)), revision.file());
    let is_answered = satisfaction.is_some() || comment.is_some();
    let is_named = phone.is_some() || shown.is_some();
    let call = TelephoneDetails {
        legs: vec![leg],
        answered_at: is_answered.then_some(at),
        named_at: is_named.then_some(at),
        answered_by: is_answered.then(|| report_row.clone()),
        named_by: is_named.then_some(report_row),
    };
    let mut details =
        RecordBody::from_source(&call_id, at, revision, SourceDetails::Telephone(call));
    details.survey = text(&names.survey)?;
    details.service = service;
    details.satisfaction = satisfaction;
    details.contact.name = shown;
    details.contact.phone = phone;
    details.add_comment(comment);
    details.custody.push(ProcessorCopy::five9(at));
    Ok(SourceRecord::upsert(&call_id, details))
}

/// The customer's number; `None` if it is withheld, if it is an extension or one of the council's
/// own lines, or if the other end has the same.
///
/// # Errors
/// [`Rule::Rounded`] for a number that a spreadsheet has changed, and [`AnswerRule::Phone`] for one
/// that looks like a number and can't be dialled: a call by somebody is not stored as nobody's.
fn caller(
    five9: &Five9,
    field: &str,
    here: Option<&str>,
    there: Option<&str>,
) -> Result<Option<String>, Problem> {
    /// A number with fewer digits is inside the council's own exchange.
    const EXTENSION: usize = 6;
    let Some(text) = here.map(number).filter(|text| !is_nothing(text)) else {
        return Ok(None);
    };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || five9.is_withheld(&text) {
        return Ok(None);
    }
    if is_rounded(&text) || is_power(&text) {
        return Err(fault(field, Rule::Rounded));
    }
    if digits <= EXTENSION {
        return Ok(None);
    }
    let is_same = |other: &str| {
        Identifier::phone(&number(other)).is_ok_and(|other| Identifier::phone(&text) == Ok(other))
    };
    match Identifier::phone(&text) {
        Ok(number) if five9.is_own(&number) || there.is_some_and(is_same) => Ok(None),
        Ok(_) => Ok(Some(text.into_owned())),
        // It is shared, and of no use.
        Err(NotAnIdentifier::Extension) => Ok(None),
        Err(_) => Err(fault(field, AnswerRule::Phone)),
    }
}

/// Seconds of `HH:MM:SS`, with or without a fraction, or of a plain count of them. Anything else is
/// left out: a call is not refused for its length.
fn seconds(text: &str) -> Option<u32> {
    let whole = text.split_once(['.', ',']).map_or(text, |(whole, _)| whole);
    let parts: Vec<u32> = whole
        .split(':')
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    match parts.as_slice() {
        [hours, minutes @ 0..60, seconds @ 0..60] => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)
        }
        [seconds] => Some(*seconds),
        _ => None,
    }
}
