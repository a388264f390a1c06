//! Confines itself as a reader does, tries one thing that a reader never does, and says what came of it on standard output.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "this is what the test reads")]

use std::io::Read as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;

use cloud_docs::confined::{Confinement, confine};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (try_what, on) = (arguments[0].as_str(), arguments.get(1).map_or("", String::as_str));
    let confinement: Confinement = serde_json::from_str(&arguments[2]).expect("a confinement");
    eprintln!("confined: {}", confine(&confinement).expect("to be confined"));
    let came: Result<String, String> = match try_what {
        "tcp" => told(TcpStream::connect(on)),
        "listen" => told(TcpListener::bind(on)),
        "udp" => told(UdpSocket::bind(on)),
        "unix" => told(UnixStream::connect(on)),
        "read" => told(std::fs::read_to_string(on)),
        "list" => told(std::fs::read_dir(on).map(Iterator::count)),
        "write" => told(std::fs::write(on, "written")),
        "write-much" => told(std::fs::write(on, vec![0_u8; 1 << 20])),
        "run" => told(Command::new(on).arg("--version").output().map(|output| output.status)),
        "recognise" => told(
            Command::new("tesseract")
                .args([on, "-", "-l", "eng"])
                .output()
                .map(|output| output.status.code()),
        ),
        "files" => told((0..1000).map(|_| std::fs::File::open(on)).collect::<Result<Vec<_>, _>>()),
        "namespace" => told(leave_namespace()),
        "memory" => told(Ok::<_, String>(take_memory())),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "wait" => told(std::io::stdin().read_to_string(&mut String::new())),
        other => panic!("`{other}` is nothing that can be tried"),
    };
    match came {
        Ok(what) => println!("done: {what}"),
        Err(why) => println!("refused: {why}"),
    }
}

#[allow(deprecated, reason = "the other one is unsafe because of flags that are not given here")]
fn leave_namespace() -> rustix::io::Result<()> {
    rustix::thread::unshare(rustix::thread::UnshareFlags::NEWUSER)
}

fn told<T: std::fmt::Debug, E: std::fmt::Display>(came: Result<T, E>) -> Result<String, String> {
    came.map(|what| format!("{what:?}")).map_err(|error| error.to_string())
}

/// Takes a gibibyte and touches all of it.
fn take_memory() -> usize {
    let mut kept = Vec::new();
    for number in 0..1024_usize {
        kept.push(vec![number as u8; 1 << 20]);
    }
    kept.iter().map(Vec::len).sum()
}
