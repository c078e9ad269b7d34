//! Where the programs are, and processes that end with the test that started them.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

/// Longer than anything here takes; what is not done by then hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Finds an example's program, built of the sources as they are now.
///
/// `cargo test` and `cargo nextest run` have built it beside this test. `cargo test --test programs`
/// has not, and may have left an old one: then it is built here, with the features of this test.
pub(crate) fn example(name: &str) -> PathBuf {
    let profile = profile_folder();
    let program = profile.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !is_fresh(&program) {
        build(name, &profile);
    }
    assert!(program.is_file(), "{} was not built", program.display());
    program
}

/// The folder of the profile that this test was built in: it is in the `deps` of it.
fn profile_folder() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().to_owned()
}

/// Reports whether a program is newer than all that it was made of, which Cargo lists beside it.
fn is_fresh(program: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    let (Some(built), Ok(listed)) =
        (changed(program), fs::read_to_string(program.with_extension("d")))
    else {
        return false;
    };
    let is_older = |path: &Path| changed(path).is_some_and(|time: SystemTime| time <= built);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = listed_files(&listed);
    // Copies of the repository may share a target folder, and what is there may be another's.
    files.contains(&root.join("src/lib.rs"))
        && is_older(&root.join("Cargo.toml"))
        && files.iter().all(|path| is_older(path))
}

/// The files after the colon of a makefile's rule, in which a blank of a name is `\ `.
fn listed_files(rule: &str) -> Vec<PathBuf> {
    let files = rule.split_once(": ").map_or("", |(_, files)| files);
    let held = files.trim_end().replace("\\ ", "\0");
    held.split_whitespace().map(|file| file.replace('\0', " ").into()).collect()
}

fn build(name: &str, profile: &Path) {
    let folder = profile.file_name().unwrap().to_str().unwrap();
    // Cargo's `dev` profile is the one whose folder has another name.
    let profile_name = if folder == "debug" { "dev" } else { folder };
    let target = profile.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).unwrap();
    let features = [
        ("chrono", cfg!(feature = "chrono")),
        ("time", cfg!(feature = "time")),
        ("jiff", cfg!(feature = "jiff")),
        ("uuid", cfg!(feature = "uuid")),
        ("json", cfg!(feature = "json")),
        ("decimal", cfg!(feature = "decimal")),
        ("tracing", cfg!(feature = "tracing")),
    ];
    let on: Vec<&str> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let built = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["build", "--offline", "--locked", "--profile", profile_name, "--example", name])
        .args(["--features", &on.join(",")])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the example `{name}` does not build: {said}");
}

/// What a program left when it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    /// The exit code; a program that a signal ended has none.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("a signal ended it: {self:?}"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}

/// A program that runs; it is killed if the test ends before it.
pub(crate) struct Program {
    child: Child,
    /// What it has said on standard error so far.
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Program {
    /// Starts it with a pipe at its standard output and error; what it says on the latter is kept.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let heard = Arc::clone(&said);
        let listener = thread::spawn(move || {
            let mut part = [0; 1_024];
            while let Ok(count @ 1..) = stderr.read(&mut part) {
                heard.lock().unwrap().extend_from_slice(&part[..count]);
            }
        });
        Self { child, said, listener: Some(listener) }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    /// Reports whether it has said something on standard error.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.said().contains(words)
    }

    /// Waits until it has said something on standard error.
    #[cfg(unix)]
    pub(crate) fn wait_for(&self, words: &str) {
        let since = Instant::now();
        while !self.has_said(words) {
            assert!(since.elapsed() < DEADLINE, "it never said `{words}`: {}", self.said());
            thread::yield_now();
        }
    }

    /// The most memory that it has had resident.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Its standard output; a test that takes it reads it, or drops it, itself.
    pub(crate) fn stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Sends it a signal by the name that `kill` knows: `INT`, `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success(), "{name} did not reach {pid}");
    }

    /// Waits for its end, reading what is left of its output; one that does not end hangs, and fails.
    pub(crate) fn wait(mut self) -> Ended {
        let stdout = self.child.stdout.take();
        let (done, read) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stdout) = stdout {
                let _ = stdout.read_to_end(&mut bytes);
            }
            let _ = done.send(bytes);
        });
        let stdout = read.recv_timeout(DEADLINE).expect("the program hangs");
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < DEADLINE, "the program hangs");
            thread::yield_now();
        };
        self.listener.take().unwrap().join().unwrap();
        Ended { status, stdout, stderr: self.said() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end, with nothing at its standard input.
pub(crate) fn run(command: &mut Command) -> Ended {
    Program::start(command.stdin(Stdio::null())).wait()
}
