//! Every request that is open can be answered, and what was done can be done again.

use super::kinds::all_steps;
use super::*;
use crate::rights::register::EVENTS;
use crate::rights::register::lists::{IdentityDoubt, ProofSeen, ReopeningReason};
use crate::rights::response_deadline::Need;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const TODAY: &str = "2026-11-25";
const REOPENED: CaseEvent = CaseEvent::Reopened {
    reason: ReopeningReason::Missed,
};

fn authority() -> CaseEvent {
    CaseEvent::Sufficient {
        need: Need::Authority,
        on: day(TODAY),
        proof: ProofSeen::SignedAuthority,
    }
}

fn all_events(kind: RequestKind) -> Vec<CaseEvent> {
    let on = day(TODAY);
    let identity = CaseEvent::Sufficient {
        need: Need::Identity,
        on,
        proof: ProofSeen::Known,
    };
    let doubt = IdentityDoubt::Unusual;
    let mut all = vec![
        CaseEvent::IdentityAsked { on, doubt },
        identity,
        authority(),
        decided(Verdict::Granted, &[]),
        decided(Verdict::Partly, &[RefusalGround::Exemption]),
        decided(Verdict::Refused, &[RefusalGround::Exemption]),
        REOPENED,
    ];
    all.extend(
        all_steps()
            .into_iter()
            .map(|step| CaseEvent::Stepped { step }),
    );
    all.extend(Ending::ALL.iter().map(|ending| {
        let mut closed = closed(*ending, TODAY, None);
        if let CaseEvent::Closed { means, .. } = &mut closed
            && kind == RequestKind::Unsubscribe
        {
            *means = None;
        }
        closed
    }));
    all
}

/// What tells a case's only request from others: everything but its past.
fn node(case: &Case) -> String {
    format!("{:?}", case.requests().next().unwrap())
}

/// Which nodes each node leads to, and the case of each.
fn reachable(start: Case) -> BTreeMap<String, (Case, BTreeSet<String>)> {
    let mut known = BTreeMap::from([(node(&start), (start.clone(), BTreeSet::new()))]);
    let mut waiting = VecDeque::from([start]);
    while let Some(case) = waiting.pop_front() {
        let kind = case.requests().next().unwrap().kind();
        for event in all_events(kind) {
            let mut next = case.clone();
            if of(&mut next, Some(kind), TODAY, event).is_err() {
                continue;
            }
            let name = node(&next);
            let (_, leads_to) = known.get_mut(&node(&case)).unwrap();
            leads_to.insert(name.clone());
            known.entry(name).or_insert_with(|| {
                waiting.push_back(next.clone());
                (next, BTreeSet::new())
            });
        }
    }
    known
}

#[test]
fn from_every_state_that_is_open_some_events_lead_to_an_answer() {
    for kind in RequestKind::ALL {
        for asker in Asker::ALL {
            let start = asked_by(*asker, "2026-11-24", "2026-11-24", &[*kind]).unwrap();
            let known = reachable(start);
            let closing = |case: &Case| case.requests().next().unwrap().closing().copied();
            let answered = known.iter().filter(|(_, (case, _))| {
                closing(case).is_some_and(|closing| closing.ending.is_answer())
            });
            let mut ways: BTreeSet<&String> = answered.map(|(name, _)| name).collect();
            loop {
                let more: Vec<_> = known
                    .iter()
                    .filter(|(name, (_, leads_to))| {
                        !ways.contains(name) && leads_to.iter().any(|next| ways.contains(next))
                    })
                    .map(|(name, _)| name)
                    .collect();
                if more.is_empty() {
                    break;
                }
                ways.extend(more);
            }
            assert!(known.len() > 5, "{kind:?}");
            for (name, (case, _)) in &known {
                let is_stuck = closing(case).is_none() && !ways.contains(name);
                assert!(!is_stuck, "{name}");
                let (progress, closed) = (case.requests().next().unwrap(), closing(case));
                if closed.is_some_and(|it| it.ending == Ending::Fulfilled) {
                    assert!(progress.progress().is_done(), "{name}");
                }
            }
        }
    }
}

#[test]
fn what_was_done_is_done_again_or_something_else_is_after_a_request_was_reopened() {
    for (kind, path, then) in [
        (RequestKind::Access, "handed_over", Some("found")),
        (RequestKind::Rectification, "told", Some("checking")),
        (RequestKind::Erasure, "certified", None),
        (RequestKind::Restriction, "lifted", None),
        (RequestKind::Objection, "overridden", Some("weighing")),
        (RequestKind::Objection, "lifted", None),
        (RequestKind::Complaint, "outcome_told", Some("investigated")),
    ] {
        let known = reachable(case(&[kind]));
        let mut seen = 0;
        for (case, _) in known.values() {
            let request = case.requests().next().unwrap();
            if request.closing().is_none() || request.progress().word() != Some(path) {
                continue;
            }
            let mut case = case.clone();
            enter(&mut case, TODAY, REOPENED).unwrap();
            let progress = case.requests().next().unwrap().progress();
            assert_eq!(progress.word(), then, "{kind:?}");
            assert!(!progress.is_done());
            seen += 1;
        }
        assert!(seen > 0, "{kind:?} {path}");
    }
}

#[test]
fn nothing_is_held_only_as_long_as_nobody_has_done_more_than_look() {
    for kind in RequestKind::ALL
        .iter()
        .filter(|kind| kind.right().is_some())
    {
        for (case, _) in reachable(case(&[*kind])).values() {
            let mut case = case.clone();
            let request = case.requests().next().unwrap().clone();
            let nothing = closed(Ending::NothingHeld, TODAY, None);
            if enter(&mut case, TODAY, nothing).is_ok() {
                let word = request.progress().word();
                assert!(matches!(word, None | Some("found" | "planned")), "{word:?}");
                let verdict = request.decision().map(|decision| decision.verdict);
                assert!(matches!(verdict, None | Some(Verdict::Granted)));
            }
        }
    }
}

#[test]
fn what_is_refused_is_not_done_all_the_same() {
    let named = |kind, path: &[Step], step: Step| {
        let mut case = case(&[kind]);
        for step in path {
            super::step(&mut case, TODAY, step.clone()).unwrap();
        }
        let no = decided(Verdict::Refused, &[RefusalGround::Exemption]);
        enter(&mut case, TODAY, no).unwrap();
        super::step(&mut case, TODAY, step)
    };
    let steps = all_steps();
    let like = |name: &str| {
        let mut found = steps
            .iter()
            .filter(|step| format!("{step:?}").starts_with(name));
        found.next().unwrap().clone()
    };
    let copy = [
        "PersonConfirmed",
        "PackageOrdered",
        "PackageMade",
        "Reviewed",
    ]
    .map(like);
    for (kind, path, last) in [
        (RequestKind::Access, &copy[..], "HandedOver"),
        (RequestKind::Portability, &copy, "HandedOver"),
        (RequestKind::Rectification, &[Step::FactsNamed], "Corrected"),
        (RequestKind::Erasure, &[like("Planned")], "Approved"),
        (RequestKind::Restriction, &[], "Restricted"),
        (RequestKind::Objection, &[Step::Restricted], "Upheld"),
    ] {
        let refused = named(kind, path, like(last));
        assert_eq!(refused, Err(Refusal::NotAsDecided), "{kind:?}");
    }
    // The person is offered a statement, and an objection is restricted while it is weighed.
    named(
        RequestKind::Rectification,
        &[Step::FactsNamed],
        Step::StatementAttached,
    )
    .unwrap();
    named(RequestKind::Objection, &[], Step::Restricted).unwrap();
}

#[test]
fn nobody_gets_a_copy_for_somebody_else_without_authority() {
    let kinds = [RequestKind::Access];
    let ready = |asker| {
        let mut case = asked_by(asker, "2026-11-24", "2026-11-24", &kinds).unwrap();
        for step in &all_steps()[..4] {
            super::step(&mut case, TODAY, step.clone()).unwrap();
        }
        case
    };
    let handed = all_steps()[4].clone();
    let mut case = ready(Asker::Representative);
    let refused = super::step(&mut case, TODAY, handed.clone());
    assert_eq!(refused, Err(Refusal::NotDealtWith(Need::Authority)));
    enter(&mut case, TODAY, authority()).unwrap();
    super::step(&mut case, TODAY, handed.clone()).unwrap();
    super::step(&mut ready(Asker::Person), TODAY, handed).unwrap();
}

#[test]
fn an_objection_that_is_withdrawn_while_it_is_weighed_leaves_a_restriction_to_lift() {
    let mut case = case(&[RequestKind::Objection]);
    let standing = |case: &Case| case.requests().next().unwrap().is_standing();
    super::step(&mut case, TODAY, Step::Restricted).unwrap();
    let notice = Step::NoticeGiven { on: day(TODAY) };
    super::step(&mut case, TODAY, notice.clone()).unwrap();
    let open = super::step(&mut case, TODAY, Step::Lifted);
    assert_eq!(
        open,
        Err(Refusal::NotNow),
        "while it is open, it is decided"
    );

    let mut case = super::case(&[RequestKind::Objection]);
    super::step(&mut case, TODAY, Step::Restricted).unwrap();
    enter(&mut case, TODAY, closed(Ending::Withdrawn, TODAY, None)).unwrap();
    assert!(standing(&case));
    let objection = Some(RequestKind::Objection);
    let mut then = |step| of(&mut case, objection, TODAY, CaseEvent::Stepped { step });
    assert_eq!(then(Step::Lifted), Err(Refusal::NoticeFirst));
    then(notice).unwrap();
    then(Step::Lifted).unwrap();
    assert!(!standing(&case));
}

#[test]
fn a_case_that_is_full_can_still_be_closed() {
    let mut case = case(RequestKind::ALL);
    let assigned = |case: &mut Case| {
        let handler = staff("dpo-9");
        enter(case, TODAY, CaseEvent::Assigned { handler })
    };
    while case.revision() < EVENTS - RequestKind::ALL.len() {
        let handler = staff("dpo-9");
        let id = format!("a{}", case.revision());
        let entry = entry(&id, TODAY, None, CaseEvent::Assigned { handler });
        case.enter(entry, &ENGLAND_AND_WALES).unwrap();
    }
    assert_eq!(assigned(&mut case), Err(Refusal::TooMany));
    for kind in RequestKind::ALL {
        let closing = closed(Ending::Withdrawn, TODAY, None);
        of(&mut case, Some(*kind), TODAY, closing).unwrap();
    }
    assert_eq!(case.revision(), EVENTS);
    assert_eq!(enter(&mut case, TODAY, REOPENED), Err(Refusal::TooMany));
}

#[test]
fn a_duplicate_names_a_case_that_has_the_request_and_repeats_nothing_itself() {
    let kinds = [RequestKind::Access, RequestKind::Erasure];
    let one = case(&kinds);
    let closing = |of| entry("c", TODAY, of, closed(Ending::Duplicate, TODAY, None));
    let mut other = case(&kinds[..1]);
    let access = Some(RequestKind::Access);
    assert_eq!(one.check_duplicate(&closing(access), &other), Ok(()));
    let both = one.check_duplicate(&closing(None), &other);
    assert_eq!(both, Err(Refusal::NoOriginal), "it has no erasure");
    enter(&mut other, TODAY, closed(Ending::Withdrawn, TODAY, None)).unwrap();
    assert_eq!(one.check_duplicate(&closing(access), &other), Ok(()));
    enter(&mut other, TODAY, REOPENED).unwrap();
    enter(&mut other, TODAY, closed(Ending::Duplicate, TODAY, None)).unwrap();
    let chain = one.check_duplicate(&closing(access), &other);
    assert_eq!(chain, Err(Refusal::NoOriginal));
}
