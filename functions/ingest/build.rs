//! Compresses the stylesheet, so that nobody does at run time.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use flate2::{Compression, write::GzEncoder};
use std::error::Error;
use std::io::Write;
use std::path::Path;

const STYLESHEET: &str = "assets/custodian.css";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={STYLESHEET}");
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&std::fs::read(STYLESHEET)?)?;
    #[expect(clippy::disallowed_methods, reason = "so Cargo tells where to")]
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(
        Path::new(&folder).join("custodian.css.gz.txt"),
        BASE64.encode(packed.finish()?),
    )?;
    Ok(())
}
