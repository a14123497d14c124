//! Seeds that are left out because images of their splits cannot be used; the others are run.

use crate::say;
use herring_experiments::images::LeftOut;

/// The seeds that need unusable images, with these images; prints all of them. `needed` gives the indexes in `failures`
/// of the images that a seed needs.
pub(crate) fn left_out<'a>(
    seeds: &[u32],
    failures: &[String],
    needed: impl Fn(u32) -> Option<&'a Vec<usize>>,
) -> Vec<LeftOut> {
    let of = |seed: &u32| {
        let images: Vec<String> = needed(*seed)?.iter().filter_map(|place| failures.get(*place).cloned()).collect();
        (!images.is_empty()).then_some(LeftOut { seed: *seed, images })
    };
    let left_out: Vec<LeftOut> = seeds.iter().filter_map(of).collect();
    let number = failures.len();
    say(&format!("{number} {} cannot be used:\n{}", plural(number, "image"), failures.join("\n")));
    for line in lines(&left_out) {
        say(&line);
    }
    left_out
}

/// Prints, after the other seeds are done, which seeds were left out and what to do.
pub(crate) fn print_left_out(left_out: &[LeftOut]) {
    for line in lines(left_out) {
        say(&line);
    }
    if !left_out.is_empty() {
        say("repair these images and repeat the command with --resume to add the seeds that were left out");
    }
}

fn lines(left_out: &[LeftOut]) -> impl Iterator<Item = String> {
    left_out.iter().map(|LeftOut { seed, images }| {
        let number = images.len();
        format!("seed {seed} is left out: {number} {} of its split cannot be used", plural(number, "image"))
    })
}

fn plural(number: usize, word: &str) -> String {
    if number == 1 { word.to_owned() } else { format!("{word}s") }
}
