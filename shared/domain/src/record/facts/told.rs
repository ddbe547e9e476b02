//! Which facts a record is made of, and the nature of each.

use super::Nature::{Inferred, Observed, Others, Provided};
use super::{Answered, Fact, FactCode, Nature, Spoken, Value, Wording};
use crate::identity::redaction::{Names, titled_removed};
use crate::record::source_details::{
    Complaint, Interaction, Interview, Leg, Post, Review, SourceDetails, Speaker, TelephoneDetails,
    Turn, WebForm,
};
use crate::record::{COMMENT, RecordBody};
use crate::rights::complaint_deadlines::ComplaintDeadlines;
use crate::rights::subscription::{Consent, List};
use crate::survey::answers::Answer;
use crate::survey::words::Words;
use crate::survey::{Purpose, QuestionKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The lawful basis of what somebody asked to be sent.
const CONSENT: FactCode = FactCode {
    code: "consent",
    label: "Your consent (Article 6(1)(a) UK GDPR)",
};

impl RecordBody {
    /// Everything that an export may say of the record, in the words that the person was asked
    /// with, as far as they are known.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a list: one entry a fact")]
    pub fn facts<'a>(&'a self, words: &'a Words) -> Vec<Fact<'a>> {
        // This leaves out what a document says of every record beside its facts (source, reference,
        // basis, notice, end, restriction, custody), and bookkeeping that says nothing of the
        // person (fingerprint, submission, revision).
        let Self {
            source: _,
            reference: _,
            collected_at,
            retention: _,
            restricted: _,
            survey: survey_id,
            survey_version,
            service,
            journey,
            stage,
            satisfaction,
            contact,
            newsletter,
            consents,
            answers,
            lawful_basis: _,
            notice_version: _,
            fingerprint: _,
            submission: _,
            source_id,
            revision: _,
            custody: _,
            particulars,
        } = self;
        let mut facts = Facts(Vec::new());
        facts.tell(
            Provided,
            "contact",
            "Who you are",
            (!contact.is_empty()).then_some(Value::Contact(contact)),
        );
        facts.tell(
            Provided,
            "satisfaction",
            "How satisfied you were",
            satisfaction.map(Value::Rating),
        );
        facts.tell(
            Provided,
            "answers",
            "Your answers",
            Some(Value::Answers(in_order(answers, words))),
        );
        facts.tell(
            Provided,
            "newsletter",
            "Newsletter",
            newsletter.map(Value::YesNo),
        );
        for consent in consents {
            facts.consent(consent);
        }
        let consented = newsletter
            .and_then(|_| newsletter_question(words))
            .map(Cow::Borrowed)
            .map(Value::Text);
        facts.tell(
            Observed,
            "newsletter_question",
            "How we asked about the newsletter",
            consented,
        );
        facts.tell(
            Observed,
            "collected_at",
            "When",
            Some(Value::Time(*collected_at)),
        );
        facts.tell(
            Observed,
            "survey",
            "Survey or form",
            text(survey_id.as_ref()),
        );
        let title = words
            .survey()
            .map(|survey| Value::Text(Cow::Borrowed(&survey.title)));
        facts.tell(Observed, "survey_title", "Title of the survey", title);
        let version = survey_version
            .as_ref()
            .map(|version| Value::Text(Cow::Borrowed(version.as_str())));
        facts.tell(Observed, "survey_version", "Version of the survey", version);
        let wording = Wording::of(words).map(|wording| Value::Code(wording.into()));
        facts.tell(Observed, "wording", "Wording of the questions", wording);
        facts.tell(Observed, "service", "Service", text(service.as_ref()));
        facts.particulars(particulars, contact.name.as_deref());
        facts.tell(
            Observed,
            "source_id",
            "Known there as",
            text(source_id.as_ref()),
        );
        facts.tell(
            Inferred,
            "journey",
            "Journey that we count it to",
            text(journey.as_ref()),
        );
        facts.tell(
            Inferred,
            "stage",
            "Stage of that journey",
            text(stage.as_ref()),
        );
        facts.0
    }
}

/// Answers in the order of the questions. Answers without a known question come last, by name.
fn in_order<'a>(answers: &'a BTreeMap<String, Answer>, words: &'a Words) -> Vec<Answered<'a>> {
    let mut placed: Vec<_> = answers
        .iter()
        .map(|(id, answer)| answered(id, answer, words))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, answered)| answered).collect()
}

/// An answer and its question's position.
fn answered<'a>(id: &'a str, answer: &'a Answer, words: &'a Words) -> (usize, Answered<'a>) {
    let Some((place, question)) = words.question(id, answer) else {
        let (label, kind) = if id == COMMENT {
            ("What you said", QuestionKind::Textarea)
        } else {
            (id, kind(answer))
        };
        return (
            usize::MAX,
            Answered {
                question: id,
                label,
                kind,
                answer,
            },
        );
    };
    (
        place,
        Answered {
            question: id,
            label: &question.label,
            kind: question.kind,
            answer,
        },
    )
}

/// What kind of question an answer may have been given to.
const fn kind(answer: &Answer) -> QuestionKind {
    match answer {
        Answer::YesNo(_) => QuestionKind::YesNo,
        Answer::Number(_) => QuestionKind::Number,
        Answer::Choices(_) => QuestionKind::Choices,
        Answer::Text(_) => QuestionKind::Text,
    }
}

/// The words that asked whether somebody wants the newsletter.
fn newsletter_question(words: &Words) -> Option<&str> {
    let questions = &words.survey()?.questions;
    questions
        .iter()
        .find(|question| question.purpose == Purpose::Newsletter)
        .map(|question| question.label.as_str())
}

fn text(text: Option<&String>) -> Option<Value<'_>> {
    text.map(|text| Value::Text(Cow::Borrowed(text)))
}

/// What staff wrote, without the names of others; the person's own name stays.
fn staff<'a>(text: Option<&str>, own_name: Option<&str>) -> Option<Value<'a>> {
    text.map(|text| Value::Text(Cow::Owned(titled_removed(text, own_name))))
}

struct Facts<'a>(Vec<Fact<'a>>);

impl<'a> Facts<'a> {
    fn tell(
        &mut self,
        nature: Nature,
        name: &'static str,
        label: &'static str,
        value: Option<Value<'a>>,
    ) {
        self.0.extend(value.map(|value| Fact {
            name,
            label,
            nature,
            value,
        }));
    }

    /// One thing that the person agreed to, and what makes it lawful.
    fn consent(&mut self, consent: &'a Consent) {
        let Consent {
            to: List::Newsletter,
            given_at,
            notice_version,
        } = consent;
        self.tell(
            Provided,
            "newsletter_consent_at",
            "You asked for the newsletter",
            Some(Value::Time(*given_at)),
        );
        self.tell(
            Provided,
            "newsletter_basis",
            "Why we may send you the newsletter",
            Some(Value::Code(CONSENT)),
        );
        let version = text(Some(notice_version));
        self.tell(
            Provided,
            "newsletter_notice_version",
            "Privacy notice that you were shown with it",
            version,
        );
    }

    fn particulars(&mut self, particulars: &'a SourceDetails, own_name: Option<&str>) {
        match particulars {
            SourceDetails::WebForm(WebForm { form_version }) => {
                self.tell(
                    Observed,
                    "form_version",
                    "Version of the form",
                    form_version.map(Value::Number),
                );
            }
            SourceDetails::Telephone(call) => self.call(call, own_name),
            SourceDetails::Reviews(Review {
                stars,
                location,
                updated_at,
            }) => {
                self.tell(
                    Provided,
                    "stars",
                    "Stars",
                    stars.map(|stars| Value::Number(stars.into())),
                );
                self.tell(
                    Observed,
                    "location",
                    "Place",
                    Some(Value::Text(Cow::Borrowed(location))),
                );
                self.tell(
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
                self.tell(
                    Observed,
                    "network",
                    "Network",
                    Some(Value::Text(Cow::Borrowed(network))),
                );
                self.tell(Observed, "url", "Address of the post", text(url.as_ref()));
                self.tell(
                    Inferred,
                    "sentiment",
                    "Tone, as it was judged",
                    text(sentiment.as_ref()),
                );
            }
            SourceDetails::Interviews(Interview { notes, themes }) => {
                self.tell(
                    Observed,
                    "notes",
                    "What the interviewer wrote down",
                    staff(notes.as_deref(), own_name),
                );
                let themes = (!themes.is_empty()).then_some(Value::List(themes));
                self.tell(Inferred, "themes", "Themes that we count it to", themes);
            }
            SourceDetails::Support(interaction) => self.interaction(interaction, own_name),
            SourceDetails::Complaints(complaint) => self.complaint(complaint, own_name),
        }
    }

    fn call(&mut self, call: &'a TelephoneDetails, own_name: Option<&str>) {
        // Which row of a report said so is bookkeeping.
        let TelephoneDetails {
            legs,
            answered_at,
            named_at,
            answered_by: _,
            named_by: _,
        } = call;
        let legs: Vec<Vec<Fact<'a>>> = legs.iter().map(|leg| of_leg(leg, own_name)).collect();
        self.tell(
            Observed,
            "legs",
            "The call",
            (!legs.is_empty()).then_some(Value::Parts(legs)),
        );
        self.tell(
            Observed,
            "answered_at",
            "You answered after the part that began",
            answered_at.map(Value::Time),
        );
        self.tell(
            Observed,
            "named_at",
            "We know you by the part that began",
            named_at.map(Value::Time),
        );
    }

    fn interaction(&mut self, interaction: &'a Interaction, own_name: Option<&str>) {
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
        let said = by_others.map(|turn| turn.text.as_str());
        let agents = Names::introduced_in(said.chain(came.iter().map(String::as_str)));
        let nameless = |text: Option<&String>| {
            staff(
                text.map(|text| agents.removed_from(text)).as_deref(),
                own_name,
            )
        };
        self.tell(
            Observed,
            "channel",
            "By",
            Some(Value::Code((*channel).into())),
        );
        self.tell(Observed, "ended_at", "It ended", ended_at.map(Value::Time));
        self.tell(Observed, "topic", "About", nameless(topic.as_ref()));
        self.tell(
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
            self.tell(
                nature,
                "transcript",
                "What was said",
                (!talk.is_empty()).then_some(Value::Talk(talk)),
            );
        }
    }

    fn complaint(&mut self, complaint: &'a Complaint, own_name: Option<&str>) {
        let Complaint {
            kind,
            stage,
            outcome,
            acknowledged_at,
            closed_at,
            clocks,
        } = complaint;
        self.tell(Observed, "kind", "Kind", Some(Value::Code((*kind).into())));
        let stage = stage.map(|stage| Value::Number(u8::from(stage).into()));
        self.tell(Observed, "complaint_stage", "Stage of the complaint", stage);
        let (acknowledge_by, answer_by) = clocks.map_or(
            (None, None),
            |ComplaintDeadlines {
                 acknowledge_by,
                 answer_by,
             }| { (acknowledge_by.map(Value::Day), answer_by.map(Value::Day)) },
        );
        self.tell(
            Observed,
            "acknowledge_by",
            "To be acknowledged by",
            acknowledge_by,
        );
        self.tell(
            Observed,
            "acknowledged_at",
            "Acknowledged",
            acknowledged_at.map(Value::Time),
        );
        self.tell(Observed, "answer_by", "To be answered by", answer_by);
        self.tell(
            Observed,
            "closed_at",
            "Answered",
            closed_at.map(Value::Time),
        );
        self.tell(
            Observed,
            "outcome",
            "How it ended",
            staff(outcome.as_deref(), own_name),
        );
    }
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
    let mut facts = Facts(Vec::new());
    facts.tell(Observed, "at", "Began", Some(Value::Time(*at)));
    facts.tell(Observed, "seconds", "Took", seconds.map(Value::Seconds));
    facts.tell(
        Observed,
        "campaign",
        "Line or campaign",
        text(campaign.as_ref()),
    );
    facts.tell(Observed, "skill", "Team", text(skill.as_ref()));
    facts.tell(Observed, "service", "Service", text(service.as_ref()));
    facts.tell(
        Observed,
        "outcome",
        "How it ended",
        staff(outcome.as_deref(), own_name),
    );
    facts.0
}
