//! What this process has open.

use std::path::Path;

/// Counts this process's open files of a database.
pub(crate) fn open_files(path: &Path) -> usize {
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    let path = path.display().to_string();
    let open =
        descriptors.flatten().filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok());
    open.filter(|target| target.display().to_string().starts_with(&path)).count()
}
