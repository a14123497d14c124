//! Settings that specifications leave out where they have their default. A list of differences calls them `none`; here they
//! get the value that a run then has.

use herring_experiments::deviation::Deviation;
use herring_protocol::{
    CamChannels, CamMode, CamTarget, HeatOutside, HeatScale, MaskResize, OptimiserSpec, TrainedPart, VggHeadName,
    VggTapsName, WithoutHeat,
};

/// What a list of differences calls a value that a specification does not have.
const NONE: &str = "none";

/// The values of a deviation here and in the paper's setting.
pub(super) fn values(deviation: &Deviation, all: &[Deviation]) -> [String; 2] {
    let known = default(&deviation.field).filter(|_| !all.iter().any(|other| lacks_whole(other, deviation)));
    [&deviation.here, &deviation.paper].map(|value| match &known {
        Some(default) if value == NONE => default.clone(),
        _ => value.clone(),
    })
}

/// Whether `other` says that one side of `deviation` lacks not only the field but what it is a setting of, or has another
/// kind of it.
fn lacks_whole(other: &Deviation, deviation: &Deviation) -> bool {
    let Some((whole, _)) = deviation.field.rsplit_once('.') else { return false };
    let part = other.field.strip_prefix(whole).and_then(|rest| rest.strip_prefix('.'));
    let differs = matches!(part, Some("kind" | "architecture" | "weight"));
    let lacks = part != Some("weight") || other.here == NONE || other.paper == NONE;
    differs && lacks && other.methods.iter().any(|method| deviation.methods.contains(method))
}

/// The default of a field.
fn default(field: &str) -> Option<String> {
    let name = match field {
        "training.trained" => TrainedPart::default().name(),
        "model.taps" => VggTapsName::default().name(),
        "model.head" => VggHeadName::default().name(),
        "optimiser.epsilon" => {
            let OptimiserSpec::Adam { epsilon, .. } = OptimiserSpec::adam(1.0) else { return None };
            return Some(format!("{epsilon:e}"));
        }
        "objective.penalties.heatmap.target" => CamTarget::default().name(),
        "objective.penalties.heatmap.channels" => CamChannels::default().name(),
        "objective.penalties.heatmap.scale" => HeatScale::default().name(),
        "objective.penalties.heatmap.outside" => HeatOutside::default().name(),
        "objective.penalties.heatmap.mask" => MaskResize::default().name(),
        "objective.penalties.heatmap.mode" => CamMode::default().name(),
        "objective.penalties.heatmap.without_heat" => WithoutHeat::default().name(),
        _ if field.ends_with(".tap") => "the last",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(field: &str, here: &str, paper: &str) -> Deviation {
        let methods = vec!["heatmap".parse().unwrap()];
        Deviation { field: field.to_owned(), here: here.to_owned(), paper: paper.to_owned(), methods }
    }

    #[test]
    fn a_setting_that_is_left_out_has_its_default() {
        for (field, default) in [
            ("training.trained", "all"),
            ("optimiser.epsilon", "1e-8"),
            ("objective.penalties.heatmap.outside", "mean"),
            ("evaluation.heat.tap", "the last"),
        ] {
            let found = deviation(field, "none", "other");
            let weight = deviation("objective.penalties.heatmap.weight", "1.0", "2.0");
            assert_eq!(values(&found, &[found.clone(), weight]), [default, "other"], "{field}");
        }
        let file = deviation("weights.name", "none", "vgg16");
        assert_eq!(values(&file, std::slice::from_ref(&file)), ["none", "vgg16"]);
    }

    #[test]
    fn a_setting_of_something_that_is_not_there_is_none() {
        let outside = deviation("objective.penalties.heatmap.outside", "sum", "none");
        let weight = deviation("objective.penalties.heatmap.weight", "1.0", "none");
        assert_eq!(values(&outside, &[outside.clone(), weight]), ["sum", "none"]);
        let epsilon = deviation("optimiser.epsilon", "none", "1e-7");
        let kind = deviation("optimiser.kind", "sgd", "adam");
        assert_eq!(values(&epsilon, &[epsilon.clone(), kind]), ["none", "1e-7"]);
    }
}
