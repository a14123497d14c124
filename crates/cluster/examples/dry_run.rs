//! The scripts for a small array, as they would be submitted on a cluster whose arrays hold ten tasks.
//!
//! ```text
//! cargo run --release --package herring-cluster --example dry_run
//! ```

use herring_cluster::{Array, ClusterError, Resources, dry_run};

fn main() -> Result<(), ClusterError> {
    let file = r#"
        time = "04:00:00"
        gpus = 1
        cpus = 4
        at_once = 8
        setup = ["module load cuda"]
    "#;
    let here = Resources { partition: Some("short".into()), ..Resources::default() };
    let resources = Resources::parse("gpu.toml", file)?.replaced_by(here);
    let array = Array {
        name: "crosses".into(),
        folder: "/data/crosses".into(),
        program: vec!["/opt/red-herring".into(), "task".into(), "/data/crosses/plan.json".into()],
        indexes: vec![0, 1, 2, 3, 4, 7, 9, 10, 11, 12],
        after: Vec::new(),
        first_script: 0,
    };
    for script in dry_run(&array, &resources, 10)? {
        println!("== {}\n{}", script.path.display(), script.text);
    }
    Ok(())
}
