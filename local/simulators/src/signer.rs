//! A simulator's signing key, made when the stack starts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, SigningKey};

/// A key, and the certificate of its public half.
pub(super) struct Signer {
    key: KeyPair,
    pub(super) certificate: String,
}

impl Signer {
    /// A new key, with a self-signed certificate: it is pinned, so no authority has to vouch for
    /// it.
    pub(super) fn new(domain: &str) -> Result<Self, String> {
        let failed = |error: rcgen::Error| format!("a simulator has no certificate: {error}");
        let key = KeyPair::generate().map_err(failed)?;
        let certificate =
            CertificateParams::new(vec![domain.to_owned()]).and_then(|it| it.self_signed(&key));
        Ok(Self {
            certificate: certificate.map_err(failed)?.pem(),
            key,
        })
    }

    /// The signature of a body, as the header carries it.
    #[expect(
        clippy::expect_used,
        reason = "an empty signature would look like a forged one"
    )]
    pub(super) fn sign(&self, body: &[u8]) -> String {
        let signature = self.key.sign(body);
        STANDARD.encode(signature.expect("a key in memory signs every body"))
    }
}
