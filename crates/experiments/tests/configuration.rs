//! Every complaint about a configuration names file, line, column, what was found and what was
//! expected; the embedded files are the paper's.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{catalogue, configuration_of, crosses, method, methods, parse, targets, targets_of};
use herring_experiments::config::{Configuration, DataSetting, Judgement, RunTemplate, Scale, Targets};
use herring_protocol::{
    ActDiffDistance, ActDiffLayers, CrossesSpec, GradientNorm, ModelSpec, PenaltySpec, RrrReading, ScoreName,
    SelectionSpec, TrainingImages, Variant,
};

/// The error for the crosses' text with one piece exchanged, and the line of that piece.
fn error_with(from: &str, to: &str) -> (String, usize) {
    let text = crosses().text().to_owned();
    assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
    let line = text[..text.find(from).unwrap()].matches('\n').count() + 1;
    let error = parse(&text.replace(from, to)).unwrap_err().to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    (error, line)
}

fn run<'a>(of: &'a Configuration, scale: Scale, variant: Variant, name: &str) -> &'a RunTemplate {
    of.template(scale, variant, &method(name)).unwrap()
}

#[test]
fn the_paper_scale_is_the_paper() {
    let configuration = crosses();
    let setting = configuration.scale(Scale::Paper);
    assert_eq!(setting.seeds, [1234, 3232, 3221, 9856, 1290, 1987, 1111, 6400, 8888, 451]);
    assert_eq!(setting.judgement, Judgement::Paper);
    for run in configuration.templates(Scale::Paper, Variant::Released) {
        let DataSetting::Crosses(CrossesSpec { train, valid, test, split_seed, .. }) = run.data else { panic!() };
        assert_eq!((train, valid, test, split_seed), (500, 128, 128, None));
        let ModelSpec::Resnet { depth, width, .. } = run.model else { panic!() };
        assert_eq!((depth, width), (18, 64));
        assert_eq!((run.training.epochs, run.training.batch_size), (100, 16));
        assert_eq!(run.selection, SelectionSpec::LowestLoss { burn_in: 5, patience: Some(100) });
        assert_eq!((run.evaluation.smoothing_sigma, run.evaluation.smoothing_truncate), (1.0, 3.5));
        assert_eq!((run.evaluation.picture_samples, run.annotations.fraction()), (1, 1.0));
    }
}

#[test]
fn the_rows_have_the_tuned_hyper_parameters_in_both_readings() {
    let configuration = crosses();
    for (name, rate, sigma, images) in [
        ("baseline", 3.11e-4, 0.817838, TrainingImages::Whole),
        ("masked", 3.11e-4, 0.817838, TrainingImages::Permuted),
        ("masked-zero", 3.11e-4, 0.817838, TrainingImages::Zeroed),
        ("actdiff", 3.11e-4, 0.817838, TrainingImages::Whole),
        ("adversarial", 3.71e-4, 0.639513, TrainingImages::Whole),
        ("gradmask", 0.01, 1.0, TrainingImages::Whole),
        ("rrr", 1e-5, 0.0, TrainingImages::Whole),
    ] {
        for &variant in Variant::ALL {
            let run = run(&configuration, Scale::Paper, variant, name);
            let DataSetting::Crosses(CrossesSpec { dilation_sigma, .. }) = run.data else { panic!() };
            assert_eq!((run.optimiser.learning_rate(), dilation_sigma, run.objective.images), (rate, sigma, images));
        }
    }
    let penalties = |variant, name: &str| run(&configuration, Scale::Paper, variant, name).objective.penalties.clone();
    let (paper, released) = (Variant::Paper, Variant::Released);
    assert!(penalties(released, "baseline").is_empty() && penalties(paper, "masked").is_empty());
    let actdiff = |weighted, offset| PenaltySpec::Actdiff {
        weight: 0.114963,
        weighted,
        layers: ActDiffLayers::Pooled,
        distance: ActDiffDistance::Image,
        offset,
    };
    assert_eq!(penalties(released, "actdiff"), [actdiff(false, 1e-6)]);
    assert_eq!(penalties(paper, "actdiff"), [actdiff(true, 0.0)]);
    let adversarial = |released| PenaltySpec::Adversarial {
        weight: 10.0,
        released,
        learning_rate: 0.01,
        every: 10,
        hidden: 1024,
        layers: 3,
    };
    assert_eq!(penalties(released, "adversarial"), [adversarial(true)]);
    assert_eq!(penalties(paper, "adversarial"), [adversarial(false)]);
    let gradmask = |norm| PenaltySpec::Gradmask { weight: 0.203439, norm };
    assert_eq!(penalties(released, "gradmask"), [gradmask(GradientNorm::Absolute)]);
    assert_eq!(penalties(paper, "gradmask"), [gradmask(GradientNorm::Image)]);
    assert_eq!(
        penalties(released, "rrr"),
        [PenaltySpec::Rrr { weight: 10.0, offset: 1e-11, reading: RrrReading::Pixels }]
    );
    assert_eq!(penalties(paper, "rrr"), [PenaltySpec::Rrr { weight: 10.0, offset: 0.0, reading: RrrReading::Pixels }]);

    let default = configuration.default_methods(Scale::Paper);
    assert_eq!(default, methods(&["baseline", "masked", "actdiff", "adversarial", "gradmask", "rrr"]));
}

#[test]
fn the_smaller_scales_keep_the_rules() {
    let configuration = crosses();
    let paper = run(&configuration, Scale::Paper, Variant::Released, "adversarial");
    let quick = run(&configuration, Scale::Quick, Variant::Released, "adversarial");
    assert!(configuration.scale(Scale::Quick).seeds.len() >= 2);
    assert_eq!((&quick.data, quick.training.batch_size), (&paper.data, paper.training.batch_size));
    assert_eq!((quick.training.epochs, quick.model.width()), (15, 16));
    assert_eq!(quick.selection, paper.selection);
    assert!(matches!(quick.objective.penalties[..], [PenaltySpec::Adversarial { hidden: 256, every: 10, .. }]));
    assert_eq!(configuration.scale(Scale::Quick).judgement, Judgement::Findings);
    assert_eq!(configuration.scale(Scale::Smoke).judgement, Judgement::None);
}

#[test]
fn the_targets_are_complete_where_they_were_published() {
    let targets = targets();
    let value = |name: &str, score: &str| {
        let score: ScoreName = score.parse().unwrap();
        targets.target(&method(name)).unwrap().value(&score).map(|value| value.mean)
    };
    for row in &crosses().methods {
        let name = row.method.as_str();
        assert!(value(name, "auc").is_some() && value(name, "iop").is_some());
        assert_eq!(value(name, "iou").is_none(), name == "masked");
    }
    assert_eq!(value("gradmask", "iop"), Some(0.6129));
    assert!(targets.findings.len() >= 5);
}

#[test]
fn the_differences_say_what_is_in_force() {
    let differences = herring_papers::iclr2021::PAPER.differences_of("crosses").unwrap().differences;
    let weight = differences.iter().find(|difference| difference.topic == "ActDiff: weight").unwrap();
    assert!(weight.behaviour(Variant::Released).contains("the weight is 1"));
    assert!(weight.behaviour(Variant::Paper).contains("multiplied by the tuned"));
    assert!(weight.applies_to(&methods(&["actdiff"])) && !weight.applies_to(&methods(&["rrr"])));
}

#[test]
fn values_out_of_range_are_refused_with_their_place() {
    for (from, to, found, expected) in [
        ("train = 500", "train = 501", "data.train of baseline at scale quick: found 501", "an even number"),
        ("valid = 128", "valid = 0", "found 0", "an even number"),
        ("optimiser.learning_rate = 0.01\n", "optimiser.learning_rate = -1.0\n", "found -1", "a learning rate above 0"),
        ("every = 10", "every = 0", "objective.penalties.adversarial.every", "a number of loss evaluations"),
        ("run.model.width = 16", "run.model.width = 0", "model.width of baseline at scale quick: found 0", "from 1 to"),
        ("[scales.quick]\n", "[scales.quick]\nseeds = [7, 7]\n", "seeds: found 7 twice", "all different"),
        ("[scales.quick]\n", "[scales.quick]\nseeds = []\n", "seeds: found none", "at least one"),
        ("[scales.quick]\n", "[scales.quick]\nrun.training.epochs = 4\n", "found 5 with 4 epochs", "that is reached"),
        ("picture_samples = 5 ", "picture_samples = 500 ", "found 500 with 128 test images", "no more than"),
        ("format = 2", "format = 1", "format: found 1", "expected 2"),
        ("name = \"rrr\"", "name = \"Rrr\"", "method: found 'Rrr'", "lower-case letters"),
        ("name = \"rrr\"", "name = \"gradmask\"", "found 'gradmask' twice", "each method once"),
        ("base = \"iclr2021\"", "base = \"iclr2020\"", "base: found 'iclr2020'", "one of iclr2021"),
    ] {
        let (error, line) = error_with(from, to);
        let added = to.matches('\n').count() - from.matches('\n').count();
        let place = if added > 0 { line + 1 } else { line };
        let there = error.starts_with(&format!("my.toml:{line}:")) || error.starts_with(&format!("my.toml:{place}:"));
        assert!(there || found.contains("5 with 4"), "line {line}: {error}");
        assert!(error.contains(found) && error.contains(expected), "{error}");
    }
}

/// A value of the base is complained about in the base, one of the file in the file.
#[test]
fn a_complaint_names_the_file_that_holds_the_value() {
    let text = crosses().text().replace("run.model.width = 16\n", "run.model.width = 16\nrun.training.epochs = 3\n");
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.starts_with("experiments/iclr2021/base.toml:"), "the burn-in stands there: {error}");
    assert!(error.contains("selection.burn_in of baseline at scale quick: found 5 with 3 epochs"), "{error}");
}

#[test]
fn contradictions_are_refused() {
    let (error, _) = error_with(
        "objective.penalties.gradmask.weight = 0.203439\n",
        "objective.penalties.reconstruction = { weight = 1.0, loss = \"squared-error\", target = \"image\" }\n",
    );
    assert!(error.contains("found it, expected no such penalty: the network has no decoder"), "{error}");
    let (error, _) = error_with(
        "objective.penalties.actdiff.weight = 0.114963",
        "objective.images = \"zeroed\"\nobjective.penalties.actdiff.weight = 0.114963",
    );
    assert!(error.contains("objective.images") && error.contains("found zeroed, expected whole"), "{error}");
    let (error, _) =
        error_with("objective.penalties.gradmask.weight = 0.203439\n", "objective.penalties.gradmask = {}\n");
    assert!(error.contains("missing field `weight`"), "{error}");
}

#[test]
fn what_is_no_toml_or_has_other_keys_is_refused_with_its_place() {
    let (error, line) = error_with("train = 500", "train = = 500");
    assert!(error.starts_with(&format!("my.toml:{line}:")), "{error}");
    let (error, line) = error_with("captions]", "kaptions]");
    assert!(error.starts_with(&format!("my.toml:{line}:")), "{error}");
    assert!(error.contains("key: found 'kaptions', expected one of format, base"), "{error}");
    let (error, _) = error_with("train = 500", "trane = 500");
    assert!(error.starts_with("my.toml:") && error.contains("unknown field `trane`: expected one of"), "{error}");
    let (error, _) = error_with("train = 500", "train = \"many\"");
    assert!(error.starts_with("my.toml:") && error.contains("invalid type: string \"many\""), "{error}");
    let (error, line) = error_with("[scales.quick]", "[scales.huge]");
    assert!(error.starts_with(&format!("my.toml:{line}:")), "{error}");
    assert!(error.contains("unknown field `huge`: expected one of `smoke`, `quick`, `paper`"), "{error}");
    let (error, line) = error_with("[scales.quick]\n", "[scales.quick]\nmethods.baselin.training.epochs = 1\n");
    assert!(error.starts_with(&format!("my.toml:{}:", line + 1)) && error.contains("found 'baselin'"), "{error}");
    let (error, line) = error_with("label = \"RRR\"\n", "label = \"RRR\"\nmodel = \"vgg\"\n");
    assert!(error.starts_with(&format!("my.toml:{}:", line + 1)) && error.contains("model: found 'vgg'"), "{error}");
    let (error, line) = error_with("label = \"RRR\"\n", "label = \"RRR\"\nmodel = { architecture = \"vit\" }\n");
    assert!(error.starts_with("my.toml:") && error.contains("unknown name `vit`"), "line {line}: {error}");

    let error = Configuration::read("no/such/file.toml".as_ref(), catalogue()).unwrap_err().to_string();
    assert!(error.starts_with("no/such/file.toml: cannot be read:"), "{error}");
}

/// Sections 2.2, 2.3, 5.1 and 7 of the protocol, a few of each.
#[test]
fn the_radiographs_are_the_paper_s() {
    let spc = configuration_of("xray-spc");
    let images = |of: &Configuration, scale, variant| of.templates(scale, variant).next().unwrap().data.clone();
    let sizes = |variant| {
        let DataSetting::Images(found) = images(&spc, Scale::Paper, variant) else { panic!() };
        (found.size, found.saliency_size, found.cell_limit, found.ratio, found.split_seed)
    };
    assert_eq!(sizes(Variant::Released), (128, 224, None, 0.9, None));
    assert_eq!(sizes(Variant::Paper).0, 224);
    let gradmask = run(&spc, Scale::Paper, Variant::Released, "gradmask");
    assert_eq!((gradmask.optimiser.learning_rate(), gradmask.objective.penalties[0].weight()), (0.009238, 0.385154));
    let zeroed = |variant| run(&spc, Scale::Paper, variant, "mask-all").evaluation.zeroed_sets.clone();
    assert_eq!(zeroed(Variant::Released), ["test"]);
    assert_eq!(zeroed(Variant::Paper), ["valid", "test"]);
    assert!(spc.shift && !configuration_of("xray-no-spc").shift);

    let vpc = configuration_of("rsna-vpc");
    let DataSetting::Images(found) = images(&vpc, Scale::Paper, Variant::Released) else { panic!() };
    assert_eq!((found.ratio, found.split_seed, found.empty_negatives, found.size), (0.9, Some(0), true, 224));
    let none = configuration_of("rsna-no-vpc");
    let rrr = run(&none, Scale::Paper, Variant::Released, "rrr");
    assert_eq!(rrr.objective.penalties[0].weight(), 9.617656);

    let targets = targets_of("xray-no-spc");
    let value = |name: &str, score: &str| {
        let score: ScoreName = score.parse().unwrap();
        targets.target(&method(name)).unwrap().value(&score).map(|value| (value.mean, value.sd))
    };
    assert_eq!(value("actdiff", "auc"), Some((0.7991, 0.1748)));
    assert_eq!(value("actdiff", "iou"), None, "the published one is of another run");
    assert_eq!(value("gradmask", "iop_occlusion"), Some((0.69, 0.02)));
}

#[test]
fn an_experiment_on_files_has_no_settings_of_the_crosses() {
    let text = configuration_of("rsna-vpc").text().to_owned();
    let error = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
        parse(&text.replace(from, to)).unwrap_err().to_string()
    };
    let found = error("label = \"RRR\"\n", "label = \"RRR\"\ndata.dilation_sigma = 1.0\n");
    assert!(found.contains("unknown field `dilation_sigma`"), "{found}");
    let found = error("ratio = 0.9", "ratio = 1.9");
    assert!(found.contains("found 1.9, expected a share from 0 to 1"), "{found}");
    let found = error("saliency_size = 224", "saliency_size = 2");
    assert!(found.contains("found 2, expected a number of pixels from 8 to 1024"), "{found}");
}

#[test]
fn targets_are_checked_too() {
    let text = targets().text().to_owned();
    let broken = text.replacen("source = \"notebook\"", "source = \"hearsay\"", 1);
    let error = Targets::parse("targets.toml", &broken).unwrap_err().to_string();
    assert!(error.contains("source: found 'hearsay', expected a name under [[sources]]"), "{error}");

    let broken = text.replacen("at_most = 0.10", "at_most = 0.10\nat_least = 0.2", 1);
    let error = Targets::parse("targets.toml", &broken).unwrap_err().to_string();
    assert!(error.contains("expected exactly one of"), "{error}");

    let broken = text.replacen("\nauc = {", "\nauk = {", 1);
    let error = Targets::parse("targets.toml", &broken).unwrap_err().to_string();
    assert!(error.contains("unknown score 'auk'"), "{error}");
}

/// The error for the crosses' text with a piece in front of its first method.
fn error_before_methods(piece: &str) -> String {
    let text = crosses().text().replacen("[[methods]]", &format!("{piece}\n\n[[methods]]"), 1);
    let error = parse(&text).unwrap_err().to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    error
}

#[test]
fn groups_of_models_are_methods_and_each_score_is_compared_once() {
    let compared = "[populations]\nkeep = { score = \"valid_accuracy\", above = 0.95 }\nscores = [\"iop\"]\npairs = [[\"baseline\", \"actdiff\"]]";
    let text = crosses().text().replacen("[[methods]]", &format!("{compared}\n\n[[methods]]"), 1);
    let found = parse(&text).unwrap().populations.unwrap();
    assert_eq!(found.pairs, [[method("baseline"), method("actdiff")]]);
    assert_eq!(found.keep.unwrap().above, 0.95);
    assert_eq!(found.scores, ["iop".parse::<ScoreName>().unwrap()]);
    for (from, to, expected) in [
        ("\"actdiff\"]]", "\"actdif\"]]", "populations.pairs: found 'actdif', expected a method of this file"),
        ("\"actdiff\"]]", "\"baseline\"]]", "found 'baseline' with itself, expected two different methods"),
        ("[\"iop\"]", "[\"iop\", \"iop\"]", "populations.scores: found 'iop' twice, expected each score once"),
        ("[\"iop\"]", "[]", "populations.scores: found none, expected at least one score"),
    ] {
        let error = error_before_methods(&compared.replace(from, to));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn scores_of_the_paper_s_models_are_checked() {
    let text = targets().text().to_owned();
    let with = |piece: &str| Targets::parse("targets.toml", &format!("{text}\n{piece}\n"));
    let one = "[[populations]]\nmethod = \"baseline\"\nscore = \"iop\"\nvalues = [0.1, 0.2]";
    assert_eq!(with(one).unwrap().populations[0].values, [0.1, 0.2]);
    let error = with(&format!("{one}\n{one}")).unwrap_err().to_string();
    assert!(error.contains("found iop of 'baseline' twice, expected each score of a method once"), "{error}");
    let error = with(&one.replace("[0.1, 0.2]", "[]")).unwrap_err().to_string();
    assert!(error.contains("populations.values: found [], expected at least one value, all finite"), "{error}");
}

#[test]
fn what_is_drawn_is_a_number_of_the_run_within_a_range_that_it_takes() {
    for (draw, expected) in [
        (
            "{ field = \"optimiser.learning_rate\", from = 0.0, to = 1e-3 }",
            "found from 0 to 0.001, expected finite numbers of which the second is the greater",
        ),
        ("{ field = \"optimiser.rate\", from = 1e-5, to = 1e-3 }", "the run has no such field"),
        (
            "{ field = \"optimiser.learning_rate\", from = 1e-5, to = 2.0 }",
            "found 2, expected a learning rate above 0, at most 1",
        ),
    ] {
        let rate = "optimiser.learning_rate = 3.11e-4";
        let text = crosses().text().replacen(rate, &format!("{rate}\ndraws = [{draw}]"), 1);
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }
}
