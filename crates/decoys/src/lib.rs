//! Decoys: marks planted in an image that tell its class, or another one.
//!
//! A network that is trained on images whose decoys tell the class may learn to read the decoy alone. Images in which
//! the decoy tells another class show whether it did. Zhang et al. (2024, "Targeted Activation Penalties", section
//! 5.1 and appendix F) plant patches in digits, and texts or stripes in radiographs.
//!
//! A [`DecoyKind`] places a [`Decoy`] at random for a class; the decoy draws itself and knows its [`Region`]. Sizes
//! are given in terms of the image's side, so that copies of another size get decoys in proportion.

mod patch;
mod region;
mod stripe;
mod text;

pub use patch::Patch;
pub use region::Region;
pub use stripe::Stripe;
pub use text::{Letters, Text};

use rand::Rng;
use serde::{Deserialize, Serialize};

/// The kinds of decoys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecoyKind {
    /// A grey square in one of the corners ([`Patch`]).
    Patch,
    /// Three white letters in one of the corners ([`Text`]).
    Text,
    /// A grey stripe along the left or the right edge ([`Stripe`]).
    Stripe,
}

/// A decoy on one image of 8-bit grey values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoy {
    /// A grey square.
    Patch(Patch),
    /// White letters.
    Text(Text),
    /// A grey stripe.
    Stripe(Stripe),
}

impl DecoyKind {
    /// Places the decoy of `class`, one of `classes`, in an image of `side` rows and columns.
    pub fn place<R: Rng + ?Sized>(self, class: usize, classes: usize, side: usize, random: &mut R) -> Decoy {
        match self {
            Self::Patch => Decoy::Patch(Patch::place(class, classes, side, random)),
            Self::Text => Decoy::Text(Text::place(class, classes, side, random)),
            Self::Stripe => Decoy::Stripe(Stripe::place(class, classes, side, random)),
        }
    }
}

impl Decoy {
    /// The decoy of another class, one of `classes`, at the same place.
    #[must_use]
    pub fn telling(self, class: usize, classes: usize) -> Self {
        match self {
            Self::Patch(patch) => Self::Patch(patch.telling(class, classes)),
            Self::Text(text) => Self::Text(text.telling(class, classes)),
            Self::Stripe(stripe) => Self::Stripe(stripe.telling(class, classes)),
        }
    }

    /// Its pixels.
    pub fn region(&self) -> Region {
        match self {
            Self::Patch(patch) => patch.region(),
            Self::Text(text) => text.region(),
            Self::Stripe(stripe) => stripe.region(),
        }
    }

    /// Draws it into an image of `side` rows and columns, `[side, side]` row by row.
    pub fn draw(&self, image: &mut [u8], side: usize) {
        match self {
            Self::Patch(patch) => patch.draw(image, side),
            Self::Text(text) => text.draw(image, side),
            Self::Stripe(stripe) => stripe.draw(image, side),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
