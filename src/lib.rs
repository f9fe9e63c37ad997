//! Moves a domain's mail from one system to another by changing DNS.
pub mod dns;
pub mod engine;
pub mod journal;
pub mod mail;
pub mod plan;
pub mod port;
pub mod run;
