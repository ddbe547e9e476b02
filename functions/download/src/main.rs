//! The access to packages, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_download::Download>()
}
