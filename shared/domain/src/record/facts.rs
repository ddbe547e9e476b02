//! What an export may say of a record: each fact with its name, its label, and how the council came
//! by it.
//!
//! An export contains these and nothing else. [`RecordBody::facts`] takes a record apart without
//! leaving a field out, so a new field does not compile until it is marked. Names of staff and of
//! others are left out here.

mod by_source;
pub mod codes;
mod extract;
mod list;

use crate::identity::contact::Contact;
use crate::identity::identifier;
#[cfg(doc)]
use crate::record::RecordBody;
use crate::record::satisfaction::Satisfaction;
use crate::record::source_details::{Channel, ComplaintKind, Speaker};
use crate::rights::package::PackageKind;
use crate::survey::QuestionKind;
use crate::survey::answers::Answer;
use crate::survey::words::Words;
use chrono::{DateTime, NaiveDate, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One fact that an export may contain.
#[derive(Clone, PartialEq)]
pub struct Fact<'a> {
    /// Its name in the document.
    pub name: &'static str,
    /// A plain label for it.
    pub label: &'static str,
    /// How the council came by it.
    pub nature: Nature,
    /// What it is.
    pub value: Value<'a>,
}

/// How the council came by something. It decides whether portability includes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The person typed or said it.
    Provided,
    /// It was noted down as it happened.
    Observed,
    /// The council, or somebody for it, concluded it.
    Inferred,
    /// Somebody else said it to the person.
    Others,
}

impl Nature {
    /// Every nature, as a document lists them.
    pub const ALL: [Self; 4] = [Self::Provided, Self::Observed, Self::Inferred, Self::Others];

    /// The name, as a document spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provided => "provided",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
            Self::Others => "others",
        }
    }

    /// Whether a package of this kind includes it: portability has what is the person's own, typed
    /// or observed.
    #[must_use]
    pub const fn is_in(self, kind: PackageKind) -> bool {
        match kind {
            PackageKind::Access => true,
            PackageKind::Portability => matches!(self, Self::Provided | Self::Observed),
        }
    }
}

/// The value of a fact.
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(u32),
    /// How long something took, in seconds.
    Seconds(u32),
    /// Yes or no.
    YesNo(bool),
    /// A point of the five-point scale.
    Rating(Satisfaction),
    /// A moment.
    Time(DateTime<Utc>),
    /// A day in London.
    Day(NaiveDate),
    /// One of a few words.
    Code(FactCode),
    /// Several texts.
    List(&'a [String]),
    /// Who the person is.
    Contact(&'a Contact),
    /// Questions and their answers.
    Answers(Vec<Answered<'a>>),
    /// What was said, in order.
    Conversation(Vec<Spoken<'a>>),
    /// Parts with facts of their own.
    Parts(Vec<Vec<Fact<'a>>>),
}

/// One of a few words with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactCode {
    /// The word.
    pub code: &'static str,
    /// What it means.
    pub label: &'static str,
}

/// One question and its answer.
#[derive(Clone, PartialEq, serde::Serialize)]
pub struct Answered<'a> {
    /// The question's id.
    pub question: &'a str,
    /// The question as it was asked, or its id if its words are no longer known.
    pub label: &'a str,
    /// What kind of answer it takes: as the question says, or as far as the answer shows.
    pub kind: QuestionKind,
    /// The answer.
    #[serde(serialize_with = "as_given")]
    pub answer: Cow<'a, Answer>,
}

/// A whole number without a fraction: 4, not 4.0.
#[expect(clippy::ptr_arg, reason = "serde gives it the field")]
fn as_given<S: Serializer>(answer: &Cow<'_, Answer>, to: S) -> Result<S::Ok, S::Error> {
    match &**answer {
        Answer::Number(number) => match number.to_string().parse::<i64>() {
            Ok(whole) => whole.serialize(to),
            Err(_) => number.serialize(to),
        },
        other => other.serialize(to),
    }
}

impl Answered<'_> {
    /// Whether it is a point of the five-point scale.
    #[must_use]
    pub fn is_rating(&self) -> bool {
        self.kind == QuestionKind::Satisfaction
    }
}

/// One thing that was said, without the names of others.
#[derive(Clone, PartialEq, serde::Serialize)]
pub struct Spoken<'a> {
    /// Its position among everything that was said, by anybody.
    #[serde(skip)]
    pub place: usize,
    /// By whom.
    pub from: Speaker,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: Cow<'a, str>,
}

impl From<Channel> for FactCode {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Chat => Self {
                code: "chat",
                label: "Chat",
            },
            Channel::Email => Self {
                code: "email",
                label: "Email",
            },
            Channel::Phone => Self {
                code: "phone",
                label: "Telephone",
            },
        }
    }
}

impl From<ComplaintKind> for FactCode {
    fn from(kind: ComplaintKind) -> Self {
        match kind {
            ComplaintKind::Complaint => Self {
                code: "complaint",
                label: "Complaint",
            },
            ComplaintKind::Compliment => Self {
                code: "compliment",
                label: "Compliment",
            },
        }
    }
}

impl From<Speaker> for FactCode {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::Customer => Self {
                code: "customer",
                label: "You",
            },
            Speaker::Agent => Self {
                code: "agent",
                label: "Our staff",
            },
            Speaker::Bot => Self {
                code: "bot",
                label: "An automatic answer",
            },
            Speaker::System => Self {
                code: "system",
                label: "A note of the chat",
            },
        }
    }
}

/// How certain it is that the questions of a record have the words that were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// They have.
    Asked,
    /// Nobody noted it: they have the words of the earliest version that is known.
    Earliest,
    /// The words are no longer known: fields are listed by their names.
    Gone,
}

impl Wording {
    /// Every wording, as a document lists them.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Earliest, Self::Gone];

    /// What is known of a record's words; `None` if no form of ours asked.
    #[must_use]
    pub const fn of(words: &Words) -> Option<Self> {
        match words {
            Words::Asked(_) => Some(Self::Asked),
            Words::Earliest(_) => Some(Self::Earliest),
            Words::Gone => Some(Self::Gone),
            Words::Others => None,
        }
    }
}

impl From<Wording> for FactCode {
    fn from(wording: Wording) -> Self {
        match wording {
            Wording::Asked => Self {
                code: "as_asked",
                label: "The questions as you were asked them",
            },
            Wording::Earliest => Self {
                code: "earliest_known",
                label: "The earliest wording of this form that we know. We did not note which one you were shown, and it may \
                    have been another",
            },
            Wording::Gone => Self {
                code: "not_known",
                label: "We no longer know how the questions were worded. Each answer is shown under the name of its field",
            },
        }
    }
}

impl FactCode {
    /// Every code of a fact, by the fact's name.
    #[must_use]
    pub fn all() -> [(&'static str, Vec<Self>); 4] {
        [
            ("wording", Wording::ALL.map(Self::from).to_vec()),
            (
                "channel",
                [Channel::Chat, Channel::Email, Channel::Phone]
                    .map(Self::from)
                    .to_vec(),
            ),
            (
                "kind",
                [ComplaintKind::Complaint, ComplaintKind::Compliment]
                    .map(Self::from)
                    .to_vec(),
            ),
            (
                "from",
                [
                    Speaker::Customer,
                    Speaker::Agent,
                    Speaker::Bot,
                    Speaker::System,
                ]
                .map(Self::from)
                .to_vec(),
            ),
        ]
    }
}

/// Who the person is: as they or the source wrote it, and in the canonical spelling by which they
/// are looked up.
#[derive(serde::Serialize)]
struct Spelt<'a> {
    #[serde(flatten)]
    contact: &'a Contact,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    canonical: BTreeMap<identifier::IdentifierKind, String>,
}

impl<'a> Spelt<'a> {
    fn of(contact: &'a Contact) -> Self {
        let identifiers = contact.identifiers().into_iter();
        let canonical =
            identifiers.map(|identifier| (identifier.kind(), identifier.canonical().to_owned()));
        Self {
            contact,
            canonical: canonical.collect(),
        }
    }
}

/// Facts as the fields of one object.
#[derive(Debug)]
pub struct Fields<'a>(pub &'a [Fact<'a>], pub Nature);

impl Fields<'_> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|fact| fact.nature != self.1)
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for fact in self.0.iter().filter(|fact| fact.nature == self.1) {
            map.serialize_entry(fact.name, &fact.value)?;
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Number(number) | Self::Seconds(number) => number.serialize(serializer),
            Self::YesNo(yes) => yes.serialize(serializer),
            Self::Rating(point) => point.serialize(serializer),
            Self::Time(time) => time.serialize(serializer),
            Self::Day(day) => day.serialize(serializer),
            Self::Code(code) => code.code.serialize(serializer),
            Self::List(texts) => texts.serialize(serializer),
            Self::Contact(contact) => Spelt::of(contact).serialize(serializer),
            Self::Answers(answers) => answers.serialize(serializer),
            Self::Conversation(turns) => turns.serialize(serializer),
            Self::Parts(parts) => {
                serializer.collect_seq(parts.iter().map(|part| Fields(part, Nature::Observed)))
            }
        }
    }
}

impl std::fmt::Debug for Fact<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Fact({}, {:?}, ..)", self.name, self.nature)
    }
}

#[cfg(test)]
mod tests;
