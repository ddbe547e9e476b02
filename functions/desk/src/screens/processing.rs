//! The record of processing activities (Article 30 UK GDPR), and the notice to people whose data
//! came from somebody else (Article 14), made from the tables that the code itself keeps to.

use crate::view::{Block, Cell, Fact, Link, Screen, Table};
use crate::visit::{Answer, Visit};
use crate::words;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::record::source::Source;
use custodian_domain::retention::periods;

/// What it is for, as the privacy notice says.
const PURPOSE: &str = "Customer insight: to learn how satisfied people are with the council’s services, and to improve \
                       them";
/// What makes it lawful.
const BASIS: &str =
    "A task in the public interest, Article 6(1)(e); for the newsletter, consent, Article 6(1)(a)";

/// The record of processing.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn record(visit: &Visit<'_>) -> Answer {
    let site = &visit.desk.site;
    let rows = Source::ALL.into_iter().map(|source| {
        vec![
            Cell::text(source.label()),
            Cell::text(people(source)),
            Cell::text(data(source)),
            Cell::text(came_from(source)),
            Cell::text(format!("{} months", source.retention_months())),
        ]
    });
    let recipients = Processor::ALL.into_iter().map(|processor| {
        vec![
            Cell::text(words::plain(processor.label())),
            Cell::text(words::plain(processor.role())),
            Cell::text(processor.holds()),
        ]
    });
    let blocks = vec![
        Block::Summary(vec![
            Fact::new("Controller", site.council.as_str()),
            Fact::of(
                "Data Protection Officer",
                vec![
                    site.dpo_email.clone(),
                    site.dpo_phone.clone(),
                    site.dpo_address.clone(),
                ],
            ),
            Fact::new("Purpose", PURPOSE),
            Fact::new("Lawful basis", BASIS),
            Fact::new(
                "Transfers outside the United Kingdom",
                "The store itself is in AWS’s region in London. Ask each processor where it processes",
            ),
            Fact::of(
                "Security",
                vec![
                    "Everything is encrypted where it lies and on its way.".to_owned(),
                    "Each part of the system may do only what it needs, and a test compares the two.".to_owned(),
                    "Every look at somebody’s data is written down before it happens.".to_owned(),
                    "Every deletion is recorded in a chain that nobody can rewrite unnoticed.".to_owned(),
                ],
            ),
        ]),
        Block::Table(Table {
            caption: "What is processed".to_owned(),
            head: vec!["Source", "Whose data", "What kind", "Where it comes from", "Kept for"],
            rows: rows.collect(),
            empty: "",
        }),
        Block::Table(Table {
            caption: "Who else has it".to_owned(),
            head: vec!["Processor", "What it does", "What it holds"],
            rows: recipients.collect(),
            empty: "",
        }),
        Block::Text(format!(
            "The evidence of a request is kept for {} months, and says nothing about the person.",
            periods::EVIDENCE.as_u32()
        )),
        Block::Link(Link::new(
            "The notice to people whose data came from somebody else",
            "/desk/processing/others",
        )),
    ];
    Ok(visit.show(&Screen {
        title: "Record of processing".to_owned(),
        blocks,
        ..Screen::default()
    }))
}

/// The notice of Article 14, as text to copy.
#[expect(clippy::unnecessary_wraps, reason = "as every page answers")]
pub(crate) fn notice(visit: &Visit<'_>) -> Answer {
    let site = &visit.desk.site;
    let sources = Source::ALL.into_iter().filter(|source| !is_own(*source));
    let sources: Vec<String> = sources
        .map(|source| {
            format!(
                "- {}: {}. {}. We keep it for {} months.",
                source.label(),
                data(source).to_lowercase(),
                came_from(source),
                source.retention_months()
            )
        })
        .collect();
    let text = format!(
        "{council} holds information about you that did not come from you directly.\n\n\
         What it is and where it comes from:\n{sources}\n\n\
         Why: {purpose}. What makes it lawful: {basis}.\n\n\
         You have the right to ask for a copy, to have it corrected or deleted, to have its use restricted, and to object \
         to its use at any time.\n\n\
         Our Data Protection Officer: {email}, {phone}, {address}. You may also complain to the Information Commissioner \
         (ico.org.uk).\n",
        council = site.council,
        sources = sources.join("\n"),
        purpose = PURPOSE.to_lowercase(),
        basis = BASIS.to_lowercase(),
        email = site.dpo_email,
        phone = site.dpo_phone,
        address = site.dpo_address,
    );
    let title = "Notice to people whose data came from somebody else";
    Ok(visit.show(&Screen {
        title: title.to_owned(),
        back: Some(Link::new("Back to the record of processing", "/desk/processing")),
        blocks: vec![
            Block::Text(
                "Article 14. It is given within a month of when the data came, or with the first letter to the person. \
                 Nothing is sent from here."
                    .to_owned(),
            ),
            Block::Copy {
                label: title.to_owned(),
                text,
            },
        ],
        ..Screen::default()
    }))
}

/// Whether people give it to the council themselves.
const fn is_own(source: Source) -> bool {
    matches!(
        source,
        Source::WebForm | Source::Interviews | Source::Support | Source::Complaints
    )
}

const fn people(source: Source) -> &'static str {
    match source {
        Source::WebForm => "Residents and others who answer a survey",
        Source::Telephone => "People who call the council",
        Source::Reviews => "People who write a review",
        Source::Social => "People who post about the council",
        Source::Interviews => "People who agreed to an interview",
        Source::Support => "People who ask a support team",
        Source::Complaints => "People who complain, or pay a compliment",
    }
}

const fn data(source: Source) -> &'static str {
    match source {
        Source::WebForm => "Answers, comments, satisfaction, contact details where given",
        Source::Telephone => {
            "Telephone number, the course of the call, answers to the survey after it"
        }
        Source::Reviews => "Name shown, stars, what was written",
        Source::Social => "Handle, what was written, its tone",
        Source::Interviews => "Notes of the interview, contact details",
        Source::Support => "What was said on both sides, contact details",
        Source::Complaints => "What was said, the course of the complaint, contact details",
    }
}

const fn came_from(source: Source) -> &'static str {
    match source {
        Source::WebForm => "From the person, on our own pages or through Granicus",
        Source::Telephone => "From Five9, which runs the telephones",
        Source::Reviews => "From Google, where it is public",
        Source::Social => "From the social network, where it is public",
        Source::Interviews | Source::Support => "From the person, noted down by staff",
        Source::Complaints => "From the person, through the complaints procedure",
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, data, is_own};

    #[test]
    fn what_did_not_come_from_the_person_is_in_their_notice() {
        let others: Vec<Source> = Source::ALL.into_iter().filter(|it| !is_own(*it)).collect();
        assert_eq!(others, [Source::Telephone, Source::Reviews, Source::Social]);
        assert!(
            Source::ALL
                .into_iter()
                .all(|source| !data(source).is_empty())
        );
    }
}
