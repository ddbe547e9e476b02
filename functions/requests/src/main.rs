//! The Data Protection Officer's orders, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_requests::Requests>()
}
