//! Hands on keys and rotates them: `make inherit-keys` and `make rotate-keys`.

use clap::{Parser, Subcommand};
use custodian_domain::identity::keyring::About;
use custodian_operations::keys::{KeysError, inherit, named, rotate};
use custodian_runtime::Environment;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Hands on what was made before each purpose had its own keys, and rotates keys. No key is ever
/// shown.
///
/// Exits with 0 if it is done, and with 1 if not. Instances read their keys when they start: `make`
/// replaces them afterwards.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hands on what was made under the secret of the subject keys. Running it again changes
    /// nothing.
    Inherit {
        /// The secret of the subject keys: the output `SubjectKeysSecret` of the stack.
        #[arg(long)]
        subject_keys: String,
        /// A purpose's secret, such as `forms=arn:aws:secretsmanager:…`.
        #[arg(long = "secret", value_name = "KEY=SECRET", value_parser = secret, required = true)]
        secrets: Vec<(About, String)>,
    },
    /// Makes the next version of one secret's keys.
    Rotate {
        /// Which keys: subject-keys, forms, packages, mail-links, addresses, identities or audit.
        #[arg(long)]
        key: String,
        /// Their secret.
        #[arg(long)]
        secret: String,
        /// The keys have leaked: nothing that was made with them opens any more.
        #[arg(long)]
        leaked: bool,
    },
}

fn secret(text: &str) -> Result<(About, String), KeysError> {
    let (name, id) = text.split_once('=').ok_or(KeysError::Unknown)?;
    Ok((named(name).ok_or(KeysError::Unknown)?, id.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<ExitCode> {
    let command = Arguments::parse().command;
    let host = Environment::operator().await;
    let done = match command {
        Command::Inherit {
            subject_keys,
            secrets,
        } => inherit(&host, &subject_keys, &secrets)
            .await
            .map(|changed| {
                if changed.is_empty() {
                    "There are no keys to hand on.".to_owned()
                } else {
                    format!("Handed on: {}.", changed.join(", "))
                }
            }),
        Command::Rotate {
            key,
            secret,
            leaked,
        } => rotate(&host, &key, &secret, leaked).await.map(|()| {
            let before = if leaked {
                "what was made with the earlier keys can no longer be opened"
            } else {
                "the earlier keys are kept"
            };
            format!("There are new keys: {key}; {before}.")
        }),
    };
    match done {
        Ok(output) => writeln!(stdout(), "{output}").map(|()| ExitCode::SUCCESS),
        Err(error) => writeln!(stderr(), "{error}").map(|()| ExitCode::from(1)),
    }
}
