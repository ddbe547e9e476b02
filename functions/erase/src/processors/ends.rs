//! A processor that deletes its copy by itself within days, and has no interface to do it sooner:
//! the task waits for it.

use super::{Connector, ProcessorError, ProcessorJob, ProcessorProgress};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::record::processor_copy;
use custodian_domain::rights::processor_exchange::ProcessorExchange;

/// A processor that deletes by itself.
#[derive(Debug)]
pub(super) struct EndsByItself;

#[async_trait]
impl Connector for EndsByItself {
    async fn step(
        &self,
        job: &ProcessorJob<'_>,
        _: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        Ok(step(job, now))
    }
}

/// Waits until the last copy that could have been made before the approval is deleted.
fn step(job: &ProcessorJob<'_>, now: DateTime<Utc>) -> ProcessorProgress {
    let over = processor_copy::mails_end(job.approved_at);
    if job.holds && now < over {
        ProcessorProgress::Waiting { look_again: over }
    } else {
        ProcessorProgress::Done
    }
}

#[cfg(test)]
mod tests {
    use super::step;
    use crate::processors::{ProcessorJob, ProcessorProgress};
    use chrono::{DateTime, TimeDelta, Utc};
    use custodian_domain::record::processor_copy::Processor;
    use custodian_domain::rights::package::RequestId;
    use custodian_domain::rights::task::Action;

    #[test]
    fn what_ends_by_itself_is_done_when_it_has_ended_and_not_before() {
        let (request, now) = (
            RequestId::try_from("DPO-1".to_owned()).unwrap(),
            "2026-09-14T10:00:00Z",
        );
        let now: DateTime<Utc> = now.parse().unwrap();
        let job = |holds| ProcessorJob {
            request: &request,
            processor: Processor::Notify,
            action: Action::Erase,
            identities: &[],
            approved_at: now,
            holds,
        };
        let over = now + TimeDelta::days(10);
        assert_eq!(
            step(&job(true), now),
            ProcessorProgress::Waiting { look_again: over }
        );
        assert!(matches!(
            step(&job(true), over - TimeDelta::seconds(1)),
            ProcessorProgress::Waiting { .. }
        ));
        assert_eq!(
            (step(&job(true), over), step(&job(false), now)),
            (ProcessorProgress::Done, ProcessorProgress::Done)
        );
    }
}
