//! Turns what partners drop into the intake bucket into records, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_import::Import>()
}
