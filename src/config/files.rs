//! Where a project's zone files are read from: a folder, or whatever else holds files.

use std::fmt::Debug;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Files by their paths within a project. Messages name what cannot be read.
pub trait Files: Debug + Send + Sync {
    /// The paths of what a folder holds, in any order; a folder that is not there holds nothing.
    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>>;

    /// The text of a file.
    fn read(&self, path: &Path) -> Result<String>;
}

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The files below `base`.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self(base.into())
    }
}

impl Files for Folder {
    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(self.0.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect()
    }

    fn read(&self, path: &Path) -> Result<String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|error| {
            Error::new(error.kind(), format!("cannot read `{}`: {error}", path.display()))
        })
    }
}
