//! What deletes its copy by itself within days, and has no interface for anything sooner: it is waited for.

use super::{Asked, Step};
use chrono::{DateTime, Utc};
use custodian_domain::record::custody;

/// Waits until the last copy is over that could have been made before the approval.
pub(super) fn step(asked: &Asked<'_>, now: DateTime<Utc>) -> Step {
    let over = custody::mails_end(asked.approved_at);
    if asked.holds && now < over { Step::Waiting { look_again: over } } else { Step::Done }
}

#[cfg(test)]
mod tests {
    use super::step;
    use crate::processors::{Asked, Step};
    use chrono::{DateTime, TimeDelta, Utc};
    use custodian_domain::record::custody::Processor;
    use custodian_domain::rights::package::RequestId;
    use custodian_domain::rights::task::Action;

    #[test]
    fn what_ends_by_itself_is_done_when_it_has_ended_and_not_before() {
        let (request, now) = (RequestId::try_from("DPO-1".to_owned()).unwrap(), "2026-09-14T10:00:00Z");
        let now: DateTime<Utc> = now.parse().unwrap();
        let asked = |holds| Asked {
            request: &request,
            processor: Processor::Notify,
            action: Action::Erase,
            identities: &[],
            approved_at: now,
            holds,
        };
        let over = now + TimeDelta::days(10);
        assert_eq!(step(&asked(true), now), Step::Waiting { look_again: over });
        assert!(matches!(step(&asked(true), over - TimeDelta::seconds(1)), Step::Waiting { .. }));
        assert_eq!((step(&asked(true), over), step(&asked(false), now)), (Step::Done, Step::Done));
    }
}
