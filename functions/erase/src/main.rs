//! Every place forgets one person and leaves a receipt, on AWS Lambda.

fn main() {}
