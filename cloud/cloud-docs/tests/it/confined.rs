//! The confined process: what it may not, and that nothing but itself suffers.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cloud_docs::confined::{Answer, Confinement, Mode, Request};
use cloud_docs::{Hints, Limits, Refusal};
use rustix::process::Signal;
use testkit::scratch::Scratch;

/// Runs the probe under `confinement`.
fn probe(what: &str, on: &str, confinement: &Confinement) -> Output {
    let confinement = serde_json::to_string(confinement).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe-confinement"));
    command.args([what, on, &confinement]).stdin(Stdio::null()).output().unwrap()
}

/// What the probe said; it must have lived to say it.
fn said(what: &str, on: &str, confinement: &Confinement) -> String {
    let output = probe(what, on, confinement);
    assert!(output.status.success(), "{what} {on}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the real child on one request.
fn child(request: &[u8], file: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_read-document"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A child that refuses the request need not read the file.
    drop(input.write_all(request).and_then(|()| input.write_all(file)));
    drop(input);
    child.wait_with_output().unwrap()
}

fn request(file_bytes: u64) -> Request {
    Request {
        mode: Mode::Parse,
        hints: Hints { file_name: "invoice.bin".to_owned(), ..Hints::default() },
        limits: Limits::default(),
        confinement: Confinement::default(),
        file_bytes,
        inside: String::new(),
        corrected: None,
    }
}

fn line(request: &Request) -> Vec<u8> {
    let mut line = serde_json::to_vec(request).unwrap();
    line.push(b'\n');
    line
}

#[test]
fn sockets_of_every_kind_are_refused() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = Scratch::new("confined");
    let path = folder.path().join("listens");
    let _unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let free = Confinement::default();
    for (what, on) in [
        ("tcp", address.as_str()),
        ("listen", "127.0.0.1:0"),
        ("udp", "127.0.0.1:0"),
        ("unix", path.to_str().unwrap()),
    ] {
        let said = said(what, on, &free);
        assert!(said.starts_with("refused: "), "{what}: {said}");
    }
    assert!(said("namespace", "", &free).starts_with("refused: "));
}

#[test]
fn files_outside_are_unreadable_and_only_the_scratch_folder_is_written() {
    let folder = Scratch::new("confined");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "of the server").unwrap();
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let given = folder.path().join("given");
    std::fs::write(&given, "a library").unwrap();
    let confinement = Confinement {
        scratch: Some(scratch.clone()),
        readable: vec![given.clone()],
        written_bytes: 4096,
        ..Confinement::default()
    };
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let refused = |what: &str, on: &Path| {
        let said = said(what, &path(on), &confinement);
        assert!(said.starts_with("refused: "), "{what} {}: {said}", on.display());
    };
    refused("read", &secret);
    refused("read", Path::new("/etc/passwd"));
    refused("read", Path::new("/proc/self/environ"));
    refused("list", folder.path());
    refused("write", &secret);
    refused("write", &given);
    refused("run", Path::new("/bin/sh"));
    refused("run", &given);
    assert_eq!(said("read", &path(&given), &confinement), "done: \"a library\"\n");
    assert_eq!(said("write", &path(&scratch.join("page")), &confinement), "done: ()\n");
    // It is a signal that ends who writes more than the limit.
    let output = probe("write-much", &path(&scratch.join("page")), &confinement);
    assert_eq!(output.status.signal(), Some(Signal::XFSZ.as_raw()), "{output:?}");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "of the server");
}

#[test]
fn a_program_that_is_named_runs_and_is_confined_too() {
    let program = Path::new("/usr/bin/true");
    let confinement = Confinement { programs: vec![program.to_owned()], ..Confinement::default() };
    assert!(said("run", "/usr/bin/true", &confinement).starts_with("done: "));
    let cat = Confinement { programs: vec!["/usr/bin/env".into()], ..Confinement::default() };
    assert!(said("run", "/usr/bin/env", &cat).contains("done: "));
    assert!(said("run", "/usr/bin/true", &cat).starts_with("refused: "));
}

#[test]
fn recognition_works_in_there() {
    if !Path::new("/usr/bin/tesseract").exists() {
        println!("SKIPPED: recognition in the confined process because Tesseract is not installed");
        return;
    }
    let folder = Scratch::new("confined");
    let picture = folder.path().join("page.pgm");
    std::fs::write(&picture, [b"P5 600 400 255\n".to_vec(), vec![255; 600 * 400]].concat()).unwrap();
    let confinement = Confinement { readable: vec![picture.clone()], ..Confinement::default() };
    assert_eq!(said("recognise", picture.to_str().unwrap(), &confinement), "done: Some(0)\n");
}

#[test]
fn memory_beyond_the_limit_ends_only_the_child() {
    let output = probe("memory", "", &Confinement::default());
    assert!(!output.status.success(), "a gibibyte fits into half of one: {output:?}");
    let plenty = Confinement { memory_bytes: 2 << 30, ..Confinement::default() };
    assert_eq!(said("memory", "", &plenty), "done: \"1073741824\"\n".replace('"', ""));
}

#[test]
fn an_endless_loop_is_ended_by_its_processor_time() {
    let output = probe("spin", "", &Confinement { cpu_s: 1, ..Confinement::default() });
    assert_eq!(output.status.signal(), Some(Signal::XCPU.as_raw()), "{output:?}");
}

#[test]
fn files_are_not_opened_without_end() {
    let said = said("files", "/etc/ld.so.cache", &Confinement::default());
    assert!(said.starts_with("refused: "), "{said}");
}

#[test]
fn the_child_answers_says_how_it_is_confined_and_ends_well() {
    let file = b"\0\x01\x02 of no kind";
    let output = child(&line(&request(file.len() as u64)), file);
    assert!(output.status.success(), "{output:?}");
    let Answer::Refusal(Refusal::UnknownContent { name, .. }) =
        serde_json::from_slice(&output.stdout).unwrap()
    else {
        panic!("an answer that is none: {output:?}")
    };
    assert_eq!(name, "invoice.bin");
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("confined: resources and system calls are limited"), "{log}");
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let limits = Limits { file_bytes: 10, ..Limits::default() };
    let output = child(&line(&Request { limits, ..request(11) }), &[]);
    let answer: Answer = serde_json::from_slice(&output.stdout).unwrap();
    assert!(matches!(answer, Answer::Refusal(Refusal::TooLarge { .. })), "{answer:?}");
}

#[test]
fn a_request_that_is_none_or_a_file_of_another_length_has_no_answer() {
    let missing = Confinement { readable: vec!["/no/such/library.so".into()], ..Confinement::default() };
    for (request, file, why) in [
        (b"{}\n".to_vec(), &b""[..], "failed to understand the request"),
        (Vec::new(), b"", "failed to understand the request"),
        (line(&request(5)), b"four", "5 bytes, but 4 came"),
        (line(&request(3)), b"four", "3 bytes, but 4 came"),
        (line(&Request { confinement: missing, ..request(0) }), b"", "/no/such/library.so"),
    ] {
        let output = child(&request, file);
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains(why), "{log}");
    }
}
