//! Erases one person in every place and leaves a receipt, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_erase::Erase>()
}
