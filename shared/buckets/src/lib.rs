//! The one place that knows how things are stored in S3: partners' files, packages, anchors, and
//! what a function discarded.

pub mod anchors;
pub mod discarded;
pub mod exports;
pub mod files;
mod paging;

/// A client of S3 with this configuration.
#[must_use]
pub fn client(sdk: &aws_config::SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(sdk)
}
