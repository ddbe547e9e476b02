use super::{AnswerRule, Five9, Misfit, Problem, Reader, RowAt, Rule, Violation};
use crate::rows::{Framed, Header, Raw, Rows};
use chrono::{DateTime, Utc};
use custodian_domain::record::RecordBody;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{SourceDetails, Speaker};
use custodian_domain::record::source_record::{SourceChange, SourceRecord, Untimely};
use custodian_domain::survey::answers::Answer;
use proptest::prelude::*;

const FILES: [(Source, &[u8]); 6] = [
    (
        Source::Telephone,
        include_bytes!("../../../../tests/fixtures/intake/telephone/call-survey-2026-10-12.csv"),
    ),
    (
        Source::Reviews,
        include_bytes!("../../../../tests/fixtures/intake/reviews/location-list-2026-05.json"),
    ),
    (
        Source::Social,
        include_bytes!("../../../../tests/fixtures/intake/social/mentions-2026-09.csv"),
    ),
    (
        Source::Interviews,
        include_bytes!("../../../../tests/fixtures/intake/interviews/2026-08.jsonl"),
    ),
    (
        Source::Support,
        include_bytes!("../../../../tests/fixtures/intake/support/2026-09-21.jsonl"),
    ),
    (
        Source::Complaints,
        include_bytes!("../../../../tests/fixtures/intake/complaints/2026-10.csv"),
    ),
];

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn five9() -> Five9 {
    Five9::parse(include_str!("../../../../config/five9.json")).unwrap()
}

/// The result of each row of a file; a row that can't be framed is left out.
fn read(source: Source, file: &[u8]) -> Result<Vec<Result<SourceRecord, Problem>>, Misfit> {
    let five9 = five9();
    let mut rows = Rows::new(super::format(source).unwrap());
    rows.push(file);
    rows.finish();
    let mut read = Vec::new();
    while let Ok(Some(framed)) = rows.next() {
        let reader = Reader::new(source, rows.header(), &five9)?.unwrap();
        if let Framed::Row { raw, row } = framed {
            read.push(reader.read(
                row,
                RowAt {
                    file: now().into(),
                    line: raw.line,
                    now: now(),
                },
            ));
        }
    }
    Ok(read)
}

fn sample(source: Source) -> Vec<Result<SourceRecord, Problem>> {
    let file = FILES.iter().find(|(of, _)| *of == source).unwrap().1;
    read(source, file).unwrap()
}

fn told(record: &Result<SourceRecord, Problem>) -> &RecordBody {
    match record {
        Ok(SourceRecord {
            change: SourceChange::Upsert(details),
            ..
        }) => details,
        other => panic!("{other:?}"),
    }
}

fn refused(record: &Result<SourceRecord, Problem>) -> (&str, Rule) {
    match record {
        Err(Problem::Violation(Violation { field, rule })) => (field, *rule),
        other => panic!("{other:?}"),
    }
}

fn comment(details: &RecordBody) -> &str {
    match details.answers.get("comment") {
        Some(Answer::Text(text)) => text,
        _ => "",
    }
}

#[test]
fn a_call_is_read_with_its_number_its_survey_and_its_length() {
    let calls = sample(Source::Telephone);
    let first = told(&calls[0]);
    assert_eq!(
        first.collected_at.to_rfc3339(),
        "2026-10-12T08:00:12+00:00",
        "nine in London is eight in October"
    );
    assert_eq!(first.source_id.as_deref(), Some("300000002187345"));
    assert_eq!(first.contact.phone.as_deref(), Some("07700900142"));
    assert_eq!(first.contact.name.as_deref(), Some("Priya Nair"));
    assert_eq!(
        (first.service.as_deref(), first.survey.as_deref()),
        (Some("council-tax"), Some("post-call"))
    );
    assert_eq!(first.satisfaction.map(u8::from), Some(5));
    assert_eq!(comment(first), "Very clear, thank you");
    let SourceDetails::Telephone(call) = &first.particulars else {
        panic!()
    };
    assert_eq!(
        (call.legs[0].seconds, call.legs[0].outcome.as_deref()),
        (Some(461), Some("Survey complete"))
    );
    assert!(
        !format!("{}", serde_json::to_value(first).unwrap()).contains("Bloggs"),
        "an agent's name is not kept"
    );
    assert!(comment(told(&calls[2])).contains("\"nobody\" knew,\nthen cut off"));
}

#[test]
fn the_customer_of_an_outbound_call_is_who_was_called() {
    let calls = sample(Source::Telephone);
    assert_eq!(
        told(&calls[3]).contact.phone.as_deref(),
        Some("07700900163")
    );
}

#[test]
fn a_caller_who_withholds_the_number_has_none() {
    let calls = sample(Source::Telephone);
    assert!(told(&calls[4]).contact.is_empty());
    let SourceDetails::Telephone(call) = &told(&calls[6]).particulars else {
        panic!()
    };
    assert_eq!(call.answered_at, None);
}

#[test]
fn an_hour_that_is_there_twice_is_the_earlier_so_that_nothing_is_kept_too_long() {
    assert_eq!(
        told(&sample(Source::Telephone)[6])
            .collected_at
            .to_rfc3339(),
        "2026-10-25T00:30:00+00:00"
    );
}

#[test]
fn a_call_that_breaks_a_rule_is_told_by_its_column() {
    let calls = sample(Source::Telephone);
    assert_eq!(
        refused(&calls[5]),
        ("Survey.Q1 Satisfaction", Rule::Form(AnswerRule::Rating))
    );
    assert_eq!(refused(&calls[7]), ("CALL ID", Rule::Required));
    assert_eq!(refused(&calls[8]), ("TIMESTAMP", Rule::LocalTime));
}

#[test]
fn what_looks_like_a_formula_is_a_text() {
    assert_eq!(
        comment(told(&sample(Source::Telephone)[9])),
        "=HYPERLINK(\"http://evil.example\",\"click\")"
    );
}

#[test]
fn a_report_without_a_column_is_refused_by_its_name() {
    let file = "CALL ID,TIMESTAMP\n1,2\n";
    assert_eq!(
        read(Source::Telephone, file.as_bytes()).unwrap_err(),
        Misfit::Missing("CALL TYPE".to_owned())
    );
}

#[test]
fn a_header_that_does_not_fit_is_told_by_its_real_cause() {
    let (calls, posts) = (first_line(FILES[0].1), first_line(FILES[2].1));
    let unfit = |source, file: &str| read(source, file.as_bytes()).unwrap_err();
    assert_eq!(
        unfit(Source::Social, &format!("{calls}\n1\n")),
        Misfit::OtherSource(Source::Telephone)
    );
    assert_eq!(
        unfit(Source::Complaints, &format!("{posts}\n1\n")),
        Misfit::OtherSource(Source::Social)
    );
    assert_eq!(
        unfit(
            Source::Social,
            &format!("{};sent, when\n1\n", posts.replace(',', ";"))
        ),
        Misfit::Separator
    );
    assert_eq!(
        unfit(Source::Social, &format!("sep=|\n{posts}\n1\n")),
        Misfit::Separator
    );
    assert_eq!(
        unfit(Source::Social, &format!("{posts},Text\n1\n")),
        Misfit::Repeated("text".to_owned())
    );
    let line = |line: &str| Raw {
        line: 3,
        bytes: line.as_bytes().to_vec(),
    };
    let missing = unfit(Source::Social, "Mentions\nFrom September\n");
    assert_eq!(missing, Misfit::Missing("post_id".to_owned()));
    let among = |lines: &[Raw]| missing.clone().among(lines, Source::Social, &five9());
    assert_eq!(
        among(&[line("to October"), line(&posts)]),
        Misfit::TitleLines
    );
    assert_eq!(among(&[line(&posts.replace(',', ";"))]), Misfit::TitleLines);
    assert_eq!(
        among(&[line(&calls)]),
        Misfit::OtherSource(Source::Telephone)
    );
    assert_eq!(among(&[line("to October"), line("\"")]), missing);
    let blank = unfit(Source::Social, "  \n\t\n");
    let among = |lines: &[Raw]| blank.clone().among(lines, Source::Social, &five9());
    assert_eq!(among(&[line(" \t"), line("")]).reason(), ("empty", None));
    assert_eq!(
        among(&[line("to October")]).reason(),
        ("missing_column", Some("post_id".to_owned()))
    );
    let written = |line: &str, separator| {
        Misfit::Separator
            .written(&Header {
                names: vec![line.to_owned()],
                separator,
            })
            .reason()
            .0
    };
    assert_eq!(written(&posts, ','), "quoted_lines");
    assert_eq!(written(&posts.replace(',', ";"), ','), "quoted_lines");
    assert_eq!(
        (written(&posts, '|'), written(&format!("{posts};"), ',')),
        ("wrong_separator", "wrong_separator")
    );
}

fn first_line(file: &[u8]) -> String {
    String::from_utf8_lossy(file)
        .trim_start_matches('\u{feff}')
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn a_review_has_stars_beside_satisfaction_and_a_reviewer_only_if_they_are_named() {
    let reviews = sample(Source::Reviews);
    let first = told(&reviews[0]);
    let SourceDetails::Reviews(review) = &first.particulars else {
        panic!()
    };
    assert_eq!((review.stars, first.satisfaction), (Some(5), None));
    assert_eq!(first.contact.reference.as_deref(), Some("AbFvOq1"));
    assert_eq!(
        first.source_id.as_deref(),
        Some("accounts/1/locations/22/reviews/AbFvOq1")
    );
    assert!(told(&reviews[1]).contact.is_empty());
    let SourceDetails::Reviews(unrated) = &told(&reviews[2]).particulars else {
        panic!()
    };
    assert_eq!(unrated.stars, None);
    assert_eq!(reviews[3], Err(Problem::Untimely(Untimely::TooOld)));
    assert_eq!(
        refused(&reviews[4]),
        ("starRating", Rule::Form(AnswerRule::Rating))
    );
}

#[test]
fn a_deleted_post_is_withdrawn_and_a_time_without_a_zone_refused() {
    let posts = sample(Source::Social);
    assert_eq!(
        told(&posts[1]).contact.reference.as_deref(),
        Some("x:grumpy_of_wareham")
    );
    assert_eq!(refused(&posts[2]), ("posted_at", Rule::NoZone));
    let withdrawn = posts[3].as_ref().unwrap();
    assert!(matches!(withdrawn.change, SourceChange::Withdrawn(_)));
    assert_eq!(withdrawn.id, posts[1].as_ref().unwrap().id);
}

#[test]
fn a_post_is_withdrawn_by_what_a_network_writes_and_by_nothing_that_a_person_does() {
    let read_text = |text: &str| {
        let file = format!(
            "post_id,network,posted_at,handle,text,url,sentiment\n7,x,2026-11-10T09:00:00Z,@a,\"{text}\",,\n"
        );
        read(Source::Social, file.as_bytes())
            .unwrap()
            .remove(0)
            .unwrap()
            .change
    };
    for text in [
        "[deleted]",
        "'[deleted]",
        "\u{200b}[deleted]",
        "=\"\"[deleted]\"\"",
        "\u{a0}[ Removed by Reddit ]",
    ] {
        assert!(
            matches!(read_text(text), SourceChange::Withdrawn(_)),
            "{text}"
        );
    }
    for text in [
        "[deleted by the council, shame on them]",
        "[deleted] they said",
        "\n[removed by hand]",
        "x [deleted]",
    ] {
        assert!(matches!(read_text(text), SourceChange::Upsert(_)), "{text}");
    }
}

#[test]
fn an_author_who_is_gone_is_nobody_however_a_network_writes_handles() {
    let whose = |handle: &str| {
        let file = format!(
            "post_id,network,posted_at,handle,text,url,sentiment\n7,reddit,2026-11-10T09:00:00Z,{handle},Mud,,\n"
        );
        told(&read(Source::Social, file.as_bytes()).unwrap()[0])
            .contact
            .reference
            .clone()
    };
    for gone in [
        "[deleted]",
        "@[deleted]",
        "u/[deleted]",
        "/u/[deleted]",
        "/user/[removed]",
        "u/[ Deleted by user ]",
    ] {
        assert_eq!(whose(gone), None, "{gone}");
    }
    assert_eq!(
        whose("u/deleted_scenes").as_deref(),
        Some("reddit:u/deleted_scenes")
    );
    assert_eq!(
        whose("[deleted]_fan").as_deref(),
        Some("reddit:[deleted]_fan")
    );
}

#[test]
fn a_complaint_whose_times_are_not_known_has_its_clocks() {
    for nothing in ["n/a", "-", "none", "not yet", "0000-00-00"] {
        let file = format!(
            "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
             K,'Complaint,2026-11-20T10:00:00Z,bins,2.0,A,a@example.org,,x,,{nothing},{nothing}\n"
        );
        let complaint = read(Source::Complaints, file.as_bytes()).unwrap().remove(0);
        let SourceDetails::Complaints(complaint) = &told(&complaint).particulars else {
            panic!("it is a complaint")
        };
        assert!(
            complaint.clocks.is_some() && complaint.closed_at.is_none(),
            "{nothing}"
        );
    }
}

#[test]
fn an_object_around_rows_is_told_as_such() {
    let wrapped =
        br#"{"interviews": [{"interview_id": "I-1", "held_at": "2026-11-10T09:00:00Z"}]}"#;
    let told = read(Source::Interviews, wrapped).unwrap().remove(0);
    assert_eq!(refused(&told), ("", Rule::ListOfRows));
    let whole = br#"{"interaction_id": 1, "transcript": [{"from": "agent"}]}"#;
    assert_eq!(
        refused(&read(Source::Support, whole).unwrap()[0]),
        ("started_at", Rule::Required)
    );
}

#[test]
fn an_interview_may_rest_on_consent() {
    let interviews = sample(Source::Interviews);
    assert_eq!(
        serde_json::to_value(told(&interviews[0])).unwrap()["lawful_basis"],
        "consent"
    );
    assert_eq!(
        told(&interviews[1]).contact.phone.as_deref(),
        Some("07700 900155")
    );
    assert_eq!(interviews.len(), 2, "the third is broken");
}

#[test]
fn a_support_interaction_keeps_who_said_what() {
    let interactions = sample(Source::Support);
    let SourceDetails::Support(chat) = &told(&interactions[0]).particulars else {
        panic!()
    };
    assert_eq!(
        chat.transcript
            .iter()
            .map(|turn| turn.from)
            .collect::<Vec<_>>(),
        [Speaker::Customer, Speaker::Agent]
    );
    assert_eq!(refused(&interactions[2]), ("channel", Rule::Choice));
}

#[test]
fn a_complaint_has_its_clocks_and_a_compliment_none() {
    let complaints = sample(Source::Complaints);
    let SourceDetails::Complaints(open) = &told(&complaints[0]).particulars else {
        panic!()
    };
    let clocks = open.clocks.unwrap();
    assert_eq!(clocks.acknowledge_by.unwrap().to_string(), "2026-11-13");
    assert_eq!(clocks.answer_by.unwrap().to_string(), "2026-11-27");
    let SourceDetails::Complaints(compliment) = &told(&complaints[2]).particulars else {
        panic!()
    };
    assert_eq!((compliment.clocks, compliment.stage), (None, None));
    assert!(told(&complaints[2]).contact.is_empty());
    assert_eq!(refused(&complaints[3]), ("stage", Rule::Choice));
}

#[test]
fn what_is_to_happen_and_what_is_over_is_not_taken() {
    let line = |at: &str| {
        let file = format!("{{\"interview_id\":\"1\",\"held_at\":\"{at}\",\"service\":\"waste\"}}");
        read(Source::Interviews, file.as_bytes()).unwrap().remove(0)
    };
    assert!(
        line("2026-11-23T10:05:00Z").is_ok(),
        "clocks differ a little"
    );
    assert_eq!(
        line("2026-11-23T10:05:01Z"),
        Err(Problem::Untimely(Untimely::InFuture))
    );
    assert!(line("2023-11-23T10:00:01Z").is_ok());
    assert_eq!(
        line("2023-11-23T10:00:00Z"),
        Err(Problem::Untimely(Untimely::TooOld)),
        "it would be over at this very second"
    );
}

#[test]
fn a_fault_names_the_field_inside_and_never_what_was_sent() {
    let line = r#"{"interaction_id":"1","channel":"chat","started_at":"2026-09-21T09:12:00Z","service":"waste",
        "customer":{"email":"alice at home"}}"#;
    let read = read(Source::Support, line.replace('\n', "").as_bytes()).unwrap();
    assert_eq!(
        refused(&read[0]),
        ("customer.email", Rule::Form(AnswerRule::Email))
    );
    assert!(!format!("{:?} {}", read[0], Rule::Form(AnswerRule::Email)).contains("alice"));
}

proptest! {
    #[test]
    fn whatever_stands_in_a_file_no_reader_panics(file in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (source, _) in FILES {
            drop(read(source, &file));
        }
    }

    /// A good file in which anything was changed: every row is still read, or refused.
    #[test]
    fn whatever_is_changed_in_a_file_no_reader_panics(
        which in 0_usize..6, at in 0_usize..4000, length in 0_usize..30, with in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let (source, file) = FILES[which];
        let (mut file, start) = (file.to_vec(), at % file.len());
        file.splice(start..(start + length).min(file.len()), with);
        drop(read(source, &file));
    }

    /// Fields of any text, in a row of the right shape.
    #[test]
    fn whatever_a_field_says_no_reader_panics(fields in proptest::collection::vec("\\PC{0,20}|[0-9:,TZ+ -]{0,30}", 18)) {
        for (source, file) in FILES.iter().filter(|(source, _)| super::format(*source) == Some(crate::rows::Format::Csv)) {
            let header = String::from_utf8_lossy(file).lines().next().unwrap().trim_start_matches('\u{feff}').to_owned();
            let columns = header.split(',').count();
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(header.split(',')).unwrap();
            writer.write_record(fields.iter().take(columns)).unwrap();
            prop_assert_eq!(read(*source, &writer.into_inner().unwrap()).unwrap().len(), 1);
        }
    }
}
