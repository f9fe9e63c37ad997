//! `check_host` against cases in text files, one for each section of RFC 7208 that they are about.
//!
//! ```text
//! == what the group shows (§4.5)
//! example.com. TXT "v=spf1 -all"
//! ! dead.example.com. TXT                  this question is never answered
//! ? 192.0.2.1 user@example.com helo.example.org = fail "what the domain says to it"
//! ```
//!
//! All 203 cases of the public test suite of 2014 have their equivalent here, told anew, in one
//! file for each of its 16 sections. `90-ours.cases` goes on from there.

use cutover::dns::{Answer, Name, RrKey, Rtype, Ttl, Zone};
use cutover::mail::spf::{Client, Outcome, check_host};
use cutover::mail::view::View;
use std::fs;
use std::path::Path;

/// The whole DNS as one group of cases has it.
struct World {
    zone: Zone,
    /// What is never answered; every type where none is given.
    dead: Vec<(Name, Option<Rtype>)>,
}

impl View for World {
    fn answer(&self, key: &RrKey) -> Answer<'_> {
        let is_dead = |(name, rtype): &(Name, Option<Rtype>)| {
            *name == key.owner && rtype.is_none_or(|rtype| rtype == key.rtype)
        };
        match self.dead.iter().any(is_dead) {
            true => Answer::Elsewhere,
            false => Answer::of(&self.zone, key),
        }
    }
}

impl World {
    fn new() -> Self {
        Self { zone: Zone::new(Name::root()), dead: Vec::new() }
    }

    fn add(&mut self, line: &str) {
        let (owner, rest) = line.split_once(' ').unwrap();
        // Nobody asks for type 99 any more (§3.1).
        if !rest.starts_with("SPF ") {
            let line = format!("{owner} 60 {rest}");
            let one = Zone::parse(&line, &Name::root()).unwrap_or_else(|e| panic!("{line}: {e}"));
            for set in one.rrsets() {
                for rdata in set.rdata() {
                    self.zone.add(set.owner().clone(), Ttl::from_secs(60), rdata.clone());
                }
            }
        }
    }

    fn silence(&mut self, line: &str) {
        let (owner, rtype) = line.split_once(' ').unwrap();
        let rtype = match rtype {
            "*" => None,
            "SPF" => Some(Rtype(99)),
            other => Some(Rtype::parse(other).unwrap()),
        };
        self.dead.push((Name::parse(owner).unwrap(), rtype));
    }

    /// `192.0.2.1 user@example.com helo = pass | none "words"`.
    fn query(&self, line: &str) -> Result<(), String> {
        let (asked, expected) = line.split_once(" = ").unwrap();
        let asked = words(asked);
        let client = Client {
            address: asked[0].parse().unwrap(),
            sender: if asked[1] == "<>" { String::new() } else { asked[1].clone() },
            helo: asked[2].clone(),
            receiver: "receiver.example".to_owned(),
            time: 1_800_000_000,
        };
        let Outcome { verdict, explanation, .. } = check_host(self, &client);
        let verdict = format!("{verdict:?}").to_lowercase();
        let (verdicts, explained) = match expected.split_once('"') {
            Some((verdicts, words)) => (verdicts, words.strip_suffix('"')),
            None => (expected, None),
        };
        let is_so = verdicts.split('|').any(|one| one.trim() == verdict);
        let is_explained = match explained {
            None => true,
            Some("") => explanation.is_none(),
            Some(words) => explanation == Some(words.replace("\\\"", "\"")),
        };
        match is_so && is_explained {
            true => Ok(()),
            false => Err(format!("{line}\n    but found {verdict}, {explanation:?}")),
        }
    }
}

/// Words between blanks, quoted ones among them.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        match c {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            '"' if !is_escaped => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
        is_escaped = false;
    }
    words
}

/// How many queries there are, and those that come out wrong.
fn run(path: &Path) -> (usize, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    // Records hold for all queries of their group, wherever they stand.
    for group in text.split("\n== ") {
        let lines = || group.lines().map(str::trim_end).filter(|line| !line.starts_with('#'));
        let title = group.lines().next().unwrap_or_default();
        let mut world = World::new();
        for line in lines().skip(1).filter(|line| !line.is_empty()) {
            match line.split_at_checked(2) {
                Some(("! ", rest)) => world.silence(rest),
                Some(("? ", _)) => (),
                _ => world.add(line),
            }
        }
        for query in lines().filter_map(|line| line.strip_prefix("? ")) {
            count += 1;
            wrong.extend(world.query(query).err().map(|found| format!("{title}: {found}")));
        }
    }
    (count, wrong)
}

#[test]
fn every_case_comes_out_as_the_rfc_demands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spf");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in &files {
        let (found, bad) = run(path);
        let name = path.file_name().unwrap().to_string_lossy();
        wrong.extend(bad.into_iter().map(|one| format!("{name}: {one}")));
        count += found;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 200, "{count} cases in {} files", files.len());
}
