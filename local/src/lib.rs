//! `template.yaml` brought to life in one process.

pub mod s3;
