//! The pages, one file for each subject.

pub(crate) mod accessibility;
pub(crate) mod calendar;
pub(crate) mod case;
pub(crate) mod case_form;
pub(crate) mod figures;
pub(crate) mod letters;
pub(crate) mod looks;
pub(crate) mod register;
pub(crate) mod requests;
pub(crate) mod today;
