//! What a person is asked: for proof, authority or a fee, before the clock begins, and what they
//! mean, while it is stopped.

use super::CaseRequest;
use crate::rights::register::refusal::Refusal;
use crate::rights::response_deadline::{Clarification, ClockFacts, Need, Wait};
use chrono::NaiveDate;

impl CaseRequest {
    pub(super) fn ask(&mut self, need: Need, on: NaiveDate) -> Result<(), Refusal> {
        let facts = self.clock.as_mut().ok_or(Refusal::NotARight)?;
        if facts.waits.iter().any(|wait| wait.need == need) {
            return Err(Refusal::AskedAlready);
        }
        facts.waits.push(Wait { need, met: None });
        self.asked.insert(need, on);
        Ok(())
    }

    /// What was asked for and is not there.
    pub(super) fn wait(&mut self, need: Need) -> Result<&mut Wait, Refusal> {
        let facts = self.clock.as_mut().ok_or(Refusal::NotARight)?;
        let open = |wait: &&mut Wait| wait.need == need && wait.met.is_none();
        facts
            .waits
            .iter_mut()
            .find(open)
            .ok_or(Refusal::NotAskedFor)
    }

    /// What was asked for is there. Somebody who asks for another may show unasked that they may;
    /// no clock waited for that.
    pub(super) fn meet(&mut self, need: Need, on: NaiveDate) -> Result<(), Refusal> {
        let is_unasked = need == Need::Authority && !self.asked.contains_key(&need);
        if is_unasked && self.clock.is_some() && !self.has_authority() {
            self.authority = Some(on);
        } else {
            self.wait(need)?.met = Some(on);
        }
        Ok(())
    }

    pub(super) fn question(&mut self, on: NaiveDate) -> Result<(), Refusal> {
        if self.open_question().is_some() {
            return Err(Refusal::QuestionOpen);
        }
        let stops = |facts: &&mut ClockFacts| facts.right.question_stops_the_clock();
        let facts = self.clock.as_mut().filter(stops);
        facts
            .ok_or(Refusal::NotAccess)?
            .questions
            .push(Clarification {
                asked: on,
                answered: None,
            });
        Ok(())
    }

    pub(super) fn answer(&mut self, on: NaiveDate) -> Result<(), Refusal> {
        let questions = self.clock.iter_mut().flat_map(|facts| &mut facts.questions);
        let mut open = questions.filter(|one| one.answered.is_none());
        open.next().ok_or(Refusal::NoQuestionOpen)?.answered = Some(on);
        Ok(())
    }
}
