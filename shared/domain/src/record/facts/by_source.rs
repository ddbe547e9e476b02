//! The facts that only a record of one source has.

use super::Nature::{Inferred, Observed, Others, Provided};
use super::list::{FactList, staff, text};
use super::{Fact, Spoken, Value};
use crate::identity::redaction::{Names, titled_removed};
use crate::record::source_details::{
    Complaint, Interaction, Interview, Leg, Post, Review, SourceDetails, Speaker, TelephoneDetails,
    Turn, WebForm,
};
use crate::rights::complaint_deadlines::ComplaintDeadlines;
use std::borrow::Cow;

/// Adds what only this source has.
pub(super) fn add_source_details<'a>(
    facts: &mut FactList<'a>,
    details: &'a SourceDetails,
    own_name: Option<&str>,
) {
    match details {
        SourceDetails::WebForm(WebForm { form_version }) => {
            facts.add(
                Observed,
                "form_version",
                "Version of the form",
                form_version.map(Value::Number),
            );
        }
        SourceDetails::Telephone(call) => add_call(facts, call, own_name),
        SourceDetails::Reviews(Review {
            stars,
            location,
            updated_at,
        }) => {
            facts.add(
                Provided,
                "stars",
                "Stars",
                stars.map(|stars| Value::Number(stars.into())),
            );
            facts.add(
                Observed,
                "location",
                "Place",
                Some(Value::Text(Cow::Borrowed(location))),
            );
            facts.add(
                Observed,
                "updated_at",
                "You last changed it",
                Some(Value::Time(*updated_at)),
            );
        }
        SourceDetails::Social(Post {
            network,
            url,
            sentiment,
        }) => {
            facts.add(
                Observed,
                "network",
                "Network",
                Some(Value::Text(Cow::Borrowed(network))),
            );
            facts.add(Observed, "url", "Address of the post", text(url.as_ref()));
            facts.add(
                Inferred,
                "sentiment",
                "Tone, as it was judged",
                text(sentiment.as_ref()),
            );
        }
        SourceDetails::Interviews(Interview { notes, themes }) => {
            facts.add(
                Observed,
                "notes",
                "What the interviewer wrote down",
                staff(notes.as_deref(), own_name),
            );
            let themes = (!themes.is_empty()).then_some(Value::List(themes));
            facts.add(Inferred, "themes", "Themes that we count it to", themes);
        }
        SourceDetails::Support(interaction) => add_interaction(facts, interaction, own_name),
        SourceDetails::Complaints(complaint) => add_complaint(facts, complaint, own_name),
    }
}

fn add_call<'a>(facts: &mut FactList<'a>, call: &'a TelephoneDetails, own_name: Option<&str>) {
    // Which row of a report said so is bookkeeping.
    let TelephoneDetails {
        legs,
        answered_at,
        named_at,
        answered_by: _,
        named_by: _,
    } = call;
    let legs: Vec<Vec<Fact<'a>>> = legs.iter().map(|leg| of_leg(leg, own_name)).collect();
    facts.add(
        Observed,
        "legs",
        "The call",
        (!legs.is_empty()).then_some(Value::Parts(legs)),
    );
    facts.add(
        Observed,
        "answered_at",
        "You answered after the part that began",
        answered_at.map(Value::Time),
    );
    facts.add(
        Observed,
        "named_at",
        "We know you by the part that began",
        named_at.map(Value::Time),
    );
}

fn add_interaction<'a>(
    facts: &mut FactList<'a>,
    interaction: &'a Interaction,
    own_name: Option<&str>,
) {
    let Interaction {
        channel,
        ended_at,
        topic,
        outcome,
        transcript,
    } = interaction;
    let by_others = transcript
        .iter()
        .filter(|turn| turn.from != Speaker::Customer);
    let came = by_others
        .clone()
        .filter(|turn| turn.from == Speaker::System);
    let came: Vec<String> = came
        .filter_map(|turn| introduction(&turn.text, own_name))
        .collect();
    let words = by_others.map(|turn| turn.text.as_str());
    let agents = Names::introduced_in(words.chain(came.iter().map(String::as_str)));
    let nameless = |text: Option<&String>| {
        staff(
            text.map(|text| agents.removed_from(text)).as_deref(),
            own_name,
        )
    };
    facts.add(
        Observed,
        "channel",
        "By",
        Some(Value::Code((*channel).into())),
    );
    facts.add(Observed, "ended_at", "It ended", ended_at.map(Value::Time));
    facts.add(Observed, "topic", "About", nameless(topic.as_ref()));
    facts.add(
        Observed,
        "outcome",
        "How it ended",
        nameless(outcome.as_ref()),
    );
    let spoken = transcript
        .iter()
        .enumerate()
        .map(|(place, Turn { from, at, text })| {
            let nameless = agents.removed_from(text);
            let nameless = match from {
                Speaker::Customer => nameless,
                Speaker::Agent | Speaker::Bot | Speaker::System => {
                    titled_removed(&nameless, own_name)
                }
            };
            Spoken {
                place,
                from: *from,
                at: *at,
                text: Cow::Owned(nameless),
            }
        });
    let (own, others): (Vec<_>, Vec<_>) =
        spoken.partition(|spoken| spoken.from == Speaker::Customer);
    for (nature, talk) in [(Provided, own), (Others, others)] {
        facts.add(
            nature,
            "transcript",
            "What was said",
            (!talk.is_empty()).then_some(Value::Conversation(talk)),
        );
    }
}

fn add_complaint<'a>(facts: &mut FactList<'a>, complaint: &'a Complaint, own_name: Option<&str>) {
    let Complaint {
        kind,
        stage,
        outcome,
        acknowledged_at,
        closed_at,
        clocks,
    } = complaint;
    facts.add(Observed, "kind", "Kind", Some(Value::Code((*kind).into())));
    let stage = stage.map(|stage| Value::Number(u8::from(stage).into()));
    facts.add(Observed, "complaint_stage", "Stage of the complaint", stage);
    let (acknowledge_by, answer_by) = clocks.map_or(
        (None, None),
        |ComplaintDeadlines {
             acknowledge_by,
             answer_by,
         }| { (acknowledge_by.map(Value::Day), answer_by.map(Value::Day)) },
    );
    facts.add(
        Observed,
        "acknowledge_by",
        "To be acknowledged by",
        acknowledge_by,
    );
    facts.add(
        Observed,
        "acknowledged_at",
        "Acknowledged",
        acknowledged_at.map(Value::Time),
    );
    facts.add(Observed, "answer_by", "To be answered by", answer_by);
    facts.add(
        Observed,
        "closed_at",
        "Answered",
        closed_at.map(Value::Time),
    );
    facts.add(
        Observed,
        "outcome",
        "How it ended",
        staff(outcome.as_deref(), own_name),
    );
}

/// The name in a chat's note that somebody came or left; `None` if it is the person's own.
fn introduction(note: &str, own_name: Option<&str>) -> Option<String> {
    const CAME: [&str; 8] = [
        " has joined",
        " joined",
        " has left",
        " left",
        " has entered",
        " entered",
        " is now",
        " accepted",
    ];
    let who = CAME
        .iter()
        .filter_map(|came| note.find(came))
        .min()
        .and_then(|end| note.get(..end))?;
    let who = who.trim_start_matches(|c: char| !c.is_alphanumeric());
    let who = ["Agent ", "Advisor ", "Adviser ", "Operator "]
        .iter()
        .find_map(|role| who.strip_prefix(role))
        .unwrap_or(who);
    let words = |name: &str| {
        name.split_whitespace()
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    let own = own_name.map_or_else(Vec::new, words);
    let is_own = words(who)
        .iter()
        .all(|word| own.contains(word) || ["customer", "visitor", "you"].contains(&word.as_str()));
    (!is_own).then(|| format!("I am {who}."))
}

fn of_leg<'a>(leg: &'a Leg, own_name: Option<&str>) -> Vec<Fact<'a>> {
    let Leg {
        at,
        campaign,
        skill,
        outcome,
        seconds,
        service,
    } = leg;
    let mut facts = FactList::default();
    facts.add(Observed, "at", "Began", Some(Value::Time(*at)));
    facts.add(Observed, "seconds", "Took", seconds.map(Value::Seconds));
    facts.add(
        Observed,
        "campaign",
        "Line or campaign",
        text(campaign.as_ref()),
    );
    facts.add(Observed, "skill", "Team", text(skill.as_ref()));
    facts.add(Observed, "service", "Service", text(service.as_ref()));
    facts.add(
        Observed,
        "outcome",
        "How it ended",
        staff(outcome.as_deref(), own_name),
    );
    facts.0
}
