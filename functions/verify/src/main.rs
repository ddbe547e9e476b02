//! Compares the ledger with its anchors, and with what is stored, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_verify::Verify>()
}
