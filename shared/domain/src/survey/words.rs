//! The words with which a record's answers are shown again.

use super::{Question, QuestionKind, Survey};
use crate::survey::answers::Answer;
use std::sync::Arc;

/// What is known of the words that somebody was asked with.
#[derive(Clone, Debug)]
pub enum Words {
    /// The very version that the person was shown.
    Asked(Arc<Survey>),
    /// Nobody noted which version the person was shown: this is the earliest known version of the
    /// survey.
    Earliest(Arc<Survey>),
    /// A survey of ours whose words are no longer known.
    Gone,
    /// Not a survey of ours: another system asked, or nobody did.
    Others,
}

impl Words {
    /// The survey that gives the words.
    #[must_use]
    pub fn survey(&self) -> Option<&Survey> {
        match self {
            Self::Asked(survey) | Self::Earliest(survey) => Some(survey),
            Self::Gone | Self::Others => None,
        }
    }

    /// The question with this id that was answered so, and its position among the questions.
    ///
    /// If nobody noted which version was shown, a question that cannot have this answer is not the
    /// one that was asked.
    #[must_use]
    pub fn question(&self, id: &str, answer: &Answer) -> Option<(usize, &Question)> {
        let found = self
            .survey()?
            .questions
            .iter()
            .enumerate()
            .find(|(_, question)| question.id == id);
        found.filter(|(_, question)| {
            matches!(self, Self::Asked(_)) || can_be_answered(question, answer)
        })
    }
}

fn can_be_answered(question: &Question, answer: &Answer) -> bool {
    match (question.kind, answer) {
        (QuestionKind::Satisfaction | QuestionKind::Number, Answer::Number(_))
        | (QuestionKind::YesNo, Answer::YesNo(_)) => true,
        (QuestionKind::Choice, Answer::Text(text)) => question.options.contains(text),
        (QuestionKind::Choices, Answer::Choices(chosen)) => {
            chosen.iter().all(|text| question.options.contains(text))
        }
        (kind, Answer::Text(_)) => {
            matches!(
                kind,
                QuestionKind::Text
                    | QuestionKind::Textarea
                    | QuestionKind::Date
                    | QuestionKind::Email
                    | QuestionKind::Phone
                    | QuestionKind::Name
            )
        }
        _ => false,
    }
}
