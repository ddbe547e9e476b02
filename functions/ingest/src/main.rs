//! Turns a web form into a record, on AWS Lambda.

fn main() -> Result<(), lambda_runtime::Error> {
    custodian_runtime::main::<custodian_ingest::Ingest>()
}
