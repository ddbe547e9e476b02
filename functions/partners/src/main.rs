//! Turns what partners send into records, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_partners::Partners>()
}
