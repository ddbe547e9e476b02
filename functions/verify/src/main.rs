//! What the ledger says is held against what was told of it outside, and against what is there, on
//! AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_verify::Verify>()
}
