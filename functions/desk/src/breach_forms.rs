//! The table of the forms about a breach.

use crate::order_form::{Asked, Group, Kind, OrderForm};
use crate::view::Look;
use custodian_domain::record::source::Source;
use custodian_domain::rights::breach::lists::{
    BreachEffect, BreachLateReason, DataCategory, Discovery, Exemption, Likelihood, OtherBody,
    PeopleCategory, ReportPhase, TellingMeans, UnlikelyReason,
};
use custodian_domain::rights::register::Listed;

/// What the forms have in common.
const PLAIN: OrderForm = OrderForm {
    name: "",
    order: &[],
    group: Group::Do,
    title: "",
    lead: &[],
    warning: "",
    fields: &[],
    button: "Save",
    look: Look::Main,
    done: "Saved.",
    kinds: &[],
    takes_note: false,
    of_case: false,
    of_person: None,
};

const NO_NAMES: &str = "Up to 500 characters. Write no names, addresses or numbers of people.";

fn all<T: Listed>() -> Vec<&'static str> {
    T::ALL.iter().map(|one| one.as_str()).collect()
}

fn sources() -> Vec<&'static str> {
    Source::ALL.iter().map(|source| source.as_str()).collect()
}

const fn asked(name: &'static str, label: &'static str, kind: Kind) -> Asked {
    Asked {
        name,
        label,
        hint: "",
        kind,
        missing: "",
    }
}

const fn needed(asked: Asked, missing: &'static str) -> Asked {
    Asked { missing, ..asked }
}

const fn text(name: &'static str, label: &'static str) -> Asked {
    Asked {
        hint: NO_NAMES,
        ..asked(name, label, Kind::Note)
    }
}

const fn at(name: &'static str, label: &'static str) -> Asked {
    Asked {
        hint: "The day, and the time on a clock in London, such as 17:45",
        missing: "Enter the day and the time",
        ..asked(name, label, Kind::Time)
    }
}

/// The form that registers one.
pub(crate) const REGISTER: OrderForm = OrderForm {
    name: "register",
    order: &[("order", "breach_register")],
    title: "Register a breach",
    lead: &[
        "The Commissioner is told within 72 hours of when somebody at the council became aware of it, unless a risk to \
         people is unlikely. The hours run on over weekends and holidays.",
    ],
    fields: &[
        at("aware_at", "When did the council become aware of it?"),
        needed(
            asked("how", "How?", Kind::Word(all::<Discovery>)),
            "Choose how",
        ),
    ],
    button: "Register it",
    done: "The breach is registered.",
    ..PLAIN
};

/// All forms about a breach that is registered, in the order in which it meets them.
pub(crate) const ALL: &[OrderForm] = &[
    OrderForm {
        name: "what-happened",
        order: &[("order", "breach_scope")],
        title: "What happened",
        lead: &["What you leave empty stays as it was."],
        fields: &[
            text("what", "What happened?"),
            Asked {
                missing: "",
                ..at("happened_at", "When did it happen?")
            },
            asked(
                "effects",
                "What became of the data?",
                Kind::Words(all::<BreachEffect>),
            ),
            asked(
                "categories",
                "What kind of data is it?",
                Kind::Words(all::<DataCategory>),
            ),
            asked("cyber", "Was it an attack on computers?", Kind::YesNo),
        ],
        done: "What is known is saved.",
        ..PLAIN
    },
    OrderForm {
        name: "who-is-affected",
        order: &[("order", "breach_scope")],
        title: "Who is affected",
        lead: &[
            "Say which records are affected, so that the people can be counted and listed from our own data. The register \
             keeps the question and the numbers, and no names.",
        ],
        fields: &[
            asked("query.sources", "Records from", Kind::Words(sources)),
            asked("query.survey", "Answers to which survey?", Kind::Line),
            asked("query.from", "Collected from", Kind::Day),
            asked("query.to", "Collected to", Kind::Day),
            Asked {
                hint: "five9, granicus, newsletter or notify",
                ..asked(
                    "query.processor",
                    "Of which a processor has a copy",
                    Kind::Line,
                )
            },
            asked(
                "whose",
                "Whose data is it?",
                Kind::Words(all::<PeopleCategory>),
            ),
            asked("about_people", "About how many people?", Kind::Number),
            asked("about_records", "About how many records?", Kind::Number),
        ],
        done: "Who is affected is saved.",
        ..PLAIN
    },
    OrderForm {
        name: "consequences",
        order: &[("order", "breach_scope")],
        title: "Consequences",
        fields: &[
            text("consequences", "What may it mean for the people?"),
            asked(
                "likelihood",
                "How likely is that?",
                Kind::Word(all::<Likelihood>),
            ),
            asked("high_risk", "Is the risk to people high?", Kind::YesNo),
            text("before", "What was in place before, to prevent it?"),
            asked("others", "Who else is told?", Kind::Words(all::<OtherBody>)),
        ],
        done: "The consequences are saved.",
        ..PLAIN
    },
    OrderForm {
        name: "risk-unlikely",
        order: &[("order", "breach_unlikely")],
        title: "A risk to people is unlikely",
        lead: &[
            "The Commissioner is then not told, and the hours end. It stays in the register, with your reasons.",
        ],
        fields: &[
            needed(
                asked("reasons", "Why?", Kind::Words(all::<UnlikelyReason>)),
                "Choose at least one reason",
            ),
            needed(text("text", "Why, in your words?"), "Enter why"),
        ],
        done: "The decision is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "told-commissioner",
        order: &[("order", "breach_told_ico")],
        title: "The Commissioner was told",
        fields: &[
            at("at", "When?"),
            needed(
                asked("reference", "The Commissioner’s reference", Kind::Line),
                "Enter the reference",
            ),
            needed(
                asked("phase", "Is that all?", Kind::Word(all::<ReportPhase>)),
                "Choose whether more follows",
            ),
            asked(
                "late",
                "Why after the 72 hours? (only if it was)",
                Kind::Words(all::<BreachLateReason>),
            ),
            text("text", "Why, in your words? (only if it was late)"),
        ],
        done: "It is recorded that the Commissioner was told.",
        ..PLAIN
    },
    OrderForm {
        name: "follow-up",
        order: &[("order", "breach_follow_up")],
        title: "The Commissioner was told more",
        fields: &[
            at("at", "When?"),
            needed(text("what", "What?"), "Enter what"),
        ],
        done: "It is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "people-told",
        order: &[("order", "breach_people")],
        title: "The people were told",
        lead: &["If the risk to them is high, they are told without delay."],
        fields: &[
            needed(
                asked("told.how", "How?", Kind::Word(all::<TellingMeans>)),
                "Choose how",
            ),
            at("told.at", "When?"),
        ],
        done: "It is recorded that the people were told.",
        ..PLAIN
    },
    OrderForm {
        name: "people-need-not-be-told",
        order: &[("order", "breach_people")],
        title: "The people need not be told one by one",
        lead: &[
            "Article 34(3): (a) the data was unreadable to others; (b) what was done since leaves no high risk; (c) it \
             would take a disproportionate effort, and a public notice is made instead.",
        ],
        fields: &[
            needed(
                asked("exempt", "Which of them?", Kind::Word(all::<Exemption>)),
                "Choose one",
            ),
            needed(text("why", "Why?"), "Enter why"),
        ],
        done: "It is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "contained",
        order: &[("order", "breach_contained")],
        title: "It goes no further",
        fields: &[
            at("at", "Since when?"),
            needed(text("what", "What was done?"), "Enter what"),
        ],
        done: "It is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "remedied",
        order: &[("order", "breach_remedied")],
        title: "Its effects are dealt with",
        fields: &[
            at("at", "Since when?"),
            needed(text("what", "What was done?"), "Enter what"),
        ],
        done: "It is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "hold",
        order: &[("order", "breach_hold")],
        title: "Hold the records of who is affected",
        lead: &[
            "Nothing of theirs is deleted until the breach is closed. Up to 1,000 people; if there are more, nobody is held.",
        ],
        button: "Hold them",
        done: "The records are held.",
        ..PLAIN
    },
    OrderForm {
        name: "close",
        order: &[("order", "breach_close")],
        title: "Close the breach",
        lead: &["What it holds is released, and what is past its date is deleted."],
        fields: &[needed(
            text("lessons", "What was learnt?"),
            "Enter what was learnt",
        )],
        button: "Close it",
        look: Look::Warning,
        done: "The breach is closed.",
        ..PLAIN
    },
];

/// The form of this name.
pub(crate) fn named(name: &str) -> Option<&'static OrderForm> {
    ALL.iter().find(|form| form.name == name)
}
