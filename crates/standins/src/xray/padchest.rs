//! The table of PadChest.

use std::path::Path;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::plan::Role;
use crate::stream::{Collection, Purpose, stream};
use crate::table::Writer;
use crate::{Pathology, StandinError, XraySettings};

const FILE: &str = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv";

/// The columns in the official order. The first, the row's number, has no name.
const HEADER: [&str; 36] = [
    "",
    "ImageID",
    "ImageDir",
    "StudyDate_DICOM",
    "StudyID",
    "PatientID",
    "PatientBirth",
    "PatientSex_DICOM",
    "ViewPosition_DICOM",
    "Projection",
    "MethodProjection",
    "Pediatric",
    "Modality_DICOM",
    "Manufacturer_DICOM",
    "PhotometricInterpretation_DICOM",
    "PixelRepresentation_DICOM",
    "PixelAspectRatio_DICOM",
    "SpatialResolution_DICOM",
    "BitsStored_DICOM",
    "WindowCenter_DICOM",
    "WindowWidth_DICOM",
    "Rows_DICOM",
    "Columns_DICOM",
    "XRayTubeCurrent_DICOM",
    "Exposure_DICOM",
    "ExposureInuAs_DICOM",
    "ExposureTime",
    "RelativeXRayExposure_DICOM",
    "ReportID",
    "Report",
    "MethodLabel",
    "Labels",
    "Localizations",
    "LabelsLocalizationsBySentence",
    "labelCUIS",
    "LocalizationsCUIS",
];

/// What varies between the kinds of rows.
struct Kind {
    view: &'static str,
    projection: &'static str,
    labels: &'static str,
    report: &'static str,
    codes: &'static str,
}

const POSITIVE: [Kind; 4] = [
    frontal("['cardiomegaly']", " cardiomegali . report gener .", "['C0018800']"),
    frontal(
        "['cardiomegaly', 'pleural effusion']",
        " cardiomegali , derram pleural .\nsegund line del report .",
        "['C0018800' 'C2073625']",
    ),
    frontal("['aortic elongation', 'cardiomegaly']", " siluet \"aument\" , aort elong .", "['C0018800'\n 'C3541912']"),
    frontal("['cardiomegaly', 'unchanged']", " sin cambi , \"cardiomegali\" ,\n\"\"report gener\"\" .", "['C0018800']"),
];

const NEGATIVE: [Kind; 3] = [
    frontal("['normal']", " sin hallazg .", "[]"),
    frontal("['normal']", " sin hallazg , report \"gener\" .\nsegund line .", "[]"),
    frontal("['normal']", " , . estudi dentr normal", "[]"),
];

/// Other findings, other views, no view, no labels.
const OTHERS: [Kind; 6] = [
    frontal("['pleural effusion']", " derram pleural .", "['C2073625']"),
    Kind { view: "LATERAL", projection: "L", ..frontal("['normal']", " sin hallazg .", "[]") },
    Kind { view: "nan", projection: "PA", ..frontal("['cardiomegaly']", " cardiomegali ,\n report .", "['C0018800']") },
    frontal("nan", "nan", ""),
    Kind {
        view: "ANTEROPOSTERIOR",
        projection: "AP",
        ..frontal("['cardiomegaly']", " cardiomegali .", "['C0018800']")
    },
    frontal("['nodule', 'kyphosis']", " nodul \"milimetr\" .", "['C0028259' 'C2115817']"),
];

const fn frontal(labels: &'static str, report: &'static str, codes: &'static str) -> Kind {
    Kind { view: "POSTEROANTERIOR", projection: "PA", labels, report, codes }
}

/// Writes the table and gives the files' names and the numbers of their folders, one a row.
pub(super) fn write_table(
    folder: &Path,
    settings: &XraySettings,
    plan: &[Role],
) -> Result<Vec<(String, u32)>, StandinError> {
    let mut table = Writer::create(&folder.join(FILE), &HEADER)?;
    let mut names = Vec::with_capacity(plan.len());
    for (number, role) in plan.iter().enumerate() {
        let rng = &mut stream(settings.seed, Collection::Padchest, number, Purpose::Row);
        let kind = match role {
            Role::Cell { label: 0, .. } => &NEGATIVE[rng.random_range(0..NEGATIVE.len())],
            Role::Cell { .. } => &POSITIVE[rng.random_range(0..POSITIVE.len())],
            Role::Other(other) => &OTHERS[other % OTHERS.len()],
        };
        let [labels, report, codes] =
            [kind.labels, kind.report, kind.codes].map(|text| named(settings.pathology, text));
        let study = digits(rng, 38);
        // The number makes names unique, for any draws.
        let name = format!("{study}_{number:06}.png");
        let physician = rng.random_range(0..4) == 0;
        let null = kind.labels == "nan";
        let sentences = if null { "nan".to_owned() } else { format!("[{labels}]") };
        let places = if null { "nan" } else { "[]" };
        let directory = rng.random_range(0..54);
        table.row(&[
            &number.to_string(),
            &name,
            &directory.to_string(),
            &format!("2015{:02}{:02}", rng.random_range(1..13), rng.random_range(1..29)),
            &study,
            &digits(rng, 39),
            &format!("{}.0", rng.random_range(1925..1996)),
            ["M", "F"][rng.random_range(0..2)],
            kind.view,
            kind.projection,
            "Manual review of DICOM fields",
            "No",
            "CR",
            "ImagingDynamicsCompanyLtd",
            "MONOCHROME2",
            "0",
            "None",
            "None",
            "12",
            &rng.random_range(2000..2900).to_string(),
            &rng.random_range(2000..2900).to_string(),
            &rng.random_range(1700..3700).to_string(),
            &rng.random_range(1700..3700).to_string(),
            "320",
            "3",
            "3200",
            "10",
            &format!("-{}.{:02}", rng.random_range(0..2), rng.random_range(1..100)),
            &rng.random_range(4_000_000..6_000_000).to_string(),
            &report,
            if physician { "Physician" } else { "RNN_model" },
            &labels,
            places,
            &sentences,
            &codes,
            if null { "" } else { "[]" },
        ])?;
        names.push((name, directory));
    }
    table.finish()?;
    Ok(names)
}

/// The same text about another pathology: label, word stem of the reports, code.
fn named(pathology: Pathology, text: &str) -> String {
    match pathology {
        Pathology::Cardiomegaly => text.to_owned(),
        Pathology::Emphysema => {
            text.replace("cardiomegaly", "emphysema").replace("cardiomegali", "enfisem").replace("C0018800", "C0034067")
        }
    }
}

/// A number of this many digits, the first of which is not 0.
fn digits(rng: &mut ChaCha8Rng, count: usize) -> String {
    (0..count).map(|place| char::from(b'0' + rng.random_range(u8::from(place == 0)..10))).collect()
}
