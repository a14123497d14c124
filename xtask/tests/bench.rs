//! `bench compare` and `bench gpu` with a pretended Python and a pretended cargo, so that neither PyTorch nor compiling is
//! needed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, json, refused, text, xtask};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

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

/// `bench gpu` of the processor with these programs, for seconds.
fn device(place: &Place, cargo: &str, python: &str) -> Output {
    let arguments = ["bench", "gpu", "--backend", "cpu", "--minutes", "0.1", "--python", python];
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).args(["--out", &place.name("out")]).env("CARGO", cargo).output().unwrap()
}

#[test]
fn the_page_of_a_device_says_what_was_found_and_what_was_not_run() {
    let place = Place::new();
    let suite = |name: &str, verdict: &str, code: u8| {
        let printed =
            format!("echo 'test a ... ok'; echo 'test b ... {verdict}'; echo \"compared on $HERRING_DEVICE\"");
        let path = program(&place, name, &format!("{printed}; echo 'test result: {verdict}'; exit {code}"));
        format!(
            r#"{{"package_id":"path+file:///x/tests#herring-tests@0.1.0","target":{{"name":"{name}"}},"executable":"{path}"}}"#
        )
    };
    let messages = [suite("golden", "ok", 0), suite("conformance", "FAILED", 101)].join("\n");
    let cargo = program(&place, "cargo", &format!("cat <<'END'\n{messages}\nEND"));
    let output = device(&place, &cargo, &python(&place));
    assert_eq!(output.status.code(), Some(1), "a suite failed: {}", text(&output));
    let page = fs::read_to_string(place.path("out/page.md")).unwrap();
    for expected in [
        "- conformance: 1 passed, 1 FAILED: b\n",
        "- golden: 2 passed in 0 s\n  - compared on cpu:0\n",
        "in turns with PyTorch 9.9 on the processor",
        "\nNot measured, because there was not enough time: ",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let found = json(&place.path("out/results.json"));
    assert_eq!(found["device"]["backend"], "cpu");
    assert_eq!(found["rows"].as_array().unwrap().len(), 35);
    let mut files: Vec<_> = fs::read_dir(place.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["page.md", "results.json"]);
}

#[test]
fn a_device_is_measured_without_suites_and_without_pytorch() {
    let place = Place::new();
    let output = device(&place, &place.name("no-cargo"), "no-such-python");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let page = fs::read_to_string(place.path("out/page.md")).unwrap();
    assert!(page.contains("- not run: cannot start cargo: "), "{page}");
    assert!(page.contains("without PyTorch: no-such-python: cannot start"), "{page}");
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let said = refused(&["bench", "gpu", "--backend", "cpu", "--device", "7"], 3);
    assert!(said.contains("has no device 7"), "{said}");
    let said = refused(&["bench", "gpu", "--minutes", "0"], 2);
    assert!(said.contains("expected a number above 0"), "{said}");
    #[cfg(not(any(feature = "cuda", feature = "wgpu", feature = "vulkan")))]
    {
        let said = refused(&["bench", "gpu"], 3);
        let expected = "error: no GPU backend is compiled into this build: build with `--features cuda`, ";
        assert!(said.starts_with(expected), "{said}");
    }
}
