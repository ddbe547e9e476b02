//! The desk of the Data Protection Officer's office, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_desk::Desk>()
}
