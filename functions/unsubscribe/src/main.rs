//! One click ends a newsletter, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_unsubscribe::Unsubscribe>()
}
