//! The council whose pages these are, and their address: everything of a council that a page shows,
//! from the function's settings.

use crate::Edge;
use custodian_runtime::settings::{COUNCIL_NAME, DPO_EMAIL, PUBLIC_URL};
use custodian_runtime::{Environment, StartError};

/// The council behind the pages, and how to reach it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The council's name.
    pub council: String,
    /// The council's own website, to which the pages link back.
    pub council_url: String,
    /// Where to write about the pages themselves, such as their accessibility.
    pub contact_email: String,
    /// Where to call about the pages themselves.
    pub contact_phone: String,
    /// The email address of the Data Protection Officer.
    pub dpo_email: String,
    /// The telephone number of the Data Protection Officer.
    pub dpo_phone: String,
    /// The postal address of the Data Protection Officer, in one line.
    pub dpo_address: String,
    /// Who may call the function.
    pub edge: Edge,
    /// What comes before every path.
    pub base: BasePath,
}

impl Site {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`StartError`] if one is missing or cannot be used.
    pub fn read(environment: &Environment) -> Result<Self, StartError> {
        let setting = |name| environment.setting(name).map(str::to_owned);
        Ok(Self {
            council: setting(COUNCIL_NAME)?,
            council_url: setting("COUNCIL_URL")?,
            contact_email: setting("CONTACT_EMAIL")?,
            contact_phone: setting("CONTACT_PHONE")?,
            dpo_email: setting(DPO_EMAIL)?,
            dpo_phone: setting("DPO_PHONE")?,
            dpo_address: setting("DPO_ADDRESS")?,
            edge: Edge::read(environment),
            base: BasePath::read(environment)?,
        })
    }
}

/// The path of the product's public address: empty, or `/insight` where API Gateway maps it below a
/// domain or a stage.
///
/// API Gateway leaves it in the path that a function gets, and a link has to begin with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// The base path of the setting `PUBLIC_URL`; empty if there is no such setting.
    ///
    /// # Errors
    /// [`StartError::Invalid`] if it is not an address.
    pub fn read(environment: &Environment) -> Result<Self, StartError> {
        let invalid = StartError::Invalid(
            PUBLIC_URL,
            "must be https:// and a name, with or without a path",
        );
        environment
            .setting(PUBLIC_URL)
            .map_or(Ok(Self::default()), |url| Self::of(url).ok_or(invalid))
    }

    /// The base path of a public address; `None` if it is not an address.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"))?;
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        let sound = !name.is_empty() && path.bytes().all(plain);
        let path = path.trim_matches('/');
        sound.then(|| {
            Self(if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            })
        })
    }

    /// The path as links begin with it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The rest of a request's path after it; the path unchanged if it does not begin so.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix(&self.0) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }
}

impl std::fmt::Display for BasePath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::BasePath;

    #[test]
    fn an_address_has_the_base_path_that_its_links_begin_with() {
        for (url, base) in [
            ("https://insight.example", ""),
            ("https://insight.example/", ""),
            ("http://127.0.0.1:3000", ""),
            ("https://www.example/insight", "/insight"),
            ("https://www.example/a/b/", "/a/b"),
        ] {
            assert_eq!(BasePath::of(url).unwrap().as_str(), base, "{url}");
        }
        for url in [
            "",
            "insight.example",
            "https://",
            "https:///x",
            "https://x/a?b",
            "https://x/a b",
            "https://x/\"><",
        ] {
            assert_eq!(BasePath::of(url), None, "{url}");
        }
    }

    #[test]
    fn a_request_is_known_with_and_without_the_base_path() {
        let base = BasePath::of("https://www.example/insight").unwrap();
        for (path, rest) in [
            ("/insight/privacy", "/privacy"),
            ("/insight", "/"),
            ("/insight/", "/"),
            ("/privacy", "/privacy"),
            ("/insights/privacy", "/insights/privacy"),
            ("/", "/"),
        ] {
            assert_eq!(base.strip(path), rest, "{path}");
            assert_eq!(BasePath::default().strip(path), path);
        }
    }
}
