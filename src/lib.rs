//! Moves a domain's mail from one system to another by changing DNS, without losing, bouncing or
//! delaying a message.
//!
//! The path of data is one line:
//!
//! ```text
//! zones/*.yaml -> config -> mail::Intent -> plan::walk -> plan::Plan -> run::Run
//!                                              ^                         |  ^
//!                    provider (the live zone) -'      engine: poll, act, '  ' record <- journal
//!                                                             |
//!                                       provider (changes) <--+--> lookup, watch (who has them)
//! ```
//!
//! The house has floors; nothing reaches upward:
//!
//! | floor | rooms | |
//! |---|---|---|
//! | 0 | [`dns`] | names, records, zones; pure |
//! | 1 | [`mail`] | what records mean for mail; pure |
//! | 2 | [`plan`] | what to change, in which order, how long to wait; pure |
//! | 3 | [`run`] | where a transition stands; pure, time is an argument |
//! | 4 | [`port`] | the outside world as seven traits |
//! | 5 | [`config`], [`journal`], [`clock`] | files that people write, facts on disk, time |
//! | 5 | [`git`] | those files on a branch |
//! | 5 | [`provider`], [`lookup`], [`watch`], [`wire`] | hosts, name servers, who has what |
//! | 5 | [`notify`] | tells others what happens |
//! | 5 | [`probe`] | whether mail servers are ready, and what they show |
//! | 5 | [`lab`] | a small internet of one's own |
//! | 6 | [`engine`] | the only loop |
//! | 7 | [`cli`], [`dashboard`], [`report`] | faces: they render, and decide nothing |
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod clock;
pub mod config;
pub mod dashboard;
pub mod dns;
pub mod engine;
pub mod git;
pub mod journal;
pub mod lab;
pub mod lookup;
pub mod mail;
pub mod notify;
pub mod plan;
pub mod port;
pub mod probe;
pub mod provider;
pub mod report;
pub mod run;
pub mod watch;
pub mod wire;
