//! Whole moves in a simulated internet: weeks pass in milliseconds, and at every minute every
//! cache must lead mail somewhere that takes it, and whatever is sent must authenticate.
//!
//! No sockets, no real time. Each story about safety has its negative control.

#[path = "scenario/authority.rs"]
mod authority;
#[path = "scenario/controls.rs"]
mod controls;
#[path = "scenario/crashes.rs"]
mod crashes;
#[path = "scenario/diary.rs"]
mod diary;
#[path = "scenario/domain.rs"]
mod domain;
#[path = "scenario/drift.rs"]
mod drift;
#[path = "scenario/habits.rs"]
mod habits;
#[path = "scenario/internet.rs"]
mod internet;
#[path = "scenario/judge.rs"]
mod judge;
#[path = "scenario/lowered.rs"]
mod lowered;
#[path = "scenario/moving.rs"]
mod moving;
#[path = "scenario/ports.rs"]
mod ports;
#[path = "scenario/post.rs"]
mod post;
#[path = "scenario/random.rs"]
mod random;
#[path = "scenario/resolver.rs"]
mod resolver;
#[path = "scenario/rollback.rs"]
mod rollback;
#[path = "scenario/unlucky.rs"]
mod unlucky;
#[path = "scenario/walks.rs"]
mod walks;
