//! What is compared with PyTorch, one line a row.

use super::Size;
use serde::Serialize;

/// One row: a network, images and what is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Its name: the network's before the slash.
    pub(crate) name: &'static str,
    /// The network, as `bench step --model` names it.
    pub(crate) model: &'static str,
    /// Channels of the first stage; absent: the network's own.
    pub(crate) width: Option<usize>,
    /// Rows and columns of the images.
    pub(crate) size: [usize; 2],
    /// Images of a batch.
    pub(crate) batch: usize,
    /// What is repeated, as `bench step` names it.
    pub(crate) method: &'static str,
    /// The largest ratio to the best PyTorch that is good enough.
    pub(crate) bar: f64,
}

impl Row {
    /// Whether PyTorch needs torchvision for it.
    pub(crate) fn needs_torchvision(&self) -> bool {
        !["resnet18-small", "two-layer", "cnn", "unet"].contains(&self.model)
    }

    /// The options that say what to measure, the same for this program and for the script of PyTorch.
    pub(crate) fn options(&self) -> Vec<String> {
        let mut options = vec!["--model".to_owned(), self.model.to_owned()];
        options.extend(["--size".to_owned(), Size(self.size).to_string()]);
        options.extend(["--batch".to_owned(), self.batch.to_string()]);
        options.extend(self.width.into_iter().flat_map(|width| ["--width".to_owned(), width.to_string()]));
        options
    }
}

/// A network with images of a size in batches; a width of 0 is the network's own.
const fn row(
    name: &'static str,
    (model, width): (&'static str, usize),
    size: [usize; 2],
    batch: usize,
    method: &'static str,
    bar: f64,
) -> Row {
    let width = if width == 0 { None } else { Some(width) };
    Row { name, model, width, size, batch, method, bar }
}

/// Every row, the most important first: where time is short, the last ones are left out.
pub(crate) const ROWS: [Row; 35] = [
    row("resnet18-w64/base", ("resnet18-small", 64), [28; 2], 16, "base", 0.60),
    row("resnet18-w64/actdiff", ("resnet18-small", 64), [28; 2], 16, "actdiff", 0.60),
    row("resnet18-w64/gradmask", ("resnet18-small", 64), [28; 2], 16, "gradmask", 0.60),
    row("resnet18-w64/rrr", ("resnet18-small", 64), [28; 2], 16, "rrr", 0.60),
    row("resnet18-w16/base", ("resnet18-small", 16), [28; 2], 16, "base", 0.60),
    row("resnet18-w16/actdiff", ("resnet18-small", 16), [28; 2], 16, "actdiff", 0.60),
    row("resnet18-w16/gradmask", ("resnet18-small", 16), [28; 2], 16, "gradmask", 0.60),
    row("resnet18-w16/rrr", ("resnet18-small", 16), [28; 2], 16, "rrr", 0.60),
    row("resnet18-224/base", ("resnet18", 0), [224; 2], 16, "base", 0.90),
    row("resnet18-224/tap", ("resnet18", 0), [224; 2], 16, "tap", 0.90),
    row("resnet18-224/rrr-area", ("resnet18", 0), [224; 2], 16, "rrr-area", 0.90),
    row("two-layer/base", ("two-layer", 100), [28; 2], 256, "base", 0.80),
    row("two-layer/tap", ("two-layer", 100), [28; 2], 256, "tap", 0.80),
    row("two-layer/rrr-area", ("two-layer", 100), [28; 2], 256, "rrr-area", 0.80),
    row("cnn/base", ("cnn", 16), [28; 2], 32, "base", 0.80),
    row("cnn/actdiff-all", ("cnn", 16), [28; 2], 32, "actdiff-all", 0.80),
    row("cnn/gradmask", ("cnn", 16), [28; 2], 32, "gradmask", 0.80),
    row("unet/reconstruction", ("unet", 16), [28; 2], 32, "reconstruction", 0.80),
    row("unet/actdiff-all", ("unet", 16), [28; 2], 32, "reconstruction+actdiff-all", 0.80),
    row("unet/gradmask", ("unet", 16), [28; 2], 32, "reconstruction+gradmask", 0.80),
    row("evaluation/resnet18-w64", ("resnet18-small", 64), [28; 2], 16, "evaluation", 0.80),
    row("evaluation/resnet18-w16", ("resnet18-small", 16), [28; 2], 16, "evaluation", 0.80),
    row("evaluation/two-layer", ("two-layer", 100), [28; 2], 256, "evaluation", 0.80),
    row("evaluation/cnn", ("cnn", 16), [28; 2], 32, "evaluation", 0.80),
    row("evaluation/unet", ("unet", 16), [28; 2], 32, "evaluation", 0.80),
    row("heatmap-vgg16/base", ("vgg16-keras", 0), [105, 135], 1, "normalised-sigmoids", 0.90),
    row("heatmap-vgg16/squared-error", ("vgg16-keras", 0), [105, 135], 1, "squared-error", 0.90),
    row("heatmap-vgg16/heatmap", ("vgg16-keras", 0), [105, 135], 1, "squared-error+heatmap", 0.90),
    row("densenet121-224/base", ("densenet121", 0), [224; 2], 16, "base", 0.90),
    row("densenet121-224/tap", ("densenet121", 0), [224; 2], 16, "tap", 0.90),
    row("densenet121-224/rrr-area", ("densenet121", 0), [224; 2], 16, "rrr-area", 0.90),
    row("vgg16-224/base", ("vgg16", 0), [224; 2], 16, "base", 0.90),
    row("vgg16-224/tap", ("vgg16", 0), [224; 2], 16, "tap", 0.90),
    row("vgg16-224/rrr-area", ("vgg16", 0), [224; 2], 16, "rrr-area", 0.90),
    row("evaluation/resnet18-224", ("resnet18", 0), [224; 2], 16, "evaluation", 0.80),
];

/// Parses a row's name or the beginning of one.
pub(crate) fn beginning(text: &str) -> Result<String, String> {
    let text = text.trim();
    if !text.is_empty() && ROWS.iter().any(|row| row.name.starts_with(text)) {
        return Ok(text.to_owned());
    }
    let mut networks: Vec<&str> = ROWS.iter().map(|row| network(row.name)).collect();
    networks.dedup();
    Err(format!("expected the name of a row or its beginning: {}", networks.join(", ")))
}

fn network(name: &'static str) -> &'static str {
    name.split_once('/').map_or(name, |(network, _)| network)
}

/// The rows whose names begin with one of these; all where there is none.
pub(crate) fn chosen(beginnings: &[String]) -> Vec<&'static Row> {
    let named = |row: &&Row| beginnings.is_empty() || beginnings.iter().any(|text| row.name.starts_with(text.as_str()));
    ROWS.iter().filter(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{networks, work};
    use std::collections::BTreeSet;

    #[test]
    fn every_row_can_be_measured_and_has_a_name_of_its_own() {
        for row in &ROWS {
            let (_, model) = networks::network(row.model, row.width).unwrap();
            networks::fits(&model, Size(row.size)).unwrap();
            work::work(row.method).unwrap();
        }
        assert_eq!(ROWS.iter().map(|row| row.name).collect::<BTreeSet<_>>().len(), ROWS.len());
    }

    #[test]
    fn rows_are_chosen_by_the_beginning_of_their_names() {
        let names = |beginnings: &[&str]| -> Vec<&str> {
            let beginnings: Vec<String> = beginnings.iter().map(|text| beginning(text).unwrap()).collect();
            chosen(&beginnings).into_iter().map(|row| row.name).collect()
        };
        assert_eq!(names(&["two-layer/b"]), ["two-layer/base"]);
        assert_eq!(names(&["unet", "cnn/gradmask"]).len(), 4);
        assert_eq!(names(&[]).len(), ROWS.len());
        assert!(beginning("").is_err() && beginning("resnet19").unwrap_err().contains("resnet18-w64, "));
    }
}
