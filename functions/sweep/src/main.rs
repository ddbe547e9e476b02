//! Deletes what TTL left behind, and records it in the ledger, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_sweep::Sweep>()
}
