//! The words of the register's lists, as people read them.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::london;
use custodian_domain::rights::response_deadline::spelt;

/// Values with their labels.
pub(crate) type Choices = &'static [(&'static str, &'static str)];

pub(crate) const KINDS: Choices = &[
    ("access", "A copy of what we hold about them"),
    ("portability", "A copy that they can move elsewhere"),
    ("rectification", "A correction"),
    ("erasure", "Deletion"),
    ("restriction", "That we stop using it, and keep it"),
    ("objection", "They object to our using it"),
    ("unsubscribe", "No more newsletters"),
    ("complaint", "They complain about how we use their data"),
];
pub(crate) const CHANNELS: Choices = &[
    ("letter", "Letter"),
    ("email", "Email"),
    ("telephone", "Telephone"),
    ("in_person", "In person"),
    ("web_form", "Form on a web page"),
    ("social_media", "Social media"),
    (
        "authority",
        "Through another authority, or the Commissioner",
    ),
];
pub(crate) const ASKERS: Choices = &[
    ("person", "The person themselves"),
    ("representative", "Somebody for them, who needs authority"),
];
pub(crate) const DOUBTS: Choices = &[
    (
        "unknown_address",
        "The contact details are not those of the records",
    ),
    ("several_people", "The records may be several people’s"),
    ("unusual", "It is unusual for this person"),
    (
        "sensitive",
        "What we would disclose could harm them if it went astray",
    ),
];
pub(crate) const FEES: Choices = &[
    ("unfounded", "The request is manifestly unfounded"),
    ("excessive", "The request is manifestly excessive"),
];
pub(crate) const PROOFS: Choices = &[
    (
        "code_sent",
        "A code that was sent to the address on the record",
    ),
    ("photo_document", "A document with a photograph"),
    ("address_document", "A document with an address"),
    ("answers", "Answers to questions about the records"),
    ("known", "A member of staff knows the person"),
    ("signed_authority", "A signed authority"),
    ("power_of_attorney", "A power of attorney, or a court order"),
    ("payment", "The fee"),
];
pub(crate) const FAULTS: Choices = &[
    ("does_not_match", "It does not match the records"),
    ("unreadable", "It cannot be read"),
    ("expired", "It has expired"),
    ("incomplete", "Something is missing"),
];
pub(crate) const EXTENSIONS: Choices = &[
    ("complex", "The request is complex"),
    (
        "number_of_requests",
        "The person has made a number of requests",
    ),
];
pub(crate) const RECEIPTS: Choices = &[
    (
        "received_elsewhere",
        "It reached somebody else at the council earlier",
    ),
    ("entered_wrongly", "The date was entered wrongly"),
];
pub(crate) const VERDICTS: Choices = &[
    ("granted", "All of it is granted"),
    ("partly", "Part of it is granted"),
    ("refused", "None of it is granted"),
];
pub(crate) const GROUNDS: Choices = &[
    ("unfounded", "Manifestly unfounded, Article 12(5)"),
    ("excessive", "Manifestly excessive, Article 12(5)"),
    ("rights_of_others", "The rights of others, Article 15(4)"),
    ("exemption", "An exemption of the Data Protection Act 2018"),
    (
        "free_expression",
        "Free expression and information, Article 17(3)(a)",
    ),
    (
        "public_task",
        "A legal obligation or a public task, Article 17(3)(b)",
    ),
    (
        "research",
        "Archiving, research or statistics, Article 17(3)(d)",
    ),
    ("legal_claims", "Legal claims, Article 17(3)(e)"),
    ("accurate", "The data is accurate, Article 16"),
    (
        "compelling_grounds",
        "Compelling legitimate grounds, Article 21(1)",
    ),
    ("right_does_not_apply", "The right does not apply here"),
    (
        "not_identified",
        "The person could not be identified, Article 11(2)",
    ),
];
pub(crate) const DECIDERS: Choices = &[
    ("dpo", "The Data Protection Officer"),
    (
        "service_owner",
        "Whoever owns the service that has the data",
    ),
    ("legal", "Legal services"),
    ("risk_owner", "The senior information risk owner"),
];
pub(crate) const PARTS: Choices = &[
    ("address_checked", "The address was checked"),
    (
        "supplementary_information",
        "The supplementary information of Article 15",
    ),
    ("reasons", "The reasons"),
    ("complaint_to_us", "That they may complain to us"),
    (
        "commissioner",
        "That they may complain to the Information Commissioner",
    ),
    ("court", "That they may go to court"),
    ("backups_clear", "The day on which backups are clear"),
];
pub(crate) const MEANS: Choices = &[
    ("link", "A link that they open"),
    ("post", "Post"),
    ("email", "Email"),
    ("collected", "They collected it"),
    ("spoken", "By telephone, or in person"),
];
pub(crate) const MEANS_IF_ANY: Choices = &[
    ("", "It was not an answer, or newsletters were stopped"),
    ("link", "A link that they open"),
    ("post", "Post"),
    ("email", "Email"),
    ("collected", "They collected it"),
    ("spoken", "By telephone, or in person"),
];
pub(crate) const ENDINGS: Choices = &[
    ("fulfilled", "Answered, and all done"),
    ("partly", "Answered, and part of it done"),
    ("nothing_held", "Answered: we hold nothing"),
    ("refused", "Answered, and refused"),
    ("lapsed", "The person did not reply for about a month"),
    ("withdrawn", "The person withdrew it"),
    ("died", "The person has died"),
    ("duplicate", "It is the same as another case"),
    ("not_a_request", "It was no request"),
];
pub(crate) const LATE: Choices = &[
    ("passed_on_late", "It reached us late"),
    ("slow_search", "A service was slow to search"),
    ("slow_processor", "A processor was slow"),
    ("review", "The review before the release took long"),
    ("staffing", "Staff were missing"),
    ("systems", "Something did not work"),
    (
        "registered_late",
        "It was registered late, or its date was corrected",
    ),
];
pub(crate) const REOPENING: Choices = &[
    ("person_replied", "The person came back"),
    ("missed", "Something was missed"),
    ("mistake", "It was closed by mistake"),
    (
        "complaint_upheld",
        "A complaint about the answer was upheld",
    ),
];
pub(crate) const RESTRICTIONS: Choices = &[
    ("18(1)(a)", "Its accuracy is checked, Article 18(1)(a)"),
    (
        "18(1)(b)",
        "It is used unlawfully, and they oppose erasure, Article 18(1)(b)",
    ),
    (
        "18(1)(c)",
        "They need it for a legal claim, Article 18(1)(c)",
    ),
    (
        "18(1)(d)",
        "They object, and it is weighed, Article 18(1)(d)",
    ),
];
pub(crate) const HOLDS: Choices = &[
    ("legal_claim", "A legal claim, Article 17(3)(e)"),
    ("open_request", "A request of theirs is open"),
];
pub(crate) const LIFTINGS: Choices = &[
    ("settled", "What it waited for is decided"),
    ("withdrawn", "They no longer want it"),
    ("mistake", "It was a mistake"),
];
pub(crate) const LETTERS: Choices = &[
    ("acknowledge", "The request has arrived"),
    ("identity", "Ask for proof of identity"),
    ("authority", "Ask for authority"),
    ("fee", "Ask for a fee"),
    ("question", "Ask what the person means"),
    ("extension", "The time is extended"),
    ("answer", "The answer"),
    ("nothing_held", "We hold nothing"),
    ("refusal", "It is refused"),
    ("erased", "The erasure is done"),
    ("restricted", "Their data is restricted"),
    ("lifting", "The restriction will be lifted"),
    ("newsletter_ended", "Newsletters have ended"),
    ("complaint_acknowledged", "The complaint has arrived"),
    ("complaint_outcome", "The outcome of the complaint"),
];
pub(crate) const OUTCOMES: Choices = &[
    ("upheld", "It was upheld"),
    ("partly", "Part of it was upheld"),
    ("not_upheld", "It was not upheld"),
];

/// Short names of what people ask for.
const SHORT: Choices = &[
    ("access", "Access"),
    ("portability", "Portability"),
    ("rectification", "Correction"),
    ("erasure", "Erasure"),
    ("restriction", "Restriction"),
    ("objection", "Objection"),
    ("unsubscribe", "Newsletter"),
    ("complaint", "Complaint"),
];

/// The label of a value; a value that is not in the list in plain words.
pub(crate) fn label(choices: Choices, value: &str) -> String {
    let known = choices.iter().find(|(known, _)| *known == value);
    known.map_or_else(|| plain(value), |(_, label)| (*label).to_owned())
}

/// The short name of what somebody asks for.
pub(crate) fn kind(kind: &str) -> String {
    label(SHORT, kind)
}

/// A word of the register in plain words: `waiting_identity` is "Waiting identity".
pub(crate) fn plain(word: &str) -> String {
    sentence(&word.replace('-', " "))
}

/// What an order said, as a sentence: with a capital, and without the underscores of fields. What
/// it quotes, a reference or a form of a date, stays as it is.
pub(crate) fn sentence(words: &str) -> String {
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A day as people read it: Friday 27 November 2026. What is not a day is said as it is.
pub(crate) fn day(text: &str) -> String {
    let date = text.parse::<NaiveDate>();
    date.map_or_else(|_| text.to_owned(), |date| spelt(date).to_string())
}

/// An instant as people in London read it: 27 November 2026, 10:31.
pub(crate) fn time(text: &str) -> String {
    let instant = text.parse::<DateTime<Utc>>();
    instant.map_or_else(|_| text.to_owned(), at)
}

/// The same of an instant.
pub(crate) fn at(instant: DateTime<Utc>) -> String {
    london::time(instant).format("%-d %B %Y, %H:%M").to_string()
}

/// A masked identifier, as it can be read aloud: `r•••@example.org` is "r, hidden, at
/// example.org".
pub(crate) fn masked(text: &str) -> String {
    match text.split_once('•') {
        Some((begins, rest)) => {
            let ends = rest.trim_start_matches('•').replace('@', "at ");
            let begins = if begins.is_empty() {
                String::new()
            } else {
                format!("begins {begins}, ")
            };
            format!("{begins}hidden, ends {ends}").replace("ends at ", "at ")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use custodian_domain::rights::register::Listed;
    use custodian_domain::rights::register::lists;

    fn same<T: Listed>(choices: Choices) {
        let mut ours: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
        let mut theirs: Vec<&str> = T::ALL.iter().map(|one| one.as_str()).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn every_word_of_the_register_has_a_label() {
        same::<lists::RequestKind>(KINDS);
        same::<lists::RequestKind>(SHORT);
        same::<lists::ReceiptChannel>(CHANNELS);
        same::<lists::Asker>(ASKERS);
        same::<lists::IdentityDoubt>(DOUBTS);
        same::<lists::FeeReason>(FEES);
        same::<lists::ProofSeen>(PROOFS);
        same::<lists::ProofFault>(FAULTS);
        same::<lists::ExtensionReason>(EXTENSIONS);
        same::<lists::ReceiptReason>(RECEIPTS);
        same::<lists::Verdict>(VERDICTS);
        same::<lists::RefusalGround>(GROUNDS);
        same::<lists::Decider>(DECIDERS);
        same::<lists::AnswerPart>(PARTS);
        same::<lists::AnswerMeans>(MEANS);
        same::<lists::Ending>(ENDINGS);
        same::<lists::LateReason>(LATE);
        same::<lists::ReopeningReason>(REOPENING);
        same::<lists::LetterKind>(LETTERS);
        same::<lists::ComplaintOutcome>(OUTCOMES);
    }

    #[test]
    fn days_and_times_are_spoken() {
        assert_eq!(day("2026-11-27"), "Friday 27 November 2026");
        assert_eq!(day("none"), "none");
        assert_eq!(time("2026-07-01T09:30:00Z"), "1 July 2026, 10:30");
        assert_eq!(plain("waiting_identity"), "Waiting identity");
        assert_eq!(
            sentence("case_id must be like C-2026-0042"),
            "Case id must be like C-2026-0042"
        );
    }

    #[test]
    fn a_masked_identifier_can_be_read_aloud() {
        assert_eq!(
            masked("r•••@example.org"),
            "begins r, hidden, at example.org"
        );
        assert_eq!(masked("•••142"), "hidden, ends 142");
        assert_eq!(masked("K7M2PX9T"), "K7M2PX9T");
    }
}
