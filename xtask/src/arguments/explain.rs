//! Arguments of `explain`.

use clap::Args;
use herring_explain::{Architecture, Sign};
use herring_protocol::BackendKind;
use herring_saliency::{Attribution, Baseline, SaliencyError};
use std::{path::PathBuf, str::FromStr};

pub(super) const HELP: &str = "\
Examples:
  cargo xtask explain --model resnet18-f37072fd.pth --labels imagenet.txt --images photos/
      Grad-CAM of each photo for the class that the network predicts; opens with explained/index.html.
  cargo xtask explain --model runs/quick/runs/rrr-0-5fa1c2d3e4b5a697 --images tests/ --masks masks/ --target 1
      A run of a reproduction, by its folder; the maps are scored against masks of the same names.
  cargo xtask explain --model net.pth --images cat.png --method integrated-gradients,occlusion \\
      --steps 100 --window 32 --stride 16 --baseline blurred --curves 32 --randomise 1
      Other methods, how well they order the pixels, and whether they depend on what was learnt.

Methods (Captum's or pytorch-grad-cam's names):
  gradient              Saliency with signs
  input-x-gradient      InputXGradient
  integrated-gradients  IntegratedGradients (--steps, --baseline)
  smoothgrad            NoiseTunnel over Saliency (--samples, --noise)
  occlusion             Occlusion (--window, --stride, --baseline)
  grad-cam, hirescam, grad-cam++   GradCAM, HiResCAM, GradCAMPlusPlus (--tap)
  activation            LayerActivation, channels summed (--tap); knows no class

The folder gets index.html, which stands alone; scores.csv and scores.json; maps/*.npy, [channels, height,
width] as the method gives them; overlays/*.png.

Exit codes:
  0    all images are explained
  1    at least one image could not be read; the others are explained
  2    the command line, the weights or the labels cannot be used
  3    a disk, folder or device is full, missing or failed
  130  stopped by Ctrl-C; the images until then are in the folder";

#[derive(Args)]
pub(crate) struct Explain {
    /// The trained network: a run's folder under runs/ or its weights.safetensors, or a file of weights of a whole network
    /// (.pth, .safetensors) in torchvision's names
    #[arg(long, value_name = "PATH")]
    pub(crate) model: PathBuf,
    /// The network of a file of weights [default: the one that the names of its tensors tell]: resnet18, resnet34, vgg16,
    /// densenet121, mobilenet-v2, efficientnet-b0, efficientnet-lite0
    #[arg(long, value_name = "NAME")]
    pub(crate) architecture: Option<Architecture>,
    /// Names of the classes: a text file with a line for each
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Images, or folders of images with all that is below them
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub(crate) images: Vec<PathBuf>,
    /// A folder with masks of the same names as the images, to score the maps against
    #[arg(long, value_name = "DIR")]
    pub(crate) masks: Option<PathBuf>,
    /// Methods, separated by commas; see below
    #[arg(long, value_delimiter = ',', default_value = "grad-cam", value_name = "METHOD,...", value_parser = method)]
    pub(crate) method: Vec<Attribution>,
    /// The class whose logit is explained: `predicted`, its number from 0, or its label
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(crate) target: String,
    /// The folder of the results, new or empty
    #[arg(long, default_value = "explained", value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// Class activation maps: which tap of the network, from 0 [default: the last one]
    #[arg(long, value_name = "N")]
    pub(crate) tap: Option<usize>,
    /// Integrated gradients, occlusion and deletion: what stands for a missing image: `zero` (of the normalised image), `black`,
    /// `mean`, `blurred` or `blurred:SIGMA`, or a number
    #[arg(long, default_value = "zero", value_name = "BASELINE", allow_negative_numbers = true)]
    pub(crate) baseline: Missing,
    /// Integrated gradients: points on the path
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) steps: usize,
    /// SmoothGrad: copies with noise
    #[arg(long, default_value_t = 25, value_name = "N")]
    pub(crate) samples: usize,
    /// SmoothGrad: standard deviation of the noise as a share of the image's range
    #[arg(long, default_value_t = 0.15, value_name = "SHARE")]
    pub(crate) noise: f32,
    /// Occlusion: rows and columns of the window [default: a fourteenth of the image's]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) window: Option<usize>,
    /// Occlusion: pixels from one window to the next [default: the window's]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) stride: Option<usize>,
    /// What of the signed values is shown and scored: `absolute`, `positive` or `signed`
    #[arg(long, default_value = "absolute", value_name = "SIGN")]
    pub(crate) sign: Sign,
    /// Show only this share of the pixels in overlays, those of the largest values, for instance 0.2
    #[arg(long, value_name = "SHARE")]
    pub(crate) top_share: Option<f64>,

    /// Measure deletion and insertion curves in so many steps: that many forward passes an image and method, twice
    #[arg(long, value_name = "STEPS")]
    pub(crate) curves: Option<usize>,
    /// Compare the maps of the first N images with those of a network whose layers have fresh weights
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) randomise: usize,
    /// Stages of this comparison, from the last layer alone to all layers
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) stages: usize,
    /// Pointing game: distance to the mask, in pixels, at which the largest value is still on it
    #[arg(long, default_value_t = 15, value_name = "PIXELS")]
    pub(crate) tolerance: usize,

    /// Rows and columns of the network's images [default: 224, or a run's own]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) size: Option<usize>,
    /// Resize the square in the middle of each image to this many pixels before the size is cut out [default: 8/7 of the size
    /// for files of weights, the size for runs]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) resize: Option<usize>,
    /// The stored value that is white, for instance 4095 for 12 bits in files of 16; say it where the network's training images had
    /// one [default: the greatest that a file's depth holds]
    #[arg(long, value_name = "VALUE", value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) maximum: Option<u32>,
    /// What is subtracted from values from 0 to 1, a number for each channel [default: ImageNet's for files of weights]
    #[arg(long, value_delimiter = ',', value_name = "MEAN,...", allow_negative_numbers = true)]
    pub(crate) mean: Option<Vec<f32>>,
    /// What that is divided by, a number for each channel [default: ImageNet's for files of weights]
    #[arg(long, value_delimiter = ',', value_name = "STD,...")]
    pub(crate) std: Option<Vec<f32>>,

    /// Images that go through the network at once
    #[arg(long, default_value_t = 16, value_name = "N")]
    pub(crate) batch: usize,
    /// Images on the page; the others are in the folder
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) page_images: usize,
    /// Decides SmoothGrad's noise and the fresh weights
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub(crate) seed: u64,
    /// Where to compute: `cpu`, `cuda` or `wgpu`; see `cargo xtask devices`
    #[arg(long, default_value_t = BackendKind::Cpu)]
    pub(crate) backend: BackendKind,
    /// Number of the device among those of the backend
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) device: usize,
}

fn method(name: &str) -> Result<Attribution, SaliencyError> {
    name.parse()
}

/// What stands for a missing image, before the normalisation is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Missing {
    /// Black pixels.
    Black,
    /// A baseline of normalised images.
    Known(Baseline),
}

impl FromStr for Missing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let baseline = match (text, text.strip_prefix("blurred:")) {
            ("black", _) => return Ok(Self::Black),
            ("zero", _) => Baseline::Zero,
            ("mean", _) => Baseline::Mean,
            ("blurred", _) => Baseline::Blurred { sigma: 5.0 },
            (_, Some(sigma)) => Baseline::Blurred { sigma: sigma.parse().map_err(|_| EXPECTED)? },
            (number, None) => Baseline::Value(number.parse().map_err(|_| EXPECTED)?),
        };
        baseline.check().map_err(|error| error.to_string())?;
        Ok(Self::Known(baseline))
    }
}

const EXPECTED: &str = "expected zero, black, mean, blurred, blurred:SIGMA or a number";
