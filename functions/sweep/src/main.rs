//! What TTL left behind is deleted, and the ledger says so, on AWS Lambda.

fn main() {}
