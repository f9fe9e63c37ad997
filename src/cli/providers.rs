//! `cutover providers`: tries every account, and writes nothing.

use super::args;
use super::session::{Session, each};
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::dns::{Name, RrKey};
use crate::port::{Access, Provider as _, ProviderError};
use crate::report::{Standing, json, text};
use std::collections::BTreeSet;

/// Tells of each account and zone what can be found out without writing.
pub(super) async fn providers(
    session: &Session<'_>,
    args: &args::Providers,
) -> Result<u8, Failure> {
    let accounts = &session.project.accounts;
    if let Some(unknown) = args.names.iter().find(|name| !accounts.contains_key(*name)) {
        let known: Vec<_> = accounts.keys().map(String::as_str).collect();
        return Err(Failure::with(exit::USAGE, format!("there is no provider `{unknown}`"))
            .hint(format!("there are: {}", known.join(", "))));
    }
    let is_asked = |name: &String| args.names.is_empty() || args.names.contains(name);
    let mut pairs = Vec::new();
    for account in accounts.keys().filter(|name| is_asked(name)) {
        let uses = |spec: &&ZoneSpec| spec.providers.contains(account);
        let used = session.project.zones.iter().filter(uses);
        let used = used.map(|spec| (spec.intent.zone.clone(), spec.intent.keys()));
        let zones: Vec<_> = match &args.zone {
            Some(zone) => vec![(zone.clone(), BTreeSet::new())],
            None => used.collect(),
        };
        match zones.is_empty() {
            true => pairs.push((account, None)),
            false => pairs.extend(zones.into_iter().map(|zone| (account, Some(zone)))),
        }
    }
    let found = each(pairs, async |(account, zone)| standing(session, account, zone).await).await;
    match args.json {
        true => session.terminal.print(&format!("{:#}\n", json::standings(&found))),
        false => session.terminal.print(&text::standings(&found)),
    }
    let is_well =
        |one: &Standing| one.problem.is_none() && !matches!(one.access, Access::Denied(_));
    Ok(if found.iter().all(is_well) { exit::DONE } else { exit::ERROR })
}

/// A zone to look for, and the RRsets that who sees no zone looks at.
type Asked = (Name, BTreeSet<RrKey>);

/// What one account says of one zone; without a zone, only whether it can be opened.
async fn standing(session: &Session<'_>, account: &str, zone: Option<Asked>) -> Standing {
    let driver = session.project.accounts.get(account).map(|one| one.driver.clone());
    let mut standing = Standing {
        account: account.to_owned(),
        driver: driver.unwrap_or_default(),
        zone: zone.as_ref().map(|(apex, _)| apex.clone()),
        facts: None,
        access: Access::Untried,
        problem: None,
    };
    if let Err(problem) = fill(session, account, zone, &mut standing).await {
        standing.problem = Some(problem);
    }
    standing
}

async fn fill(
    session: &Session<'_>,
    account: &str,
    zone: Option<Asked>,
    standing: &mut Standing,
) -> Result<(), ProviderError> {
    let (apex, keys) = zone.unzip();
    let keys = keys.unwrap_or_default();
    let Some(provider) = session.account(account, &keys).await? else { return Ok(()) };
    standing.facts = Some(provider.facts());
    if let Some(apex) = apex {
        provider.zone(&apex).await?;
        standing.facts = Some(provider.limits(&apex).await?);
        standing.access = provider.access(&apex).await?;
    }
    Ok(())
}
