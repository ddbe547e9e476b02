//! The five checksums of S3: requested, computed, stored and answered.

use s3s::{
    S3Result,
    checksum::ChecksumHasher,
    dto::{ChecksumAlgorithm, ChecksumType},
    s3_error,
};
use serde::{Deserialize, Serialize};

/// One of the algorithms of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
}

/// A checksum in base64; a composite one is over the checksums of the parts and ends in their
/// number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub algorithm: Algorithm,
    pub value: String,
    pub composite: bool,
}

impl Algorithm {
    /// The algorithm by the name that headers use, in any case.
    pub fn named(name: &str) -> S3Result<Self> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "CRC32" => Self::Crc32,
            "CRC32C" => Self::Crc32c,
            "CRC64NVME" => Self::Crc64nvme,
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            _ => {
                return Err(s3_error!(
                    InvalidRequest,
                    "Checksum algorithm provided is unsupported."
                ));
            }
        })
    }

    /// The name that requests and answers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => ChecksumAlgorithm::CRC32,
            Self::Crc32c => ChecksumAlgorithm::CRC32C,
            Self::Crc64nvme => ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => ChecksumAlgorithm::SHA1,
            Self::Sha256 => ChecksumAlgorithm::SHA256,
        }
    }

    /// The header, or trailer, that carries it.
    pub fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    /// A hasher that computes this one.
    pub fn hasher(self) -> ChecksumHasher {
        use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
        let mut hasher = ChecksumHasher::default();
        match self {
            Self::Crc32 => hasher.crc32 = Some(Crc32::new()),
            Self::Crc32c => hasher.crc32c = Some(Crc32c::new()),
            Self::Crc64nvme => hasher.crc64nvme = Some(Crc64Nvme::new()),
            Self::Sha1 => hasher.sha1 = Some(Sha1::new()),
            Self::Sha256 => hasher.sha256 = Some(Sha256::new()),
        }
        hasher
    }
}

impl Sum {
    /// The result of a hasher of `algorithm`.
    pub fn of(algorithm: Algorithm, hasher: ChecksumHasher) -> Self {
        let sums = hasher.finalize();
        let value = match algorithm {
            Algorithm::Crc32 => sums.checksum_crc32,
            Algorithm::Crc32c => sums.checksum_crc32c,
            Algorithm::Crc64nvme => sums.checksum_crc64nvme,
            Algorithm::Sha1 => sums.checksum_sha1,
            Algorithm::Sha256 => sums.checksum_sha256,
        };
        Self {
            algorithm,
            value: value.unwrap_or_default(),
            composite: false,
        }
    }

    /// Whether it covers the bytes of the object or the checksums of its parts.
    pub fn kind(&self) -> ChecksumType {
        ChecksumType::from_static(if self.composite {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        })
    }

    /// The header in which an answer carries it.
    pub fn value_if(&self, algorithm: Algorithm) -> Option<String> {
        (self.algorithm == algorithm).then(|| self.value.clone())
    }
}

/// The one checksum that a request states, if any: its algorithm and value.
macro_rules! stated {
    ($input:expr) => {{
        use $crate::checksum::Algorithm;
        [
            (Algorithm::Crc32, &$input.checksum_crc32),
            (Algorithm::Crc32c, &$input.checksum_crc32c),
            (Algorithm::Crc64nvme, &$input.checksum_crc64nvme),
            (Algorithm::Sha1, &$input.checksum_sha1),
            (Algorithm::Sha256, &$input.checksum_sha256),
        ]
        .into_iter()
        .find_map(|(algorithm, value)| value.clone().map(|value| (algorithm, value)))
    }};
}
pub(super) use stated;

/// Puts a checksum into the fields of an answer.
macro_rules! answer_sum {
    ($output:expr, $sum:expr) => {{
        use $crate::checksum::Algorithm;
        let sum: &$crate::checksum::Sum = $sum;
        $output.checksum_crc32 = sum.value_if(Algorithm::Crc32);
        $output.checksum_crc32c = sum.value_if(Algorithm::Crc32c);
        $output.checksum_crc64nvme = sum.value_if(Algorithm::Crc64nvme);
        $output.checksum_sha1 = sum.value_if(Algorithm::Sha1);
        $output.checksum_sha256 = sum.value_if(Algorithm::Sha256);
    }};
}
pub(super) use answer_sum;
