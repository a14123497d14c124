//! Sentences about an audit's numbers.
//!
//! A drop is called reliance where its interval lies above 0 and it is not negligible; "no reliance was found" never stands
//! without what could not be excluded.

use super::measure::{Audit, Change, Method, Over, Reliance, is_control};

/// A drop in accuracy below it is negligible.
const NEGLIGIBLE: f64 = 0.02;
/// Where an interval reaches further than this above 0, the numbers do not decide.
const WIDE: f64 = 0.1;
/// A share of strong pixels in the masks that exceeds what the masks cover by less is no better than chance.
const NEAR: f64 = 0.05;

/// The paragraphs, in the order in which they are read.
pub(super) fn paragraphs(audit: &Audit) -> Vec<String> {
    let too_small = match audit.too_small {
        true => "The scale smoke is too small to mean anything: what follows shows that everything runs.".to_owned(),
        false => String::new(),
    };
    let parts = [too_small, reliance(audit), looks(audit), remedies(audit), limits(audit)];
    parts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn reliance(audit: &Audit) -> String {
    let Audit { baseline, environments, at_home, .. } = audit;
    let name = &baseline.label;
    let mut text = match audit.reliance {
        Reliance::OneEnvironment => format!(
            "All images are of one environment, so that reliance on it cannot be tested; {name} has an accuracy of {} on the \
             test images.",
            share(baseline.accuracy)
        ),
        Reliance::Untestable => format!(
            "Reliance on the environment cannot be tested: no class has test images of two environments. {name} has an accuracy \
             of {} on the test images.",
            share(baseline.accuracy)
        ),
        Reliance::FromValidation(change) if is_control(at_home, environments.len()) => format!(
            "{} This is the control: in training the environment says nothing about the class. The accuracy of {name} is {} on \
             validation images and {} on test images ({}).",
            verdict(&change, name),
            share(change.from),
            share(change.to),
            drop(&change)
        ),
        Reliance::FromValidation(change) => format!(
            "{} On validation images, {} of which are of their class’s most frequent environment as in training, its accuracy \
             is {}; on test images, where {} are, it is {} ({}).",
            verdict(&change, name),
            percent(at_home[1]),
            share(change.from),
            percent(at_home[2]),
            share(change.to),
            drop(&change)
        ),
        Reliance::FromHome(change) => format!(
            "{} Training, validation and test images are alike, so the comparison is among test images: its accuracy is {} on \
             those of their class’s most frequent environment in training and {} on the others ({}).",
            verdict(&change, name),
            share(change.from),
            share(change.to),
            drop(&change)
        ),
    };
    if environments.len() > 1 {
        text.push(' ');
        text.push_str(&by_environment(audit));
    }
    text
}

fn verdict(change: &Change, name: &str) -> String {
    let (low, high) = change.interval;
    match change {
        Change { drop, .. } if low > 0.0 && *drop >= NEGLIGIBLE => format!("{name} relies on the environment."),
        _ if high >= WIDE => format!("The numbers do not decide whether {name} relies on the environment."),
        _ => format!(
            "No reliance of {name} on the environment was found; one that costs up to {} of accuracy cannot be excluded.",
            share(high.max(0.0))
        ),
    }
}

fn drop(change: &Change) -> String {
    let (low, high) = change.interval;
    let over = match change.over {
        Over::Seeds(seeds) => format!("over {seeds} seeds"),
        Over::Images => "for that many images of one seed".to_owned(),
    };
    format!("a drop of {}, 95 % interval {} to {} {over}", signed(change.drop), signed(low), signed(high))
}

fn by_environment(audit: &Audit) -> String {
    let Audit { baseline, environments, .. } = audit;
    let each = baseline.environments.iter().map(|(environment, accuracy)| {
        let name = environments.get(*environment).map_or("?", String::as_str);
        format!("{} on “{name}”", share(*accuracy))
    });
    let worst = baseline.worst.map_or_else(String::new, |worst| {
        format!(", and {} on the worst of all pairs of an environment and a class", share(worst))
    });
    format!("By environment its accuracy is {}{worst}.", list(each.collect()))
}

fn looks(audit: &Audit) -> String {
    let (Some(iop), Some(covered)) = (audit.baseline.iop, audit.covered) else {
        return "Where the models look was not scored: no test image has a mask that says where the evidence is."
            .to_owned();
    };
    let against = match iop - covered {
        more if more < -NEAR => "less than chance: it looks away from the masks",
        more if more < NEAR => "no more than chance",
        _ => "more than chance",
    };
    let most = audit.remedies.iter().filter_map(|method| Some((method, method.iop?)));
    let most = most.max_by(|one, other| one.1.total_cmp(&other.1));
    let most = most.map_or_else(String::new, |(method, iop)| {
        format!(" {} has the most, {}, with a test accuracy of {}.", method.label, share(iop), share(method.accuracy))
    });
    format!(
        "Of the strongest pixels of its saliency a share of {} lies in the masks, which cover {} of the images: {against}.{most} \
         Saliency in the right place is no proof that a model does not rely on the environment, nor the reverse.",
        share(iop),
        share(covered)
    )
}

fn remedies(audit: &Audit) -> String {
    if audit.remedies.is_empty() {
        return String::new();
    }
    // Where there is nothing to remedy, the same numbers say what the remedies cost.
    let (mut better, mut worse, mut undecided) = (Vec::new(), Vec::new(), Vec::new());
    for method in &audit.remedies {
        match method.gain {
            Some(Change { drop, interval: (low, _), .. }) if low > 0.0 && drop >= NEGLIGIBLE => {
                better.push(gain(method))
            }
            Some(Change { drop, interval: (_, high), .. }) if high < 0.0 && drop <= -NEGLIGIBLE => {
                worse.push(gain(method))
            }
            _ => undecided.push(gain(method)),
        }
    }
    let sentence = |methods: Vec<String>, words: &str| match methods.is_empty() {
        true => String::new(),
        false => format!(" {words}: {}.", list(methods)),
    };
    format!(
        "Test accuracy, that of the worst pair, and the change of the former against {} with its 95 % interval {}.{}{}{}",
        audit.baseline.label,
        over(audit),
        sentence(better, "Better"),
        sentence(worse, "Worse"),
        sentence(undecided, "Not told apart by these seeds"),
    )
}

/// What the intervals of the changes are over.
fn over(audit: &Audit) -> String {
    let seeds = audit.remedies.iter().filter_map(|method| method.gain).find_map(|change| match change.over {
        Over::Seeds(seeds) => Some(seeds),
        Over::Images => None,
    });
    seeds.map_or_else(|| "for the test images of one seed".to_owned(), |seeds| format!("over {seeds} seeds"))
}

fn gain(method: &Method) -> String {
    let worst = method.worst.map_or_else(String::new, |worst| format!(" and {}", share(worst)));
    let change = method.gain.map_or_else(String::new, |Change { drop, interval: (low, high), .. }| {
        format!(" ({}, {} to {})", signed(drop), signed(low), signed(high))
    });
    format!("{} {}{worst}{change}", method.label, share(method.accuracy))
}

fn limits(audit: &Audit) -> String {
    let [train, valid, test] = audit.images;
    let seeds = audit.baseline.seeds;
    let seeds_words = match seeds {
        1 => "one seed, so that chance in weights and split is not seen".to_owned(),
        2 => "two seeds, which are too few for intervals over seeds".to_owned(),
        more => format!("{more} seeds"),
    };
    let left_out = match audit.left_out {
        0 => String::new(),
        1 => " One seed was left out, since images of its split cannot be used.".to_owned(),
        more => format!(" {more} seeds were left out, since images of their splits cannot be used."),
    };
    format!(
        "This rests on {train} training, {valid} validation and {test} test images of {} classes and on {seeds_words}; intervals \
         are not corrected for the number of comparisons.{left_out} It says nothing about environments that these images do \
         not have, about shortcuts that are not named as an environment, or about other networks. The settings of the remedies \
         are not tuned for these images: one that fails here may work after a search.",
        audit.classes.len(),
    )
}

fn share(value: f64) -> String {
    format!("{value:.2}")
}

fn signed(value: f64) -> String {
    // Without a sign for what rounds to 0.
    if value.abs() < 0.005 { "0.00".to_owned() } else { format!("{value:+.2}").replace('-', "−") }
}

fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// `a, b and c`.
fn list(mut items: Vec<String>) -> String {
    match items.pop() {
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(label: &str, accuracy: f64, gain_interval: Option<(f64, f64)>) -> Method {
        Method {
            label: label.to_owned(),
            seeds: 3,
            accuracy,
            environments: vec![(0, accuracy + 0.1), (1, accuracy - 0.1)],
            worst: Some(accuracy - 0.2),
            iop: Some(0.4),
            gain: gain_interval.map(|interval| Change {
                from: accuracy,
                to: 0.5,
                drop: accuracy - 0.5,
                interval,
                over: Over::Seeds(3),
            }),
        }
    }

    fn change(drop: f64, interval: (f64, f64)) -> Change {
        Change { from: 0.98, to: 0.98 - drop, drop, interval, over: Over::Seeds(3) }
    }

    fn audit(reliance: Reliance) -> Audit {
        Audit {
            classes: vec!["circle".to_owned(), "square".to_owned()],
            environments: vec!["grass".to_owned(), "sand".to_owned()],
            images: [300, 150, 200],
            at_home: [0.9, 0.9, 0.26],
            baseline: method("Baseline", 0.5, Some((0.0, 0.0))),
            reliance,
            remedies: vec![
                method("Masked", 0.9, Some((0.3, 0.5))),
                method("RRR", 0.4, Some((-0.2, -0.05))),
                method("ActDiff", 0.6, Some((-0.2, 0.4))),
                method("Other", 0.6, None),
            ],
            covered: Some(0.38),
            left_out: 0,
            too_small: false,
        }
    }

    #[test]
    fn reliance_is_said_with_its_numbers() {
        let text = reliance(&audit(Reliance::FromValidation(change(0.48, (0.40, 0.56)))));
        assert_eq!(
            text,
            "Baseline relies on the environment. On validation images, 90 % of which are of their class’s most frequent \
             environment as in training, its accuracy is 0.98; on test images, where 26 % are, it is 0.50 (a drop of +0.48, 95 \
             % interval +0.40 to +0.56 over 3 seeds). By environment its accuracy is 0.60 on “grass” and 0.40 on “sand”, and \
             0.30 on the worst of all pairs of an environment and a class."
        );
    }

    #[test]
    fn what_is_not_found_comes_with_what_cannot_be_excluded() {
        let of = |reliance_: Reliance| reliance(&audit(reliance_));
        let none = of(Reliance::FromValidation(change(0.01, (-0.02, 0.04))));
        let expected = "No reliance of Baseline on the environment was found; one that costs up to 0.04 of accuracy cannot be \
                        excluded.";
        assert!(none.starts_with(expected), "{none}");
        let wide = of(Reliance::FromValidation(change(0.10, (-0.20, 0.40))));
        assert!(wide.starts_with("The numbers do not decide whether Baseline relies"), "{wide}");
        // Beyond doubt, and too little to matter.
        let little = of(Reliance::FromHome(change(0.015, (0.01, 0.02))));
        assert!(little.starts_with("No reliance") && little.contains("up to 0.02"), "{little}");
        assert!(little.contains("Training, validation and test images are alike"), "{little}");
        let mut control = audit(Reliance::FromValidation(change(0.0, (-0.01, 0.01))));
        control.at_home = [0.5; 3];
        assert!(reliance(&control).contains("This is the control"), "{}", reliance(&control));
        let mut one = audit(Reliance::OneEnvironment);
        one.environments = vec!["all".to_owned()];
        assert_eq!(
            reliance(&one),
            "All images are of one environment, so that reliance on it cannot be tested; Baseline has an accuracy of 0.50 on \
             the test images."
        );
    }

    #[test]
    fn remedies_are_sorted_by_what_their_intervals_say() {
        let text = remedies(&audit(Reliance::Untestable));
        assert_eq!(
            text,
            "Test accuracy, that of the worst pair, and the change of the former against Baseline with its 95 % interval over 3 seeds. Better: Masked 0.90 and 0.70 \
             (+0.40, +0.30 to +0.50). Worse: RRR 0.40 and 0.20 (−0.10, −0.20 to −0.05). Not told apart by these seeds: ActDiff \
             0.60 and 0.40 (+0.10, −0.20 to +0.40) and Other 0.60 and 0.40."
        );
    }

    #[test]
    fn localisation_is_held_against_chance() {
        let of = |iop: Option<f64>, covered: Option<f64>| {
            let mut audit = audit(Reliance::Untestable);
            (audit.baseline.iop, audit.covered, audit.remedies) = (iop, covered, Vec::new());
            looks(&audit)
        };
        assert!(
            of(Some(0.40), Some(0.38))
                .contains("0.40 lies in the masks, which cover 0.38 of the images: no more than chance.")
        );
        assert!(of(Some(0.80), Some(0.38)).contains("more than chance"));
        assert!(of(Some(0.10), Some(0.38)).contains("looks away from the masks"));
        assert!(of(None, None).starts_with("Where the models look was not scored"));
    }

    #[test]
    fn limits_are_always_said() {
        let mut of = audit(Reliance::Untestable);
        of.left_out = 1;
        let text = paragraphs(&of).pop().unwrap_or_default();
        assert!(text.starts_with(
            "This rests on 300 training, 150 validation and 200 test images of 2 classes and on 3 seeds;"
        ));
        assert!(text.contains("One seed was left out") && text.contains("not tuned"), "{text}");
    }
}
