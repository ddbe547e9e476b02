//! What a package contains besides records, kind by kind: how many there are, why, and what each
//! says.

use chrono::{DateTime, Utc};
use custodian_domain::record::facts::{Fact, FactCode, Fields, Nature, Value};
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::retention::Retention;
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::PackageKind;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One kind of thing that is held.
pub struct Section {
    /// What it is.
    pub holding: Holding,
    /// How many there are.
    pub count: u64,
    /// What each says. Empty for records, which are written by themselves, for rows, which are read
    /// as they are written, and for what nobody can look into.
    pub items: Vec<Item>,
}

/// One thing that is held, as facts.
#[derive(Default)]
pub struct Item(Vec<Fact<'static>>);

impl Item {
    /// The same with one more fact, if there is one.
    pub fn with(
        mut self,
        name: &'static str,
        label: &'static str,
        value: Option<Value<'static>>,
    ) -> Self {
        self.0.extend(value.map(|value| Fact {
            name,
            label,
            nature: Nature::Observed,
            value,
        }));
        self
    }

    /// The same with a text.
    pub fn text(
        self,
        name: &'static str,
        label: &'static str,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.with(name, label, Some(Value::Text(text.into())))
    }

    /// The same with one of a few words.
    pub fn code(self, name: &'static str, label: &'static str, code: impl Into<FactCode>) -> Self {
        self.with(name, label, Some(Value::Code(code.into())))
    }

    /// The same with a moment.
    pub fn time(self, name: &'static str, label: &'static str, time: DateTime<Utc>) -> Self {
        self.with(name, label, Some(Value::Time(time)))
    }

    /// The same with when it is over, and whether a hold keeps it beyond that.
    pub fn retained(self, retention: Option<Retention>) -> Self {
        let until = retention.map(|it| Value::Time(it.due().instant()));
        let held = retention
            .is_some_and(Retention::is_held)
            .then_some(Value::YesNo(true));
        self.with("kept_until", "Kept until", until)
            .with("on_hold", "On hold beyond that", held)
    }

    /// Its facts, in order.
    pub fn facts(&self) -> &[Fact<'static>] {
        &self.0
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fields(&self.0, Nature::Observed).serialize(serializer)
    }
}

impl Section {
    /// A section with these items.
    pub fn of(holding: Holding, items: Vec<Item>) -> Self {
        Self {
            holding,
            count: u64::try_from(items.len()).unwrap_or(u64::MAX),
            items,
        }
    }

    /// A section of this many things that are only counted.
    pub const fn counted(holding: Holding, count: u64) -> Self {
        Self {
            holding,
            count,
            items: Vec::new(),
        }
    }

    /// A plain label for it.
    pub const fn heading(holding: Holding) -> &'static str {
        match holding {
            Holding::Records => "Records",
            Holding::OptOuts => "Lists that you left",
            Holding::Profiles => "Your profile",
            Holding::Confirmations => "Confirmations of your email address",
            Holding::Looks => "Who looked at your records",
            Holding::Asked => "Your requests for a copy",
            Holding::Links => "Links to your records",
            Holding::Requests => "Open requests about you",
            Holding::Constraints => "Holds and restrictions",
            Holding::Suppressions => "A digest since your erasure",
            Holding::Packages => "Other copies made for you",
            Holding::Quarantine => "Rows that we could not read",
            Holding::Unreadable => "Files that nobody can look into",
            Holding::Waiting => "Files that wait to be read",
            Holding::Copies(processor) => match processor {
                Processor::Granicus => "Held by Granicus (Achieve)",
                Processor::Five9 => "Held by Five9",
                Processor::Newsletter => "Held by the newsletter service",
                Processor::Notify => "Held by GOV.UK Notify",
            },
        }
    }

    /// Why it is held, in words.
    pub const fn note(holding: Holding) -> &'static str {
        match holding {
            Holding::Records => {
                "What you told us, what was noted as it happened, and what we concluded."
            }
            Holding::OptOuts => {
                "You told us that you no longer want this. We keep that, and when you said it, so that an older wish that \
                 reaches us late, or a form that somebody else fills in with your address, does not put you back on the \
                 list. It is kept also after an erasure."
            }
            Holding::Profiles => {
                "The same, kept beside your records. It goes with them if you are erased."
            }
            Holding::Confirmations => {
                "We asked by email whether an address is yours, because a form that anybody can fill in named it. We keep \
                 that we asked and, if you confirmed it, when, with a digest of the address. Only a wish that is confirmed \
                 undoes that you left a list."
            }
            Holding::Looks => {
                "Each time somebody at the council looked at what we hold about you, or worked on it for a request, we noted \
                 when and what for. We do not say who it was."
            }
            Holding::Asked => {
                "You asked for a copy of your data, and somebody at the council confirmed that the request is yours. We keep \
                 that so that nothing is erased before you have your copy. It goes with your records if you are erased."
            }
            Holding::Links => {
                "You gave more than one identifier. A link leads from one of them to the records that are kept under \
                 another. It consists of two digests, which do not show what they are made of."
            }
            Holding::Requests => {
                "These are not finished. Until they are, we keep with each whom it is about: as a digest, and, where others \
                 have to be told, your identifiers, encrypted."
            }
            Holding::Constraints => {
                "This stands until it is lifted. Until then we keep, as a digest, for whom it stands."
            }
            Holding::Suppressions => {
                "You were erased. We keep a digest so that you are not taken in again: a file or a backup that is older than \
                 the erasure could otherwise bring your data back. The digest does not show who you are."
            }
            Holding::Packages => {
                "A copy such as this one, made for another request. We delete it by its date."
            }
            Holding::Quarantine => {
                "These rows came to us in files and break a rule, so that no record could be made of them. They name you, \
                 and are shown as they came. Others may be named in them."
            }
            Holding::Unreadable => {
                "These rows and files came to us in a form in which nobody can search for a name. We do not know whether they \
                 are about you. They are deleted when they have lain there for 14 days, or 28 at most."
            }
            Holding::Waiting => {
                "These files have reached us and are not read yet, which usually takes minutes. We do not know whether they \
                 are about you: ask again later."
            }
            Holding::Copies(processor) => processor.holds(),
        }
    }

    /// Whether a package of this kind contains it: portability what the person said.
    pub const fn is_in(holding: Holding, kind: PackageKind) -> bool {
        match kind {
            PackageKind::Access => true,
            PackageKind::Portability => matches!(holding, Holding::Records | Holding::OptOuts),
        }
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("count", &self.count)?;
        map.serialize_entry("note", Self::note(self.holding))?;
        if !self.items.is_empty() {
            map.serialize_entry("items", &self.items)?;
        }
        map.end()
    }
}

/// How many there are of each kind of thing, and how many links were not followed: enough to say
/// whether anything is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// By the kind's name.
    pub held: BTreeMap<String, u64>,
    /// Links that were not followed, and that nobody has decided on.
    pub not_followed: u64,
}

impl Counted {
    /// What a package of this kind says if there are no records.
    pub fn message(&self, kind: PackageKind) -> Option<&'static str> {
        let count = |holding: Holding| self.held.get(holding.as_str()).copied().unwrap_or(0);
        if count(Holding::Records) > 0 {
            return None;
        }
        let something = Holding::ALL.into_iter().any(|holding| count(holding) > 0);
        Some(match (something, self.not_followed > 0) {
            (false, false) => NOTHING,
            (false, true) => NOT_FOLLOWED,
            (true, _) if kind == PackageKind::Access => NO_RECORDS,
            (true, _) => ASK_FOR_ACCESS,
        })
    }
}

/// The message if every place says that it holds nothing.
const NOTHING: &str = "Nothing is held under these identifiers. An answer that was given with an email address or a \
     telephone number is found by that, not by its reference.";

/// The message if there is nothing but undecided links: it is not known that nothing is held.
const NOT_FOLLOWED: &str = "What is held is not known in full. These identifiers are linked to records that may be \
     somebody else's: these links were not followed, because it is not confirmed that they lead to the same person.";

/// The message if there are no records, but something else, which a copy of everything has.
const NO_RECORDS: &str =
    "There are no records under these identifiers, but something else is held, or may be.";

/// The same in a copy that has only a part of it.
const ASK_FOR_ACCESS: &str = "There are no records under these identifiers, but something else is held, or may be. A copy of \
     everything (access) says what.";
