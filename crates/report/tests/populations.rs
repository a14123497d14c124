//! The sections of heatmap-loss: groups of models compared, and where the heat of single images lies.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "../examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

#[path = "../../experiments/tests/common/mod.rs"]
mod common;

mod tags;

use herring_experiments::{
    Experiment, Origin, add_plan, config::Scale, event::NoEvents, plan::plan_runs, reproduce, store::Store,
};
use herring_papers::CATALOGUE;
use mock_trainer::MockTrainer;
use std::{fs, sync::atomic::AtomicBool};
use tempfile::TempDir;

/// The experiment with a marker on the images.
fn experiment() -> &'static Experiment {
    CATALOGUE.paper("heatmap-loss").unwrap().experiments.last().unwrap()
}

/// A folder with the two groups of the paper, trained with these seeds.
fn trained(scale: Scale, seeds: &[u32]) -> TempDir {
    let configuration = CATALOGUE.configuration(experiment()).unwrap();
    let plan = plan_runs(&configuration, &common::request(scale, Some(&["cce", "heatmap"]), Some(seeds))).unwrap();
    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    let targets = CATALOGUE.targets(experiment()).unwrap();
    let origin = Origin { configuration: &configuration, targets: &targets, searches: &[] };
    add_plan(&store, &plan, &origin, false).unwrap();
    reproduce(&plan, &store, &MockTrainer::default(), &mut NoEvents, &AtomicBool::new(false)).unwrap();
    out
}

/// Its report.
fn report(scale: Scale, seeds: &[u32]) -> String {
    let out = trained(scale, seeds);
    let page = fs::read_to_string(common::write_outputs(out.path()).report).unwrap();
    tags::assert_closed(&page);
    page
}

/// The section with this id.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no section {id}"));
    rest.split_once("</section>").unwrap().0
}

/// The row of a table, up to its end, behind a text.
fn row<'a>(section: &'a str, after: &str, place: usize) -> &'a str {
    let (_, table) = section.split_once(after).unwrap();
    table.split("<tr").filter(|row| row.contains("<td")).nth(place).unwrap()
}

#[test]
fn groups_are_compared_beside_the_papers() {
    let seeds: Vec<u32> = (1..=30).collect();
    let page = report(Scale::Quick, &seeds);
    let found = section(&page, "populations");

    // Of 30 models three do not learn and two have a class without heat.
    let ours = row(found, "Heat in mask, HiResCAM: each group", 0);
    for cell in ["<td>30</td><td>30</td><td>25</td>", ">5<small>", "<small>3: ", "<small>2: "] {
        assert!(ours.contains(cell), "{cell} is missing: {ours}");
    }
    // The paper's numbers, from its models: those of the authors' notebook.
    let theirs = row(found, "Heat in mask, HiResCAM: each group", 1);
    assert!(theirs.contains("<td>23</td>") && theirs.contains("0.2548 ± 0.0064"), "{theirs}");
    assert!(theirs.contains("0.2539 (0.2448 – 0.2672)"), "{theirs}");
    let theirs = row(found, "Heat in mask, HiResCAM: pairs of groups", 1);
    for cell in [">0 of 506<", ">1.00<", ">0.000<", ">−11.88<"] {
        assert!(theirs.contains(cell), "{cell} is missing: {theirs}");
    }
    let theirs = row(found, "Heat in marker, HiResCAM: pairs of groups", 1);
    for cell in [">483 of 506<", ">−0.91<", ">−0.24<", ">1.84<small>20 and 19 left", ">1.25<small>22 and 21 left"] {
        assert!(theirs.contains(cell), "{cell} is missing: {theirs}");
    }

    // Histograms of both scores, of the models here and of the paper's.
    for class in ["bar m-cce", "bar m-heatmap", "bar hollow m-cce", "bar hollow m-heatmap"] {
        assert!(found.contains(&format!("<rect class=\"{class}\"")), "no {class}");
    }
    assert_eq!(found.matches("so the axis is logarithmic; values that are exactly 0").count(), 1);
    assert!(found.contains(">10⁻¹²<") && found.contains("from exactly 0</title>"));

    let by_class = found.split_once("<caption>Heat by class</caption>").unwrap().1;
    assert_eq!(by_class.split_once("</table>").unwrap().0.matches("<tr><th scope=\"row\">").count(), 4);
}

#[test]
fn groups_that_are_too_small_are_marked() {
    let page = report(Scale::Smoke, &[1, 2, 4]);
    let found = section(&page, "populations");
    let few = "<span class=\"badge bad\">2 models left: at least 3 are needed</span>";
    let ours = row(found, "Heat in mask, HiResCAM: each group", 0);
    let values = ours.split_once(&format!("<td colspan=\"4\">{few}<small>0.")).unwrap().1;
    assert!(values.contains(", 0."), "both values are there: {values}");
    let tests = row(found, "Heat in mask, HiResCAM: pairs of groups", 0);
    assert_eq!(tests.matches("2 models left: at least 3 are needed").count(), 2);
    // What the paper says of its own models stays.
    assert!(row(found, "Heat in mask, HiResCAM: pairs of groups", 1).contains(">0 of 506<"));
    assert!(found.contains("<rect class=\"bar m-cce\""), "the histogram has the two models");
}

#[test]
fn groups_that_are_not_planned_are_no_gap() {
    let page = report(Scale::Smoke, &[1, 2, 3]);
    let found = section(&page, "populations");
    assert!(found.contains("<span class=\"badge none\">not planned</span>"));
    assert!(!found.contains("no model left"));
    assert!(!found.contains("NaN") && !found.contains("inf"));
}

#[test]
fn heat_is_shown_inside_and_outside_the_mask() {
    let page = report(Scale::Smoke, &[1]);
    let found = section(&page, "heat");
    // Two methods with an image of each class: the image, HiResCAM and its two parts, and Grad-CAM.
    assert_eq!(found.matches("<figure class=\"panel\">").count(), 2 * 4 * 5);
    for title in ["HiResCAM inside the mask, test image of", "HiResCAM outside the mask", "Grad-CAM, test image of"] {
        assert!(found.contains(title), "{title} is missing");
    }
    assert!(found.contains(" % inside</span>") && found.contains("no heat</span>"));
    // Images are not square.
    assert!(found.contains("viewBox=\"0 0 135 105\""));
}

#[test]
fn there_is_an_example_of_each_class() {
    let page = report(Scale::Smoke, &[1]);
    let found = section(&page, "examples");
    assert_eq!(found.matches("<figure class=\"panel\">").count(), 8, "four classes in training and validation");
    assert_eq!(found.matches("viewBox=\"0 0 135 105\"").count(), 8);
}

#[test]
fn what_has_to_be_known_first_stands_first() {
    let page = report(Scale::Smoke, &[1]);
    let (header, _) = page.split_once("</header>").unwrap();
    let configuration = CATALOGUE.configuration(experiment()).unwrap();
    let caption = herring_report::html::escape(configuration.caption("head"));
    assert!(header.contains(&format!("<p class=\"introduction\">{caption}</p>")), "{header}");
}

#[test]
fn images_that_a_penalty_left_out_are_counted() {
    let page = report(Scale::Smoke, &[1, 4]);
    let found = section(&page, "runs");
    assert!(found.contains("<th scope=\"col\">Left out</th>"));
    let tracked = tempfile::tempdir().unwrap();
    herring_report::mlflow::write(trained(Scale::Smoke, &[1]).path(), tracked.path(), &CATALOGUE).unwrap();
    let experiment = fs::read_dir(tracked.path()).unwrap().next().unwrap().unwrap().path();
    let runs = fs::read_dir(experiment).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let counted: Vec<bool> = runs.map(|run| run.join("metrics/left_out").exists()).collect();
    assert_eq!(counted.iter().filter(|counted| **counted).count(), 1, "of the group with a penalty: {counted:?}");
}
