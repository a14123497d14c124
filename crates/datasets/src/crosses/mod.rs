//! The synthetic crosses of the ICLR 2021 paper, generated bit for bit.
//!
//! The task is to count: an image of 28 x 28 pixels holds **one cross (class 0) or two crosses (class 1)**,
//! and a small box sits in a lower corner. In the training data the box predicts the class: it is on the left
//! for class 0 and on the right for class 1. Validation and test images are mirrored, which reverses that
//! rule, so a model that uses the box has an AUC of 0 there and a model that counts crosses has 1. The mask
//! of an image is its crosses, never the box.
//!
//! (The paper's text has the classes reversed; the published arrays and the released code agree with this
//! description.)
//!
//! **Environment** is the side on which the box is seen, after any mirroring: 0 left, 1 right. It
//! equals the label in the training split and differs from it in every mirrored sample.
//!
//! Three groups of 512 images, `distractor1` to `distractor3`, serve as the pools of the training,
//! validation and test split. Everything random here repeats NumPy's legacy stream
//! ([`crate::numpy::LegacyRandom`]): the pixels come from the group's fixed seed (1, 2 or 3), the choice
//! of samples from the run seed.
//!
//! * `draw`: [`Drawing`], [`Group`], [`Difficulty`]: what is in an image, and its pixels.
//! * `settings`: [`CrossesSettings`], checked.
//! * `select`: [`splits`] and [`selection`], which files a run uses.

mod draw;
mod select;
mod settings;

pub use draw::{Difficulty, Drawing, GROUP_SIZE, Group, SIDE, drawings, generate_group};
pub use select::{selection, splits};
pub use settings::CrossesSettings;
