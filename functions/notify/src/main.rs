//! Asks people by email whether an address is theirs, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_notify::Notify>()
}
