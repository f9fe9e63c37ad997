//! The log of the long run: one event a fact, for people or for machines, to standard error.

use super::news::{Level, News};
use crate::plan::Stage;
use crate::report::text;
use anstream::adapter::strip_str;
use std::io;
use tracing::{Dispatch, dispatcher, error, info, warn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

/// In which form events are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people; without times where the system's journal keeps them
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Where events go. It is nobody's default, so that what libraries have to say of their
/// connections, headers and all, never comes near it.
#[derive(Clone, Debug)]
pub(super) struct Log(Dispatch);

impl Log {
    /// A log to standard error.
    pub(super) fn new(format: LogFormat, colour: bool) -> Self {
        let layer = fmt::layer().with_writer(io::stderr).with_target(false);
        let dispatch = match format {
            LogFormat::Json => {
                let layer = layer.json().flatten_event(true).with_current_span(false);
                Dispatch::new(registry().with(layer.with_span_list(false)))
            }
            // The variable tells which stream the system's journal reads.
            LogFormat::Text if std::env::var_os("JOURNAL_STREAM").is_some() => {
                Dispatch::new(registry().with(layer.with_ansi(false).without_time()))
            }
            LogFormat::Text => Dispatch::new(registry().with(layer.with_ansi(colour))),
        };
        Self(dispatch)
    }

    /// Writes one event.
    pub(super) fn write(&self, news: &News) {
        let zone = news.zone.as_ref().map(text::plain);
        let stage = news.stage.map(Stage::name);
        let until = news.until.map(|until| until.to_rfc3339());
        let text = news.message();
        let plain = strip_str(text.trim_end()).to_string();
        // Each level is a place in the program to `tracing`, so the fields are told three times.
        macro_rules! event {
            ($level:ident) => {
                $level!(
                    event = news.event,
                    zone,
                    stage,
                    checkpoint = news.checkpoint,
                    server = news.server,
                    until,
                    code = news.code,
                    hint = news.hint,
                    "{plain}"
                )
            };
        }
        dispatcher::with_default(&self.0, || match news.level {
            Level::Info => event!(info),
            Level::Warning => event!(warn),
            Level::Error => event!(error),
        });
    }
}
