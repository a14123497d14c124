//! Deviations of the runs from the paper's setting.

use super::{defaults, escape, scroll, section};
use crate::Page;
use herring_experiments::deviation::{deviations, paper_seeds};

/// The section; empty if no paper has such an experiment.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    if collection.is_of_own_images() {
        // There is no published setting.
        return String::new();
    }
    let (seeds, theirs) = (collection.plan.seeds().len(), paper_seeds(collection));
    let mut rows = String::new();
    if seeds != theirs {
        rows.push_str(&line("Seeds", &seeds.to_string(), &theirs.to_string()));
    }
    let all = collection.methods();
    let deviations = deviations(collection);
    for deviation in &deviations {
        let mut name = words(&deviation.field);
        if deviation.methods.len() < all.len() {
            let labels: Vec<_> = deviation.methods.iter().map(|method| collection.label(method)).collect();
            name.push_str(&format!(" ({})", labels.join(", ")));
        }
        let [here, paper] = defaults::values(deviation, &deviations);
        rows.push_str(&line(&name, &here, &paper));
    }
    let body = if rows.is_empty() {
        "<p>None: sizes, model, epochs, hyper-parameters and number of seeds are the paper’s.</p>\n".to_owned()
    } else {
        format!(
            "<p>All other settings are those of the scale <code>paper</code> in the variant <i>{}</i>.</p>\n{}<table class=\"plain\">\n\
             <caption>Settings here and at the scale paper</caption>\n<thead><tr>\
             <th scope=\"col\">Setting</th><th scope=\"col\">Here</th><th scope=\"col\">Scale paper</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table></div>\n",
            collection.plan.variant,
            scroll("Settings")
        )
    };
    section("setting", "What differs from the paper’s setting", &body)
}

fn line(name: &str, ours: &str, paper: &str) -> String {
    format!("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", escape(name), escape(ours), escape(paper))
}

/// A field of a run's specification in words.
fn words(field: &str) -> String {
    let known = match field {
        "annotations.fraction" => "Fraction of masks kept",
        "annotations.tau" => "Where attributions are cut (τ)",
        "annotations.cut" => "What τ is",
        "data.class_limit" => "Images of each class in each part, at most",
        "data.collection" => "Images",
        "data.fraction" => "Share of the training images",
        "data.files.issue" => "Issue of the files",
        "data.files.issue_known" => "Whether that issue is a known one",
        "data.depends" => "What depends on the sex",
        "data.train" => "Training images",
        "data.valid" => "Validation images",
        "data.test" => "Test images",
        "data.pathology" => "Pathology",
        "data.cell_limit" => "Images of each environment and class, at most",
        "data.saliency_limit" => "Test images of each environment and class whose saliency is computed, at most",
        "data.saliency_size" => "Side of the images whose saliency is computed (pixels)",
        "data.size" => "Side of the images (pixels)",
        "data.resize" => "Resizing of the images",
        "data.empty_negatives" => "Negatives have an empty mask",
        "data.split_seed" => "Seed of the split",
        "data.issue" => "Issue of the tables or volumes",
        "data.train_size" => "Side of the training images before they are cropped (pixels)",
        "data.volumes_per_part" => "Volumes of each part, at most",
        "data.issue_known" => "Whether that issue is a known one",
        "data.ratio" => "Share of a class from its home environment in training",
        "data.rule" => "Rule of validation and test",
        "data.dilation_sigma" => "Mask dilation σ (pixels)",
        "evaluation.attribution_limit" => "Images of each environment and class for further attributions",
        "evaluation.attributions.integrated-gradients.steps" => "Steps of integrated gradients",
        "evaluation.attributions.occlusion.window" => "Side of the occluding square (pixels)",
        "evaluation.attributions.grad-cam.tap" => "Activations that Grad-CAM explains (tap, from 0)",
        "evaluation.attributions.hirescam.tap" => "Activations that HiResCAM explains (tap, from 0)",
        "evaluation.heat.tap" => "Activations whose heat is measured (tap, from 0)",
        "evaluation.smoothing_sigma" => "Smoothing σ of saliency (pixels)",
        "evaluation.smoothing_truncate" => "Radius of that smoothing (σ)",
        "evaluation.picture_samples" => "Images a seed in the mean saliency map",
        "model.depth" => "ResNet depth",
        "model.width" => "Channels of the first stage",
        "model.hidden" => "Units of the hidden layer",
        "model.taps" => "Which activations are taps",
        "model.head" => "The classifier’s layers",
        "objective.task.kind" => "Loss of the task",
        "objective.groups.kind" => "How groups (class and environment) count in training",
        "objective.groups.step" => "Step of the groups’ weights",
        "objective.groups.adjustment" => "Adjustment of the groups’ losses by their sizes",
        "objective.groups.draw" => "How GroupDRO’s images are drawn",
        "optimiser.epsilon" => "Adam’s epsilon",
        "optimiser.learning_rate" => "Learning rate",
        "optimiser.momentum" => "Momentum",
        "weights.start" => "Start of the weights",
        "weights.name" => "File of weights",
        "training.trained" => "Which part of the network is trained",
        "training.epochs" => "Epochs",
        "training.batch_size" => "Batch size",
        "selection.rule" => "Which epoch’s model is kept",
        "selection.burn_in" => "First epoch that may be selected",
        "selection.patience" => "Patience (epochs)",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let penalty = field.strip_prefix("objective.penalties.").and_then(|rest| rest.split_once('.'));
    match penalty {
        Some((kind, "weight")) => format!("Penalty weight λ of {kind}"),
        Some(("adversarial", "hidden")) => "Units of the discriminator’s layers".to_owned(),
        Some(("adversarial", "every")) => "Loss evaluations an encoder update".to_owned(),
        Some(("heatmap", "map")) => "Map whose heat is penalised".to_owned(),
        Some(("heatmap", "tap")) => "Activations whose heat is penalised (tap, from 0)".to_owned(),
        Some(("heatmap", "target")) => "Class whose heat is penalised".to_owned(),
        Some(("heatmap", "channels")) => "How channels of the penalised map become one".to_owned(),
        Some(("heatmap", "scale")) => "By what the penalised map is divided".to_owned(),
        Some(("heatmap", "outside")) => "How heat outside the mask becomes a number".to_owned(),
        Some(("heatmap", "mask")) => "How the mask is brought to the penalised map's size".to_owned(),
        Some(("heatmap", "mode")) => "Mode of the pass whose heat is penalised".to_owned(),
        Some(("heatmap", "without_heat")) => "What an image without heat contributes to the penalty".to_owned(),
        Some(("adversarial", "learning_rate")) => "Discriminator’s learning rate".to_owned(),
        Some((kind, name)) => format!("{name} of {kind}"),
        None => field.to_owned(),
    }
}
