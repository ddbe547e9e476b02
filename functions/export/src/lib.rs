//! Everything about one person becomes a package in S3.
