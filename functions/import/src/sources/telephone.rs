//! A Five9 report: one row for each leg of a call.

use super::columns::Fields;
use super::five9::Five9;
use super::values::{Rule, exact, name, rating, required};
use super::{Problem, RowAt, fault};
use shared::domain::arrival::Arrival;
use shared::domain::custody::Custody;
use shared::domain::identifier::Identifier;
use shared::domain::particulars::{Leg, Particulars, Telephone};
use shared::domain::record::Details;
use shared::domain::revision::Revision;
use shared::domain::source::Source;

/// What Five9 writes where there is nobody.
const NOBODY: [&str; 2] = ["[none]", "anonymous"];

/// Reads a row. Who took the call is not read: a record needs no agent's name.
pub(super) fn read(five9: &Five9, fields: &Fields<'_>, row_at: RowAt) -> Result<Arrival, Problem> {
    let names = &five9.columns;
    let get = |column: &str| fields.get(column).filter(|text| !NOBODY.contains(&text.to_lowercase().as_str()));
    let optional = |column: &Option<String>| column.as_deref().and_then(get);
    let text = |column: &Option<String>| name(column.as_deref().unwrap_or_default(), optional(column));

    let time = required(&names.timestamp, get(&names.timestamp))?;
    let at = five9.instant(time).ok_or_else(|| fault(&names.timestamp, Rule::LocalTime))?;
    let at = row_at.collected(Source::Telephone, at)?;
    let call_id = required(&names.call_id, exact(&names.call_id, name(&names.call_id, get(&names.call_id))?)?)?;
    // The customer is who called, or who was called.
    let number = match required(&names.call_type, get(&names.call_type))?.to_lowercase().as_str() {
        "inbound" => get(&names.ani),
        "outbound" => get(&names.dnis),
        _ => return Err(fault(&names.call_type, Rule::Choice)),
    };
    // What is no number (a withheld one, an extension) identifies nobody, and is of no use.
    let phone = number.filter(|number| Identifier::phone(number).is_ok()).map(str::to_owned);
    let customer = text(&names.customer_name)?;
    let satisfaction = rating(names.satisfaction.as_deref().unwrap_or_default(), optional(&names.satisfaction))?;
    let comment = optional(&names.comment);
    let campaign = text(&names.campaign)?;
    let service = campaign.as_ref().and_then(|campaign| five9.services.get(campaign).cloned());
    let leg = Leg {
        at,
        skill: text(&names.skill)?,
        outcome: text(&names.disposition)?,
        seconds: seconds(names.call_time.as_deref().unwrap_or_default(), optional(&names.call_time))?,
        service: service.clone(),
        campaign,
    };
    let call = Telephone {
        legs: vec![leg],
        answered_at: (satisfaction.is_some() || comment.is_some()).then_some(at),
        named_at: (phone.is_some() || customer.is_some()).then_some(at),
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = Details::told(&call_id, at, revision, Particulars::Telephone(call));
    details.survey = text(&names.survey)?;
    details.service = service;
    details.satisfaction = satisfaction;
    details.contact.name = customer;
    details.contact.phone = phone;
    details.add_comment(comment);
    details.custody.push(Custody::five9(at));
    Ok(Arrival::told(details))
}

/// Seconds of `HH:MM:SS`.
fn seconds(field: &str, value: Option<&str>) -> Result<Option<u32>, Problem> {
    let read = |text: &str| {
        let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        match parts.as_slice() {
            [hours, minutes @ 0..60, seconds @ 0..60] => hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds),
            _ => None,
        }
    };
    value.map(|text| read(text).ok_or_else(|| fault(field, Rule::Duration))).transpose()
}
