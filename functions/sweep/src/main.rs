//! What TTL left behind is deleted, and the ledger says so, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_sweep::Sweep>()
}
