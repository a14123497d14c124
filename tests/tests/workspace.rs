//! What holds of the repository as a whole: its first page, its pinned versions, and the program beside it.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_protocol::BackendKind;
use std::{collections::BTreeSet, fs, path::Path, process::Command};
use toml::Table;

const PAGE: &str = include_str!("../../crates/herring/README.md");
const LINKS: &str = include_str!("../../crates/herring/src/lib.rs");

/// The names of the library crates but for the one that has the page.
fn crates() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let manifests = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let names = manifests.map(|path| {
        let manifest: Table = fs::read_to_string(path).unwrap().parse().unwrap();
        manifest["package"]["name"].as_str().unwrap().to_owned()
    });
    names.filter(|name| name != "herring").collect()
}

#[test]
fn the_first_page_names_each_crate_once_and_links_to_it() {
    for name in crates() {
        let rows = PAGE.lines().filter(|line| line.ends_with(&format!("| [`{name}`] |"))).count();
        assert_eq!(rows, 1, "{name}: rows of the tables of crates/herring/README.md");
        let (folder, library) = (name.trim_start_matches("herring-"), name.replace('-', "_"));
        assert!(PAGE.contains(&format!("\n[`{name}`]: ../{folder}/README.md\n")), "{name}: no link in the page");
        assert!(LINKS.contains(&format!("//! [`{name}`]: ../{library}/index.html\n")), "{name}: no link in src/lib.rs");
    }
}

#[test]
fn runs_say_that_the_pinned_burn_computed_them() {
    let manifest: Table = include_str!("../../Cargo.toml").parse().unwrap();
    let pinned = manifest["workspace"]["dependencies"]["burn"]["version"].as_str().unwrap();
    let provenance = herring_training::trainer(BackendKind::Cpu, 0).unwrap().provenance();
    let said = provenance.versions.iter().find(|(name, _)| name == "burn").unwrap();
    assert_eq!(format!("={}", said.1), pinned);
}

/// Otherwise it would be another Burn that the program is shown with, and compiled again.
#[test]
fn the_example_program_has_the_versions_of_the_workspace() {
    let packages = |lock: &str| -> BTreeSet<(String, String)> {
        let lock: Table = lock.parse().unwrap();
        let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
        let all = lock["package"].as_array().unwrap().iter();
        all.map(|package| (text(package, "name"), text(package, "version"))).collect()
    };
    let ours = packages(include_str!("../../Cargo.lock"));
    let its = packages(include_str!("../../docs/example-program/Cargo.lock"));
    let others: Vec<_> = its.difference(&ours).filter(|(name, _)| name != "example-program").collect();
    assert!(others.is_empty(), "not of the workspace's Cargo.lock: {others:?}");
}

/// A package is checked on its own only when it is published; what it lacks would be noticed then.
#[test]
fn no_source_compiles_in_a_file_from_outside_of_its_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut packages: Vec<_> = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    packages.push(root.join("xtask"));
    let mut found = 0;
    for package in packages {
        for file in sources(&package.join("src")) {
            for path in included(&fs::read_to_string(&file).unwrap()) {
                let above = file.strip_prefix(&package).unwrap().components().count() - 1;
                let ups = Path::new(&path).components().take_while(|part| part.as_os_str() == "..").count();
                assert!(ups <= above, "{}: '{path}' lies outside of {}", file.display(), package.display());
                found += 1;
            }
        }
    }
    assert!(found > 30, "{found} files are compiled in");
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// The paths of `include_str!` and `include_bytes!`.
fn included(text: &str) -> Vec<String> {
    let calls = ["include_str!(\"", "include_bytes!(\""].into_iter().flat_map(|call| text.split(call).skip(1));
    calls.filter_map(|rest| rest.split_once('"')).map(|(path, _)| path.to_owned()).collect()
}

/// Packages from elsewhere with their features, as `cargo` resolves them for a choice of packages and kinds of dependencies.
fn resolved(arguments: &[&str]) -> BTreeSet<String> {
    let format = ["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p} {f}", "--edges"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO")).args(format).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "cargo tree {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let others = text.lines().filter(|line| !line.starts_with("herring") && !line.starts_with("xtask"));
    others.map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// What the program or this package asks for alone would be compiled again, and Burn, which depends on it.
#[test]
fn the_program_and_these_tests_ask_for_the_features_of_the_whole_workspace() {
    let all = resolved(&["normal,build,dev", "--workspace"]);
    for (package, edges) in [("xtask", "normal,build"), ("herring-tests", "normal,build,dev")] {
        let found = resolved(&[edges, "--package", package]);
        let others: Vec<&String> = found.difference(&all).collect();
        assert!(
            others.is_empty(),
            "{package}/Cargo.toml, where dependencies are not used: lacks features of {others:#?}"
        );
    }
}
