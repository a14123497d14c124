//! Every complaint about a configuration names file, line, column, what was found and what was
//! expected; the embedded files are the paper's.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

use herring_experiments::config::{Configuration, DataSetting, Differences, Judgement, Known, Metric, Scale, Targets};
use herring_protocol::{Method, Variant};

fn embedded() -> Configuration {
    Configuration::embedded(Known::Crosses).unwrap()
}

/// The error for the embedded text with one piece exchanged, and the line of that piece.
fn error_with(from: &str, to: &str) -> (String, usize) {
    let text = embedded().text().to_owned();
    assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
    let line = text[..text.find(from).unwrap()].matches('\n').count() + 1;
    let error = Configuration::parse("my.toml", &text.replace(from, to)).unwrap_err().to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    (error, line)
}

#[test]
fn the_paper_scale_is_the_paper() {
    let configuration = embedded();
    let setting = configuration.setting(Scale::Paper);
    assert_eq!(setting.seeds, [1234, 3232, 3221, 9856, 1290, 1987, 1111, 6400, 8888, 451]);
    assert_eq!(setting.data, DataSetting::Crosses { train: 500, valid: 128, test: 128 });
    assert_eq!((setting.depth, setting.width), (18, 64));
    assert_eq!((setting.epochs, setting.batch_size), (100, 16));
    assert_eq!((setting.burn_in, setting.patience), (5, 100));
    assert_eq!((setting.smoothing_sigma, setting.smoothing_truncate), (1.0, 3.5));
    assert_eq!((setting.picture_samples, setting.discriminator_hidden), (1, 1024));
    assert_eq!(setting.judgement, Judgement::Paper);
    assert_eq!(setting.mask_fraction, 1.0);
}

#[test]
fn the_rows_have_the_tuned_hyper_parameters() {
    let configuration = embedded();
    let row = |method| configuration.row(method).unwrap();
    for (method, rate, weight, sigma) in [
        (Method::Baseline, 3.11e-4, 0.0, 0.817838),
        (Method::Masked, 3.11e-4, 0.0, 0.817838),
        (Method::MaskedZero, 3.11e-4, 0.0, 0.817838),
        (Method::ActDiff, 3.11e-4, 0.114963, 0.817838),
        (Method::Adversarial, 3.71e-4, 10.0, 0.639513),
        (Method::GradMask, 0.01, 0.203439, 1.0),
        (Method::Rrr, 1e-5, 10.0, 0.0),
    ] {
        let row = row(method);
        assert_eq!((row.learning_rate, row.penalty_weight, row.dilation_sigma), (rate, weight, sigma));
    }
    let discriminator = row(Method::Adversarial).discriminator.clone().unwrap();
    assert_eq!((discriminator.learning_rate, discriminator.every), (0.01, 10));
    let default = configuration.default_methods();
    assert_eq!(default.len(), 6);
    assert!(!default.contains(&Method::MaskedZero));
}

#[test]
fn the_smaller_scales_keep_the_rules() {
    let configuration = embedded();
    let paper = configuration.setting(Scale::Paper);
    let quick = configuration.setting(Scale::Quick);
    assert!(quick.seeds.len() >= 2);
    assert_eq!(quick.data, paper.data);
    assert_eq!((quick.batch_size, quick.burn_in, quick.depth), (paper.batch_size, paper.burn_in, paper.depth));
    assert_eq!(quick.judgement, Judgement::Findings);
    assert_eq!(configuration.setting(Scale::Smoke).judgement, Judgement::None);
}

#[test]
fn the_targets_are_complete_where_they_were_published() {
    let targets = Targets::embedded(Known::Crosses).unwrap();
    for method in Method::ALL.iter().filter(|method| **method != Method::MaskAll) {
        let target = targets.target(*method).unwrap();
        assert!(target.value(Metric::Auc).is_some() && target.value(Metric::Iop).is_some());
        assert_eq!(target.value(Metric::Iou).is_none(), *method == Method::Masked);
    }
    assert_eq!(targets.target(Method::GradMask).unwrap().value(Metric::Iop).unwrap().mean, 0.6129);
    assert!(targets.findings.len() >= 5);
}

#[test]
fn the_differences_say_what_is_in_force() {
    let differences = Differences::embedded(Known::Crosses).unwrap().differences;
    let weight = differences.iter().find(|difference| difference.topic == "ActDiff: weight").unwrap();
    assert!(weight.in_force(Variant::Released).contains("the weight is 1"));
    assert!(weight.in_force(Variant::Paper).contains("multiplied by the tuned"));
    assert!(weight.concerns(&[Method::ActDiff]) && !weight.concerns(&[Method::Rrr]));
}

#[test]
fn values_out_of_range_are_refused_with_their_place() {
    for (from, to, found, expected) in [
        ("depth = 18 ", "depth = 50 ", "depth: found 50", "expected 18 or 34"),
        ("mask_fraction = 1.0", "mask_fraction = 1.5", "mask_fraction: found 1.5", "a fraction from 0 to 1"),
        ("mask_fraction = 1.0", "mask_fraction = nan", "found NaN", "a fraction from 0 to 1"),
        ("train = 500", "train = 501", "train: found 501", "an even number"),
        ("valid = 128", "valid = 0", "valid: found 0", "an even number"),
        ("batch_size = 16", "batch_size = 0", "batch_size: found 0", "a number from 1"),
        ("learning_rate = 0.01\ndilation", "learning_rate = -1.0\ndilation", "found -1", "a learning rate above 0"),
        ("seeds = [1234, 3232]", "seeds = [7, 7]", "seeds: found 7 twice", "all different"),
        ("seeds = [1234, 3232]", "seeds = []", "seeds: found none", "at least one"),
        ("epochs = 15", "epochs = 4", "burn_in: found 5 with 4 epochs", "an epoch that is reached"),
        ("picture_samples = 4", "picture_samples = 40", "picture_samples: found 40 with 16 test", "no more than"),
        ("format = 1", "format = 2", "format: found 2", "expected 1"),
        ("name = \"rrr\"", "name = \"rrrr\"", "method: found 'rrrr'", "one of baseline, masked"),
        ("name = \"rrr\"", "name = \"gradmask\"", "found 'gradmask' twice", "each method once"),
    ] {
        let (error, line) = error_with(from, to);
        assert!(error.starts_with(&format!("my.toml:{line}:")), "line {line}: {error}");
        assert!(error.contains(found) && error.contains(expected), "{error}");
    }
}

#[test]
fn contradictions_are_refused_with_their_place() {
    let discriminator = "discriminator = { learning_rate = 0.01, every = 10 }\n";
    let (error, _) = error_with(discriminator, "");
    assert!(error.contains("discriminator: found nothing, expected one: 'adversarial' needs it"), "{error}");

    let (error, _) = error_with("label = \"RRR\"\n", &format!("label = \"RRR\"\n{discriminator}"));
    assert!(error.contains("discriminator: found one, expected none: 'rrr' has no discriminator"), "{error}");

    let (error, _) = error_with("label = \"Baseline\"\n", "label = \"Baseline\"\npenalty_weight = 1.0\n");
    assert!(error.contains("penalty_weight: found 1, expected none: 'baseline' has no penalty"), "{error}");

    let (error, _) = error_with("penalty_weight = 0.203439\n", "");
    assert!(error.contains("penalty_weight: found nothing, expected the weight"), "{error}");
}

#[test]
fn what_is_no_toml_or_has_other_keys_is_refused_with_its_place() {
    let (error, line) = error_with("epochs = 15", "epochs = = 15");
    assert!(error.starts_with(&format!("my.toml:{line}:")), "{error}");

    let (error, line) = error_with("epochs = 15", "epocs = 15");
    assert!(error.starts_with(&format!("my.toml:{line}:1: unknown field `epocs`: expected one of")), "{error}");

    let (error, line) = error_with("epochs = 15", "epochs = \"many\"");
    let message = "invalid type: string \"many\": expected a whole number from 0 up";
    assert!(error.starts_with(&format!("my.toml:{line}:10: {message}")), "{error}");

    let (error, line) = error_with("[scales.quick]", "[scales.huge]");
    assert!(error.starts_with(&format!("my.toml:{line}:")), "{error}");
    assert!(error.contains("unknown field `huge`: expected one of `smoke`, `quick`, `paper`"), "{error}");

    let (error, _) = error_with("depth = 18             # ResNet-18\n", "");
    assert!(error.contains("depth: found nothing, expected a value"), "{error}");

    let error = Configuration::read("no/such/file.toml".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("no/such/file.toml: cannot be read:"), "{error}");
}

#[test]
fn an_arrow_points_into_an_image_that_there_is() {
    let arrow = "example = \"train, class 0\"\nrow = 24.0\n";
    let (error, _) = error_with(arrow, &arrow.replace("24.0", "240.0"));
    assert!(error.contains("row: found 240, expected a number of pixels from 0 to 28"), "{error}");
    let (error, line) = error_with("example = \"train, class 1\"", "example = \"train, class 2\"");
    assert!(
        error.starts_with(&format!("my.toml:{line}:")) && error.contains("expected one of 'train, class 0'"),
        "{error}"
    );
}

#[test]
fn every_experiment_of_the_program_is_whole() {
    for known in Known::ALL {
        let configuration = Configuration::embedded(known).unwrap();
        assert_eq!((configuration.experiment.clone(), known.name().parse()), (known.experiment(), Ok(known)));
        let targets = Targets::embedded(known).unwrap();
        assert_eq!(targets.experiment, known.experiment());
        for target in &targets.targets {
            assert!(configuration.row(target.method).is_some(), "{known} has numbers for no row: {}", target.method);
        }
        assert!(!Differences::embedded(known).unwrap().differences.is_empty());
        assert_eq!(configuration.images.is_none(), known == Known::Crosses);
    }
    assert!("crossses".parse::<Known>().unwrap_err().to_string().contains("expected one of crosses, xray-spc"));
}

/// Sections 2.2, 2.3, 5.1 and 7 of the protocol, a few of each.
#[test]
fn the_radiographs_are_the_paper_s() {
    let spc = Configuration::embedded(Known::XraySpc).unwrap();
    let setting = spc.setting(Scale::Paper);
    assert_eq!((setting.size_in(Variant::Released), setting.size_in(Variant::Paper)), (128, 224));
    assert!(matches!(setting.data, DataSetting::Images { look_size: 224, cell_limit: None, .. }));
    assert_eq!((setting.epochs, setting.width, setting.seeds.len()), (100, 64, 10));
    let row = |method| spc.row(method).unwrap();
    assert_eq!((row(Method::GradMask).learning_rate, row(Method::GradMask).penalty_weight), (0.009238, 0.385154));
    assert_eq!(row(Method::Adversarial).discriminator.as_ref().unwrap().every, 2);
    let images = spc.images.as_ref().unwrap();
    assert_eq!((images.ratio, images.split_seed), (0.9, None));

    let vpc = Configuration::embedded(Known::RsnaVpc).unwrap();
    let images = vpc.images.as_ref().unwrap();
    assert_eq!((images.ratio, images.split_seed, images.empty_negatives), (0.9, Some(0), true));
    assert_eq!(vpc.setting(Scale::Paper).size_in(Variant::Released), 224);
    let none = Configuration::embedded(Known::RsnaNoVpc).unwrap();
    assert_eq!(none.row(Method::Rrr).unwrap().penalty_weight, 9.617656);

    let targets = Targets::embedded(Known::XrayNoSpc).unwrap();
    let value = |method, metric| targets.target(method).unwrap().value(metric).map(|value| (value.mean, value.sd));
    assert_eq!(value(Method::ActDiff, Metric::Auc), Some((0.7991, 0.1748)));
    assert_eq!(value(Method::ActDiff, Metric::Iou), None, "the published one is of another run");
    assert_eq!(value(Method::GradMask, Metric::IopOcclusion), Some((0.69, 0.02)));
}

#[test]
fn an_experiment_on_files_needs_them_and_has_no_settings_of_the_crosses() {
    let text = Configuration::embedded(Known::RsnaVpc).unwrap().text().to_owned();
    let error = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
        Configuration::parse("my.toml", &text.replace(from, to)).unwrap_err().to_string()
    };
    let found = error("label = \"RRR\"\n", "label = \"RRR\"\ndilation_sigma = 1.0\n");
    assert!(found.contains("dilation_sigma: found 1, expected none: masks of files are not dilated"), "{found}");
    let found = error("[scales.quick]\n", "[scales.quick]\ntrain = 10\n");
    assert!(found.contains("train: found 10, expected none: the table decides"), "{found}");
    let found = error("ratio = 0.9", "ratio = 1.9");
    assert!(found.contains("ratio: found 1.9, expected a share from 0 to 1"), "{found}");
    let found = error("look_size = 224", "look_size = 2");
    assert!(found.contains("look_size: found 2, expected a number of pixels from 8 to 1024"), "{found}");
    let (crosses, _) = error_with("epochs = 15", "size = 15");
    assert!(crosses.contains("size: found 15, expected none: the crosses are generated"), "{crosses}");
}

#[test]
fn targets_are_checked_too() {
    let text = Targets::embedded(Known::Crosses).unwrap().text().to_owned();
    let broken = text.replacen("source = \"notebook\"", "source = \"hearsay\"", 1);
    let error = Targets::parse("targets.toml", &broken).unwrap_err().to_string();
    assert!(error.contains("source: found 'hearsay', expected a name under [[sources]]"), "{error}");

    let broken = text.replacen("at_most = 0.10", "at_most = 0.10\nat_least = 0.2", 1);
    let error = Targets::parse("targets.toml", &broken).unwrap_err().to_string();
    assert!(error.contains("expected exactly one of"), "{error}");
}
