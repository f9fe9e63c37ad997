//! Files that people write, read strictly: every mistake of a file is told at once, with its place.

mod accept;
mod account;
mod branch;
mod diagnostic;
mod draft;
mod files;
mod node;
mod notify;
mod octodns;
mod place;
mod platform;
mod preset;
mod project;
mod rate;
mod reader;
mod resolvers;
mod runbook;
pub mod scalar;
mod secret;
mod selector;
mod side;
mod transition;
mod zone;

pub use accept::{Accepted, weighed};
pub use account::{Account, ReadSettings, account, address};
pub use branch::{Branch, branch_name};
pub use diagnostic::{Diagnostic, Severity, Source};
pub use draft::Draft;
pub use files::{Files, Folder};
pub use node::{Node, Span, Value};
pub use notify::{Form, Webhook};
pub use octodns::{Octodns, Unwritable, octodns, to_octodns};
pub use place::places;
pub use platform::{Platform, SignIn, platform, recognised};
pub use project::{Findings, OpenBranch, Project, Settings, project, settings, zone_files};
pub use rate::Rate;
pub use reader::{Placed, Read, Reader, Table, advice, either, list, pairs, placed, scalar, text};
pub use resolvers::Listed;
pub use runbook::{Contact, Runbook};
pub use secret::{Resolved, Secret, SecretError, SecretRef, secret};
pub use transition::Confirmed;
pub use zone::{ZoneSpec, zone_file};

#[cfg(test)]
mod tests;
