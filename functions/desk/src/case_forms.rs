//! The table of the forms about a case.

use crate::order_form::{Asked, Group, Kind, OfPerson, OrderForm};
use crate::view::Look;
use crate::words;

/// What most of the forms have in common.
const PLAIN: OrderForm = OrderForm {
    name: "",
    order: &[],
    title: "",
    lead: &[],
    warning: "",
    fields: &[],
    button: "Save",
    look: Look::Main,
    done: "Saved.",
    kinds: &[],
    group: Group::Do,
    takes_note: true,
    of_case: false,
    of_person: None,
};

const fn day(name: &'static str, label: &'static str) -> Asked {
    Asked {
        name,
        label,
        hint: "For example, 27 11 2026",
        kind: Kind::Day,
        missing: "Enter the day",
    }
}

const fn one(name: &'static str, label: &'static str, all: words::Choices) -> Asked {
    Asked {
        name,
        label,
        hint: "",
        kind: Kind::One(all),
        missing: "Choose one of the answers",
    }
}

const fn any(name: &'static str, label: &'static str, all: words::Choices) -> Asked {
    Asked {
        name,
        label,
        hint: "Choose all that apply.",
        kind: Kind::Any(all),
        missing: "",
    }
}

const STAFF: Asked = Asked {
    name: "handler",
    label: "Whose staff number?",
    hint: "Such as D-2.",
    kind: Kind::Line,
    missing: "Enter a staff number",
};

/// All forms about a case, in the order in which a case meets them.
pub(crate) const ALL: &[OrderForm] = &[
    OrderForm {
        name: "ask-for-proof",
        group: Group::Identity,
        order: &[("order", "identity")],
        title: "Ask for proof of identity",
        lead: &[
            "Ask only if you have a reasonable doubt, and for no more than you need. The time for the answer begins again \
             when the proof is sufficient.",
        ],
        fields: &[
            day("on", "When did you ask?"),
            one("doubt", "Why is there a doubt?", words::DOUBTS),
        ],
        done: "You have asked for proof. The clock waits.",
        ..PLAIN
    },
    OrderForm {
        name: "proof-seen",
        group: Group::Identity,
        order: &[("order", "identity")],
        title: "Proof of identity is sufficient",
        lead: &["Keep no copy of what you have seen."],
        fields: &[
            day("on", "When did you get it?"),
            one("proof", "What did you see?", words::PROOFS),
        ],
        done: "The proof is recorded. The clock runs from that day.",
        ..PLAIN
    },
    OrderForm {
        name: "proof-not-sufficient",
        group: Group::Identity,
        order: &[("order", "identity")],
        title: "Proof of identity is not sufficient",
        lead: &["The clock does not begin. Tell the person what is wrong with it."],
        fields: &[
            day("on", "When did you get it?"),
            one("fault", "What is wrong with it?", words::FAULTS),
        ],
        done: "It is recorded. The clock still waits.",
        ..PLAIN
    },
    OrderForm {
        name: "ask-for-authority",
        group: Group::Identity,
        order: &[("order", "authority")],
        title: "Ask for authority",
        lead: &["Somebody who asks for another person needs their authority."],
        fields: &[day("on", "When did you ask?")],
        done: "You have asked for authority. The clock waits.",
        ..PLAIN
    },
    OrderForm {
        name: "authority-seen",
        group: Group::Identity,
        order: &[("order", "authority")],
        title: "Authority is sufficient",
        fields: &[
            day("on", "When did you get it?"),
            one("proof", "What did you see?", words::PROOFS),
        ],
        done: "The authority is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "authority-not-sufficient",
        group: Group::Identity,
        order: &[("order", "authority")],
        title: "Authority is not sufficient",
        fields: &[
            day("on", "When did you get it?"),
            one("fault", "What is wrong with it?", words::FAULTS),
        ],
        done: "It is recorded. The clock still waits.",
        ..PLAIN
    },
    OrderForm {
        name: "ask-for-fee",
        group: Group::Identity,
        order: &[("order", "fee")],
        title: "Ask for a fee",
        lead: &["Only a request that is manifestly unfounded or excessive allows a fee."],
        fields: &[
            day("on", "When did you ask?"),
            one("reason", "Why?", words::FEES),
        ],
        done: "You have asked for a fee. The clock waits.",
        ..PLAIN
    },
    OrderForm {
        name: "fee-paid",
        group: Group::Identity,
        order: &[("order", "fee")],
        title: "The fee was paid",
        fields: &[day("on", "When was it paid?")],
        done: "The payment is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "ask-what-is-meant",
        group: Group::Clock,
        order: &[("order", "ask")],
        title: "You asked what the person means",
        lead: &[
            "Only for a copy: the clock stops until they answer. Ask only if you hold much about them and need to know what \
             they want.",
        ],
        fields: &[day("on", "When did you ask?")],
        button: "Stop the clock",
        done: "The clock is stopped until they answer.",
        kinds: &["access"],
        ..PLAIN
    },
    OrderForm {
        name: "answer-came",
        group: Group::Clock,
        order: &[("order", "answered")],
        title: "The person answered your question",
        fields: &[day("on", "When did the answer come?")],
        button: "Start the clock again",
        done: "The clock runs again.",
        kinds: &["access"],
        ..PLAIN
    },
    OrderForm {
        name: "extend",
        group: Group::Clock,
        order: &[("order", "extend")],
        title: "Extend the time by two months",
        lead: &[
            "Once, and only if you told the person within the first month, with your reasons.",
            "A processor’s slowness, the amount of data alone, or your own question are no reasons.",
        ],
        fields: &[
            day("told_on", "When did you tell the person?"),
            one("reason", "Why is it extended?", words::EXTENSIONS),
        ],
        button: "Extend the time",
        done: "The time is extended.",
        ..PLAIN
    },
    OrderForm {
        name: "correct-receipt",
        order: &[("order", "received")],
        title: "Correct the date of receipt",
        lead: &[
            "The day on which it reached anybody at the council. Every request of this case follows, and the history says \
             what it said before.",
        ],
        fields: &[
            day("received", "When did it reach the council?"),
            one("reason", "Why is it corrected?", words::RECEIPTS),
        ],
        done: "The date of receipt is corrected.",
        of_case: true,
        ..PLAIN
    },
    OrderForm {
        name: "add",
        order: &[("order", "add")],
        title: "They ask for something else as well",
        lead: &["It was received with the others, and has a clock of its own."],
        fields: &[one("kind", "What else do they want?", words::KINDS)],
        button: "Add it",
        done: "It is added to the case.",
        of_case: true,
        ..PLAIN
    },
    OrderForm {
        name: "assign",
        order: &[("order", "assign")],
        title: "Give the case to somebody else",
        fields: &[STAFF],
        done: "Somebody else works on it now.",
        of_case: true,
        ..PLAIN
    },
    OrderForm {
        name: "decide",
        group: Group::Decide,
        order: &[("order", "decide")],
        title: "Decide",
        lead: &["A Data Protection Officer advises. Who decides against a person is written down."],
        fields: &[
            one("verdict", "What is decided?", words::VERDICTS),
            any(
                "grounds",
                "On which grounds is the rest refused?",
                words::GROUNDS,
            ),
            one("decided_by", "Who decided?", words::DECIDERS),
        ],
        done: "The decision is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "close",
        group: Group::Tell,
        order: &[("order", "close")],
        title: "Close the request",
        lead: &["Only a person closes a request. Silence alone does not."],
        fields: &[
            one("ending", "How did it end?", words::ENDINGS),
            day("on", "When was it answered, or when did it end?"),
            Asked {
                missing: "",
                ..one(
                    "means",
                    "How did the answer reach them? (if there was one)",
                    words::MEANS_IF_ANY,
                )
            },
            any("parts", "What is in the answer?", words::PARTS),
            Asked {
                missing: "",
                ..one("late", "Why is it late? (only if it is)", words::LATE)
            },
            Asked {
                name: "duplicate_of",
                label: "Which case is it the same as? (only for a duplicate)",
                hint: "Its reference, such as C-2026-0042.",
                kind: Kind::Line,
                missing: "",
            },
        ],
        button: "Close the request",
        done: "The request is closed.",
        ..PLAIN
    },
    OrderForm {
        name: "reopen",
        group: Group::Tell,
        order: &[("order", "reopen")],
        title: "Open the request again",
        fields: &[one("reason", "Why?", words::REOPENING)],
        button: "Open it again",
        done: "The request is open again.",
        ..PLAIN
    },
    OrderForm {
        name: "acknowledge",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "acknowledged")],
        title: "The complaint was acknowledged",
        lead: &[
            "Within 30 days of its receipt. An outcome within 30 days acknowledges it as well.",
        ],
        fields: &[day("on", "When did you acknowledge it?")],
        done: "The acknowledgement is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "looked-into",
        group: Group::Do,
        order: &[("order", "step"), ("step", "investigated")],
        title: "The complaint is being looked into",
        done: "It is recorded that you look into it.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "progress-told",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "progress_told")],
        title: "You told the person how far it is",
        fields: &[day("on", "When did you tell them?")],
        done: "It is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "outcome",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "outcome_told")],
        title: "You told the person the outcome",
        fields: &[
            day("on", "When did you tell them?"),
            one("outcome", "What is the outcome?", words::OUTCOMES),
        ],
        done: "The outcome is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "went-to-commissioner",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "taken_to_commissioner")],
        title: "The person went to the Information Commissioner",
        fields: &[Asked {
            name: "reference",
            label: "The Commissioner’s reference (if you have it)",
            hint: "Letters, digits, hyphens and slashes",
            kind: Kind::Line,
            missing: "",
        }],
        done: "It is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "accurate",
        group: Group::Decide,
        order: &[("order", "step"), ("step", "found_accurate")],
        title: "The data is accurate",
        lead: &["Say so to the person, and offer to attach a statement of theirs."],
        done: "It is recorded. Offer a statement.",
        kinds: &["rectification"],
        ..PLAIN
    },
    OrderForm {
        name: "recipients-told",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "recipients_told")],
        title: "Everybody who had the data was told",
        done: "It is recorded.",
        kinds: &["rectification"],
        ..PLAIN
    },
    OrderForm {
        name: "handed-over",
        group: Group::Tell,
        order: &[("order", "step"), ("step", "handed_over")],
        title: "The copy was handed over",
        lead: &["Send the link by one channel and the code by another."],
        fields: &[one("means", "How?", words::MEANS)],
        done: "It is recorded how the copy went out.",
        kinds: &["access", "portability"],
        ..PLAIN
    },
    OrderForm {
        name: "stop-marketing",
        order: &[("order", "stop_marketing")],
        group: Group::Do,
        title: "Stop newsletters and marketing",
        lead: &[
            "It stops at once, and nobody decides on it. Whoever sends the newsletter is told within 28 days. Find the person \
             first, by their email address.",
        ],
        button: "Stop it",
        done: "Newsletters and marketing are stopped.",
        kinds: &["objection", "unsubscribe"],
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "",
            names: true,
        }),
        ..PLAIN
    },
    OrderForm {
        name: "uphold",
        order: &[("order", "step"), ("step", "upheld"), ("then", "erased")],
        group: Group::Decide,
        title: "Uphold the objection",
        lead: &["Then plan an erasure, on the ground of Article 17(1)(c)."],
        button: "Uphold it",
        done: "The objection is upheld. Plan the erasure.",
        kinds: &["objection"],
        ..PLAIN
    },
    OrderForm {
        name: "restrict",
        group: Group::Do,
        order: &[("order", "restrict")],
        title: "Restrict their data",
        lead: &[
            "It is stored, and no statistic and no list of comments uses it. The same goes for what arrives later. Every \
             processor is told.",
        ],
        fields: &[one("ground", "On which ground?", words::RESTRICTIONS)],
        button: "Restrict it",
        done: "Their data is restricted.",
        kinds: &["restriction", "objection", "rectification"],
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "",
            names: true,
        }),
        ..PLAIN
    },
    OrderForm {
        name: "notice",
        group: Group::Tell,
        order: &[("order", "notice")],
        title: "You have told the person that it will be lifted",
        lead: &["A restriction may be lifted only after the person was told, Article 18(3)."],
        done: "The notice is recorded. The restriction may be lifted.",
        kinds: &["restriction", "objection", "rectification"],
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "",
            names: false,
        }),
        ..PLAIN
    },
    OrderForm {
        name: "lift-restriction",
        group: Group::Do,
        order: &[("order", "unrestrict")],
        title: "Lift the restriction",
        fields: &[one("reason", "Why?", words::LIFTINGS)],
        button: "Lift it",
        done: "The restriction is lifted.",
        kinds: &["restriction", "objection", "rectification"],
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "",
            names: false,
        }),
        ..PLAIN
    },
    OrderForm {
        name: "hold",
        group: Group::Do,
        order: &[("order", "hold")],
        title: "Put their data on hold",
        lead: &[
            "Nothing of theirs is deleted until the hold is lifted, whatever its date, and what arrives later is held too. \
             No erasure is approved meanwhile.",
        ],
        fields: &[one("ground", "On which ground?", words::HOLDS)],
        button: "Put it on hold",
        done: "Their data is on hold.",
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "hold",
            names: true,
        }),
        ..PLAIN
    },
    OrderForm {
        name: "lift-hold",
        group: Group::Do,
        order: &[("order", "lift")],
        title: "Lift the hold",
        lead: &["What is past its date is deleted at once."],
        fields: &[one("reason", "Why?", words::LIFTINGS)],
        button: "Lift the hold",
        look: Look::Warning,
        done: "The hold is lifted.",
        takes_note: false,
        of_person: Some(OfPerson {
            ends: "hold",
            names: false,
        }),
        ..PLAIN
    },
];

/// The form of this name.
pub(crate) fn named(name: &str) -> Option<&'static OrderForm> {
    ALL.iter().find(|form| form.name == name)
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;

    #[test]
    fn every_form_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = ALL.iter().map(|form| form.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
