//! Support interactions: one line of JSON for each.

use super::values::{contact_in, exact, name, rating_in, required, time};
use super::{Problem, RowAt, fault};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::RecordBody;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{
    Channel, Interaction, SourceDetails, Speaker, Turn,
};
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::validation::object::Object;
use custodian_domain::validation::rule::Rule;
use serde_json::{Map, Value};

/// Reads an interaction.
pub(super) fn read(object: &Map<String, Value>, row_at: RowAt) -> Result<SourceRecord, Problem> {
    let interaction = Object::whole(object);
    let started = required(
        "started_at",
        time("started_at", interaction.text("started_at")?)?,
    )?;
    let started = row_at.collected(Source::Support, started)?;
    let named = |field: &str| name(field, interaction.text(field)?);
    let id = required(
        "interaction_id",
        exact(
            "interaction_id",
            interaction.id("interaction_id")?.as_deref(),
        )?,
    )?;
    let channel = match required("channel", interaction.text("channel")?)?
        .to_lowercase()
        .as_str()
    {
        "chat" => Channel::Chat,
        "email" => Channel::Email,
        "phone" => Channel::Phone,
        _ => return Err(fault("channel", Rule::Choice)),
    };
    let part = Interaction {
        channel,
        ended_at: time("ended_at", interaction.text("ended_at")?)?,
        topic: named("topic")?,
        outcome: named("outcome")?,
        transcript: interaction
            .objects("transcript")?
            .iter()
            .map(turn)
            .collect::<Result<_, _>>()?,
    };
    let revision = Revision::row(row_at.file, row_at.line);
    let mut details = RecordBody::from_source(&id, started, revision, SourceDetails::Support(part));
    details.service = Some(required("service", named("service")?)?);
    details.journey = named("journey")?;
    details.stage = named("stage")?;
    details.satisfaction = rating_in(&interaction, "satisfaction")?;
    details.contact = interaction
        .object("customer")?
        .map_or_else(|| Ok(Contact::default()), |who| contact_in(&who))?;
    Ok(SourceRecord::upsert(&id, details))
}

fn turn(turn: &Object<'_>) -> Result<Turn, Problem> {
    let from = match required(&turn.name("from"), turn.text("from")?)?
        .to_lowercase()
        .as_str()
    {
        "customer" => Speaker::Customer,
        "agent" => Speaker::Agent,
        "bot" => Speaker::Bot,
        "system" => Speaker::System,
        _ => return Err(fault(&turn.name("from"), Rule::Choice)),
    };
    let at = required(&turn.name("at"), time(&turn.name("at"), turn.text("at")?)?)?;
    Ok(Turn {
        from,
        at,
        text: turn.text("text")?.map_or_else(String::new, str::to_owned),
    })
}
