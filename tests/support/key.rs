//! The TSIG key that a test shares with the servers it starts.
//!
//! Its secret is fixed and public: it tells the signed from the unsigned and protects nothing.

/// Long enough for every HMAC in use here, so that one secret serves all of them.
const SECRET: &str =
    "Y3V0b3Zlci10ZXN0LXNlY3JldC10aGF0LWV2ZXJ5Ym9keS1tYXktcmVhZC1hbmQtbm8tb25lLW1heS1yZXVzZQ==";

/// A TSIG key: its name, its HMAC and its secret in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Domain name of the key; a trailing dot is welcome.
    pub name: String,
    /// `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
    pub algorithm: String,
    /// The shared secret, in base64 with padding.
    pub secret_base64: String,
}

impl Key {
    /// A key with the harness's own secret.
    pub fn test(name: &str, algorithm: &str) -> Key {
        // Here, because each server has its own obscure way to refuse a name it does not know.
        assert!(
            ["hmac-sha256", "hmac-sha384", "hmac-sha512"].contains(&algorithm),
            "no test key of algorithm {algorithm}: use hmac-sha256, hmac-sha384 or hmac-sha512"
        );
        Key {
            name: name.to_owned(),
            algorithm: algorithm.to_owned(),
            secret_base64: SECRET.to_owned(),
        }
    }

    /// This key's name with a secret that no server knows, to be refused with.
    pub fn forged(&self) -> Key {
        Key { secret_base64: "Zm9yZ2Vk".repeat(8), ..self.clone() }
    }

    /// The value of `-y` for dig and nsupdate.
    pub fn dig_arg(&self) -> String {
        format!("{}:{}:{}", self.algorithm, self.name, self.secret_base64)
    }
}
