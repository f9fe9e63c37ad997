//! Links lead to files that are there, and to headings within them.

use super::ROOT;
use std::fs;
use std::path::{Path, PathBuf};

/// All pages: those at the root and those in `docs` and `examples`.
pub(crate) fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(ROOT)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir()
                && (folder != Path::new(ROOT) || ["docs", "examples"].contains(&&*name))
            {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The targets of links in Markdown, outside of code.
fn links(text: &str) -> Vec<&str> {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence
    });
    lines
        .flat_map(|line| line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)))
        .collect()
}

/// The anchor that a heading gets: lower case, words joined by hyphens.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let anchor = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

fn is_there(page: &Path, link: &str) -> bool {
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.to_owned(),
        path => page.parent().unwrap().join(path),
    };
    let is_headed = || anchors(&fs::read_to_string(&target).unwrap()).contains(&anchor.to_owned());
    target.exists() && (anchor.is_empty() || is_headed())
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() > 8, "{pages:?}");
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        let dead: Vec<_> = links(&text).into_iter().filter(|link| !is_there(page, link)).collect();
        assert!(dead.is_empty(), "{}: {dead:?}", page.display());
    }
    let readme = Path::new(ROOT).join("README.md");
    assert!(!is_there(&readme, "docs/nowhere.md") && !is_there(&readme, "#no-such-part"));
}
