//! What a provider file says of zone files on disk.

use super::{Reload, ReloadTool, ZoneFile};
use crate::config::{Read, Reader, Table, advice, list, scalar, text};
use crate::dns::TextError;
use crate::port::{Provider, ProviderError};
use crate::provider::{Context, Open};
use async_trait::async_trait;

/// `path`, `reload` and `reload-options`.
#[derive(Debug)]
struct Account {
    path: String,
    reload: Option<Reload>,
}

/// Reads the keys of this driver.
pub(in crate::provider) fn settings(
    reader: &Reader<'_>,
    table: &mut Table<'_>,
) -> Read<Box<dyn Open>> {
    let path = table.need("path", text);
    let tool = table.get("reload", scalar(tool));
    let options = table.get("reload-options", list(text));
    if options.is_some() && tool.is_none() {
        return reader.refuse(table.span(), "`reload-options` are for `reload`, which is not here");
    }
    let reload = tool.map(|tool| Reload::new(tool, options.unwrap_or_default()));
    Some(Box::new(Account { path: path?, reload }))
}

fn tool(text: &str) -> Result<ReloadTool, TextError> {
    ReloadTool::parse(text).ok_or_else(|| {
        let names = ReloadTool::NAMES.map(|(name, _)| name);
        let message = format!("`{text}` is not a reload command; {}", advice(text, &names));
        TextError { at: 0, len: text.len().max(1), message }
    })
}

#[async_trait]
impl Open for Account {
    async fn open(&self, context: Context<'_>) -> Result<Box<dyn Provider>, ProviderError> {
        Ok(Box::new(ZoneFile::new(context.base.join(&self.path), self.reload.clone())))
    }
}
