//! The report that a lay person reads and prints: one self-contained page, written piece by piece.

mod words;

use crate::document::{Head, KnownCopy, PackagedRecord};
use crate::sections::{Item, Section};
use crate::supplementary::Point;
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::facts::{Answered, Fact, FactCode, Spoken, Value};
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::rights::holding::Holding;
use custodian_domain::rights::package::PackageKind;
use custodian_web::page;
use sha2::{Digest, Sha256};
use words::{Shown, basis, shown, spoken, timed};

/// The line after a record, and the beginning of the one before the records.
pub const RECORD_END: &str = "<!--record ends-->";
pub const RECORDS: &str = "<h2 id=\"records\">";

/// The contents of the report's `style` element.
const STYLE: &str = include_str!("../templates/report.css");

#[derive(Template)]
#[template(path = "opening.html")]
struct Opening<'a> {
    policy: String,
    style: &'static str,
    title: &'static str,
    council: &'a str,
    dpo_email: &'a str,
    made_on: String,
    request: &'a str,
    identifiers: Vec<&'a str>,
    shared: bool,
    portability: bool,
    /// The contents list: headings and their anchors.
    contents: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPart<'a> {
    title: &'a str,
    source: &'a str,
    told_on: String,
    reference: &'a str,
    kept_until: Option<String>,
    on_hold: bool,
    restricted: bool,
    held: Vec<String>,
    lines: Vec<Line<'a>>,
    legs: Vec<Vec<Line<'a>>>,
    conversation: Vec<Turn<'a>>,
}

/// A heading and the text beside it.
struct Line<'a> {
    heading: &'a str,
    shown: Shown,
}

/// One thing that was said.
struct Turn<'a> {
    who: &'static str,
    when: String,
    what: &'a str,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPart<'a> {
    portability: bool,
    has_records: bool,
    sections: Vec<SectionPart<'a>>,
    /// The headings of everything that there is nothing of.
    nothing: Vec<&'static str>,
    /// The heading above the rows that follow, and why they are held.
    rows: Option<(&'static str, &'static str)>,
}

struct SectionPart<'a> {
    anchor: &'static str,
    heading: &'static str,
    number: String,
    note: &'static str,
    items: Vec<Vec<Line<'a>>>,
}

#[derive(Template)]
#[template(path = "row.html")]
struct RowPart<'a> {
    lines: Vec<Line<'a>>,
}

#[derive(Template)]
#[template(path = "closing.html")]
struct Closing<'a> {
    message: Option<&'a str>,
    not_followed: u64,
    is_whole: bool,
    council: &'a str,
    dpo_email: &'a str,
    points: Vec<Point>,
    scale: Vec<(u8, &'static str)>,
}

/// Everything up to the records.
pub fn opening(head: &Head<'_>) -> String {
    let portability = head.kind == PackageKind::Portability;
    let sections = head
        .gathered
        .sections
        .iter()
        .filter(|section| Section::is_in(section.holding, head.kind));
    let contents = sections.filter(|section| section.count > 0).map(|section| {
        let holding = section.holding;
        (
            holding.as_str(),
            format!("{}: {}", Section::heading(holding), number(section)),
        )
    });
    written(&Opening {
        policy: policy(),
        style: STYLE,
        title: if portability {
            "What you told us"
        } else {
            "What we hold about you"
        },
        council: &head.about.name,
        dpo_email: &head.about.dpo_email,
        made_on: timed(head.made_at),
        request: head.request.as_str(),
        identifiers: head.identifiers.iter().map(Identifier::canonical).collect(),
        shared: head.shared,
        portability,
        contents: contents.collect(),
    })
}

/// The report's own content security policy, because it is opened from a disk, where no header
/// protects it: nothing is loaded, sent or run, and only our style applies.
fn policy() -> String {
    let ours = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{ours}'; form-action 'none'; base-uri 'none'")
}

/// One record.
pub fn record(packaged: &PackagedRecord<'_>) -> String {
    let (mut lines, mut legs, mut conversation) = (Vec::new(), Vec::new(), Vec::new());
    let (mut title, source) = (None, packaged.details.source.label());
    let rated = packaged.facts.iter().any(
        |fact| matches!(&fact.value, Value::Answers(all) if all.iter().any(Answered::is_rating)),
    );
    let titled = packaged
        .facts
        .iter()
        .any(|fact| fact.name == "survey_title");
    for fact in &packaged.facts {
        match (fact.name, &fact.value) {
            // It is in the heading's line, or among the answers, already. The version is for
            // programs, and the document has it.
            ("collected_at" | "survey_version", _) => {}
            ("satisfaction", _) if rated => {}
            ("survey", _) if titled => {}
            ("survey_title", Value::Text(text)) => title = Some(text.as_ref()),
            (_, Value::Contact(contact)) => lines.extend(who(contact)),
            (_, Value::Answers(answers)) => lines.extend(answers.iter().map(answered)),
            (_, Value::Parts(parts)) => {
                legs.extend(parts.iter().map(|part| part.iter().map(line).collect()));
            }
            (_, Value::Conversation(turns)) => conversation.extend(turns),
            _ => lines.push(line(fact)),
        }
    }
    lines.push(Line {
        heading: "Why we may hold it",
        shown: Shown::Text(basis(packaged.details.lawful_basis).to_owned()),
    });
    conversation.sort_by_key(|spoken| spoken.place);
    let part = written(&RecordPart {
        title: title.unwrap_or(source),
        source,
        told_on: timed(packaged.details.collected_at),
        reference: packaged.details.reference.as_str(),
        kept_until: packaged.kept_until().map(spoken),
        on_hold: packaged.is_held(),
        restricted: packaged.details.restricted,
        held: packaged.held_elsewhere.iter().map(held_by).collect(),
        lines,
        legs,
        conversation: conversation.into_iter().map(turn).collect(),
    });
    let reference = packaged.details.reference.as_str();
    format!("\n{}\n{part}\n{RECORD_END}\n", record_begins(reference))
}

/// The line before a record. What people wrote has no such line: its angle brackets are escaped.
pub fn record_begins(reference: &str) -> String {
    format!("<!--record {reference}-->")
}

/// Everything between the records and the rows in quarantine.
pub fn held(head: &Head<'_>, records: u64) -> String {
    let kind = head.kind;
    let all = || {
        head.gathered
            .sections
            .iter()
            .filter(|section| Section::is_in(section.holding, kind))
    };
    let beside = all()
        .filter(|it| !matches!(it.holding, Holding::Records | Holding::Quarantine) && it.count > 0);
    let sections = beside.map(|section| SectionPart {
        anchor: section.holding.as_str(),
        heading: Section::heading(section.holding),
        number: number(section),
        note: Section::note(section.holding),
        items: section
            .items
            .iter()
            .map(|item| item.facts().iter().map(line).collect())
            .collect(),
    });
    let nothing = all().filter(|section| section.count == 0 && section.holding != Holding::Records);
    let rows = all().find(|section| section.holding == Holding::Quarantine && section.count > 0);
    written(&HeldPart {
        portability: kind == PackageKind::Portability,
        has_records: records > 0,
        sections: sections.collect(),
        nothing: nothing
            .map(|section| Section::heading(section.holding))
            .collect(),
        rows: rows.map(|section| {
            (
                Section::heading(section.holding),
                Section::note(section.holding),
            )
        }),
    })
}

/// One row in quarantine.
pub fn row(item: &Item) -> String {
    // Bytes are for programs: the document has them.
    let facts = item.facts().iter().filter(|fact| fact.name != "row_base64");
    written(&RowPart {
        lines: facts.map(line).collect(),
    })
}

/// Everything after the rows in quarantine.
pub fn closing(head: &Head<'_>, message: Option<&str>) -> String {
    let access = head.kind == PackageKind::Access;
    let scale = Satisfaction::scale()
        .into_iter()
        .map(|point| (u8::from(point), point.label()))
        .collect();
    written(&Closing {
        message,
        not_followed: head.gathered.not_followed,
        is_whole: access && head.gathered.is_whole(),
        council: &head.about.name,
        dpo_email: &head.about.dpo_email,
        points: if access {
            head.about.points(head.gathered)
        } else {
            Vec::new()
        },
        scale,
    })
}

/// How many of something there are; for what a processor holds, how many records.
fn number(section: &Section) -> String {
    match (section.holding, section.count) {
        (Holding::Copies(_), 1) => "something of 1 record".to_owned(),
        (Holding::Copies(_), count) => format!("something of {count} records"),
        (_, count) => count.to_string(),
    }
}

fn turn<'a>(spoken: &'a Spoken<'_>) -> Turn<'a> {
    Turn {
        who: FactCode::from(spoken.from).label,
        when: timed(spoken.at),
        what: &spoken.text,
    }
}

fn held_by(held: &KnownCopy) -> String {
    let until = held
        .until
        .map_or_else(String::new, |until| format!(" until {}", spoken(until)));
    format!("Also held by {}{until}.", held.by)
}

fn line<'a>(fact: &Fact<'a>) -> Line<'a> {
    Line {
        heading: fact.label,
        shown: shown(fact),
    }
}

/// Who the person is, line by line: as they wrote it, and the canonical spelling where that
/// differs.
fn who(contact: &Contact) -> Vec<Line<'_>> {
    let Contact {
        name,
        email,
        phone,
        reference,
    } = contact;
    let typed = [
        ("Name", name, None),
        (
            "Email address",
            email,
            Some((
                "Email address, as we look it up",
                email.as_deref().map(Identifier::email),
            )),
        ),
        (
            "Telephone number",
            phone,
            Some((
                "Telephone number, as we look it up",
                phone.as_deref().map(Identifier::phone),
            )),
        ),
        (
            "Customer number or user name",
            reference,
            Some((
                "Customer number or user name, as we look it up",
                reference.as_deref().map(Identifier::reference),
            )),
        ),
    ];
    let mut lines = Vec::new();
    for (heading, value, looked_up) in typed {
        let Some(value) = value else { continue };
        lines.push(Line {
            heading,
            shown: Shown::Text(value.clone()),
        });
        if let Some((heading, Some(Ok(identifier)))) = looked_up
            && identifier.canonical() != value
        {
            lines.push(Line {
                heading,
                shown: Shown::Text(identifier.canonical().to_owned()),
            });
        }
    }
    lines
}

fn answered<'a>(answered: &Answered<'a>) -> Line<'a> {
    Line {
        heading: answered.label,
        shown: words::answer(answered),
    }
}

fn written(part: &impl Template) -> String {
    words::visible(page::written(part))
}
