//! The steps of each kind: which may follow which. What a table does not list is refused.

use super::*;
use crate::rights::register::lists::{AfterUpheld, ComplaintOutcome, LeftOut, SingleHandedReason};
use crate::rights::register::{Awaited, Progress};

const PLACES_DONE: Step = Step::PlacesDone { on: None };
const TODAY: &str = "2026-11-25";

fn told(on: &str) -> Step {
    Step::NoticeGiven { on: day(on) }
}

pub(super) fn all_steps() -> Vec<Step> {
    vec![
        Step::PersonConfirmed,
        Step::PackageOrdered,
        Step::PackageMade,
        Step::Reviewed {
            left_out: [LeftOut::ThirdParties].into(),
            taken_out: std::collections::BTreeMap::new(),
        },
        Step::HandedOver {
            means: AnswerMeans::Link,
        },
        Step::Fetched,
        Step::FactsNamed,
        Step::Corrected,
        Step::StatementAttached,
        Step::FoundAccurate,
        Step::RecipientsTold,
        planned("h1"),
        approved("h1", Some(SingleHandedReason::OnePersonOffice)),
        PLACES_DONE,
        Step::Restricted,
        told(TODAY),
        Step::Lifted,
        Step::MarketingStopped,
        Step::Upheld {
            then: AfterUpheld::Excluded,
        },
        Step::Overridden,
        Step::Acknowledged { on: day(TODAY) },
        Step::Investigated,
        Step::ProgressTold { on: day(TODAY) },
        outcome(),
        Step::TakenToCommissioner { reference: None },
        Step::NewslettersStopped,
        Step::PackageFailed,
        Step::Stopped,
    ]
}

fn outcome() -> Step {
    Step::OutcomeTold {
        on: day(TODAY),
        outcome: ComplaintOutcome::Partly,
    }
}

fn planned(hash: &str) -> Step {
    Step::Planned {
        hash: hash.to_owned(),
    }
}

fn approved(hash: &str, single_handed: Option<SingleHandedReason>) -> Step {
    Step::Approved {
        hash: hash.to_owned(),
        single_handed,
    }
}

/// Walks a kind along `path` from its beginning.
fn walked(kind: RequestKind, path: &[Step]) -> Progress {
    path.iter().fold(Progress::of(kind), |progress, step| {
        progress.after(step, &staff("dpo-7")).unwrap()
    })
}

/// After `path`, exactly these steps are allowed, and lead to these states.
fn allowed(kind: RequestKind, path: &[Step], expected: &[(Step, &str)]) {
    let at = walked(kind, path);
    for step in all_steps() {
        let next = at.after(&step, &staff("dpo-7"));
        let word = expected
            .iter()
            .find(|(one, _)| *one == step)
            .map(|(_, word)| *word);
        let found = next.as_ref().ok().map(|next| next.word().unwrap_or("open"));
        assert_eq!(found, word, "{kind:?} after {path:?}: {step:?}");
    }
}

#[test]
fn a_copy_is_read_by_a_human_before_it_is_handed_over() {
    let ([confirmed, ordered, made, reviewed, handed, fetched], _) = all_steps()
        .split_first_chunk::<6>()
        .map(|(a, b)| (a.clone(), b.len()))
        .unwrap();
    let found = [(confirmed.clone(), "found"), (ordered.clone(), "packaging")];
    for kind in [RequestKind::Access, RequestKind::Portability] {
        let path = [&confirmed, &ordered, &made, &reviewed, &handed].map(Clone::clone);
        allowed(kind, &[], &[(confirmed.clone(), "found")]);
        allowed(kind, &path[..1], &found);
        let failed = (Step::PackageFailed, "found");
        let made = (made.clone(), "to_review");
        allowed(kind, &path[..2], &[made, failed.clone()]);
        let mut to_review = found.to_vec();
        to_review.push(failed.clone());
        to_review.push((reviewed.clone(), "ready"));
        allowed(kind, &path[..3], &to_review);
        let mut ready = found.to_vec();
        ready.push(failed.clone());
        ready.push((reviewed.clone(), "ready"));
        ready.push((handed.clone(), "handed_over"));
        allowed(kind, &path[..4], &ready);
        let over = [
            (handed.clone(), "handed_over"),
            (fetched.clone(), "handed_over"),
            (ordered.clone(), "packaging"),
            failed,
        ];
        allowed(kind, &path[..5], &over);
        assert!(walked(kind, &path).is_done() && !walked(kind, &path[..4]).is_done());
    }
    let access = Progress::of(RequestKind::Access);
    assert_eq!(
        access.after(&ordered, &staff("dpo-7")),
        Err(Refusal::Unconfirmed)
    );
    let to_review = walked(RequestKind::Access, &[confirmed, ordered, made]);
    assert_eq!(
        to_review.after(&handed, &staff("dpo-7")),
        Err(Refusal::NotReviewed)
    );
}

#[test]
fn a_correction_is_checked_corrected_or_stated_and_told_to_recipients() {
    let kind = RequestKind::Rectification;
    let named = (Step::FactsNamed, "checking");
    let stated = (Step::StatementAttached, "stated");
    let told = (Step::RecipientsTold, "told");
    allowed(kind, &[], std::slice::from_ref(&named));
    let checking = [
        named.clone(),
        (Step::Corrected, "corrected"),
        stated.clone(),
        (Step::FoundAccurate, "accurate"),
    ];
    allowed(kind, &[Step::FactsNamed], &checking);
    let corrected = [
        (Step::Corrected, "corrected"),
        (Step::StatementAttached, "corrected"),
        told.clone(),
    ];
    allowed(kind, &[Step::FactsNamed, Step::Corrected], &corrected);
    let both = [(Step::Corrected, "corrected"), stated.clone(), told];
    allowed(kind, &[Step::FactsNamed, Step::StatementAttached], &both);
    allowed(
        kind,
        &[Step::FactsNamed, Step::FoundAccurate],
        &[named, stated],
    );
    let all = [Step::FactsNamed, Step::Corrected, Step::RecipientsTold];
    allowed(kind, &all, &[]);
    assert!(walked(kind, &all).is_done());
}

#[test]
fn an_erasure_is_approved_by_somebody_else_for_the_plan_that_was_looked_at() {
    let kind = RequestKind::Erasure;
    let alone = approved("h1", Some(SingleHandedReason::OnePersonOffice));
    let plan = (planned("h1"), "planned");
    allowed(kind, &[], std::slice::from_ref(&plan));
    allowed(kind, &[planned("h1")], &[plan, (alone.clone(), "approved")]);
    allowed(
        kind,
        &[planned("h1"), alone.clone()],
        &[(PLACES_DONE, "certified"), (Step::Stopped, "halted")],
    );
    let again = (planned("h1"), "planned");
    allowed(
        kind,
        &[planned("h1"), alone.clone(), Step::Stopped],
        &[again],
    );
    allowed(kind, &[planned("h1"), alone, PLACES_DONE], &[]);
    let at = walked(kind, &[planned("h0"), planned("h1")]);
    let by = |who: &str, hash: &str| at.after(&approved(hash, None), &staff(who)).err();
    assert_eq!(by("dpo-9", "h1"), None);
    assert_eq!(by("dpo-9", "h0"), Some(Refusal::PlanChanged));
    assert_eq!(
        by("DPO07", "h1"),
        Some(Refusal::SamePerson),
        "one number in two spellings"
    );
}

#[test]
fn a_restriction_is_lifted_only_after_the_person_was_told() {
    let kind = RequestKind::Restriction;
    let noticed = (told(TODAY), "noticed");
    allowed(kind, &[], &[(Step::Restricted, "standing")]);
    allowed(kind, &[Step::Restricted], std::slice::from_ref(&noticed));
    let standing = walked(kind, &[Step::Restricted]);
    assert_eq!(
        standing.after(&Step::Lifted, &staff("dpo-7")),
        Err(Refusal::NoticeFirst)
    );
    let lifted = (Step::Lifted, "lifted");
    allowed(kind, &[Step::Restricted, told(TODAY)], &[noticed, lifted]);
    allowed(kind, &[Step::Restricted, told(TODAY), Step::Lifted], &[]);
}

#[test]
fn a_restriction_goes_on_after_its_request_was_answered() {
    let mut case = case(&[RequestKind::Restriction]);
    step(&mut case, TODAY, Step::Restricted).unwrap();
    enter(&mut case, TODAY, decided(Verdict::Granted, &[])).unwrap();
    enter(&mut case, TODAY, closed(Ending::Fulfilled, TODAY, None)).unwrap();
    let kind = Some(RequestKind::Restriction);
    let lift = |case: &mut Case, step| of(case, kind, "2026-11-26", CaseEvent::Stepped { step });
    assert_eq!(lift(&mut case, Step::Lifted), Err(Refusal::NoticeFirst));
    assert_eq!(
        lift(&mut case, told("2026-11-27")),
        Err(Refusal::InTheFuture)
    );
    lift(&mut case, told("2026-11-26")).unwrap();
    lift(&mut case, Step::Lifted).unwrap();
    assert_eq!(lift(&mut case, Step::Restricted), Err(Refusal::Closed));
}

#[test]
fn marketing_stops_at_once_and_any_other_objection_is_weighed() {
    let kind = RequestKind::Objection;
    let noticed = (told(TODAY), "noticed");
    let upheld = (
        Step::Upheld {
            then: AfterUpheld::Excluded,
        },
        "upheld",
    );
    let first = [
        (Step::Restricted, "weighing"),
        (Step::MarketingStopped, "stopped_at_once"),
    ];
    allowed(kind, &[], &first);
    allowed(kind, &[Step::MarketingStopped], &[]);
    allowed(
        kind,
        &[Step::Restricted],
        &[noticed.clone(), upheld.clone()],
    );
    let weighed = [
        noticed,
        upheld.clone(),
        (Step::Overridden, "overridden"),
        (Step::Lifted, "lifted"),
    ];
    allowed(kind, &[Step::Restricted, told(TODAY)], &weighed);
    allowed(kind, &[Step::Restricted, upheld.0], &[]);
    allowed(
        kind,
        &[Step::Restricted, told(TODAY), Step::Overridden],
        &[],
    );
}

#[test]
fn an_objection_to_marketing_is_never_refused_and_needs_no_identity() {
    let mut case = case(&[RequestKind::Objection]);
    enter(
        &mut case,
        TODAY,
        CaseEvent::AuthorityAsked { on: day(TODAY) },
    )
    .unwrap();
    step(&mut case, TODAY, Step::MarketingStopped).unwrap();
    let met = CaseEvent::Sufficient {
        need: crate::rights::response_deadline::Need::Authority,
        on: day(TODAY),
        proof: crate::rights::register::lists::ProofSeen::SignedAuthority,
    };
    enter(&mut case, TODAY, met).unwrap();
    let no = decided(Verdict::Refused, &[RefusalGround::CompellingGrounds]);
    assert_eq!(enter(&mut case, TODAY, no), Err(Refusal::NotNow));
    enter(&mut case, TODAY, closed(Ending::Fulfilled, TODAY, None)).unwrap();
}

#[test]
fn an_objection_is_refused_only_once_it_was_overridden() {
    let mut case = case(&[RequestKind::Objection]);
    step(&mut case, TODAY, Step::Restricted).unwrap();
    let no = decided(Verdict::Refused, &[RefusalGround::CompellingGrounds]);
    enter(&mut case, TODAY, no).unwrap();
    let close = |case: &mut Case| enter(case, TODAY, closed(Ending::Refused, TODAY, None));
    assert_eq!(close(&mut case), Err(Refusal::NotDone));
    assert_eq!(
        step(&mut case, TODAY, Step::Overridden),
        Err(Refusal::NoticeFirst)
    );
    step(&mut case, TODAY, told(TODAY)).unwrap();
    step(&mut case, TODAY, Step::Overridden).unwrap();
    close(&mut case).unwrap();
}

#[test]
fn a_complaint_is_acknowledged_looked_into_and_answered() {
    let kind = RequestKind::Complaint;
    let acknowledged = Step::Acknowledged { on: day(TODAY) };
    let went = |word| (Step::TakenToCommissioner { reference: None }, word);
    let looked = (Step::Investigated, "investigated");
    let over = (outcome(), "outcome_told");
    let first = [
        (acknowledged.clone(), "acknowledged"),
        looked.clone(),
        over.clone(),
    ];
    allowed(kind, &[], &[&first[..], &[went("open")]].concat());
    let then = [looked.clone(), over.clone(), went("acknowledged")];
    allowed(kind, std::slice::from_ref(&acknowledged), &then);
    let progress = (Step::ProgressTold { on: day(TODAY) }, "investigated");
    let investigated = [progress, over.clone(), went("investigated")];
    allowed(
        kind,
        &[acknowledged.clone(), Step::Investigated],
        &investigated,
    );
    let late = [&investigated[..], &[(acknowledged.clone(), "investigated")]].concat();
    allowed(kind, &[Step::Investigated], &late);
    allowed(kind, &[outcome()], &[went("outcome_told")]);
    let at = walked(kind, &[outcome()]);
    assert_eq!(
        at.acknowledged(),
        Some(day(TODAY)),
        "an outcome also acknowledges"
    );
    assert_eq!(at.outcome(), Some("partly"));
}

#[test]
fn a_complaint_is_late_by_its_acknowledgement() {
    let acknowledged = |on: &str| {
        let mut case = case(&[RequestKind::Complaint]);
        step(&mut case, "2027-02-01", Step::Acknowledged { on: day(on) }).unwrap();
        let outcome = Step::OutcomeTold {
            on: day("2027-02-01"),
            outcome: ComplaintOutcome::Upheld,
        };
        step(&mut case, "2027-02-01", outcome).unwrap();
        assert_eq!(due(&case), None);
        enter(
            &mut case,
            "2027-02-01",
            closed(Ending::Fulfilled, "2027-02-01", None),
        )
    };
    assert_eq!(acknowledged("2026-12-24"), Ok(()));
    assert_eq!(
        acknowledged("2026-12-25"),
        Err(Refusal::Late(day("2026-12-24")))
    );
}

#[test]
fn newsletters_are_stopped_at_once_and_the_processor_has_28_days() {
    let kind = RequestKind::Unsubscribe;
    let stopped = (Step::NewslettersStopped, "stopped_at_once");
    allowed(kind, &[], std::slice::from_ref(&stopped));
    let mut case = received("2026-11-30", "2026-11-30", &[kind]).unwrap();
    assert_eq!(due(&case).as_deref(), Some("2026-12-28"));
    let close = closed(Ending::Fulfilled, "2026-12-01", None);
    let CaseEvent::Closed {
        ending, on, parts, ..
    } = close
    else {
        unreachable!()
    };
    let close = CaseEvent::Closed {
        ending,
        on,
        means: None,
        parts,
        duplicate_of: None,
        late: None,
    };
    assert_eq!(
        enter(&mut case, "2026-12-01", close.clone()),
        Err(Refusal::NotDone)
    );
    step(&mut case, "2026-12-01", Step::NewslettersStopped).unwrap();
    enter(&mut case, "2026-12-01", close).unwrap();
}

#[test]
fn access_comes_before_an_erasure_of_the_same_case_packaged_or_not() {
    let mut case = case(&[RequestKind::Access, RequestKind::Erasure]);
    let erasure = |case: &mut Case, step| {
        of(
            case,
            Some(RequestKind::Erasure),
            TODAY,
            CaseEvent::Stepped { step },
        )
    };
    let alone = approved("h1", Some(SingleHandedReason::OthersAway));
    erasure(&mut case, planned("h1")).unwrap();
    assert_eq!(erasure(&mut case, alone.clone()), Err(Refusal::AccessFirst));
    let access = Some(RequestKind::Access);
    of(
        &mut case,
        access,
        TODAY,
        closed(Ending::Withdrawn, TODAY, None),
    )
    .unwrap();
    erasure(&mut case, alone).unwrap();
    let reason = crate::rights::register::lists::ReopeningReason::PersonReplied;
    of(&mut case, access, TODAY, CaseEvent::Reopened { reason }).unwrap();
    let copy = |case: &mut Case, step| of(case, access, TODAY, CaseEvent::Stepped { step });
    copy(&mut case, Step::PersonConfirmed).unwrap();
    assert_eq!(
        copy(&mut case, Step::PackageOrdered),
        Err(Refusal::ErasureOpen)
    );
}

#[test]
fn an_answer_is_not_of_a_day_before_what_it_tells_of_was_done() {
    let mut one = case(&[RequestKind::Rectification]);
    for done in [Step::FactsNamed, Step::Corrected, Step::RecipientsTold] {
        step(&mut one, "2026-11-27", done).unwrap();
    }
    enter(&mut one, "2026-11-27", decided(Verdict::Granted, &[])).unwrap();
    let answered = |on: &str| closed(Ending::Fulfilled, on, None);
    let before = Err(Refusal::AnsweredBefore(day("2026-11-27")));
    assert_eq!(
        enter(&mut one, "2026-11-28", answered("2026-11-26")),
        before
    );
    enter(&mut one, "2026-11-28", answered("2026-11-27")).unwrap();
}

#[test]
fn what_follows_by_itself_is_entered_once_by_nobody_and_only_where_it_is_awaited() {
    let mut one = case(&[RequestKind::Erasure]);
    let request = RequestId::try_from("C-1-erasure".to_owned()).unwrap();
    let now = day("2026-11-27").and_time(NaiveTime::MIN).and_utc();
    let on = Some(day("2026-11-26"));
    let done = Step::PlacesDone { on };
    let kind = RequestKind::Erasure;
    assert_eq!(one.with_followed(kind, &request, done.clone(), now), one);
    step(&mut one, TODAY, planned("h1")).unwrap();
    let alone = SingleHandedReason::OnePersonOffice;
    let event = CaseEvent::Stepped {
        step: approved("h1", Some(alone)),
    };
    let mut by_order = entry("a", TODAY, Some(kind), event);
    by_order.request = Some(request.clone());
    one.enter(by_order, &ENGLAND_AND_WALES).unwrap();
    let awaited = Awaited::Places(request.clone());
    assert_eq!(one.awaits(), [(kind, awaited)]);
    let over = one.with_followed(kind, &request, done.clone(), now);
    assert_eq!((state(&over), over.awaits()), ("certified", Vec::new()));
    assert_eq!(over.with_followed(kind, &request, done, now), over);
    let entries = over.entries().to_vec();
    assert_eq!(Case::of(over.id().clone(), entries), Some(over.clone()));
    let mut told = over;
    enter(&mut told, "2026-11-28", decided(Verdict::Granted, &[])).unwrap();
    let early = enter(
        &mut told,
        "2026-11-28",
        closed(Ending::Fulfilled, "2026-11-25", None),
    );
    assert_eq!(early, Err(Refusal::AnsweredBefore(day("2026-11-26"))));
    enter(
        &mut told,
        "2026-11-28",
        closed(Ending::Fulfilled, "2026-11-26", None),
    )
    .unwrap();
}
