//! Ends a newsletter with one click, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_unsubscribe::Unsubscribe>()
}
