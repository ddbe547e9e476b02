//! A web form becomes a record, on AWS Lambda.

fn main() {}
