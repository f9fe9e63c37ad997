//! The long run: weeks with a kill every few steps, stopping, files that change meanwhile, logs.

#![allow(
    clippy::disallowed_methods,
    reason = "other processes are waited for by real time, whatever their clocks tell"
)]

#[path = "support/mod.rs"]
mod support;

#[path = "run/clock.rs"]
mod clock;
#[path = "run/edits.rs"]
mod edits;
#[path = "run/judge.rs"]
mod judge;
#[path = "run/lines.rs"]
mod lines;
#[path = "run/log.rs"]
mod log;
#[path = "run/stage.rs"]
mod stage;
#[path = "run/stopping.rs"]
mod stopping;
#[path = "run/weeks.rs"]
mod weeks;
