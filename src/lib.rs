//! Moves a domain's mail from one system to another by changing DNS.
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod dns;
pub mod engine;
pub mod journal;
pub mod lab;
pub mod lookup;
pub mod mail;
pub mod plan;
pub mod port;
pub mod provider;
pub mod report;
pub mod run;
pub mod watch;
pub mod wire;
