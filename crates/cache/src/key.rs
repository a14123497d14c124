//! The name of a block: a hash of everything that determines its values.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// Raised whenever the format or the keys of blocks change. It is part of every key and of every index, so that
/// another format finds no blocks of this one.
pub const FORMAT: u32 = 1;

/// SHA-256 of a source file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceHash([u8; 32]);

impl SourceHash {
    /// Hashes the content of one source.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// The name of a block: SHA-256 over the format, the hashes of its sources and its recipe.
///
/// Equal keys mean equal values, provided that the recipe says everything that is done to the sources:
/// size, scaling, cropping, the decoder's version. Shown and parsed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(crate) [u8; 32]);

impl Key {
    /// The key of the block that `recipe` makes of the sources, in their order. There may be no sources, if the
    /// recipe alone determines the block.
    ///
    /// ```
    /// use herring_cache::{Key, SourceHash};
    ///
    /// let source = SourceHash::of(b"the bytes of a file");
    /// let small = Key::new(&[source], "grey, 128x128");
    /// assert_ne!(small, Key::new(&[source], "grey, 224x224"));
    /// assert_ne!(small, Key::new(&[SourceHash::of(b"other bytes")], "grey, 128x128"));
    /// assert_eq!(small.to_string().parse(), Ok(small));
    /// let mask = Key::new(&[], "disc of height / 2.5, 128x128");
    /// assert_ne!(mask, small);
    /// ```
    pub fn new(sources: &[SourceHash], recipe: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"herring-cache block");
        hash.update(FORMAT.to_le_bytes());
        // With the number of sources, a hash cannot be confused with a recipe that looks like one.
        hash.update((sources.len() as u64).to_le_bytes());
        for source in sources {
            hash.update(source.0);
        }
        hash.update(recipe.as_bytes());
        Self(hash.finalize().into())
    }
}

/// Text that is not a key or hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found \"{found}\", expected 64 hexadecimal digits")]
pub struct NotAKey {
    found: String,
}

fn hexadecimal(bytes: &[u8; 32], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
}

fn parse(text: &str) -> Result<[u8; 32], NotAKey> {
    let refused = || NotAKey { found: text.chars().take(80).collect() };
    let digits: Option<Vec<u8>> = text.chars().map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(refused)?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}

macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                hexadecimal(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                hexadecimal(&self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotAKey;

            fn from_str(text: &str) -> Result<Self, NotAKey> {
                parse(text).map(Self)
            }
        }
    };
}

as_text!(SourceHash);
as_text!(Key);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_this_format_stay_what_they_are() {
        // python: hashlib.sha256(b"herring-cache block" + (1).to_bytes(4, "little") + (1).to_bytes(8, "little")
        //         + hashlib.sha256(b"abc").digest() + b"grey, 224x224").hexdigest()
        let key = Key::new(&[SourceHash::of(b"abc")], "grey, 224x224");
        assert_eq!(key.to_string(), "fca15d4f6a268754ba511bcab0f40d3495558e2b6e7e378eafa2a146941fd178");
    }

    #[test]
    fn what_decides_the_values_decides_the_key() {
        let (a, b) = (SourceHash::of(b"a"), SourceHash::of(b"b"));
        let keys = [
            Key::new(&[a], "r"),
            Key::new(&[b], "r"),
            Key::new(&[a], "s"),
            Key::new(&[a, b], "r"),
            Key::new(&[b, a], "r"),
            Key::new(&[], "r"),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(keys[place + 1..].iter().all(|other| other != key), "{place}");
        }
    }

    #[test]
    fn text_that_is_no_key_is_refused_in_one_line() {
        for text in ["", "12", &"g".repeat(64), &"ä".repeat(32), &"0".repeat(65)] {
            let message = text.parse::<Key>().unwrap_err().to_string();
            assert!(message.contains("expected 64 hexadecimal digits") && !message.contains('\n'), "{message}");
        }
    }
}
