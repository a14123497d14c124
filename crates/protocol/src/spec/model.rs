//! Which network is trained, and where its weights start.

use crate::{identity::RunId, names::named};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How the last feature map of a residual network becomes a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PoolingName {
    /// The mean over all positions.
    Global,
    /// Means over windows of 4 by 4 positions, flattened (activmask2020, section 3.2 of the released code).
    Window,
}

named!(PoolingName, "pooling", Global => "global", Window => "window");

/// What comes before the first stage of a residual network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StemName {
    /// A 3x3 convolution of stride 1.
    #[default]
    Small,
    /// A 7x7 convolution of stride 2 and a 3x3 max-pool of stride 2, as torchvision's.
    Imagenet,
}

named!(StemName, "stem", Small => "small", Imagenet => "imagenet");

/// Which activations of a DenseNet TAP penalises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DenseNetTapsName {
    /// The outputs of the transitions and of the last normalisation after its rectifier (tap2024, released code).
    Transitions,
    /// The outputs of the blocks (tap2024, as printed).
    Blocks,
}

named!(DenseNetTapsName, "choice of taps", Transitions => "transitions", Blocks => "blocks");

/// Which activations of VGG-16 are its taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VggTapsName {
    /// The outputs of the five pools (tap2024).
    #[default]
    Pools,
    /// The last convolution of each stage after its rectifier, before the pool (heatmap-loss: the fifth,
    /// `block5_conv3`).
    Convolutions,
}

named!(VggTapsName, "choice of taps", Pools => "pools", Convolutions => "convolutions");

/// The classifier of VGG-16: a hidden layer and the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VggHeadName {
    /// PyTorch's default weights, and a dropout of 0.5 between both layers (tap2024).
    #[default]
    Pytorch,
    /// Keras' weights: He-uniform and Glorot-uniform, biases 0; no dropout (heatmap-loss).
    Keras,
}

named!(VggHeadName, "head", Pytorch => "pytorch", Keras => "keras");

/// Which layers of a residual network a penalty on all layers compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResnetLayersName {
    /// The outputs of the normalisations, those of shortcuts left out.
    Normalised,
    /// What the rectifiers are given: a block's second normalisation together with the shortcut.
    PreActivation,
}

named!(ResnetLayersName, "choice of layers", Normalised => "normalised", PreActivation => "pre-activation");

/// How the weights of convolutions are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum InitialisationName {
    /// Normal, with variance 2 over the fan-out (He et al. 2015), as torchvision's ResNet.
    KaimingNormal,
    /// PyTorch's default for a convolution: uniform within one over the root of the fan-in.
    PytorchDefault,
}

named!(InitialisationName, "initialisation", KaimingNormal => "kaiming-normal", PytorchDefault => "pytorch-default");

/// The three modes of activmask2020's convolutional network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ConvNetKindName {
    /// Encoder and classifier alone.
    Cnn,
    /// With a decoder that reconstructs the image.
    AutoEncoder,
    /// With a decoder that sees the encoder's feature maps as well.
    Unet,
}

named!(ConvNetKindName, "convolutional network", Cnn => "cnn", AutoEncoder => "auto-encoder", Unet => "unet");

/// Which network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ModelSpec {
    /// A ResNet.
    Resnet {
        /// 18 or 34.
        depth: usize,
        /// What comes before the first stage.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        stem: StemName,
        /// Channels of the first stage; the papers have 64.
        width: usize,
        /// How the last feature map becomes a vector.
        pooling: PoolingName,
        /// How the weights of convolutions are drawn.
        initialisation: InitialisationName,
        /// Which layers a penalty on all layers compares.
        layers: ResnetLayersName,
    },
    /// Four blocks of two convolutions without normalisation (activmask2020), with or without a decoder.
    ConvNet {
        /// Which mode.
        kind: ConvNetKindName,
        /// Channels of the first block; the paper has 16 on synthetic and 64 on medical images.
        width: usize,
        /// Whether the reconstruction ends in a sigmoid, as on images of values from 0 to 1.
        sigmoid: bool,
    },
    /// Two convolutions and a linear layer (tap2024, Figure 10).
    TwoLayer {
        /// Channels of both convolutions; the paper has 100.
        width: usize,
    },
    /// VGG-16 with a hidden layer of its own in the classifier (tap2024, heatmap-loss).
    Vgg {
        /// Channels of the first stage; torchvision has 64.
        width: usize,
        /// Units of the hidden layer; tap2024 has 1024, heatmap-loss 100.
        hidden: usize,
        /// Which activations are its taps.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        taps: VggTapsName,
        /// Its classifier.
        #[serde(default, skip_serializing_if = "crate::spec::is_default")]
        head: VggHeadName,
    },
    /// DenseNet-121.
    DenseNet {
        /// Channels after the stem, an even number; torchvision has 64.
        width: usize,
        /// Channels that each layer adds; torchvision has 32.
        growth: usize,
        /// Which activations TAP penalises.
        taps: DenseNetTapsName,
    },
    /// MobileNetV2.
    MobileNet {
        /// Channels of the layers in percent of torchvision's, each rounded to a multiple of 8.
        percent: usize,
    },
    /// EfficientNet-B0.
    EfficientNet {
        /// Channels of the layers in percent of B0's, each rounded to a multiple of 8.
        percent: usize,
    },
}

impl ModelSpec {
    /// Channels of the first stage or block.
    pub fn width(&self) -> usize {
        match self {
            Self::Resnet { width, .. }
            | Self::ConvNet { width, .. }
            | Self::TwoLayer { width }
            | Self::Vgg { width, .. }
            | Self::DenseNet { width, .. } => *width,
            Self::MobileNet { percent } | Self::EfficientNet { percent } => (32 * percent).div_ceil(100),
        }
    }

    /// The least rows and columns of images that it takes.
    pub fn least_side(&self) -> usize {
        match self {
            // Three halvings, or five, must leave a window of four.
            Self::Resnet { pooling: PoolingName::Window, stem: StemName::Small, .. } => 25,
            Self::Resnet { pooling: PoolingName::Window, stem: StemName::Imagenet, .. } => 97,
            Self::Resnet { .. } => 1,
            Self::ConvNet { .. } | Self::TwoLayer { .. } => 8,
            Self::Vgg { .. } | Self::DenseNet { .. } | Self::MobileNet { .. } | Self::EfficientNet { .. } => 32,
        }
    }

    /// Whether it takes images of another size than it was made for. Flattened features fix the size.
    pub fn takes_any_side(&self) -> bool {
        match self {
            Self::Resnet { pooling, .. } => *pooling == PoolingName::Global,
            Self::DenseNet { .. } | Self::MobileNet { .. } | Self::EfficientNet { .. } => true,
            Self::ConvNet { .. } | Self::TwoLayer { .. } | Self::Vgg { .. } => false,
        }
    }

    /// Whether it takes images with another number of rows than of columns.
    pub fn takes_rectangles(&self) -> bool {
        self.takes_any_side() || matches!(self, Self::Vgg { .. })
    }

    /// How many taps it has, from the first layer to the last: activations that TAP penalises and that class activation
    /// maps are made of.
    pub fn taps(&self) -> usize {
        match self {
            Self::Resnet { .. }
            | Self::ConvNet { .. }
            | Self::DenseNet { .. }
            | Self::MobileNet { .. }
            | Self::EfficientNet { .. } => 4,
            Self::TwoLayer { .. } => 2,
            Self::Vgg { .. } => 5,
        }
    }

    /// Whether a forward pass gives a reconstruction of the image.
    pub fn reconstructs(&self) -> bool {
        match self {
            Self::Resnet { .. }
            | Self::TwoLayer { .. }
            | Self::Vgg { .. }
            | Self::DenseNet { .. }
            | Self::MobileNet { .. }
            | Self::EfficientNet { .. } => false,
            Self::ConvNet { kind, .. } => *kind != ConvNetKindName::Cnn,
        }
    }
}

/// Where a network's weights start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "start", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WeightsSpec {
    /// Drawn from the run's own stream.
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    Random,
    /// Those of the selected model of another run, which must be finished first.
    Run {
        /// The other run.
        run: RunId,
    },
    /// Those of a file, for instance a network that was trained on ImageNet; layers at the end that do not fit are drawn
    /// from the run's own stream.
    File {
        /// What the configuration calls it.
        name: String,
        /// The SHA-256 of the file, in 64 hexadecimal digits.
        sha256: String,
    },
}
