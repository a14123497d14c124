//! What a scale changes of the paper's setting, read off the runs themselves.

use super::{escape, scroll, section};
use crate::{
    collect::Collection,
    config::Known,
    departure::{departures, paper_seeds},
};

pub(super) fn render(collection: &Collection) -> String {
    if Known::of(&collection.plan.experiment) == Some(Known::Own) {
        // Nobody published one.
        return String::new();
    }
    let (seeds, theirs) = (collection.plan.seeds().len(), paper_seeds(collection));
    let mut rows = String::new();
    if seeds != theirs {
        rows.push_str(&line("Seeds", &seeds.to_string(), &theirs.to_string()));
    }
    let all = collection.plan.methods();
    for departure in departures(collection) {
        let mut name = words(&departure.field).to_owned();
        if departure.methods.len() < all.len() {
            let labels: Vec<_> = departure.methods.iter().map(|method| collection.label(*method)).collect();
            name.push_str(&format!(" ({})", labels.join(", ")));
        }
        rows.push_str(&line(&name, &spoken(&departure.here), &spoken(&departure.paper)));
    }
    let body = if rows.is_empty() {
        "<p>Nothing: sizes, model, epochs, hyper-parameters and number of seeds are the paper’s.</p>\n".to_owned()
    } else {
        format!(
            "<p>Everything that is not listed is as in the paper’s setting.</p>\n{}<table class=\"plain\">\n\
             <caption>Settings here and in the paper</caption>\n<thead><tr>\
             <th scope=\"col\">Setting</th><th scope=\"col\">Here</th><th scope=\"col\">Paper</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table></div>\n",
            scroll("Settings")
        )
    };
    section("setting", "What differs from the paper’s setting", &body)
}

fn line(name: &str, ours: &str, paper: &str) -> String {
    format!("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", escape(name), escape(ours), escape(paper))
}

/// A value as a person would write it; lists of named settings come as JSON.
fn spoken(value: &str) -> String {
    let Some(open) = value.strip_prefix("[{").and_then(|rest| rest.strip_suffix("}}]")) else {
        return value.to_owned();
    };
    let parts = open.split("}},{").map(|part| part.replace(":{", " ").replace(':', " ").replace('"', ""));
    parts.collect::<Vec<_>>().join("; ")
}

/// A field of a run's specification in words.
fn words(field: &str) -> &str {
    match field {
        "data.train" => "Training images",
        "data.valid" => "Validation images",
        "data.test" => "Test images",
        "data.mask_fraction" => "Fraction of masks kept",
        "data.cell_limit" => "Images of each environment and class, at most",
        "data.look_limit" => "Test images of each environment and class that are looked at, at most",
        "data.look_size" => "Side of the images that are looked at (pixels)",
        "data.size" => "Side of the images (pixels)",
        "data.resize" => "Resizing of the images",
        "data.empty_negatives" => "Negatives have an empty mask",
        "data.split_seed" => "Seed of the split",
        "data.issue" => "Issue of the tables",
        "data.ratio" => "Share of a class from its home environment in training",
        "data.rule" => "Rule of validation and test",
        "evaluation.attribution_limit" => "Images of each environment and class for further attributions",
        "evaluation.attributions" => "Further attributions",
        "data.dilation_sigma" => "Mask dilation σ (pixels)",
        "model.depth" => "ResNet depth",
        "model.width" => "Channels of the first stage",
        "training.epochs" => "Epochs",
        "training.batch_size" => "Batch size",
        "training.learning_rate" => "Learning rate",
        "training.penalty_weight" => "Penalty weight λ",
        "training.burn_in" => "First epoch that may be selected",
        "training.patience" => "Patience (epochs)",
        "discriminator.hidden" => "Units of the discriminator’s layers",
        "discriminator.every" => "Loss evaluations an encoder update",
        "discriminator.learning_rate" => "Discriminator’s learning rate",
        "evaluation.smoothing_sigma" => "Smoothing σ of saliency (pixels)",
        "evaluation.smoothing_truncate" => "Radius of that smoothing (σ)",
        "evaluation.picture_samples" => "Images a seed in the mean saliency map",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_settings_are_spoken_and_plain_values_stay() {
        let json = r#"[{"integrated-gradients":{"steps":200}},{"occlusion":{"window":15}}]"#;
        assert_eq!(spoken(json), "integrated-gradients steps 200; occlusion window 15");
        for plain in ["none", "0.5", "nih: no known issue"] {
            assert_eq!(spoken(plain), plain);
        }
    }
}
