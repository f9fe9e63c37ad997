//! The program as a user runs it: mistakes in files, mistakes in the world, and what is printed.

#[path = "cli/ci.rs"]
mod ci;
#[path = "cli/copies.rs"]
mod copies;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/faces.rs"]
mod faces;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/flatten.rs"]
mod flatten;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/many.rs"]
mod many;
#[path = "cli/oracles.rs"]
mod oracles;
#[path = "cli/rules.rs"]
mod rules;
#[path = "cli/seeds.rs"]
mod seeds;
mod support;
#[path = "cli/world.rs"]
mod world;
