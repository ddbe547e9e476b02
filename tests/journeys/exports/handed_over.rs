//! Records from sources other than the council's own forms, put straight into the intake.

use crate::house::{House, at};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::RecordBody;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::record::source_details::{
    Channel, Complaint, ComplaintKind, Interaction, Interview, Leg, Post, Review, SourceDetails,
    Speaker, TelephoneDetails, Turn, WebForm,
};
use custodian_domain::record::source_record::SourceRecord;
use custodian_domain::rights::complaint::Stage;
use custodian_domain::rights::complaint_deadlines::ComplaintDeadlines;
use custodian_domain::survey::LawfulBasis;
use custodian_domain::survey::answers::Answer;
use custodian_rights::intake::{Intake, IntakeOutcome};
use custodian_runtime::secret;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use std::collections::BTreeMap;

/// When the call began.
pub const CALLED: &str = "2026-10-12T08:00:12Z";

/// Somebody with an email address, a telephone number, or both.
pub fn contact(name: &str, email: Option<&str>, phone: Option<&str>) -> Contact {
    Contact {
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        ..named(name)
    }
}

/// Somebody whom only another system knows.
pub fn known_as(reference: &str) -> Contact {
    Contact {
        reference: Some(reference.to_owned()),
        ..Contact::default()
    }
}

fn named(name: &str) -> Contact {
    Contact {
        name: Some(name.to_owned()),
        ..Contact::default()
    }
}

/// Takes in new records.
pub async fn hand_over(house: &House, told: Vec<RecordBody>) {
    let host = house.stack.host("erase").unwrap();
    let (dynamodb, register) = (
        custodian_store::client(&host.dynamodb()),
        house.setting("REGISTER_TABLE"),
    );
    let intake = Intake {
        records: Records::new(dynamodb.clone(), house.setting("RECORDS_TABLE")),
        suppressions: Suppressions::new(dynamodb.clone(), register),
        ledger: Ledger::new(dynamodb, house.setting("LEDGER_TABLE")),
        keys: secret::subject_keys(&host).await.unwrap(),
    };
    let taken = intake
        .take(
            told.into_iter().map(arrival).collect(),
            house.stack.clock().now(),
        )
        .await
        .unwrap();
    assert!(
        taken.iter().all(|one| *one == IntakeOutcome::New),
        "{taken:?}"
    );
}

fn arrival(body: RecordBody) -> SourceRecord {
    SourceRecord::upsert(&body.source_id.clone().unwrap(), body)
}

fn told(
    id: &str,
    when: &str,
    contact: Contact,
    comment: Option<&str>,
    particulars: SourceDetails,
) -> RecordBody {
    let comment = comment.map(|comment| ("comment".to_owned(), Answer::Text(comment.to_owned())));
    let answers = BTreeMap::from_iter(comment);
    let revision = Revision::updated(at(when));
    RecordBody {
        contact,
        answers,
        service: some("council-tax"),
        ..RecordBody::from_source(id, at(when), revision, particulars)
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A form from Granicus.
pub fn form(id: &str, contact: Contact) -> RecordBody {
    let particulars = SourceDetails::WebForm(WebForm {
        form_version: Some(7),
    });
    let comment = "Third time this month.";
    RecordBody {
        survey: some("Report a missed bin"),
        custody: vec![ProcessorCopy::granicus()],
        satisfaction: Satisfaction::try_from(2).ok(),
        ..told(
            id,
            "2026-09-14T10:22:29Z",
            contact,
            Some(comment),
            particulars,
        )
    }
}

/// A call with two legs.
pub fn call(id: &str, contact: Contact) -> RecordBody {
    let leg = |began: &str, campaign: &str, outcome: &str| Leg {
        at: at(began),
        campaign: some(campaign),
        skill: some("Council Tax"),
        outcome: some(outcome),
        seconds: Some(461),
        service: some("council-tax"),
    };
    let later = "2026-10-12T08:04:59Z";
    let legs = vec![
        leg(CALLED, "Council Tax Inbound", "Transferred to Ms Bloggs"),
        leg(later, "Housing Inbound", "Survey complete"),
    ];
    let call = TelephoneDetails {
        legs,
        answered_at: Some(at(later)),
        named_at: Some(at(CALLED)),
        ..TelephoneDetails::default()
    };
    RecordBody {
        survey: some("post-call"),
        custody: vec![ProcessorCopy::five9(at(CALLED))],
        satisfaction: Satisfaction::try_from(5).ok(),
        ..told(
            id,
            CALLED,
            contact,
            Some("Very clear, thank you"),
            SourceDetails::Telephone(call),
        )
    }
}

/// A review on Google.
pub fn review(id: &str, contact: Contact) -> RecordBody {
    let location = "Dorchester Library".to_owned();
    let review = Review {
        stars: Some(4),
        location,
        updated_at: at("2026-05-03T10:00:00Z"),
    };
    told(
        id,
        "2026-05-02T10:00:00Z",
        contact,
        Some("Lovely building."),
        SourceDetails::Reviews(review),
    )
}

/// A post on a social network.
pub fn post(id: &str, contact: Contact) -> RecordBody {
    let url = some("https://x.example/9911");
    let post = Post {
        network: "x".to_owned(),
        url,
        sentiment: some("negative"),
    };
    told(
        id,
        "2026-09-02T20:15:00Z",
        contact,
        Some("Bins. Again."),
        SourceDetails::Social(post),
    )
}

/// An interview with consent.
pub fn interview(id: &str, contact: Contact) -> RecordBody {
    let notes =
        some("Felt rushed in the assessment; her neighbour (Mrs Day) had to explain the letter.");
    let themes = vec!["letters".to_owned(), "waiting".to_owned()];
    RecordBody {
        journey: some("get-care-at-home"),
        stage: some("assessment"),
        satisfaction: Satisfaction::try_from(2).ok(),
        lawful_basis: LawfulBasis::Consent,
        ..told(
            id,
            "2026-08-11T12:30:00Z",
            contact,
            None,
            SourceDetails::Interviews(Interview { notes, themes }),
        )
    }
}

/// A chat in which staff give their name.
pub fn chat(id: &str, contact: Contact) -> RecordBody {
    let turn = |from, when: &str, text: &str| Turn {
        from,
        at: at(when),
        text: text.to_owned(),
    };
    let transcript = vec![
        turn(
            Speaker::Customer,
            "2026-09-21T09:12:00Z",
            "I am moving on Friday",
        ),
        turn(
            Speaker::Agent,
            "2026-09-21T09:12:40Z",
            "Hello Priya, I am Jo Bloggs, I can help",
        ),
        turn(
            Speaker::Customer,
            "2026-09-21T09:13:05Z",
            "Thank you Jo, what do you need?",
        ),
        turn(
            Speaker::Agent,
            "2026-09-21T09:13:50Z",
            "Your new address.\nMrs Day from Council Tax will write to you.",
        ),
    ];
    let chat = Interaction {
        channel: Channel::Chat,
        ended_at: Some(at("2026-09-21T09:20:31Z")),
        topic: some("Moving house"),
        outcome: some("Resolved by Jo Bloggs"),
        transcript,
    };
    RecordBody {
        journey: some("move-home"),
        satisfaction: Satisfaction::try_from(5).ok(),
        ..told(
            id,
            "2026-09-21T09:12:00Z",
            contact,
            None,
            SourceDetails::Support(chat),
        )
    }
}

/// A complaint that was answered.
pub fn complaint(id: &str, contact: Contact) -> RecordBody {
    let (acknowledge_by, answer_by) = ("2026-09-03".parse().ok(), "2026-09-11".parse().ok());
    let complaint = Complaint {
        kind: ComplaintKind::Complaint,
        stage: Some(Stage::One),
        outcome: some("upheld"),
        acknowledged_at: Some(at("2026-08-28T09:00:00Z")),
        closed_at: Some(at("2026-09-10T16:00:00Z")),
        clocks: Some(ComplaintDeadlines {
            acknowledge_by,
            answer_by,
        }),
    };
    told(
        id,
        "2026-08-26T09:00:00Z",
        contact,
        Some("Mould in the bathroom"),
        SourceDetails::Complaints(complaint),
    )
}
