use super::{Fields, Nature, Value};
use crate::identity::contact::Contact;
use crate::record::RecordBody;
use crate::record::revision::Revision;
use crate::record::satisfaction::Satisfaction;
use crate::record::source_details::{
    Channel, Complaint, ComplaintKind, Interaction, Interview, Leg, Post, Review, SourceDetails,
    Speaker, TelephoneDetails, Turn, WebForm,
};
use crate::rights::complaint::Stage;
use crate::rights::complaint_deadlines::ComplaintDeadlines;
use crate::rights::package::PackageKind;
use crate::rights::subscription::{Consent, List};
use crate::survey::Survey;
use crate::survey::answers::Answer;
use crate::survey::words::Words;
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const AT: &str = "2026-10-12T08:00:12Z";

fn at() -> DateTime<Utc> {
    AT.parse().unwrap()
}

/// A record with everything that a source can say.
fn told(particulars: SourceDetails) -> RecordBody {
    let name = Some("Priya Nair".to_owned());
    RecordBody {
        contact: Contact {
            name,
            reference: Some("UCRN-1".to_owned()),
            ..Contact::default()
        },
        satisfaction: Satisfaction::try_from(2).ok(),
        answers: BTreeMap::from([("comment".to_owned(), Answer::Text("Quick.".to_owned()))]),
        newsletter: Some(true),
        consents: vec![Consent {
            to: List::Newsletter,
            given_at: at(),
            notice_version: "2026-11".to_owned(),
        }],
        survey: Some("post-call".to_owned()),
        service: Some("waste".to_owned()),
        journey: Some("dispose-of-waste".to_owned()),
        stage: Some("visit".to_owned()),
        ..RecordBody::from_source("1", at(), Revision::updated(at()), particulars)
    }
}

fn spoken(from: Speaker, text: &str) -> Turn {
    Turn {
        from,
        at: at(),
        text: text.to_owned(),
    }
}

fn chat() -> SourceDetails {
    SourceDetails::Support(Interaction {
        channel: Channel::Chat,
        ended_at: Some(at()),
        topic: Some("Moving house".to_owned()),
        outcome: Some("Passed to Jo Bloggs and Mrs Day".to_owned()),
        transcript: vec![
            spoken(Speaker::Customer, "I am moving. Mrs Day told me to ask."),
            spoken(
                Speaker::Agent,
                "Hello Mrs Nair, I am Jo Bloggs. Mrs Day can help.",
            ),
            spoken(Speaker::Customer, "Thank you, Jo."),
        ],
    })
}

fn interview() -> SourceDetails {
    let notes =
        Some("Mrs Nair felt rushed; her neighbour (Mrs Day) explained the letter.".to_owned());
    SourceDetails::Interviews(Interview {
        notes,
        themes: vec!["letters".to_owned()],
    })
}

/// The names of the facts of each nature that only this source has.
fn own(particulars: &SourceDetails) -> [Vec<&'static str>; 4] {
    let (whole, plain) = (told(particulars.clone()), told(SourceDetails::default()));
    let common: Vec<&str> = plain
        .facts(&Words::Others)
        .iter()
        .map(|fact| fact.name)
        .collect();
    let facts = whole.facts(&Words::Others);
    let of = |nature| {
        facts
            .iter()
            .filter(move |it| it.nature == nature)
            .map(|it| it.name)
    };
    Nature::ALL.map(|nature| of(nature).filter(|name| !common.contains(name)).collect())
}

fn fields(details: &RecordBody, nature: Nature) -> Json {
    json!(Fields(&details.facts(&Words::Others), nature))
}

#[test]
fn what_every_record_tells_is_provided_or_observed_except_its_journey() {
    let details = told(SourceDetails::default());
    let names = |nature| {
        fields(&details, nature)
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(Nature::Provided),
        [
            "answers",
            "contact",
            "newsletter",
            "newsletter_basis",
            "newsletter_consent_at",
            "newsletter_notice_version",
            "satisfaction"
        ]
    );
    assert_eq!(
        names(Nature::Observed),
        ["collected_at", "service", "source_id", "survey"]
    );
    assert_eq!(names(Nature::Inferred), ["journey", "stage"]);
    assert!(names(Nature::Others).is_empty());
}

#[test]
fn what_only_one_source_tells_has_a_nature_too() {
    let leg = Leg {
        at: at(),
        campaign: None,
        skill: None,
        outcome: None,
        seconds: Some(1),
        service: None,
    };
    let call = TelephoneDetails {
        legs: vec![leg],
        answered_at: Some(at()),
        named_at: Some(at()),
        ..TelephoneDetails::default()
    };
    let review = Review {
        stars: Some(4),
        location: "Library".to_owned(),
        updated_at: at(),
    };
    let post = Post {
        network: "x".to_owned(),
        url: Some("https://x.example/1".to_owned()),
        sentiment: Some("negative".to_owned()),
    };
    let day = Some("2026-10-19".parse().unwrap());
    let complaint = Complaint {
        kind: ComplaintKind::Complaint,
        stage: Some(Stage::One),
        outcome: Some("upheld".to_owned()),
        acknowledged_at: Some(at()),
        closed_at: Some(at()),
        clocks: Some(ComplaintDeadlines {
            acknowledge_by: day,
            answer_by: day,
        }),
    };
    let none = Vec::<&str>::new;
    let form = SourceDetails::WebForm(WebForm {
        form_version: Some(7),
    });
    assert_eq!(own(&form), [none(), vec!["form_version"], none(), none()]);
    assert_eq!(
        own(&SourceDetails::Telephone(call)),
        [
            none(),
            vec!["legs", "answered_at", "named_at"],
            none(),
            none()
        ]
    );
    assert_eq!(
        own(&SourceDetails::Reviews(review)),
        [
            vec!["stars"],
            vec!["location", "updated_at"],
            none(),
            none()
        ]
    );
    assert_eq!(
        own(&SourceDetails::Social(post)),
        [none(), vec!["network", "url"], vec!["sentiment"], none()]
    );
    assert_eq!(
        own(&interview()),
        [none(), vec!["notes"], vec!["themes"], none()]
    );
    let noted = vec!["channel", "ended_at", "topic", "outcome"];
    assert_eq!(
        own(&chat()),
        [vec!["transcript"], noted, none(), vec!["transcript"]]
    );
    let noted = [
        "kind",
        "complaint_stage",
        "acknowledge_by",
        "acknowledged_at",
        "answer_by",
        "closed_at",
        "outcome",
    ];
    assert_eq!(
        own(&SourceDetails::Complaints(complaint)),
        [none(), noted.to_vec(), none(), none()]
    );
}

#[test]
fn portability_carries_what_is_the_person_s_own() {
    let carried = Nature::ALL.map(|nature| nature.is_in(PackageKind::Portability));
    assert_eq!(carried, [true, true, false, false]);
    assert!(
        Nature::ALL
            .iter()
            .all(|nature| nature.is_in(PackageKind::Access))
    );
}

#[test]
fn staff_and_others_are_not_named_and_the_person_is() {
    let details = told(chat());
    let own = fields(&details, Nature::Provided);
    assert_eq!(
        own["transcript"][0]["text"], "I am moving. Mrs Day told me to ask.",
        "the person's own words"
    );
    assert_eq!(
        own["transcript"][1],
        json!({"from": "customer", "at": AT, "text": "Thank you, [name removed]."})
    );
    let said = "Hello Mrs Nair, I am [name removed]. [name removed] can help.";
    assert_eq!(
        fields(&details, Nature::Others)["transcript"],
        json!([{"from": "agent", "at": AT, "text": said}])
    );
    let observed = fields(&details, Nature::Observed);
    assert_eq!(
        observed["outcome"],
        "Passed to [name removed] and [name removed]"
    );
    let notes = fields(&told(interview()), Nature::Observed)["notes"].clone();
    assert_eq!(
        notes,
        "Mrs Nair felt rushed; her neighbour ([name removed]) explained the letter."
    );
}

#[test]
fn what_was_said_keeps_its_order() {
    let details = told(chat());
    let mut places: Vec<usize> = Vec::new();
    for fact in details.facts(&Words::Others) {
        if let Value::Conversation(talk) = fact.value {
            places.extend(talk.iter().map(|spoken| spoken.place));
        }
    }
    assert_eq!(places, [0, 2, 1]);
}

#[test]
fn a_comment_that_no_question_asked_for_is_what_you_said() {
    let details = told(SourceDetails::default());
    let answers = &fields(&details, Nature::Provided)["answers"];
    assert_eq!(
        answers,
        &json!([{"question": "comment", "label": "What you said", "kind": "textarea", "answer": "Quick."}])
    );
}

/// A form of ours with these answers, whose version nobody knows.
fn of_our_form(answers: &[(&str, Answer)]) -> RecordBody {
    let answers = answers
        .iter()
        .map(|(id, answer)| ((*id).to_owned(), answer.clone()))
        .collect();
    let survey = Some("bins".to_owned());
    RecordBody {
        source_id: None,
        survey,
        answers,
        newsletter: Some(true),
        ..told(SourceDetails::default())
    }
}

fn survey(questions: &Json) -> Arc<Survey> {
    let document = json!({"id": "bins", "title": "Your bins", "service": "waste", "lawful_basis": "public_task",
        "notice_version": "1", "questions": questions});
    Arc::new(Survey::parse(&document.to_string()).unwrap())
}

fn question(id: &str, label: &str, kind: &str) -> Json {
    json!({"id": id, "label": label, "kind": kind, "required": false, "purpose": "answer"})
}

#[test]
fn answers_are_told_in_the_order_in_which_they_were_asked_and_in_those_words() {
    let details = of_our_form(&[
        ("a", Answer::Text("2026-03-29".to_owned())),
        ("b", Answer::Number(4.0)),
        ("c", Answer::Text("Staff were kind.".to_owned())),
        ("z", Answer::Choices(vec!["Glass, plastic".to_owned()])),
    ]);
    let newsletter = json!({"id": "n", "label": "Send me news", "kind": "yes_no", "required": false, "purpose": "newsletter"});
    let questions = [
        question("c", "Did staff help you?", "textarea"),
        question("b", "How satisfied were you?", "satisfaction"),
        newsletter,
        question("a", "When did you call?", "date"),
    ];
    let words = Words::Asked(survey(&json!(questions)));
    let facts = details.facts(&words);
    let provided = json!(Fields(&facts, Nature::Provided));
    assert_eq!(
        provided["answers"],
        json!([
            {"question": "c", "label": "Did staff help you?", "kind": "textarea", "answer": "Staff were kind."},
            {"question": "b", "label": "How satisfied were you?", "kind": "satisfaction", "answer": 4},
            {"question": "a", "label": "When did you call?", "kind": "date", "answer": "2026-03-29"},
            {"question": "z", "label": "z", "kind": "choices", "answer": ["Glass, plastic"]},
        ])
    );
    let observed = json!(Fields(&facts, Nature::Observed));
    assert_eq!(observed["survey_title"], "Your bins");
    assert_eq!(observed["wording"], "as_asked");
    assert_eq!(observed["newsletter_question"], "Send me news");
}

#[test]
fn words_that_nobody_noted_are_said_to_be_so_and_never_stand_above_an_answer_that_they_cannot_have()
{
    let details = of_our_form(&[
        ("a", Answer::YesNo(true)),
        ("b", Answer::Text("Never".to_owned())),
    ]);
    let choice = json!({"id": "b", "label": "How often?", "kind": "choice", "required": false, "purpose": "answer",
        "options": ["Daily", "Weekly"]});
    let words = Words::Earliest(survey(&json!([
        question("a", "Did staff help you?", "yes_no"),
        choice
    ])));
    let facts = details.facts(&words);
    let labels: Vec<Json> = json!(Fields(&facts, Nature::Provided))["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answered| answered["label"].clone())
        .collect();
    assert_eq!(labels, ["Did staff help you?", "b"]);
    assert_eq!(
        json!(Fields(&facts, Nature::Observed))["wording"],
        "earliest_known"
    );
    let observed = json!(Fields(&details.facts(&Words::Gone), Nature::Observed));
    assert_eq!(
        (&observed["wording"], &observed["survey_title"]),
        (&json!("not_known"), &Json::Null)
    );
}

#[test]
fn debugging_shows_no_value() {
    let details = told(chat());
    assert!(!format!("{:?}", details.facts(&Words::Others)).contains("moving"));
}

#[test]
fn a_note_that_somebody_joined_names_no_staff() {
    let transcript = vec![
        spoken(Speaker::System, "Priya joined"),
        spoken(Speaker::System, "Agent Jo Bloggs has joined the chat"),
        spoken(Speaker::Bot, "You are through to Jo Bloggs"),
        spoken(Speaker::Customer, "Hello Jo"),
    ];
    let chat = Interaction {
        channel: Channel::Chat,
        ended_at: None,
        topic: None,
        outcome: None,
        transcript,
    };
    let mut details = RecordBody::from_source(
        "CHAT-1",
        at(),
        Revision::updated(at()),
        SourceDetails::Support(chat),
    );
    details.contact.name = Some("Priya Nair".to_owned());
    let facts = details.facts(&Words::Others);
    let told: Vec<(Nature, String)> = facts
        .iter()
        .filter_map(|fact| match &fact.value {
            Value::Conversation(talk) => Some(
                talk.iter()
                    .map(|spoken| (fact.nature, spoken.text.to_string()))
                    .collect::<Vec<_>>(),
            ),
            _ => None,
        })
        .flatten()
        .collect();
    let text = |nature: Nature, text: &str| (nature, text.to_owned());
    assert_eq!(
        told,
        [
            text(Nature::Provided, "Hello [name removed]"),
            text(Nature::Others, "Priya joined"),
            text(Nature::Others, "Agent [name removed] has joined the chat"),
            text(Nature::Others, "You are through to [name removed]"),
        ]
    );
}

#[test]
fn a_whole_number_is_told_without_a_fraction() {
    let told = |number: f64| {
        let answer = Answer::Number(number);
        let answered = super::Answered {
            question: "q",
            label: "q",
            kind: super::QuestionKind::Number,
            answer: std::borrow::Cow::Borrowed(&answer),
        };
        serde_json::to_value(&answered).unwrap()["answer"].to_string()
    };
    for (number, expected) in [
        (4.0, "4"),
        (-3.0, "-3"),
        (0.0, "0"),
        (4.5, "4.5"),
        (1e300, "1e300"),
    ] {
        assert_eq!(told(number).replace("e+", "e"), expected);
    }
}
