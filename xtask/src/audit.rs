//! What `audit` says before it trains: what it understood of a table of images, which methods apply, how long it will take.

use crate::{
    arguments::{ImagePlaces, Running},
    failure::{Failure, bad_input},
    images, print,
};
use herring_datasets::Region;
use herring_experiments::{
    Agenda,
    config::{Configuration, ImagesSetting, Scale},
    images::ImagesFile,
    plan::Plan,
    store::{Store, clock::format_duration},
};
use herring_protocol::{ChannelsName, DataSpec, MethodName, ObjectiveSpec, TRAIN, Variant};
use herring_tables::Reading;
use herring_training::{Device, bench};
use std::collections::BTreeSet;

/// Steps whose median is the estimate of one, and those before them that do not count.
const STEPS: usize = 3;
const WARM_UP: usize = 3;

/// Share of the time of training that evaluation and saliency take on top of it.
const EVALUATION: f64 = 0.3;

/// What was understood of the user's table.
pub(crate) struct Understood {
    /// The methods that apply to it.
    pub(crate) methods: Vec<MethodName>,
    /// How its images are drawn and prepared, with the channels that they have.
    pub(crate) images: ImagesSetting,
}

/// Prints what was understood of the user's table. The methods that apply are of those in `asked`, or of those that are not
/// optional.
pub(crate) fn understand(
    (configuration, scale, variant): (&Configuration, Scale, Variant),
    places: &ImagePlaces,
    asked: Option<&[MethodName]>,
) -> Result<Understood, Failure> {
    let Some(setting) = images::of_table(configuration, scale, variant) else {
        return Err(bad_input("found a configuration without a table of images, expected one with table = \"own\""));
    };
    let reading = images::read((setting.table, setting.pathology), setting.empty_negatives, places)?;
    for line in account(&reading) {
        print(&line)?;
    }
    let channels = images::channels(setting, (&reading.root, reading.table.records()), &places.tables);
    let size = setting.size;
    print(&format!("  pixels: {}, cut to the square in the middle, {size} x {size}", spell(channels)))?;

    let masks = reading.table.records().iter().any(|record| record.region != Region::Everything);
    let environments = reading.table.environments().len() > 1;
    let (mut apply, mut without_masks, mut without_environments) = (Vec::new(), Vec::new(), Vec::new());
    for row in &configuration.methods {
        let wanted = asked.map_or(!row.optional, |asked| asked.contains(&row.method));
        let Some(template) = configuration.template(scale, variant, &row.method).filter(|_| wanted) else { continue };
        let needs_masks = template.objective.needs_masks();
        let needs_environments = template.objective.groups.is_some();
        if needs_masks && !masks && asked.is_none() {
            without_masks.push(row.method.to_string());
        } else if needs_environments && !environments && asked.is_none() {
            without_environments.push(row.method.to_string());
        } else {
            apply.push(row.method.clone());
        }
    }
    print(&format!("  methods: {}", apply.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))?;
    for (left_out, why) in
        [(without_masks, "no image has a mask"), (without_environments, "all images are of one environment")]
    {
        if !left_out.is_empty() {
            print(&format!("  left out, since {why}: {}", left_out.join(", ")))?;
        }
    }
    Ok(Understood { methods: apply, images: ImagesSetting { channels: Some(channels), ..setting.clone() } })
}

fn spell(channels: ChannelsName) -> &'static str {
    match channels {
        ChannelsName::Grey => "1 channel, grey",
        ChannelsName::Luminance => "1 channel, luminance",
        ChannelsName::Colour => "3 channels (red, green, blue)",
    }
}

/// What a table holds, a line each.
fn account(reading: &Reading) -> Vec<String> {
    let table = &reading.table;
    let records = table.records();
    let groups: BTreeSet<&str> = records.iter().filter_map(|record| record.group.as_deref()).collect();
    let mut lines = vec![format!("understood: {} images", records.len())];
    lines.push(format!("  classes: {}", table.classes().join(", ")));
    lines.push(match table.environments() {
        [only] => format!("  environments: one ({only}), so that reliance on it cannot be tested"),
        several => format!("  environments: {}", several.join(", ")),
    });
    for (environment, counts) in table.environments().iter().zip(table.cells()) {
        let each = table.classes().iter().zip(&counts).map(|(class, count)| format!("{count} {class}"));
        lines.push(format!("    {environment}: {}", each.collect::<Vec<_>>().join(", ")));
    }
    if table.environments().len() > 1 && table.cells().concat().contains(&0) {
        lines.push(
            "  a class lacks images of an environment, so that nothing can be reversed: each part keeps the images' own \
             distribution, and test images of a class's most frequent environment are compared with its others"
                .to_owned(),
        );
    }
    if !groups.is_empty() {
        let way = if table.whole_groups() { ", kept whole in a drawn split" } else { "" };
        lines.push(format!("  groups: {}{way}", groups.len()));
    }
    lines.push(format!("  masks: {}", masks(reading)));
    if records.iter().any(|record| record.part.is_some()) {
        lines.push("  parts: as the table gives them".to_owned());
    }
    lines
}

/// How many images have a mask of which kind.
fn masks(reading: &Reading) -> String {
    let count = |fits: fn(&Region) -> bool| reading.table.records().iter().filter(|of| fits(&of.region)).count();
    let kinds = [
        (count(|region| matches!(region, Region::File(_))), "from files"),
        (count(|region| matches!(region, Region::Boxes(_))), "boxes"),
        (count(|region| matches!(region, Region::Circle)), "circles"),
        (count(|region| matches!(region, Region::Nothing)), "empty"),
        (count(|region| matches!(region, Region::Everything)), "images without one"),
    ];
    let named: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    named.join(", ")
}

/// Prints how long the unfinished runs of a plan among `places` will take at most, from the time of a few steps on random
/// images: runs at the same time share the device.
pub(crate) fn estimate(store: &Store, plan: &Plan, places: &[usize], running: &Running) -> Result<(), Failure> {
    let pending = Agenda::new(store, plan, Some(places))?.pending;
    let images = ImagesFile::of(store.folder())?;
    let train = images.iter().flat_map(|images| &images.parts).find(|(part, _)| part == TRAIN);
    let train: usize = train.map_or(0, |(_, counts)| counts.iter().flatten().sum());
    let runs = pending.iter().filter_map(|place| plan.runs.get(*place)).map(|run| &run.spec);
    let Some(first) = runs.clone().next() else { return Ok(()) };
    let device = Device::new(plan.backend, running.device).map_err(Failure::device)?;
    let channels = match &first.data {
        DataSpec::Images(images) if images.channels == ChannelsName::Colour => 3,
        DataSpec::Images(images) => images.normalisation.as_ref().map_or(1, |of| of.statistics().mean.len()),
        _ => 1,
    };
    let settings = bench::Settings {
        model: first.model.clone(),
        work: bench::Work::Step(ObjectiveSpec::plain()),
        channels,
        size: first.data.size(),
        batch: first.training.batch_size,
        warm_up: WARM_UP,
        steps: STEPS,
    };
    let milliseconds = bench::median(&device, &settings, &mut |_| ()).map_err(Failure::device)?;
    let seconds: f64 = runs
        .map(|spec| {
            let steps = train.div_ceil(spec.training.batch_size) * spec.training.epochs;
            steps as f64 * milliseconds / 1e3 * spec.objective.relative_cost() * (1.0 + EVALUATION)
        })
        .sum();
    print(&format!("estimated time: at most about {} for {} runs", format_duration(seconds), pending.len()))
}
