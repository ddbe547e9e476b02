//! What is in the built binaries, and what is not.

/// How the compiler spells the crate in a symbol. The bare name does not work: the linker also
/// keeps the names of object files that it took nothing from.
const S3: &str = "10aws_sdk_s3";

#[test]
fn who_has_no_bucket_links_nothing_of_s3() {
    assert!(
        symbols("export").contains(S3),
        "symbols are spelt otherwise now, and this test sees nothing"
    );
    for function in ["ingest", "unsubscribe", "expire"] {
        assert!(!symbols(function).contains(S3), "{function} links S3");
    }
}

/// A built binary, as text. `cargo build --workspace` put it beside this test.
fn symbols(function: &str) -> String {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join(function);
    String::from_utf8_lossy(&std::fs::read(binary).unwrap()).into_owned()
}
