//! The experiments of activmask2020 on radiographs are the paper's.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_experiments::config::{Configuration, DataSetting, ImagesSetting, RunTemplate, Scale};
use herring_papers::{CATALOGUE, activmask2020::PAPER};
use herring_protocol::{MethodName, ModelSpec, PathologyName, ScoreName, TableName, TrainingImages, Variant};
use herring_search::Strategy;

fn configuration(name: &str) -> Configuration {
    CATALOGUE.configuration(PAPER.experiment(name).unwrap()).unwrap()
}

fn method(name: &str) -> MethodName {
    name.parse().unwrap()
}

fn run<'a>(of: &'a Configuration, scale: Scale, variant: Variant, name: &str) -> &'a RunTemplate {
    of.template(scale, variant, &method(name)).unwrap()
}

fn images(of: &Configuration, scale: Scale, variant: Variant) -> ImagesSetting {
    match &of.templates(scale, variant).next().unwrap().data {
        DataSetting::Images(images) => images.clone(),
        other => panic!("{other:?}"),
    }
}

/// Sections 2.3, 3.2, 4.3 and 5 of the protocol.
#[test]
fn emphysema_is_the_paper_s() {
    for (name, ratio, rows) in [("emphysema-spc", 0.9, 4), ("emphysema-no-spc", 0.5, 1)] {
        let experiment = configuration(name);
        assert_eq!(experiment.methods.len(), rows);
        assert_eq!(experiment.shift, rows == 4);
        assert_eq!(experiment.scale(Scale::Paper).seeds, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let found = images(&experiment, Scale::Paper, Variant::Released);
        assert_eq!((found.table, found.pathology), (TableName::Xray, PathologyName::Emphysema));
        assert_eq!((found.size, found.saliency_size, found.cell_limit), (128, 128, None));
        assert_eq!((found.ratio, found.split_seed), (ratio, Some(1234)));
        assert_eq!(images(&experiment, Scale::Paper, Variant::Paper).split_seed, None, "splits vary, says the paper");
        for template in experiment.templates(Scale::Paper, Variant::Released) {
            assert!(matches!(template.model, ModelSpec::Resnet { depth: 18, width: 64, .. }), "{:?}", template.model);
            assert_eq!((template.optimiser.learning_rate(), template.training.batch_size), (1e-3, 32));
            assert_eq!(template.training.epochs, 100);
            assert!(template.objective.penalties.iter().all(|penalty| penalty.weight() == 1.0));
        }
    }
    let spc = configuration("emphysema-spc");
    let masked = |variant| run(&spc, Scale::Paper, variant, "resnet-all-masked");
    let released = masked(Variant::Released);
    assert_eq!(released.objective.images, TrainingImages::Whole);
    assert_eq!(released.evaluation.zeroed_sets, ["test"]);
    let paper = masked(Variant::Paper);
    assert_eq!(paper.objective.images, TrainingImages::Zeroed);
    assert_eq!(paper.evaluation.zeroed_sets, ["train", "valid", "test"]);
}

/// Section 7.3 of the protocol.
#[test]
fn the_numbers_of_table_5b() {
    let accuracy: ScoreName = "accuracy".parse().unwrap();
    for (name, row, mean, sd) in [
        ("emphysema-no-spc", "resnet-classify", 0.70, 0.02),
        ("emphysema-spc", "resnet-classify", 0.44, 0.08),
        ("emphysema-spc", "resnet-actdiff", 0.53, 0.04),
        ("emphysema-spc", "resnet-gradmask", 0.48, 0.03),
        ("emphysema-spc", "resnet-all-masked", 0.53, 0.03),
    ] {
        let targets = CATALOGUE.targets(PAPER.experiment(name).unwrap()).unwrap();
        let target = targets.target(&method(row)).unwrap();
        let value = target.value(&accuracy).unwrap();
        assert_eq!((target.seeds, value.mean, value.sd), (10, mean, sd), "{name} {row}");
    }
}

/// Section 5 of the protocol.
#[test]
fn what_was_searched() {
    let dimensions = |experiment: &str, row: &str| {
        let space = CATALOGUE.search_space(PAPER.experiment(experiment).unwrap()).unwrap().unwrap();
        let study = space.study(&method(row), Variant::Released, Strategy::Random);
        study.dimensions.into_iter().map(|dimension| (dimension.name, dimension.range.ends())).collect::<Vec<_>>()
    };
    for experiment in ["crosses", "heart", "liver", "pancreas", "emphysema-spc", "emphysema-no-spc"] {
        let rate = ("optimiser.learning_rate".to_owned(), (1e-4, 1e-2));
        assert_eq!(dimensions(experiment, "resnet-classify"), [rate], "{experiment}");
    }
    for row in ["resnet-actdiff", "resnet-gradmask"] {
        let sigma = ("data.dilation_sigma".to_owned(), (4.0, 32.0));
        assert_eq!(dimensions("liver", row), [sigma]);
    }
}
