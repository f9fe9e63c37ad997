//! Values of arguments, read as files read them.

use crate::config::scalar;
use crate::dns::Name;
use crate::mail::platform::PRESETS;
use crate::mail::sts;
use crate::plan::{Stage, Timestamp};
use clap::builder::PossibleValuesParser;
use std::net::SocketAddr;
use std::time::Duration;

pub(super) fn zone(text: &str) -> Result<Name, String> {
    scalar::domain(text).map_err(|error| error.to_string())
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    crate::config::address(text).map_err(|error| error.to_string())
}

pub(super) fn platform_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PRESETS.iter().map(|preset| preset.name))
}

pub(super) fn stage(text: &str) -> Result<Stage, String> {
    let names = Stage::ALL.map(Stage::name);
    Stage::parse(text).ok_or_else(|| format!("stages are {}", names.join(", ")))
}

pub(super) fn sts_mode(text: &str) -> Result<sts::Mode, String> {
    sts::Mode::parse(text).ok_or_else(|| "modes are testing, enforce, none".to_owned())
}

/// More than a few hundred would be taken for an attack, and prove hardly more.
pub(super) fn samples(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=300).contains(number));
    number.ok_or_else(|| "a number from 1 to 300".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    scalar::duration(text).map_err(|error| error.to_string())
}

pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    scalar::time(text).map(|time| time.at).map_err(|error| error.to_string())
}
