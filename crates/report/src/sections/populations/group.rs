//! A group of models that were trained in one way, with one score of each.

use super::comparison::LEAST;
use crate::sections::{
    escape,
    style::{Style, style},
};
use herring_experiments::{
    collect::{Collection, Content, StoredRun},
    config::Keep,
    store::FailureKind,
};
use herring_protocol::{MethodName, RunScores, ScoreName};

/// Whose models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of the folder.
    Ours,
    /// Those of the paper.
    Paper,
}

/// Why the models of a group are not tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untested {
    /// The plan has none.
    NotPlanned,
    /// Only so many are left.
    TooFew(usize),
}

impl Untested {
    /// In words.
    pub(super) fn words(self) -> String {
        let left = match self {
            Self::NotPlanned => return "not planned".to_owned(),
            Self::TooFew(0) => "no model left".to_owned(),
            Self::TooFew(1) => "1 model left".to_owned(),
            Self::TooFew(more) => format!("{more} models left"),
        };
        format!("{left}: at least {LEAST} are needed")
    }

    /// As a mark, after the words `before`.
    pub(super) fn badge(self, before: &str) -> String {
        // That a group was not wanted is no warning.
        let class = if self == Self::NotPlanned { "none" } else { "bad" };
        format!("<span class=\"badge {class}\">{}{}</span>", escape(before), self.words())
    }
}

/// A model that is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model<'a> {
    /// Its score.
    pub(super) value: f64,
    /// Everything that was measured of it.
    pub(super) scores: &'a RunScores,
}

/// The models of a method.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// The method's label.
    pub(super) label: &'a str,
    /// The method's style in figures.
    pub(super) style: Style,
    /// Models of the plan.
    pub(super) planned: usize,
    /// Models whose run has finished.
    pub(super) finished: usize,
    /// Those that are compared.
    pub(super) kept: Vec<Model<'a>>,
    /// Why the others are not, each with the number of models.
    pub(super) left_out: Vec<(String, usize)>,
    /// The scores of the paper's models; none where the paper gives none.
    pub(super) published: &'a [f64],
}

impl<'a> Group<'a> {
    /// The models of a method in a folder, with their values of a score.
    pub(super) fn of(collection: &'a Collection, method: &'a MethodName, score: &ScoreName) -> Self {
        let mut found = Self {
            label: collection.label(method),
            style: style(collection.style(method)),
            planned: 0,
            finished: 0,
            kept: Vec::new(),
            left_out: Vec::new(),
            published: published(collection, method, score),
        };
        for stored in collection.of(method) {
            found.planned += 1;
            found.finished += usize::from(matches!(stored.content, Content::Finished(_)));
            match model(collection, stored, score) {
                Ok(model) => found.kept.push(model),
                Err(why) => found.leave_out(why),
            }
        }
        found
    }

    fn leave_out(&mut self, why: String) {
        match self.left_out.iter_mut().find(|(other, _)| *other == why) {
            Some((_, models)) => *models += 1,
            None => self.left_out.push((why, 1)),
        }
    }

    /// The score of each model that is compared.
    pub(super) fn values(&self, whose: Whose) -> Vec<f64> {
        match whose {
            Whose::Ours => self.kept.iter().map(|model| model.value).collect(),
            Whose::Paper => self.published.to_vec(),
        }
    }

    /// Why its models are not tested; `None` where they are.
    pub(super) fn untested(&self, whose: Whose) -> Option<Untested> {
        match (whose, self.values(whose).len()) {
            (Whose::Ours, _) if self.planned == 0 => Some(Untested::NotPlanned),
            (_, LEAST..) => None,
            (_, few) => Some(Untested::TooFew(few)),
        }
    }

    /// The label with the colour of its style.
    pub(super) fn name(&self) -> String {
        format!("<span class=\"swatch {}\"></span>{}", self.style.class, escape(self.label))
    }

    /// Whether there is nothing to show of it: its models are not planned, and the paper gives none.
    pub(super) fn is_empty(&self) -> bool {
        self.planned == 0 && self.published.is_empty()
    }
}

/// A run as a model, or why it is left out.
fn model<'a>(collection: &Collection, stored: &'a StoredRun, score: &ScoreName) -> Result<Model<'a>, String> {
    let scores = match &stored.content {
        Content::Finished(run) => &run.result.scores,
        Content::Failed(run) if matches!(run.failed.failure, FailureKind::NotFinite { .. }) => {
            return Err("did not converge".to_owned());
        }
        Content::Failed(_) => return Err("failed".to_owned()),
        Content::Missing => return Err("not done yet".to_owned()),
    };
    let auc = collection.plan.auc();
    let keep = collection.configuration.populations.as_ref().and_then(|populations| populations.keep.as_ref());
    if let Some(Keep { score, above }) = keep
        && score.of(scores, auc).is_none_or(|value| value <= *above)
    {
        return Err(format!("{} not above {above}", uncapitalised(&score.label())));
    }
    match (score.of(scores, auc), score) {
        (Some(value), _) => Ok(Model { value, scores }),
        (None, ScoreName::Heat { .. }) => Err("no heat in a class".to_owned()),
        (None, _) => Err(format!("no {}", uncapitalised(&score.label()))),
    }
}

/// The scores of the paper's models.
fn published<'a>(collection: &'a Collection, method: &MethodName, score: &ScoreName) -> &'a [f64] {
    let targets = &collection.targets;
    if targets.experiment != collection.plan.experiment {
        return &[];
    }
    let of = targets.populations.iter().find(|target| target.method == *method && target.score == *score);
    of.map_or(&[], |target| target.values.as_slice())
}

/// A label within a sentence: words that are no acronyms start with a small letter.
pub(super) fn uncapitalised(label: &str) -> String {
    let mut letters = label.chars();
    let Some(first) = letters.next() else { return String::new() };
    let word = letters.as_str().split(' ').next().unwrap_or_default();
    match !word.is_empty() && word.chars().all(char::is_lowercase) {
        true => first.to_lowercase().chain(letters).collect(),
        false => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_models_are_named() {
        let words = |models| Untested::TooFew(models).words();
        assert_eq!(words(2), "2 models left: at least 3 are needed");
        assert_eq!(words(1), "1 model left: at least 3 are needed");
        assert_eq!(words(0), "no model left: at least 3 are needed");
        assert_eq!(Untested::NotPlanned.badge("A & B: "), "<span class=\"badge none\">A &amp; B: not planned</span>");
    }

    #[test]
    fn acronyms_stay_as_they_are() {
        let labels = ["Valid accuracy", "Heat in mask, HiResCAM", "IoU", "F1", "AUC", ""];
        assert_eq!(labels.map(uncapitalised), ["valid accuracy", "heat in mask, HiResCAM", "IoU", "F1", "AUC", ""]);
    }
}
