//! The service that is asked: one that runs already, or one that is started here, and its memory.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Server {
    pub(crate) address: String,
    pid: Option<u32>,
    started: Option<(Child, TempDir)>,
}

impl Server {
    pub(crate) fn running(address: &str, pid: Option<u32>) -> Self {
        Self { address: address.to_owned(), pid, started: None }
    }

    /// Starts the example `web` that was built beside this one.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let program =
            std::env::current_exe()?.with_file_name(format!("web{}", std::env::consts::EXE_SUFFIX));
        if !program.is_file() {
            return Err(format!(
                "build the example `web` first: there is no {}",
                program.display()
            )
            .into());
        }
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(program)
            .args(["--addr", "127.0.0.1:0", "--db"])
            .arg(folder.path().join("flights.db"))
            .env_remove("HEADWATER_EXAMPLE_ONCE")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let pid = child.id();
        // From here on its drop ends it.
        let mut server =
            Self { address: String::new(), pid: Some(pid), started: Some((child, folder)) };
        let address = line.trim_end().strip_prefix("listening on http://");
        address.ok_or("the service did not start")?.clone_into(&mut server.address);
        Ok(server)
    }

    pub(crate) fn memory(&self) -> Memory {
        let pid = self.pid.map(|pid| format!("/proc/{pid}/status"));
        let status = pid.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        Memory { resident: field("VmRSS:"), peak: field("VmHWM:") }
    }

    /// Ends what was started here, as a user would.
    pub(crate) fn stop(mut self) -> Result<(), Box<dyn Error>> {
        let Some((mut child, folder)) = self.started.take() else {
            return Ok(());
        };
        if cfg!(unix) {
            Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status()?;
        } else {
            child.kill()?;
        }
        let status = child.wait()?;
        folder.close()?;
        if cfg!(unix) && !status.success() {
            return Err(format!("the service did not end cleanly: {status}").into());
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.started {
            // One that has ended cannot be killed, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Memory of the service in KiB, where the system tells.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: Option<u64>,
    pub(crate) peak: Option<u64>,
}

impl Memory {
    pub(crate) fn show(self, when: &str) -> io::Result<()> {
        let (resident, peak) = (mebibytes(self.resident), mebibytes(self.peak));
        writeln!(io::stdout(), "memory of the service {when}: {resident}, at most {peak}")
    }
}

pub(crate) fn mebibytes(kibibytes: Option<u64>) -> String {
    kibibytes.map_or("not known".to_owned(), |size| format!("{:.1} MiB", size as f64 / 1024.0))
}
