//! The local stack, from the command line.

fn main() {}
