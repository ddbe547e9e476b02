//! What a processor said and signed, kept so that anybody can check it later, with nothing else at
//! hand.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// An answer with its signature, and the certificate that it was checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// When it came.
    pub at: DateTime<Utc>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its bytes, in base64; `None` if it says more than is known without it, because that could be
    /// personal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The signature over its bytes, in base64.
    pub signature: String,
    /// The certificate, as DER in base64: the text between the lines of a PEM document.
    pub certificate: String,
}

/// Why a signed answer does not count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// It cannot be read.
    #[error("the answer, its signature or its certificate cannot be read")]
    Unreadable,
    /// Its bytes are not those that came.
    #[error("the answer is not the one that came")]
    Changed,
    /// The certificate was not valid when it came.
    #[error("the certificate was not valid when the answer came")]
    OutOfDate,
    /// The certificate's key did not sign it.
    #[error("the certificate's key did not sign the answer")]
    Unsigned,
}

impl Signed {
    /// The answer in `body`, kept as bytes or as a digest only.
    #[must_use]
    pub fn new(
        body: &[u8],
        keeps_body: bool,
        signature: &[u8],
        by: &SigningCertificate,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            at,
            sha256: hex::encode(Sha256::digest(body)),
            body: keeps_body.then(|| STANDARD.encode(body)),
            signature: STANDARD.encode(signature),
            certificate: STANDARD.encode(&by.der),
        }
    }

    /// Checks it again from itself alone. Returns whether the bytes are there to check.
    ///
    /// # Errors
    /// [`NotSigned`] if the processor's certificate did not sign it.
    pub fn check(&self) -> Result<bool, NotSigned> {
        let read = |text: &str| STANDARD.decode(text).map_err(|_| NotSigned::Unreadable);
        let certificate = SigningCertificate::read(&read(&self.certificate)?)
            .map_err(|_| NotSigned::Unreadable)?;
        let signature = read(&self.signature)?;
        if !certificate.is_valid(self.at) {
            return Err(NotSigned::OutOfDate);
        }
        let Some(body) = &self.body else {
            return Ok(false);
        };
        let body = read(body)?;
        if hex::encode(Sha256::digest(&body)) != self.sha256 {
            return Err(NotSigned::Changed);
        }
        if certificate.signed(&body, &signature) {
            Ok(true)
        } else {
            Err(NotSigned::Unsigned)
        }
    }
}

/// A certificate that a processor may sign with.
#[derive(Clone)]
pub struct SigningCertificate {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    der: Vec<u8>,
}

/// Why certificates cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// Not a PEM document with a certificate in it.
    #[error("must have a certificate in PEM")]
    Format,
    /// A key of a kind that is not accepted.
    #[error(
        "must have certificates with an RSA key of at least 2,048 bits, or a key on P-256 or P-384"
    )]
    Key,
}

impl SigningCertificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`BadCertificate`], which shows nothing of it.
    pub fn read(der: &[u8]) -> Result<Self, BadCertificate> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| BadCertificate::Format)?;
        let key = certificate.public_key();
        let instant = |at: i64| DateTime::from_timestamp(at, 0).ok_or(BadCertificate::Format);
        Ok(Self {
            algorithm: algorithm(key).ok_or(BadCertificate::Key)?,
            key: key.subject_public_key.data.to_vec(),
            from: instant(certificate.validity().not_before.timestamp())?,
            until: instant(certificate.validity().not_after.timestamp())?,
            der: der.to_vec(),
        })
    }

    /// Whether it is valid at this time.
    #[must_use]
    pub fn is_valid(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at <= self.until
    }

    /// Whether its key signed exactly these bytes: RSA (PKCS #1 v1.5) with SHA-256, or ECDSA with
    /// the digest of its curve (FIPS 186-4).
    #[must_use]
    pub fn signed(&self, body: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm, &self.key)
            .verify(body, signature)
            .is_ok()
    }
}

fn algorithm(key: &SubjectPublicKeyInfo<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    match key.parsed().ok()? {
        PublicKey::RSA(rsa) if rsa.key_size() >= 2_048 => Some(&RSA_PKCS1_2048_8192_SHA256),
        PublicKey::EC(_) => {
            let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
            match curve {
                curve if curve == OID_EC_P256 => Some(&ECDSA_P256_SHA256_ASN1),
                curve if curve == OID_NIST_EC_P384 => Some(&ECDSA_P384_SHA384_ASN1),
                _ => None,
            }
        }
        _ => None,
    }
}

impl std::fmt::Debug for SigningCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Certificate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{NotSigned, Signed, SigningCertificate};
    use base64::{Engine, engine::general_purpose::STANDARD};
    use chrono::{DateTime, Utc};
    use x509_parser::pem::Pem;

    // Made by OpenSSL: valid for a year from November 2026. The keys are gone.
    const BODY: &[u8] = include_bytes!("../../../../tests/fixtures/opendsr/callback.json");
    const RSA: &str = include_str!("../../../../tests/fixtures/opendsr/rsa.pem");
    const SIGNATURE: &str = include_str!("../../../../tests/fixtures/opendsr/rsa.signature");
    const OTHER: &str = include_str!("../../../../tests/fixtures/opendsr/ec384.pem");

    fn certificate(pem: &str) -> SigningCertificate {
        let block = Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        SigningCertificate::read(&block.contents).unwrap()
    }

    fn signed(keeps_body: bool, pem: &str, at: &str) -> Signed {
        let (signature, at): (_, DateTime<Utc>) = (
            STANDARD.decode(SIGNATURE.trim()).unwrap(),
            at.parse().unwrap(),
        );
        Signed::new(BODY, keeps_body, &signature, &certificate(pem), at)
    }

    #[test]
    fn what_was_signed_is_checked_by_itself_as_often_as_anybody_likes() {
        let said = signed(true, RSA, "2027-06-01T00:00:00Z");
        let stored = serde_json::to_string(&said).unwrap();
        assert_eq!(
            serde_json::from_str::<Signed>(&stored).unwrap().check(),
            Ok(true)
        );
        assert_eq!(
            signed(false, RSA, "2027-06-01T00:00:00Z").check(),
            Ok(false),
            "its bytes are not there"
        );
    }

    #[test]
    fn what_is_changed_in_any_part_was_signed_by_nobody() {
        let said = signed(true, RSA, "2027-06-01T00:00:00Z");
        let body = Some(STANDARD.encode(b"{}"));
        assert_eq!(
            Signed {
                body: body.clone(),
                ..said.clone()
            }
            .check(),
            Err(NotSigned::Changed)
        );
        let sha256 = signed_digest(b"{}");
        assert_eq!(
            Signed {
                sha256,
                body,
                ..said.clone()
            }
            .check(),
            Err(NotSigned::Unsigned)
        );
        let signature = STANDARD.encode([7; 256]);
        assert_eq!(
            Signed {
                signature,
                ..said.clone()
            }
            .check(),
            Err(NotSigned::Unsigned)
        );
        assert_eq!(
            signed(true, OTHER, "2027-06-01T00:00:00Z").check(),
            Err(NotSigned::Unsigned)
        );
        assert_eq!(
            Signed {
                certificate: "?".to_owned(),
                ..said
            }
            .check(),
            Err(NotSigned::Unreadable)
        );
        assert_eq!(
            signed(true, RSA, "2026-06-01T00:00:00Z").check(),
            Err(NotSigned::OutOfDate)
        );
    }

    fn signed_digest(body: &[u8]) -> String {
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body))
    }
}
