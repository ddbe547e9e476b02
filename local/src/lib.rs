//! `template.yaml` brought to life in one process.
