//! The table of the forms about a case.

use crate::order_form::{Asked, Kind, OrderForm};
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
    of_case: false,
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
        order: &[("order", "authority")],
        title: "Ask for authority",
        lead: &["Somebody who asks for another person needs their authority."],
        fields: &[day("on", "When did you ask?")],
        done: "You have asked for authority. The clock waits.",
        ..PLAIN
    },
    OrderForm {
        name: "authority-seen",
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
        order: &[("order", "fee")],
        title: "The fee was paid",
        fields: &[day("on", "When was it paid?")],
        done: "The payment is recorded.",
        ..PLAIN
    },
    OrderForm {
        name: "ask-what-is-meant",
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
                    words::MEANS,
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
        order: &[("order", "reopen")],
        title: "Open the request again",
        fields: &[one("reason", "Why?", words::REOPENING)],
        button: "Open it again",
        done: "The request is open again.",
        ..PLAIN
    },
    OrderForm {
        name: "acknowledge",
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
        order: &[("order", "step"), ("step", "investigated")],
        title: "The complaint is being looked into",
        done: "It is recorded that you look into it.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "progress-told",
        order: &[("order", "step"), ("step", "progress_told")],
        title: "You told the person how far it is",
        fields: &[day("on", "When did you tell them?")],
        done: "It is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "outcome",
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
        order: &[("order", "step"), ("step", "taken_to_commissioner")],
        title: "The person went to the Information Commissioner",
        done: "It is recorded.",
        kinds: &["complaint"],
        ..PLAIN
    },
    OrderForm {
        name: "accurate",
        order: &[("order", "step"), ("step", "found_accurate")],
        title: "The data is accurate",
        lead: &["Say so to the person, and offer to attach a statement of theirs."],
        done: "It is recorded. Offer a statement.",
        kinds: &["rectification"],
        ..PLAIN
    },
    OrderForm {
        name: "recipients-told",
        order: &[("order", "step"), ("step", "recipients_told")],
        title: "Everybody who had the data was told",
        done: "It is recorded.",
        kinds: &["rectification"],
        ..PLAIN
    },
    OrderForm {
        name: "handed-over",
        order: &[("order", "step"), ("step", "handed_over")],
        title: "The copy was handed over",
        lead: &["Send the link by one channel and the code by another."],
        fields: &[one("means", "How?", words::MEANS)],
        done: "It is recorded how the copy went out.",
        kinds: &["access", "portability"],
        ..PLAIN
    },
    OrderForm {
        name: "notice",
        order: &[("order", "step"), ("step", "notice_given")],
        title: "You told the person before lifting",
        lead: &["A restriction may be lifted only after the person was told, Article 18(3)."],
        fields: &[day("on", "When did you tell them?")],
        done: "The notice is recorded. The restriction may be lifted.",
        kinds: &["restriction", "objection"],
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
