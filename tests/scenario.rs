//! Whole moves in a simulated internet: weeks pass in milliseconds, and at every minute every
//! cache must lead mail somewhere that takes it, and whatever is sent must authenticate.
//!
//! No sockets, no real time. Each story about safety has its negative control.

#[path = "scenario/authority.rs"]
mod authority;
#[path = "scenario/cast.rs"]
mod cast;
#[path = "scenario/complaints.rs"]
mod complaints;
#[path = "scenario/controls.rs"]
mod controls;
#[path = "scenario/copied.rs"]
mod copied;
#[path = "scenario/crashes.rs"]
mod crashes;
#[path = "scenario/crowd.rs"]
mod crowd;
#[path = "scenario/diary.rs"]
mod diary;
#[path = "scenario/dice.rs"]
mod dice;
#[path = "scenario/domain.rs"]
mod domain;
#[path = "scenario/drift.rs"]
mod drift;
#[path = "scenario/four.rs"]
mod four;
#[path = "scenario/habits.rs"]
mod habits;
#[path = "scenario/held.rs"]
mod held;
#[path = "scenario/internet.rs"]
mod internet;
#[path = "scenario/judge.rs"]
mod judge;
#[path = "scenario/lost.rs"]
mod lost;
#[path = "scenario/lowered.rs"]
mod lowered;
#[path = "scenario/moving.rs"]
mod moving;
#[path = "scenario/platforms.rs"]
mod platforms;
#[path = "scenario/policy_host.rs"]
mod policy_host;
#[path = "scenario/population.rs"]
mod population;
#[path = "scenario/ports.rs"]
mod ports;
#[path = "scenario/post.rs"]
mod post;
#[path = "scenario/presets.rs"]
mod presets;
#[path = "scenario/questions.rs"]
mod questions;
#[path = "scenario/random.rs"]
mod random;
#[path = "scenario/receiver.rs"]
mod receiver;
#[path = "scenario/resolver.rs"]
mod resolver;
#[path = "scenario/rollback.rs"]
mod rollback;
#[path = "scenario/sabotage.rs"]
mod sabotage;
#[path = "scenario/transition.rs"]
mod transition;
#[path = "scenario/unlucky.rs"]
mod unlucky;
#[path = "scenario/versions.rs"]
mod versions;
#[path = "scenario/walks.rs"]
mod walks;
#[path = "scenario/world.rs"]
mod world;
