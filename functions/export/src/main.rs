//! Everything about one person becomes a package in S3, on AWS Lambda.

fn main() {}
