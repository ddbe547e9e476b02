//! What partners drop into the intake bucket becomes records, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_import::Import>()
}
