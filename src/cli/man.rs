//! `cutover man`: the pages that `man` shows, made of what can be typed.

use super::{Cli, Failure, Terminal, exit};
use clap::CommandFactory as _;
use std::path::Path;

/// Prints the page of the program, or writes it and those of all commands into a folder.
pub(super) fn man(folder: Option<&Path>, terminal: &Terminal) -> Result<u8, Failure> {
    let command = Cli::command();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        terminal.print(&String::from_utf8_lossy(&page));
        return Ok(exit::DONE);
    };
    let cannot = |error| Failure::error(format!("cannot write `{}`: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cannot)?;
    clap_mangen::generate_to(command, folder).map_err(cannot)?;
    terminal.note(&format!("wrote the pages into {}", folder.display()));
    Ok(exit::DONE)
}
