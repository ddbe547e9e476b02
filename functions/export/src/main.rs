//! Turns everything about one person into a package in S3, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_export::Export>()
}
