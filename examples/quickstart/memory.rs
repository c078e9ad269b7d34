//! The most memory that this process has had resident, where the system tells.

use std::fs;

/// Returns the peak as text, for example `17.4 MiB`; Linux alone is asked.
pub(crate) fn peak() -> String {
    match fs::read_to_string("/proc/self/status")
        .ok()
        .as_deref()
        .and_then(high_water_mark)
    {
        Some(kibibytes) => format!("{:.1} MiB", kibibytes / 1024.0),
        None => "not measured".to_owned(),
    }
}

fn high_water_mark(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim_end().parse().ok()
}
