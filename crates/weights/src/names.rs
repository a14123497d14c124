//! Names of tensors.

/// Whether a tensor is PyTorch's counter of batches, which no result depends on.
pub(crate) fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

/// The name that a tensor has in the networks here.
///
/// torchvision's files of DenseNet are from the time when the parts of a layer were called `norm.1`, `conv.2` and so on;
/// PyTorch has since forbidden points in the names of modules, and they are `norm1`, `conv2`. Files of EfficientNets that were
/// converted from TensorFlow's begin each name of a layer with an underscore, as in `_blocks.1._bn0.weight`, which is left out.
/// Other names stay as they are.
pub(crate) fn present(name: &str) -> String {
    const LEAVES: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];
    let parts: Vec<&str> = name.split('.').collect();
    if let [first, _, ..] = parts.as_slice()
        && first.starts_with('_')
    {
        return parts.iter().map(|part| part.strip_prefix('_').unwrap_or(part)).collect::<Vec<_>>().join(".");
    }
    if let [front @ .., layer, part @ ("norm" | "relu" | "conv"), number @ ("1" | "2"), leaf] = parts.as_slice()
        && layer.strip_prefix("denselayer").is_some_and(|index| index.parse::<u32>().is_ok())
        && LEAVES.contains(leaf)
    {
        let joined = format!("{part}{number}");
        let mut present = front.to_vec();
        present.extend([*layer, joined.as_str(), *leaf]);
        return present.join(".");
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_of_densenet_become_present_ones() {
        let cases = [
            ("features.denseblock1.denselayer1.norm.1.weight", "features.denseblock1.denselayer1.norm1.weight"),
            ("features.denseblock4.denselayer16.conv.2.weight", "features.denseblock4.denselayer16.conv2.weight"),
            ("denselayer2.norm.2.running_var", "denselayer2.norm2.running_var"),
            ("features.denseblock1.denselayer1.norm1.weight", "features.denseblock1.denselayer1.norm1.weight"),
            ("features.transition1.norm.weight", "features.transition1.norm.weight"),
            ("features.denseblock1.denselayerx.norm.1.weight", "features.denseblock1.denselayerx.norm.1.weight"),
            ("features.denseblock1.denselayer1.norm.3.weight", "features.denseblock1.denselayer1.norm.3.weight"),
            ("layer1.conv.1.weight", "layer1.conv.1.weight"),
            ("classifier.weight", "classifier.weight"),
        ];
        for (old, new) in cases {
            assert_eq!(present(old), new);
        }
    }

    #[test]
    fn underscores_before_the_layers_of_an_efficient_net_are_left_out() {
        for (found, expected) in [
            ("_blocks.11._expand_conv.weight", "blocks.11.expand_conv.weight"),
            ("_blocks.0._bn1.running_var", "blocks.0.bn1.running_var"),
            ("_fc.bias", "fc.bias"),
            ("layer1.0._bn1.weight", "layer1.0._bn1.weight"),
            ("_weight", "_weight"),
        ] {
            assert_eq!(present(found), expected);
        }
    }

    #[test]
    fn counters_are_known_by_their_last_part() {
        assert!(is_counter("bn1.num_batches_tracked"));
        assert!(is_counter("num_batches_tracked"));
        assert!(!is_counter("num_batches_tracked.weight"));
    }
}
