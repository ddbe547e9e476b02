//! Turns a list of parts into an object.

use super::{
    checksum::{Algorithm, Sum, answer_sum, stated},
    record::{Bucket, Part, Upload, signed, timestamp},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use s3s::{
    S3Error, S3Result,
    crypto::{Checksum as _, Md5},
    dto, s3_error,
};

/// The least size of every part but the last: 5 MiB.
const LEAST_PART: u64 = 5 << 20;

impl Bucket {
    /// Finds an upload by its key and id.
    pub fn upload(&self, entry: &(String, String)) -> S3Result<&Upload> {
        self.uploads
            .get(entry)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }

    /// Finds an upload, to change it.
    pub fn upload_mut(&mut self, entry: &(String, String)) -> S3Result<&mut Upload> {
        self.uploads
            .get_mut(entry)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

impl Upload {
    /// The parts that `listed` names, if they can become an object.
    pub fn check(&self, listed: &[dto::CompletedPart]) -> S3Result<Vec<&Part>> {
        if listed.is_empty() {
            return Err(s3_error!(MalformedXML));
        }
        if !listed.is_sorted_by(|one, next| one.part_number < next.part_number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let parts: Vec<&Part> = listed
            .iter()
            .map(|part| self.part(part))
            .collect::<S3Result<_>>()?;
        match parts.split_last() {
            Some((_, others)) if others.iter().any(|part| part.size < LEAST_PART) => {
                Err(s3_error!(EntityTooSmall))
            }
            _ => Ok(parts),
        }
    }

    fn part(&self, listed: &dto::CompletedPart) -> S3Result<&Part> {
        let number = listed.part_number.unwrap_or_default();
        let part = self
            .parts
            .get(&number)
            .ok_or_else(|| s3_error!(InvalidPart))?;
        if listed
            .e_tag
            .as_ref()
            .is_none_or(|tag| tag.value() != part.e_tag)
        {
            return Err(s3_error!(InvalidPart));
        }
        let stated = stated!(listed);
        if stated
            .as_ref()
            .is_some_and(|(algorithm, value)| part.sum.value_if(*algorithm).as_ref() != Some(value))
        {
            return Err(s3_error!(InvalidPart));
        }
        match self.checksum {
            Some((algorithm, true)) if stated.is_none() => {
                let name = algorithm.name().to_ascii_lowercase();
                Err(s3_error!(
                    InvalidRequest,
                    "The upload was created using a {name} checksum. The complete request must include the checksum \
                     for each part. It was missing for part {number} in the request."
                ))
            }
            _ => Ok(part),
        }
    }
}

/// The checksum that a new upload wants, and whether it will be a composite one.
pub(super) fn chosen(algorithm: Algorithm, full: Option<bool>) -> S3Result<(Algorithm, bool)> {
    match (algorithm, full) {
        (Algorithm::Sha1 | Algorithm::Sha256, Some(true)) | (Algorithm::Crc64nvme, Some(false)) => {
            Err(s3_error!(
                InvalidRequest,
                "The checksum type can't be used with this algorithm."
            ))
        }
        (Algorithm::Crc64nvme, _) => Ok((algorithm, false)),
        (_, full) => Ok((algorithm, !full.unwrap_or_default())),
    }
}

/// The entity tag of an object in parts: the MD5 digest of their digests, and their number.
pub(super) fn e_tag_of(parts: &[&Part]) -> S3Result<String> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&hex::decode(&part.e_tag).map_err(S3Error::internal_error)?);
    }
    Ok(format!("{}-{}", hex::encode(md5.finalize()), parts.len()))
}

/// The checksum over the parts' checksums, and their number.
pub(super) fn composite_sum(algorithm: Algorithm, parts: &[&Part]) -> S3Result<Sum> {
    let mut hasher = algorithm.hasher();
    for part in parts {
        hasher.update(
            &STANDARD
                .decode(&part.sum.value)
                .map_err(S3Error::internal_error)?,
        );
    }
    let sum = Sum::of(algorithm, hasher);
    Ok(Sum {
        value: format!("{}-{}", sum.value, parts.len()),
        composite: true,
        ..sum
    })
}

/// An upload's algorithm, in the form of answers.
pub(super) fn algorithm_of(checksum: Option<(Algorithm, bool)>) -> Option<dto::ChecksumAlgorithm> {
    checksum.map(|(algorithm, _)| dto::ChecksumAlgorithm::from_static(algorithm.name()))
}

/// An upload's kind of checksum, in the form of answers.
pub(super) fn kind_of(checksum: Option<(Algorithm, bool)>) -> Option<dto::ChecksumType> {
    let composite = checksum?.1;
    Some(dto::ChecksumType::from_static(if composite {
        dto::ChecksumType::COMPOSITE
    } else {
        dto::ChecksumType::FULL_OBJECT
    }))
}

/// A part in a list.
pub(super) fn described((number, part): (&i32, &Part)) -> dto::Part {
    let mut described = dto::Part {
        part_number: Some(*number),
        e_tag: Some(dto::ETag::Strong(part.e_tag.clone())),
        size: Some(signed(part.size)),
        last_modified: Some(timestamp(part.modified)),
        ..Default::default()
    };
    answer_sum!(described, &part.sum);
    described
}
