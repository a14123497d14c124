//! What a specification may not say is refused in one line that names the field, the value and what it may be.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{adversarial, crosses, images, resnet, spec};
use herring_protocol::*;

/// A specification with one change, and the message with which it is refused.
fn refused(change: impl FnOnce(&mut RunSpec)) -> String {
    let mut spec = spec();
    change(&mut spec);
    let message = spec.check().unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

fn of_crosses(change: impl FnOnce(&mut CrossesSpec)) -> String {
    let mut crosses = crosses();
    change(&mut crosses);
    refused(|spec| spec.data = DataSpec::Crosses(crosses))
}

fn of_images(change: impl FnOnce(&mut ImagesSpec)) -> String {
    let mut images = images();
    change(&mut images);
    refused(|spec| spec.data = DataSpec::Images(images))
}

fn of_penalty(penalty: PenaltySpec) -> String {
    refused(|spec| spec.objective.penalties = vec![penalty])
}

#[test]
fn what_can_be_carried_out_passes() {
    assert_eq!(spec().check(), Ok(()));
    let mut with_files = spec();
    with_files.data = DataSpec::Images(images());
    assert_eq!(with_files.check(), Ok(()));
    let emphysema = ImagesSpec { pathology: PathologyName::Emphysema, ..images() };
    assert_eq!(RunSpec { data: DataSpec::Images(emphysema), ..spec() }.check(), Ok(()));
    for selection in [
        SelectionSpec::HighestAccuracy { patience: None },
        SelectionSpec::WorstEnvironment { burn_in: 10, patience: Some(1) },
        SelectionSpec::WorstGroup { burn_in: 1, patience: None },
        SelectionSpec::LastEpoch,
    ] {
        assert_eq!(RunSpec { selection, ..spec() }.check(), Ok(()));
    }
}

#[test]
fn data_outside_its_range_is_named() {
    let even = "expected an even number of images from 2 to 512";
    assert_eq!(of_crosses(|data| data.train = 7), format!("data.train: found 7, {even}"));
    assert_eq!(of_crosses(|data| data.valid = 0), format!("data.valid: found 0, {even}"));
    assert_eq!(of_crosses(|data| data.test = 514), format!("data.test: found 514, {even}"));
    let sigma = "expected a number of pixels from 0 to 28";
    assert_eq!(of_crosses(|data| data.dilation_sigma = 28.5), format!("data.dilation_sigma: found 28.5, {sigma}"));
    assert_eq!(of_crosses(|data| data.dilation_sigma = f64::NAN), format!("data.dilation_sigma: found NaN, {sigma}"));
    let pixels = "expected a number of pixels from 8 to 1024";
    assert_eq!(of_images(|data| data.size = 7), format!("data.size: found 7, {pixels}"));
    assert_eq!(of_images(|data| data.saliency_size = 2000), format!("data.saliency_size: found 2000, {pixels}"));
    assert_eq!(of_images(|data| data.ratio = Some(1.5)), "data.ratio: found 1.5, expected a share from 0 to 1");
    assert_eq!(
        of_images(|data| (data.table, data.pathology) = (TableName::Rsna, PathologyName::Emphysema)),
        "data.pathology: found emphysema, expected cardiomegaly, which stands for none, with another table than xray"
    );
    let count = "expected a number from 1 to 100000";
    assert_eq!(of_images(|data| data.cell_limit = Some(0)), format!("data.cell_limit: found 0, {count}"));
    assert_eq!(of_images(|data| data.saliency_limit = Some(0)), format!("data.saliency_limit: found 0, {count}"));
    assert_eq!(
        refused(|spec| spec.annotations = AnnotationSpec::Given { fraction: -0.1 }),
        "annotations.fraction: found -0.1, expected a fraction from 0 to 1"
    );
}

#[test]
fn channels_and_their_statistics_must_fit() {
    let own = |channels, normalisation: Option<NormalisationSpec>| {
        let images = ImagesSpec { table: TableName::Own, channels, normalisation, ..images() };
        RunSpec { data: DataSpec::Images(images), ..spec() }.check().map_err(|error| error.to_string())
    };
    let imagenet = || Some(NormalisationSpec::Named(StatisticsName::Imagenet));
    let given = |mean: &[f64], deviation: &[f64]| {
        Some(NormalisationSpec::Given(Statistics { mean: mean.to_vec(), deviation: deviation.to_vec() }))
    };
    for channels in [ChannelsName::Grey, ChannelsName::Luminance, ChannelsName::Colour] {
        assert_eq!([own(channels, None), own(channels, imagenet())], [Ok(()), Ok(())]);
    }
    assert_eq!(own(ChannelsName::Grey, given(&[0.5], &[0.25])), Ok(()));
    let refused = |channels, normalisation| own(channels, normalisation).unwrap_err();
    assert_eq!(
        refused(ChannelsName::Colour, given(&[0.5], &[0.25])),
        "data.normalisation.mean: found 1 numbers, expected 3 numbers, for images in colour"
    );
    assert_eq!(
        refused(ChannelsName::Grey, given(&[0.5], &[0.25; 3])),
        "data.normalisation: found 1 of mean and 3 of deviation, expected as many of both"
    );
    assert_eq!(
        refused(ChannelsName::Grey, given(&[f64::NAN], &[0.25])),
        "data.normalisation.mean: found [NaN], expected finite numbers"
    );
    assert_eq!(
        refused(ChannelsName::Grey, given(&[0.5], &[0.0])),
        "data.normalisation.deviation: found [0.0], expected numbers above 0"
    );
    assert_eq!(
        of_images(|data| data.channels = ChannelsName::Colour),
        "data.channels: found colour, expected grey, with another table than own"
    );
    let text = serde_json::to_string(&ImagesSpec { normalisation: imagenet(), ..images() }).unwrap();
    assert!(text.contains(r#""normalisation":"imagenet""#) && !text.contains("channels"), "{text}");
    assert_eq!(serde_json::from_str::<ImagesSpec>(&text).unwrap().normalisation, imagenet());
}

#[test]
fn networks_that_do_not_exist_or_do_not_fit_the_images_are_named() {
    assert_eq!(
        refused(|spec| spec.model = ModelSpec::ConvNet { kind: ConvNetKindName::AutoEncoder, width: 0, sigmoid: true }),
        "model.width: found 0, expected a number of channels from 1 to 1024"
    );
    let mut deep = spec();
    deep.objective.penalties.clear();
    deep.model = resnet(PoolingName::Global);
    assert_eq!(deep.check(), Ok(()));
    if let ModelSpec::Resnet { depth, .. } = &mut deep.model {
        *depth = 50;
    }
    assert_eq!(deep.check().unwrap_err().to_string(), "model.depth: found 50, expected 18 or 34");
    // Three halvings of 24 pixels leave 3, and a window has 4.
    let small = |pooling, size| {
        let mut small = deep.clone();
        small.model = resnet(pooling);
        small.data = DataSpec::Images(ImagesSpec { size, saliency_size: size, ..images() });
        small.check().map_err(|error| error.to_string())
    };
    assert_eq!(small(PoolingName::Global, 8), Ok(()));
    assert_eq!(small(PoolingName::Window, 25), Ok(()));
    let message = "model: found images of 24 pixels, expected at least 25 for this network";
    assert_eq!(small(PoolingName::Window, 24), Err(message.to_owned()));
}

#[test]
fn tap2024_s_networks_need_room_and_channels() {
    let taps = DenseNetTapsName::Transitions;
    let vgg = |hidden| ModelSpec::Vgg { width: 4, hidden, taps: VggTapsName::Pools, head: VggHeadName::Pytorch };
    let at = |model: ModelSpec, size: usize| {
        let mut spec = spec();
        spec.objective.penalties.clear();
        spec.data = DataSpec::Images(ImagesSpec { size, saliency_size: size, ..images() });
        spec.model = model;
        spec.check().map_err(|error| error.to_string())
    };
    for model in [vgg(16), ModelSpec::DenseNet { width: 4, growth: 2, taps }] {
        assert_eq!(at(model.clone(), 32), Ok(()));
        let small = "model: found images of 31 pixels, expected at least 32 for this network";
        assert_eq!(at(model, 31), Err(small.to_owned()));
    }
    assert_eq!(at(ModelSpec::TwoLayer { width: 4 }, 8), Ok(()));
    let percent = "model.percent: found 500, expected a percentage from 1 to 400";
    for model in [|percent| ModelSpec::MobileNet { percent }, |percent| ModelSpec::EfficientNet { percent }] {
        assert_eq!(at(model(100), 32), Ok(()));
        assert_eq!(at(model(500), 32), Err(percent.to_owned()));
    }
    let hidden = "model.hidden: found 0, expected a number from 1 to 100000";
    assert_eq!(at(vgg(0), 64), Err(hidden.to_owned()));
    let odd = "model.width: found 3, expected an even number of channels";
    assert_eq!(at(ModelSpec::DenseNet { width: 3, growth: 2, taps }, 64), Err(odd.to_owned()));
    let growth = "model.growth: found 0, expected a number from 1 to 100000";
    assert_eq!(at(ModelSpec::DenseNet { width: 4, growth: 0, taps }, 64), Err(growth.to_owned()));
}

#[test]
fn saliency_at_another_size_needs_a_network_that_takes_it() {
    let at = |model: ModelSpec| {
        let mut spec = spec();
        spec.objective.penalties.clear();
        spec.data = DataSpec::Images(ImagesSpec { size: 64, saliency_size: 96, ..images() });
        spec.model = model;
        spec.check().map_err(|error| error.to_string())
    };
    assert_eq!(at(resnet(PoolingName::Global)), Ok(()));
    let message = "data.saliency_size: found 96, expected 64: this network's last layer fits images of one size";
    assert_eq!(at(resnet(PoolingName::Window)), Err(message.to_owned()));
    let cnn = ModelSpec::ConvNet { kind: ConvNetKindName::Cnn, width: 4, sigmoid: false };
    assert_eq!(at(cnn), Err(message.to_owned()));
}

#[test]
fn penalties_outside_their_range_are_named() {
    let gradmask = |weight| PenaltySpec::Gradmask { weight, norm: GradientNorm::Image };
    let weight = "expected a finite number from 0 up";
    assert_eq!(of_penalty(gradmask(-1.0)), format!("objective.penalties.gradmask.weight: found -1, {weight}"));
    assert_eq!(
        of_penalty(gradmask(f64::INFINITY)),
        format!("objective.penalties.gradmask.weight: found inf, {weight}")
    );
    let twice = refused(|spec| spec.objective.penalties = vec![gradmask(1.0), gradmask(2.0)]);
    assert_eq!(twice, "objective.penalties.gradmask: found it twice, expected each penalty once");
    let rrr = PenaltySpec::Rrr { weight: 1.0, offset: 0.0, reading: RrrReading::Pixels };
    let turned = refused(|spec| spec.objective.penalties = vec![rrr.clone(), gradmask(1.0)]);
    let expected = "expected penalties in the order of their kinds";
    assert_eq!(turned, format!("objective.penalties.gradmask: found it after rrr, {expected}"));
    assert_eq!(
        of_penalty(PenaltySpec::Rrr { weight: 1.0, offset: 2.0, reading: RrrReading::Pixels }),
        "objective.penalties.rrr.offset: found 2, expected a number from 0 to 1"
    );
    let game = |change: fn(&mut PenaltySpec)| {
        let mut game = adversarial();
        change(&mut game);
        of_penalty(game)
    };
    for (change, message) in [
        (
            (|game| {
                if let PenaltySpec::Adversarial { learning_rate, .. } = game {
                    *learning_rate = 0.0;
                }
            }) as fn(&mut PenaltySpec),
            "learning_rate: found 0, expected a learning rate above 0, at most 1",
        ),
        (
            |game| {
                if let PenaltySpec::Adversarial { every, .. } = game {
                    *every = 0;
                }
            },
            "every: found 0, expected a number of loss evaluations from 1 to 1000",
        ),
        (
            |game| {
                if let PenaltySpec::Adversarial { hidden, .. } = game {
                    *hidden = 0;
                }
            },
            "hidden: found 0, expected a number from 1 to 100000",
        ),
        (
            |game| {
                if let PenaltySpec::Adversarial { layers, .. } = game {
                    *layers = 17;
                }
            },
            "layers: found 17, expected a number of layers from 1 to 16",
        ),
    ] {
        assert_eq!(game(change), format!("objective.penalties.adversarial.{message}"));
    }
}

#[test]
fn temperatures_and_class_weights_outside_their_range_are_named() {
    for (temperature, found) in [(0.0, "0"), (-1.0, "-1"), (1001.0, "1001"), (f64::NAN, "NaN")] {
        assert_eq!(
            of_penalty(PenaltySpec::Distillation { weight: 1.0, temperature }),
            format!(
                "objective.penalties.distillation.temperature: found {found}, expected a number above 0, at most 1000"
            )
        );
    }
    for (weight, found) in [(0.0, "0"), (-0.5, "-0.5"), (f64::INFINITY, "inf"), (f64::NAN, "NaN")] {
        let task = TaskSpec::CrossEntropy { class_weights: vec![0.7, weight] };
        assert_eq!(
            refused(|spec| spec.objective.task = task),
            format!("objective.task.class_weights: found {found}, expected finite numbers above 0, one for each class")
        );
    }
    let mut weighted = spec();
    weighted.objective.task = TaskSpec::CrossEntropy { class_weights: vec![0.7421, 0.2579] };
    assert_eq!(weighted.check(), Ok(()));
}

#[test]
fn penalties_with_a_teacher_stand_in_the_order_of_their_kinds() {
    let mut taught = spec();
    taught.teacher = Some(TeacherSpec { run: RunId::of(&spec()), model: spec().model });
    taught.objective.penalties = vec![
        PenaltySpec::AttentionTransfer { weight: 1.0 },
        PenaltySpec::Distillation { weight: 1.0, temperature: 1.0 },
        PenaltySpec::JacobianTransfer { weight: 1.0 },
        PenaltySpec::L2 { weight: 1.0 },
        PenaltySpec::Rbr { weight: 1.0, influence: RbrInfluence::Full },
    ];
    assert_eq!(taught.check(), Ok(()));
    let needing: Vec<bool> = taught.objective.penalties.iter().map(PenaltySpec::needs_teacher).collect();
    assert_eq!(needing, [true, true, true, false, false]);
    assert!(taught.objective.needs_teacher() && !spec().objective.needs_teacher());
    taught.objective.penalties.swap(0, 1);
    let message = taught.check().unwrap_err().to_string();
    let expected = "found it after distillation, expected penalties in the order of their kinds";
    assert_eq!(message, format!("objective.penalties.attention-transfer: {expected}"));
}

#[test]
fn choices_that_do_not_fit_together_are_named() {
    let reconstruction = |loss| PenaltySpec::Reconstruction { weight: 1.0, loss, target: ReconstructionTarget::Image };
    let alone = |spec: &mut RunSpec, model| {
        spec.model = model;
        spec.objective.penalties = vec![reconstruction(ReconstructionLoss::BinaryCrossEntropy)];
    };
    let cnn = ModelSpec::ConvNet { kind: ConvNetKindName::Cnn, width: 4, sigmoid: true };
    assert_eq!(
        refused(|spec| alone(spec, cnn)),
        "objective.penalties.reconstruction: found it, expected no such penalty: the network has no decoder, so it \
         reconstructs nothing"
    );
    let linear = ModelSpec::ConvNet { kind: ConvNetKindName::Unet, width: 4, sigmoid: false };
    assert_eq!(
        refused(|spec| alone(spec, linear)),
        "objective.penalties.reconstruction.loss: found binary-cross-entropy, expected squared-error: the network's \
         reconstruction has no sigmoid"
    );
    for images in [TrainingImages::Permuted, TrainingImages::Zeroed] {
        assert_eq!(
            refused(|spec| spec.objective.images = images),
            format!(
                "objective.images: found {images}, expected whole: a penalty compares whole images with their \
                 permuted versions"
            )
        );
    }
}

#[test]
fn groups_outside_their_range_are_named() {
    let robust = |step, adjustment| GroupsSpec::Robust { step, adjustment, draw: GroupDraw::Balanced };
    let of = |groups| refused(|spec| spec.objective.groups = Some(groups));
    for (step, found) in [(0.0, "0"), (-0.01, "-0.01"), (100.5, "100.5"), (f64::NAN, "NaN")] {
        let expected = format!("objective.groups.step: found {found}, expected a number above 0, at most 100");
        assert_eq!(of(robust(step, 0.0)), expected);
    }
    for (adjustment, found) in [(-1.0, "-1"), (f64::INFINITY, "inf"), (f64::NAN, "NaN")] {
        let expected = format!("objective.groups.adjustment: found {found}, expected a finite number from 0 up");
        assert_eq!(of(robust(0.01, adjustment)), expected);
    }
    let with_class_weights = |spec: &mut RunSpec, groups| {
        spec.objective.task = TaskSpec::CrossEntropy { class_weights: vec![0.7, 0.3] };
        spec.objective.groups = Some(groups);
    };
    for groups in [robust(0.01, 0.0), GroupsSpec::Reweighted] {
        assert_eq!(
            refused(|spec| with_class_weights(spec, groups)),
            "objective.task.class_weights: found 2 numbers, expected no class weights: the groups have weights of their own"
        );
    }
    let mut resampled = spec();
    with_class_weights(&mut resampled, GroupsSpec::Resampled);
    assert_eq!(resampled.check(), Ok(()));
    for groups in [robust(0.01, 0.0), robust(100.0, 4.0), GroupsSpec::Reweighted] {
        let mut spec = spec();
        spec.objective.groups = Some(groups);
        assert_eq!(spec.check(), Ok(()));
    }
}

#[test]
fn training_and_selection_outside_their_range_are_named() {
    for (rate, found) in [(0.0, "0"), (1.5, "1.5"), (f64::NAN, "NaN")] {
        assert_eq!(
            refused(|spec| spec.optimiser = OptimiserSpec::adam(rate)),
            format!("optimiser.learning_rate: found {found}, expected a learning rate above 0, at most 1")
        );
    }
    let count = "expected a number from 1 to 100000";
    assert_eq!(refused(|spec| spec.training.epochs = 0), format!("training.epochs: found 0, {count}"));
    assert_eq!(refused(|spec| spec.training.batch_size = 0), format!("training.batch_size: found 0, {count}"));
    let rule = |selection| refused(|spec| spec.selection = selection);
    let reached = "expected an epoch that is reached";
    let late = SelectionSpec::LowestLoss { burn_in: 11, patience: None };
    assert_eq!(rule(late), format!("selection.burn_in: found 11 with 10 epochs, {reached}"));
    let none = SelectionSpec::LowestLoss { burn_in: 0, patience: None };
    assert_eq!(rule(none), format!("selection.burn_in: found 0 with 10 epochs, {reached}"));
    for late in [
        SelectionSpec::WorstEnvironment { burn_in: 11, patience: None },
        SelectionSpec::WorstGroup { burn_in: 11, patience: None },
    ] {
        assert_eq!(rule(late), format!("selection.burn_in: found 11 with 10 epochs, {reached}"));
    }
    let impatient = SelectionSpec::WorstGroup { burn_in: 1, patience: Some(0) };
    assert_eq!(rule(impatient), format!("selection.patience: found 0, {count}"));
    let impatient = SelectionSpec::HighestAccuracy { patience: Some(0) };
    assert_eq!(rule(impatient), format!("selection.patience: found 0, {count}"));
}

#[test]
fn evaluations_outside_their_range_are_named() {
    let of = |change: fn(&mut EvaluationSpec)| refused(|spec| change(&mut spec.evaluation));
    assert_eq!(
        of(|evaluation| evaluation.smoothing_sigma = -1.0),
        "evaluation.smoothing_sigma: found -1, expected a number of pixels from 0 to 28"
    );
    assert_eq!(
        of(|evaluation| evaluation.smoothing_truncate = 0.0),
        "evaluation.smoothing_truncate: found 0, expected a number of standard deviations above 0, at most 10"
    );
    assert_eq!(
        of(|evaluation| evaluation.picture_samples = 0),
        "evaluation.picture_samples: found 0, expected a number from 1 to 100000"
    );
    assert_eq!(
        of(|evaluation| evaluation.picture_samples = 65),
        "evaluation.picture_samples: found 65 with 128 test images, expected no more than the positive half of the \
         test images"
    );
    assert_eq!(
        of(|evaluation| evaluation.attributions = vec![AttributionSpec::IntegratedGradients { steps: 0 }]),
        "evaluation.attributions.integrated-gradients.steps: found 0, expected a number of points from 1 to 1000"
    );
    assert_eq!(
        of(|evaluation| evaluation.attributions = vec![AttributionSpec::Occlusion { window: 0 }]),
        "evaluation.attributions.occlusion.window: found 0, expected a number of pixels from 1 to 1024"
    );
    assert_eq!(
        of(|evaluation| evaluation.attributions =
            vec![AttributionSpec::Occlusion { window: 2 }, AttributionSpec::Occlusion { window: 4 }]),
        "evaluation.attributions.occlusion: found it twice, expected each attribution once"
    );
    assert_eq!(
        of(|evaluation| evaluation.attribution_limit = Some(0)),
        "evaluation.attribution_limit: found 0, expected a number from 1 to 100000"
    );
}

#[test]
fn files_of_weights_have_a_name_and_a_hash() {
    let file = |name: &str, sha256: &str| WeightsSpec::File { name: name.to_owned(), sha256: sha256.to_owned() };
    let hash = "ab".repeat(32);
    assert_eq!(RunSpec { weights: file("resnet18", &hash), ..spec() }.check(), Ok(()));
    let nameless = refused(|spec| spec.weights = file("", &hash));
    assert_eq!(nameless, "weights.name: found '', expected the name of a file of weights");
    for wrong in ["ab", &"AB".repeat(32), &"xy".repeat(32)] {
        let message = refused(|spec| spec.weights = file("resnet18", wrong));
        let expected = "expected 64 hexadecimal digits in lower case";
        assert_eq!(message, format!("weights.sha256: found '{wrong}', {expected}"));
    }
}

fn decoys() -> DecoysSpec {
    DecoysSpec {
        collection: CollectionName::MnistSample,
        files: None,
        decoy: DecoyName::Patch,
        size: 28,
        split_seed: 0,
        class_limit: None,
        training: TrainingVersion::Contaminated,
        fraction: 1.0,
        saliency_limit: None,
    }
}

fn on_decoys(change: impl Fn(&mut DecoysSpec)) -> String {
    let mut images = decoys();
    change(&mut images);
    refused(|spec| spec.data = DataSpec::Decoys(images))
}

#[test]
fn decoys_that_do_not_fit_their_collection_are_named() {
    assert_eq!(RunSpec { data: DataSpec::Decoys(decoys()), ..spec() }.check(), Ok(()));
    assert_eq!(
        on_decoys(|images| images.decoy = DecoyName::Text),
        "data.decoy: found text, expected patch: only radiographs have texts and stripes"
    );
    let files = DecoyFiles { listing: "a".into(), issue: "b".into(), issue_known: true, table_sha256: "c".into() };
    assert_eq!(
        on_decoys(|images| (images.collection, images.files) = (CollectionName::Knee, Some(files.clone()))),
        "data.decoy: found patch, expected text or stripe: only digits have patches"
    );
    assert_eq!(
        on_decoys(|images| images.collection = CollectionName::Mnist),
        "data.files: found no files, expected files of the collection"
    );
    assert_eq!(
        on_decoys(|images| images.files = Some(files.clone())),
        "data.files: found files, expected none: the program has them"
    );
    for (share, found) in [(0.0, "0"), (1.5, "1.5"), (f64::NAN, "NaN")] {
        assert_eq!(
            on_decoys(|images| images.fraction = share),
            format!("data.fraction: found {found}, expected a share above 0, at most 1")
        );
    }
    assert_eq!(
        refused(|spec| spec.evaluation.decoy_quantile = Some(0.75)),
        "evaluation.decoy_quantile: found 0.75, expected a number from 0, below 1, and images with decoys"
    );
}

#[test]
fn annotations_and_teachers_that_do_not_fit_are_named() {
    let cut = CutName::Quantile;
    for (tau, found) in [(-0.1, "-0.1"), (1.01, "1.01"), (f64::NAN, "NaN")] {
        assert_eq!(
            refused(|spec| spec.annotations = AnnotationSpec::Random { tau, cut }),
            format!("annotations.tau: found {found}, expected a number from 0 to 1")
        );
    }
    assert_eq!(
        refused(|spec| spec.annotations = AnnotationSpec::Teacher { tau: 0.1, cut }),
        "teacher: found none, expected one: the annotations are its attributions"
    );
    let teacher = |model| Some(TeacherSpec { run: RunId::of(&spec()), model });
    assert_eq!(
        refused(|spec| spec.teacher = teacher(spec.model.clone())),
        "teacher: found one, expected none: nothing uses it"
    );
    assert_eq!(
        refused(|spec| spec.objective.penalties = vec![PenaltySpec::AttentionTransfer { weight: 1.0 }]),
        "teacher: found none, expected one: a penalty compares with it"
    );
    assert_eq!(
        refused(|spec| {
            spec.objective.penalties = vec![PenaltySpec::AttentionTransfer { weight: 1.0 }];
            spec.teacher = teacher(ModelSpec::TwoLayer { width: 0 });
        }),
        "teacher.model.width: found 0, expected a number of channels from 1 to 1024"
    );
    for momentum in [-0.1, 1.0, f64::NAN] {
        assert_eq!(
            refused(|spec| spec.optimiser = OptimiserSpec::Sgd { learning_rate: 0.1, momentum }),
            format!("optimiser.momentum: found {momentum}, expected a number from 0, below 1")
        );
    }
}

#[test]
fn taps_that_a_network_does_not_have_are_named() {
    let heatmap = |tap| PenaltySpec::Heatmap {
        weight: 1.0,
        map: CamName::Hirescam,
        tap,
        target: CamTarget::Predicted,
        channels: CamChannels::Mean,
        scale: HeatScale::Maximum,
        outside: HeatOutside::Mean,
        mask: MaskResize::Bilinear,
        mode: CamMode::Train,
        without_heat: WithoutHeat::Nothing,
    };
    let expected = "expected one of this network's 4 taps, from 0";
    assert_eq!(of_penalty(heatmap(Some(4))), format!("objective.penalties.heatmap.tap: found 4, {expected}"));
    for tap in [None, Some(3)] {
        let mut fits = spec();
        fits.objective.penalties = vec![heatmap(tap)];
        assert_eq!(fits.check(), Ok(()));
    }
    let heat = refused(|spec| spec.evaluation.heat = Some(HeatSpec { tap: Some(9) }));
    assert_eq!(heat, format!("evaluation.heat.tap: found 9, {expected}"));
    let attribution = refused(|spec| spec.evaluation.attributions = vec![AttributionSpec::GradCam { tap: Some(4) }]);
    assert_eq!(attribution, format!("evaluation.attributions.grad-cam.tap: found 4, {expected}"));
}

#[test]
fn cardiac_sections_are_rectangles_in_four_classes() {
    let cardiac = |train| CardiacSpec {
        depends: CardiacName::Sizes,
        train,
        valid: 8,
        test: 8,
        split_seed: 0,
        saliency_limit: None,
    };
    let model = ModelSpec::Vgg { width: 4, hidden: 8, taps: VggTapsName::Convolutions, head: VggHeadName::Keras };
    let on = |train, model: ModelSpec| {
        let mut spec = spec();
        spec.objective.penalties.clear();
        spec.data = DataSpec::Cardiac(cardiac(train));
        spec.model = model;
        spec.check().map_err(|error| error.to_string())
    };
    assert_eq!(on(8, model.clone()), Ok(()));
    assert_eq!(on(8, resnet(PoolingName::Global)), Ok(()));
    let multiple = "data.train: found 10, expected a multiple of 4 from 4 to 1000000 images";
    assert_eq!(on(10, model), Err(multiple.to_owned()));
    let square = "model: found images of 105 x 135 pixels, expected as many rows as columns for this network";
    assert_eq!(on(8, ModelSpec::TwoLayer { width: 4 }), Err(square.to_owned()));
}

#[test]
fn adam_s_epsilon_is_above_0() {
    let found = refused(|spec| spec.optimiser = OptimiserSpec::Adam { learning_rate: 1e-3, epsilon: 0.0 });
    assert_eq!(found, "optimiser.epsilon: found 0, expected a number above 0, at most 1");
}
