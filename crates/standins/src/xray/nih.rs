//! The table of NIH ChestX-ray14.

use std::path::Path;

use rand::RngExt;

use crate::plan::Role;
use crate::stream::{Collection, Purpose, stream};
use crate::table::Writer;
use crate::{Pathology, StandinError, XraySettings};

const FILE: &str = "Data_Entry_2017.csv";

/// The original issue names two pairs of columns with a comma inside of brackets and ends each line
/// with a comma, so that a reader sees twelve columns, the last one without a name.
const HEADER: [&str; 12] = [
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
    "OriginalImage[Width",
    "Height]",
    "OriginalImagePixelSpacing[x",
    "y]",
    "",
];

/// Writes the table and gives the files' names, one a row. A few patients have several images.
pub(super) fn write_table(folder: &Path, settings: &XraySettings, plan: &[Role]) -> Result<Vec<String>, StandinError> {
    let mut table = Writer::create(&folder.join(FILE), &HEADER)?;
    let mut names = Vec::with_capacity(plan.len());
    let positive: &[&str] = match settings.pathology {
        Pathology::Cardiomegaly => &["Cardiomegaly", "Cardiomegaly", "Cardiomegaly|Effusion", "Cardiomegaly|Emphysema"],
        Pathology::Emphysema => &["Emphysema", "Emphysema", "Effusion|Emphysema", "Cardiomegaly|Emphysema"],
    };
    let (mut patient, mut visit, mut first_age, mut gender) = (0, 0, 0, "M");
    for (number, role) in plan.iter().enumerate() {
        let mut rng = stream(settings.seed, Collection::Nih, number, Purpose::Row);
        if patient > 0 && visit < 999 && rng.random_range(0..4) == 0 {
            visit += 1;
        } else {
            (patient, visit) = (patient + 1, 0);
            first_age = rng.random_range(20..80);
            gender = ["M", "F"][rng.random_range(0..2)];
        }
        let choose = |choices: &[&'static str], number: usize| choices[number % choices.len()];
        let draw = rng.random_range(0..4);
        let findings = match role {
            Role::Cell { label: 0, .. } => "No Finding",
            Role::Cell { .. } => choose(positive, draw),
            Role::Other(other) => choose(&["Effusion", "Infiltration|Mass", "Atelectasis", "Hernia|Nodule"], *other),
        };
        let view = if rng.random_range(0..5) < 3 { "PA" } else { "AP" };
        let (width, height) = (rng.random_range(2000..3000), rng.random_range(2000..3000));
        let spacing = choose(&["0.143", "0.139", "0.168", "0.14300000000000002"], rng.random_range(0..4));
        let name = format!("{patient:08}_{visit:03}.png");
        table.row(&[
            &name,
            findings,
            &visit.to_string(),
            &patient.to_string(),
            &format!("{:03}Y", (first_age + visit / 4).min(110)),
            gender,
            view,
            &width.to_string(),
            &height.to_string(),
            spacing,
            spacing,
            "",
        ])?;
        names.push(name);
    }
    table.finish()?;
    Ok(names)
}
