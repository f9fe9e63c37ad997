#[path = "support/mod.rs"]
mod support;

#[path = "run/clock.rs"]
mod clock;
#[path = "run/judge.rs"]
mod judge;
#[path = "run/log.rs"]
mod log;
#[path = "run/stage.rs"]
mod stage;
#[path = "run/weeks.rs"]
mod weeks;
