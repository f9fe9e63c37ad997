//! Moves a domain's mail from one system to another by changing DNS.
pub mod config;
pub mod dns;
pub mod engine;
pub mod journal;
pub mod lab;
pub mod mail;
pub mod plan;
pub mod port;
pub mod provider;
pub mod run;
pub mod watch;
pub mod wire;
