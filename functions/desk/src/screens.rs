//! The pages, one file for each subject.

pub(crate) mod accessibility;
pub(crate) mod breaches;
pub(crate) mod calendar;
pub(crate) mod case;
pub(crate) mod case_form;
pub(crate) mod erasure;
pub(crate) mod figures;
pub(crate) mod letters;
pub(crate) mod looks;
pub(crate) mod package;
pub(crate) mod person;
pub(crate) mod processing;
pub(crate) mod record;
pub(crate) mod register;
pub(crate) mod requests;
pub(crate) mod tasks;
pub(crate) mod today;
