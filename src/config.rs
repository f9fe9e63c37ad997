//! Files that people write, read strictly: every mistake of a file is told at once, with its place.

mod diagnostic;
mod node;
mod reader;
pub mod scalar;
mod secret;

pub use diagnostic::{Diagnostic, Severity, Source};
pub use node::{Node, Span, Value};
pub use reader::{Placed, Read, Reader, Table, advice, either, list, pairs, placed, scalar, text};
pub use secret::{Resolved, Secret, SecretError, SecretRef, secret};
