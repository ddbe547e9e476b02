//! Turns a record that TTL removed into a ledger entry, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_expire::Expire>()
}
