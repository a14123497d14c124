//! The `slurm.conf` of a test cluster.
//!
//! Every node gets its own copy. The path of the copy is in the environment of the node's daemon and of the
//! steps it starts, and so identifies the processes of each node.

use super::Settings;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

#[derive(Debug)]
pub(super) struct Configuration {
    folder: PathBuf,
    nodes: usize,
}

pub(super) fn node_name(node: usize) -> String {
    format!("n{node}")
}

impl Configuration {
    pub(super) fn write(folder: &Path, settings: &Settings) -> Result<Self, String> {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").map_err(|error| format!("host name: {error}"))?;
        // Slurm compares with the name up to the first dot.
        let host = host.trim().split('.').next().unwrap_or_default();
        let ports = free_ports(settings.nodes + 1).map_err(|error| format!("free ports: {error}"))?;
        let text = text(folder, settings, host, &ports);

        let configuration = Self { folder: folder.to_owned(), nodes: settings.nodes };
        let copies = (1..=settings.nodes).map(|node| configuration.node(node));
        for path in [configuration.controller()].into_iter().chain(copies) {
            let folder = path.parent().unwrap_or(&path);
            let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, &text));
            written.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let state = folder.join("state");
        fs::create_dir(&state).map_err(|error| format!("{}: {error}", state.display()))?;
        Ok(configuration)
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    pub(super) fn controller(&self) -> PathBuf {
        self.folder.join("slurm.conf")
    }

    pub(super) fn node(&self, node: usize) -> PathBuf {
        self.folder.join(node_name(node)).join("slurm.conf")
    }
}

/// Ports that no process listens on; all are held until the last is found, so that they differ.
fn free_ports(count: usize) -> std::io::Result<Vec<u16>> {
    let listeners = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)));
    let listeners: Vec<TcpListener> = listeners.collect::<Result<_, _>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.port())).collect()
}

fn text(folder: &Path, settings: &Settings, host: &str, ports: &[u16]) -> String {
    let folder = folder.display();
    let Settings { cpus, max_array_size, minimum_job_age, .. } = settings;
    let controller_port = ports[0];
    let nodes: String = ports[1..]
        .iter()
        .enumerate()
        .map(|(before, port)| {
            let name = node_name(before + 1);
            format!("NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=1000\n")
        })
        .collect();
    format!(
        "ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
MailProg=/bin/true
ReturnToService=2
JobRequeue=1
MaxArraySize={max_array_size}
MinJobAge={minimum_job_age}
InactiveLimit=0
KillWait=5
SlurmdTimeout=2
MessageTimeout=2
TCPTimeout=1
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
{nodes}PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"
    )
}
