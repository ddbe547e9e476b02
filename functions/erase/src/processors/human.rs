//! Processors without an interface: a human deletes there, and confirms it.

use super::{Connector, ProcessorError, ProcessorJob, ProcessorProgress};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::london;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::processor_exchange::{ProcessorExchange, WITHIN};
use custodian_domain::rights::task::Action;

/// How often the task checks whether somebody has confirmed; a confirmation also wakes it.
const LOOK_AGAIN: TimeDelta = TimeDelta::days(1);

/// A human, who deletes what a processor has no interface for.
#[derive(Debug)]
pub(super) struct Human;

#[async_trait]
impl Connector for Human {
    async fn step(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        Ok(step(job, exchange, now))
    }
}

/// Says what to do by when, and waits until it is confirmed.
pub(super) fn step(
    job: &ProcessorJob<'_>,
    exchange: &mut ProcessorExchange,
    now: DateTime<Utc>,
) -> ProcessorProgress {
    exchange.asked_at.get_or_insert(now);
    exchange
        .instructions
        .get_or_insert_with(|| instructions(job));
    exchange.due = exchange
        .due
        .or_else(|| london::date(job.approved_at).checked_add_signed(WITHIN));
    if exchange.confirmed.is_some() {
        ProcessorProgress::Done
    } else {
        ProcessorProgress::Waiting {
            look_again: now + LOOK_AGAIN,
        }
    }
}

/// What to do, and where. The request says whom it is about, for those who may see it; this text
/// never does.
fn instructions(job: &ProcessorJob<'_>) -> String {
    let (place, erase) = match job.processor {
        Processor::Five9 => (
            "In Five9's administrator, under Contacts, search every telephone number and address of the request in \
             number1, number2, number3 and email",
            "delete each contact that is found, in every list. Recordings and chats of the last 60 days: ask Five9's \
             support to delete them",
        ),
        Processor::Granicus => (
            "In Granicus (Achieve), under Self, search every address, telephone number and case reference of the request",
            "delete the submissions that are found, their attachments and the person's account",
        ),
        Processor::Newsletter => (
            "In the newsletter service, search every address of the request",
            "delete the subscriber from every list, not only from the one that an unsubscribe link was for",
        ),
        Processor::Notify => (
            "In GOV.UK Notify, there is nothing to do",
            "a mail is deleted there by itself, 7 days after it was sent",
        ),
    };
    let what = match job.action {
        Action::Erase | Action::Unsubscribe => erase,
        Action::Restrict => {
            "mark what is found as restricted: keep it, and use it for nothing else, until you are told that this is lifted"
        }
        Action::Unrestrict => "take the mark of a restriction off what is found",
        Action::Rectify => "correct what is found, as the Data Protection Officer tells you",
    };
    format!("{place}; {what}.")
}

#[cfg(test)]
mod tests {
    use super::step;
    use crate::processors::{ProcessorJob, ProcessorProgress};
    use chrono::{DateTime, TimeDelta, Utc};
    use custodian_domain::identity::identifier::Identifier;
    use custodian_domain::record::processor_copy::Processor;
    use custodian_domain::rights::package::RequestId;
    use custodian_domain::rights::processor_exchange::{Confirmation, ProcessorExchange};
    use custodian_domain::rights::task::Action;

    #[test]
    fn a_human_is_told_what_to_do_by_when_and_waited_for() {
        let (request, now) = (
            RequestId::try_from("DPO-1".to_owned()).unwrap(),
            at("2026-09-14T23:30:00Z"),
        );
        let identities = [Identifier::email("priya.nair@example.org").unwrap()];
        for processor in Processor::ALL {
            let action = Action::Erase;
            let job = ProcessorJob {
                request: &request,
                processor,
                action,
                identities: &identities,
                approved_at: now,
                holds: true,
            };
            let mut exchange = ProcessorExchange::default();
            assert_eq!(
                step(&job, &mut exchange, now),
                ProcessorProgress::Waiting {
                    look_again: now + TimeDelta::days(1)
                }
            );
            assert_eq!(
                exchange.due,
                Some("2026-10-13".parse().unwrap()),
                "28 days from the day in London"
            );
            let told = exchange.clone();
            let later = now + TimeDelta::days(30);
            assert!(matches!(
                step(&job, &mut exchange, later),
                ProcessorProgress::Waiting { .. }
            ));
            assert_eq!(exchange, told, "asking again changes nothing");
            assert!(!exchange.instructions.as_ref().unwrap().contains("priya"));
            exchange.confirmed = Some(Confirmation {
                by: "J. Hill".to_owned(),
                on: "2026-09-20".parse().unwrap(),
            });
            assert_eq!(step(&job, &mut exchange, later), ProcessorProgress::Done);
        }
    }

    #[test]
    fn a_restriction_deletes_nothing() {
        let (request, now) = (
            RequestId::try_from("DPO-1".to_owned()).unwrap(),
            at("2026-09-14T23:30:00Z"),
        );
        for processor in Processor::ALL {
            for action in [Action::Restrict, Action::Unrestrict, Action::Rectify] {
                let job = ProcessorJob {
                    request: &request,
                    processor,
                    action,
                    identities: &[],
                    approved_at: now,
                    holds: true,
                };
                let mut exchange = ProcessorExchange::default();
                step(&job, &mut exchange, now);
                assert!(!exchange.instructions.unwrap().contains("delete"));
            }
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }
}
