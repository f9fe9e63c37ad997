//! A plan's digest: equal plans have equal ones, and a changed plan is noticed.

use super::{Direction, Flattened, Gate, Plan, Probe, Scope};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

impl Plan {
    /// SHA-256 of everything in the plan, as 64 hexadecimal digits.
    pub fn digest(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write(&mut text);
        digest_of(&text)
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Self { zone, direction, negative_ttl, propagation, cache_floor, window, .. } = self;
        let direction = match direction {
            Direction::Forward => "forward".to_owned(),
            Direction::Back(None) => "back".to_owned(),
            Direction::Back(Some(stage)) => format!("back to {stage}"),
        };
        writeln!(out, "{zone} {direction} {negative_ttl} {}", propagation.as_secs())?;
        if !cache_floor.is_zero() {
            writeln!(out, "floor {}", cache_floor.as_secs())?;
        }
        if let Some(window) = window {
            writeln!(out, "window {} {}", window.opens.timestamp(), window.length.as_secs())?;
        }
        for phase in &self.phases {
            writeln!(out, "phase {}", phase.stage)?;
            for change in &phase.changes {
                let side = |set: Option<&crate::dns::RrSet>| set.map(ToString::to_string);
                writeln!(out, "{:?} -> {:?}", side(change.before()), side(change.after()))?;
            }
            phase.gates.iter().try_for_each(|gate| writeln!(out, "{}", describe(gate)))?;
        }
        for (key, scope) in &self.scopes {
            if let Scope::Values { spf, exact } = scope {
                writeln!(out, "scope {key} {spf} {exact:?}")?;
            }
        }
        for Flattened { domain, passes, .. } in &self.flattened {
            writeln!(out, "flattened {domain} {passes}")?;
        }
        writeln!(out, "intent {}", self.intent)
    }
}

fn describe(gate: &Gate) -> String {
    match gate {
        Gate::NotBefore(time) => format!("not before {}", time.timestamp()),
        Gate::Drained(stage) => format!("drained {stage}"),
        Gate::Usable(stage) => format!("usable {stage}"),
        Gate::Held { since, wait, why } => format!("{why} {} since {since}", wait.as_secs()),
        Gate::Arrived { since, wait } => format!("arrived {} since {since}", wait.as_secs()),
        Gate::Probed(Probe { id, hosts, port }) => format!("probed {id} {hosts:?} {port}"),
        Gate::Confirmed(point) => format!("confirmed {} {:?}", point.id, point.ask),
    }
}

/// SHA-256 of text, as 64 hexadecimal digits.
pub fn digest_of(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}
