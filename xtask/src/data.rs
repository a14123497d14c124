//! `data check`, `data split` and `data stand-in`.

use crate::{
    arguments::{CheckData, DataCommand, ImagePlaces, SplitData, SplitRule, Standin, StandinData, StandinEdition},
    decoys,
    failure::{Failure, bad_input},
    images::{self, read},
    print, radiographs, volumes, weights,
};
use herring_datasets::{Part, Table, confounded::Parts};
use herring_experiments::{
    Exit,
    config::{Configuration, ImagesSetting, Maximum, PartsFound, Scale},
};
use herring_images::{CheckSettings, Depth};
use herring_papers::CATALOGUE;
use herring_pixels::Limits;
use herring_protocol::{ResizeName, SplitRuleName, TableName, Variant};
use herring_radiographs::Collection;
use herring_standins::{Edition, OwnSettings, Pathology, RsnaSettings, ShapesSettings, Strengths, XraySettings};
use herring_tables::{CheckReport, PictureInfo};
use std::{fmt::Write, path::Path};

pub(crate) fn run(command: &DataCommand) -> Result<Exit, Failure> {
    match command {
        DataCommand::Check(arguments) => check(arguments),
        DataCommand::Split(arguments) => split(arguments),
        DataCommand::StandIn(arguments) => stand_in(arguments),
    }
}

/// How many lines of each kind are shown without `--all`.
const SHOWN: usize = 10;

fn check(arguments: &CheckData) -> Result<Exit, Failure> {
    let CheckData { name, from, headers, all, pathology, .. } = arguments;
    if name == "weights" {
        return weights::check(from.places().data_root()?);
    }
    let (places, probe) = (from.places(), if *headers { header } else { whole });
    if name == "mnist" {
        print(&decoys::check_digits(places.data_root()?)?)?;
        return Ok(Exit::Done);
    }
    let (tasks, collection) = (volumes::tasks(name), radiographs::named(name));
    let official = name != TableName::Own.name() && tasks.is_none() && collection.is_none();
    if !official && !pathology.is_default() {
        return Err(bad_input(format!("--pathology {pathology}: found {name}, expected xray, nih or padchest")));
    }
    let mut reports: Vec<CheckReport> = Vec::new();
    if official {
        for manifest in images::manifests(name, *pathology)? {
            let exclusions = images::exclusions(&manifest.name, &places.tables)?;
            let root = places.data_root()?;
            reports.push(herring_tables::check_without(&manifest, root, &exclusions, &probe));
        }
    }
    match (tasks, collection) {
        (Some(tasks), _) => reports.extend(volumes::check(&tasks, places.data_root()?, *headers)?),
        (None, Some(collection)) => reports.push(radiographs::check(collection, places.data_root()?, *headers)?),
        (None, None) if official => {}
        (None, None) => reports.push(check_own(arguments, &places)?),
    }
    for report in &reports {
        print(&report.render(if *all { None } else { Some(SHOWN) }))?;
    }
    let errors: usize = reports.iter().map(CheckReport::errors).sum();
    let warnings: usize = reports.iter().map(CheckReport::warnings).sum();
    print(&format!("{errors} errors, {warnings} warnings"))?;
    Ok(if errors == 0 { Exit::Done } else { Exit::SomeFailed })
}

/// Checks the user's own images as the experiment on them would read them at a scale.
fn check_own(arguments: &CheckData, places: &ImagePlaces) -> Result<CheckReport, Failure> {
    let CheckData { headers, config, scale, .. } = arguments;
    let configuration = match config {
        Some(path) => Configuration::read(path, &CATALOGUE)?,
        None => own_configuration()?,
    };
    let table = match images::of_table(&configuration, *scale, Variant::Released) {
        Some(table) if table.table == TableName::Own => table,
        _ => return Err(bad_input("--config: found an experiment on other images, expected one with table = \"own\"")),
    };
    let survey = herring_tables::survey(places.manifest()?, &places.tables.own());
    let survey = survey.exclude(&images::exclusions("own", &places.tables)?).map_err(bad_input)?;
    let channels = images::channels(table, (&survey.root, &survey.records), &places.tables);
    let settings = images::settings(table, &survey.environments, channels)?;
    let seeds = &configuration.scale(*scale).seeds;
    let split = |read: &Table| {
        // Parts that the table gives are the same for every seed.
        let found = images::parts_found(read, table, places.ratio);
        let seeds = if found == PartsFound::Given { &seeds[..seeds.len().min(1)] } else { &seeds[..] };
        let each = seeds.iter().map(|seed| images::split(read, table, found, table.split_seed.unwrap_or(*seed)));
        each.collect()
    };
    let depth = if *headers { Depth::Headers } else { Depth::Pixels };
    let asked = CheckSettings { images: &settings, depth, cell_limit: table.cell_limit, split: &split };
    herring_images::check(survey, &asked).map_err(bad_input)
}

/// The configuration of the experiment on images of the user's own.
fn own_configuration() -> Result<Configuration, Failure> {
    let all = CATALOGUE.papers.iter().flat_map(|paper| paper.experiments);
    let own = { all }.find(|experiment| !experiment.published);
    let own = own.ok_or_else(|| bad_input("this program has no experiment on images of your own: give --config"))?;
    Ok(CATALOGUE.configuration(own)?)
}

/// Looks at an image's header.
fn header(path: &Path) -> Result<PictureInfo, String> {
    info(herring_pixels::probe_file(path).map_err(|error| error.to_string())?)
}

/// Decodes an image.
fn whole(path: &Path) -> Result<PictureInfo, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    info(herring_pixels::decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?.info())
}

fn info(found: herring_pixels::PictureInfo) -> Result<PictureInfo, String> {
    Ok(PictureInfo { height: found.height, width: found.width, bits: found.bits, channels: found.channels })
}

fn split(arguments: &SplitData) -> Result<Exit, Failure> {
    let SplitData { name, from, pathology, ratio, seed, rule, cell_limit, to } = arguments;
    let table: TableName = name.parse().map_err(bad_input)?;
    if table != TableName::Xray && !pathology.is_default() {
        return Err(bad_input(format!("--pathology {pathology}: found {table}, expected xray")));
    }
    let reading = read((table, *pathology), true, &from.places())?;
    let rule = match rule {
        Some(SplitRule::Printed) => SplitRuleName::Printed,
        Some(SplitRule::Later) => SplitRuleName::Later,
        None if table == TableName::Own => SplitRuleName::Later,
        None => SplitRuleName::Printed,
    };
    let seed = seed.unwrap_or(if table == TableName::Rsna { 0 } else { 1234 });
    let images = ImagesSetting {
        table,
        pathology: *pathology,
        ratio: *ratio,
        rule,
        split_seed: None,
        resize: ResizeName::Pillow,
        channels: None,
        normalisation: None,
        empty_negatives: true,
        maximum: Maximum::OfDepth,
        mask_threshold: None,
        size: 224,
        saliency_size: 224,
        cell_limit: *cell_limit,
        saliency_limit: None,
    };
    let found = images::parts_found(&reading.table, &images, None);
    let parts = images::split(&reading.table, &images, found, seed).map_err(bad_input)?;
    print(&reading.summary())?;
    print(&match found {
        PartsFound::Given => "parts as the table gives them".to_owned(),
        PartsFound::Observed => format!("each environment and class divided as it is, seed {seed}"),
        PartsFound::Configured | PartsFound::Ratio(_) => format!("ratio {ratio}, rule {}, seed {seed}", rule.name()),
    })?;
    print(&cells(&reading.table, &parts))?;
    let usage = herring_images::usage(&reading.table, &parts, *cell_limit);
    for note in usage.into_iter().chain(herring_images::groups_per_part(&reading.table, &parts)) {
        print(&format!("note: {note}"))?;
    }
    if let Some(shared) = images::shared_patients(&reading.table, &parts) {
        print(&format!("warning: {shared}"))?;
    }
    if let Some(path) = to {
        let text = list(&reading.table, &parts);
        herring_experiments::store::replace(path, text.as_bytes())?;
        print(&format!("list: {}", path.display()))?;
    }
    Ok(Exit::Done)
}

/// A line for each part and cell.
fn cells(table: &Table, parts: &Parts) -> String {
    let mut text = format!("{:6} {:>7}", "part", "images");
    for environment in table.environments() {
        for class in table.classes() {
            let _ = write!(text, "  {environment}, {class}");
        }
    }
    for part in Part::ALL {
        let _ = write!(text, "\n{:6} {:>7}", part.name(), parts.of(part).len());
        for (environment, counts) in table.environments().iter().zip(parts.cells(table, part)) {
            for (class, count) in table.classes().iter().zip(counts) {
                let width = environment.chars().count() + class.chars().count() + 2;
                let _ = write!(text, "  {count:>width$}");
            }
        }
    }
    text
}

/// The split as CSV: part, id, image, label and environment of each record.
fn list(table: &Table, parts: &Parts) -> String {
    let quote = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut text = "part,id,image,label,environment\n".to_owned();
    for part in Part::ALL {
        for &index in parts.of(part) {
            let record = &table.records()[index];
            let fields = [
                part.name(),
                &record.id,
                &record.image.to_string_lossy(),
                &table.classes()[record.label],
                &table.environments()[record.environment],
            ];
            let line: Vec<String> = fields.into_iter().map(quote).collect();
            text.push_str(&line.join(","));
            text.push('\n');
        }
    }
    text
}

fn stand_in(arguments: &StandinData) -> Result<Exit, Failure> {
    let StandinData { name, root, per_cell, scale, seed, pathology, marker, edition } = arguments;
    let edition = match edition {
        StandinEdition::Small => Edition::Small,
        StandinEdition::Full => Edition::Full,
    };
    let given = *per_cell;
    let per_cell = per_cell.unwrap_or(match scale {
        Scale::Smoke if matches!(name, Standin::Shapes) => 40,
        Scale::Smoke => 20,
        Scale::Quick if matches!(name, Standin::Shapes) => 600,
        Scale::Quick => 300,
        Scale::Paper if matches!(name, Standin::Emphysema) => 500,
        Scale::Paper => 2772,
    });
    let seed = *seed;
    let usual = match name {
        Standin::Shapes => ShapesSettings::default().strengths,
        _ => Strengths::default(),
    };
    // Faint enough for a network of the scale quick to take the mark instead.
    let faint = match name {
        Standin::Xray | Standin::Emphysema => 0.15,
        Standin::Rsna => 0.2,
        Standin::Own | Standin::Shapes | Standin::Decathlon | Standin::Pneumonia | Standin::Knee => {
            usual.pathology_contrast
        }
    };
    let strengths = Strengths {
        pathology_contrast: pathology.unwrap_or(faint),
        marker_contrast: marker.unwrap_or(usual.marker_contrast),
        ..usual
    };
    let summary = match name {
        Standin::Xray | Standin::Emphysema => {
            let pathology = match name {
                Standin::Emphysema => Pathology::Emphysema,
                _ => Pathology::Cardiomegaly,
            };
            let side = match edition {
                Edition::Small => pathology.small_side(),
                Edition::Full => 1024,
            };
            let usual = XraySettings::default();
            let settings = XraySettings { per_cell, seed, strengths, edition, pathology, side, ..usual };
            herring_standins::xray(root, &settings)
        }
        Standin::Rsna => herring_standins::rsna(
            root,
            &RsnaSettings { per_cell, seed, strengths, edition, ..RsnaSettings::default() },
        ),
        Standin::Own => {
            herring_standins::own(root, &OwnSettings { per_cell, seed, strengths, ..OwnSettings::default() })
        }
        Standin::Shapes => {
            herring_standins::shapes(root, &ShapesSettings { per_cell, seed, strengths, ..ShapesSettings::default() })
        }
        Standin::Decathlon => volumes::stand_in(root, given, *scale, seed),
        Standin::Pneumonia => radiographs::stand_in(Collection::Pneumonia, root, (given, *scale, seed)),
        Standin::Knee => radiographs::stand_in(Collection::Knee, root, (given, *scale, seed)),
    };
    let summary = summary.map_err(Failure::device)?;
    for folder in &summary.folders {
        print(&format!("written: {}", folder.display()))?;
    }
    print(match name {
        Standin::Decathlon => "These volumes are generated; results on them say nothing about patients.",
        Standin::Shapes => "These images are generated; results on them say nothing about photographs.",
        _ => "These images are generated; results on them say nothing about radiographs.",
    })?;
    Ok(Exit::Done)
}
