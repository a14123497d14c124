//! `bench compare` with a pretended Python, so that PyTorch is not needed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, json, refused, text, xtask};
use std::{fs, os::unix::fs::PermissionsExt};

/// A program that reads its input and does what `script` says.
fn program(place: &Place, name: &str, script: &str) -> String {
    let path = place.file(name, &format!("#!/bin/sh\ncat > /dev/null\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

const VERSIONS: &str =
    r#"*--versions*) echo '{"python":"3.0","torch":"9.9","torchvision":null,"instructions":"NONE","cuda":null}';;"#;

/// A Python whose PyTorch is slow, and cannot compile the second derivatives of GradMask.
fn python(place: &Place) -> String {
    let answers = format!(
        r#"case "$*" in
        {VERSIONS}
        *compiled*gradmask*) echo "gradmask cannot: it does not compile";;
        *eager*) echo "base 2000000.0 ms/step, 7 MiB at most";;
        *) echo "base 1000000.0 ms/step, 9 MiB at most";;
        esac"#
    );
    program(place, "python", &answers)
}

#[test]
fn a_table_as_text_as_json_and_in_a_page() {
    let place = Place::new();
    let page = place.file("page.md", "above\n<!-- bench compare -->\nold\n<!-- end of bench compare -->\nbelow\n");
    let (python, out) = (python(&place), place.name("out.json"));
    let chosen = ["--rows", "cnn/base,cnn/gradmask", "--rounds", "2", "--steps", "1", "--threads", "1"];
    let files = ["--python", &python, "--out", &out, "--markdown", &page];
    let output = xtask(&[&["bench", "compare"], &chosen[..], &files].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("PyTorch 9.9 (NONE), Python 3.0") && told.contains("0.80, met"), "{told}");

    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("above\n<!-- bench compare -->\n") && page.ends_with("-->\nbelow\n"), "{page}");
    assert!(page.contains("2 rounds of 1 steps") && !page.contains("old"), "{page}");
    let row = page.lines().find(|line| line.starts_with("| cnn/gradmask | ")).unwrap();
    let expected = "| 2000000.0 (2000000.0–2000000.0) | 1000000.0 (1000000.0–1000000.0) | it does not compile | 0.00 (0.00–0.00) |";
    assert!(row.contains(expected), "{row}");

    let found = json(&place.path("out.json"));
    assert_eq!((&found["rounds"], &found["machine"]["threads"]), (&2.into(), &1.into()));
    let rows = found["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cnn/base", "cnn/gradmask"]);
    assert_eq!(rows[1]["here"]["samples"].as_array().unwrap().len(), 2);
    assert_eq!(rows[1]["pytorch"][2]["ended"]["kind"], "cannot");
}

#[test]
fn a_program_that_fails_is_told_and_the_others_are_measured() {
    let place = Place::new();
    let answers = format!(
        r#"case "$*" in
        {VERSIONS}
        *eager*) echo "MemoryError: no more" >&2; exit 1;;
        *) echo "base 1000.0 ms/step";;
        esac"#
    );
    let python = program(&place, "python", &answers);
    let rows = ["--rows", "cnn/base", "--rounds", "1", "--steps", "1", "--variants", "eager,channels-last"];
    let output = xtask(&[&["bench", "compare", "--python", &python], &rows[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("cnn/base, eager: MemoryError: no more"), "{}", text(&output));
    assert!(text(&output).contains("1000.0"), "{}", text(&output));
}

#[test]
fn what_cannot_be_compared_is_refused_before_anything_is_measured() {
    let place = Place::new();
    let said = refused(&["bench", "compare", "--python", "no-such-python"], 3);
    assert!(said.starts_with("error: no-such-python: cannot start 'no-such-python': "), "{said}");
    assert!(said.ends_with("; expected a Python with PyTorch, which --python names"), "{said}");
    let bare = program(
        &place,
        "bare",
        "echo Traceback >&2; echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1",
    );
    let said = refused(&["bench", "compare", "--python", &bare], 3);
    assert!(said.contains("ModuleNotFoundError: No module named 'torch'; expected a Python with PyTorch"), "{said}");

    let said = refused(&["bench", "compare", "--rows", "resnet19"], 2);
    assert!(said.contains("expected the name of a row or its beginning: resnet18-w64, resnet18-w16, "), "{said}");
    let said = refused(&["bench", "compare", "--variants", "fast"], 2);
    assert!(said.contains("eager, channels-last, compiled"), "{said}");
    let said = refused(&["bench", "compare", "--rounds", "0"], 2);
    assert!(said.contains("expected a whole number from 1 to 1024"), "{said}");
    let page = place.file("page.md", "no marks");
    let said = refused(&["bench", "compare", "--markdown", &page], 2);
    assert!(said.contains("page.md: found no lines '<!-- bench compare -->'"), "{said}");
    let said = refused(&["bench", "compare", "--out", &place.name("nowhere/out.json")], 2);
    assert!(said.contains("found no folder"), "{said}");
    let said = refused(&["bench", "step", "--model", "unet", "--size", "28x30"], 2);
    assert!(said.contains("found 28x30, expected as many rows as columns"), "{said}");
    let said = refused(&["bench", "step", "--model", "vgg16", "base"], 2);
    assert!(said.contains("found 28x28, expected at least 32 rows and columns"), "{said}");
}
