//! Image files: their numbers, and how their environments and classes differ (paper, Figure 1).

use super::{colormap, escape, picture, scroll, section};
use crate::Page;
use herring_experiments::{collect::Collection, images::ImagesFile};
use herring_protocol::{DataSpec, Plane, SplitRuleName};

/// The section; empty if the images are generated.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let Some(images) = &collection.images else {
        return String::new();
    };
    let reading: String = images.reading.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    let caption = match collection.configuration.caption("images") {
        "" => "(Paper: Figure 1.)",
        caption => caption,
    };
    let body = format!(
        "<p>{}</p>\n{}<p>Images of each part for seed {}, by environment and class, and their means: the mean \
         training image of each environment, and how the mean of a class differs, red where it is brighter and blue \
         where it is darker, over all environments and within each. Where environment and class are correlated in \
         training, the first of these shows the environment and the others do not. {}</p>\n{}<div class=\"panels four\">\n{}</div>\n\
         <details><summary>What was read</summary>\n<ul>\n{reading}</ul>\n</details>\n",
        escape(&describe_split(collection)),
        left_out(images),
        images.seed,
        escape(caption),
        cells(images),
        panels(images),
    );
    section("images", "The images", &body)
}

/// The seeds that were left out, and why.
fn left_out(images: &ImagesFile) -> String {
    let seeds = images.left_out.iter().map(|left| {
        let why: String = left.images.iter().map(|line| format!("<br><small>{}</small>", escape(line))).collect();
        format!("<p><strong>Seed {} is left out</strong>: images of its split cannot be used.{why}</p>\n", left.seed)
    });
    seeds.collect()
}

/// How the parts were drawn.
fn describe_split(collection: &Collection) -> String {
    let Some(DataSpec::Images(spec)) = collection.plan.runs.first().map(|run| &run.spec.data) else {
        return String::new();
    };
    let size = format!("Images of {0} x {0} pixels; saliency on {1} x {1}.", spec.size, spec.saliency_size);
    let seed = spec.split_seed.map_or_else(|| "the run’s seed".to_owned(), |seed| format!("seed {seed} for all runs"));
    match spec.ratio {
        Some(ratio) => format!(
            "{size} In training a share of {ratio} of each class comes from its home environment, the first class \
             from the first and so on; rule “{}”, drawn with {seed}.",
            spec.rule
        ),
        None if spec.rule == SplitRuleName::Observed => format!(
            "{size} Half of the images of each environment and class are for training, a quarter for validation and a \
             quarter for the test, as the images came; drawn with {seed}."
        ),
        None => format!("{size} The table itself assigns images to training, validation and test."),
    }
}

fn cells(images: &ImagesFile) -> String {
    let heads: String = images
        .environments
        .iter()
        .flat_map(|environment| images.classes.iter().map(move |class| (environment, class)))
        .map(|(environment, class)| {
            format!("<th scope=\"col\">{}<br><small>{}</small></th>", escape(environment), escape(class))
        })
        .collect();
    let rows: String = images
        .parts
        .iter()
        .map(|(part, counts)| {
            let cells: String = counts.iter().flatten().map(|count| format!("<td>{count}</td>")).collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(part))
        })
        .collect();
    format!(
        "{}<table class=\"runs\">\n<caption>Images of each part</caption>\n<thead><tr><th scope=\"col\">Part</th>{heads}\
         </tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Images of each part")
    )
}

fn panels(images: &ImagesFile) -> String {
    let mut text = String::new();
    for (name, plane) in images.environments.iter().zip(&images.environment_means) {
        let range = picture::Range::of(plane, 1);
        let shade = |row, column| picture::shade(plane, (row, column), |value| range.share(value));
        let address = picture::address(plane.height, plane.width, shade);
        let title = format!("Mean image of {name}");
        let caption = format!("Mean image<br><span>{}</span>", escape(name));
        text.push_str(&picture::panel((plane.height, plane.width), &title, &address, "", &caption));
    }
    let mut found = differences(&images.classes, &images.class_means, "");
    let counts = images.parts.first().map(|(_, counts)| counts.as_slice()).unwrap_or_default();
    for ((environment, means), counts) in images.environments.iter().zip(&images.cell_means).zip(counts) {
        // A class without training images in this environment has no mean. A single environment would repeat the overall
        // means.
        if counts.contains(&0) || images.environments.len() == 1 {
            continue;
        }
        found.extend(differences(&images.classes, means, &format!(" in {environment}")));
    }
    for (name, difference) in found {
        let difference = strongest(&difference);
        let greatest = difference.values.iter().map(|value| f64::from(value.abs())).fold(f64::MIN_POSITIVE, f64::max);
        let shade = |row, column| colormap::diverging(picture::at(&difference, row, column) / greatest);
        let address = picture::address(difference.height, difference.width, shade);
        let caption = format!("{}<br><span>greatest {}</span>", escape(&name), format_greatest(greatest));
        text.push_str(&picture::panel((difference.height, difference.width), &name, &address, "", &caption));
    }
    text
}

/// For two classes the second minus the first; for more, each minus the mean of all.
fn differences(classes: &[String], means: &[Plane], place: &str) -> Vec<(String, Plane)> {
    let minus = |one: &Plane, other: &[f32]| Plane {
        height: one.height,
        width: one.width,
        values: one.values.iter().zip(other).map(|(one, other)| one - other).collect(),
    };
    match (means, classes) {
        ([zero, one], [first, second]) => vec![(format!("{second} less {first}{place}"), minus(one, &zero.values))],
        ([first, ..], names) => {
            let mut mean = vec![0.0f32; first.values.len()];
            for plane in means {
                for (mean, value) in mean.iter_mut().zip(&plane.values) {
                    *mean += value / means.len() as f32;
                }
            }
            let each =
                names.iter().zip(means).map(|(name, plane)| (format!("{name} less all{place}"), minus(plane, &mean)));
            each.collect()
        }
        ([], _) => Vec::new(),
    }
}

/// At each pixel the difference of the colour that differs most: differences of colours of equal brightness would vanish in a
/// mean.
fn strongest(difference: &Plane) -> Plane {
    let pixels = difference.height * difference.width;
    let at = |pixel: usize| difference.values.iter().skip(pixel).step_by(pixels).copied();
    let values =
        (0..pixels).map(|pixel| at(pixel).max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or(0.0));
    Plane { height: difference.height, width: difference.width, values: values.collect() }
}

fn format_greatest(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
