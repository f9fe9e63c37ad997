//! What looks on while zones are driven: the page, its numbers, and webhooks.

use super::eye::{Asking, Eye};
use super::herald::Herald;
use super::resolvers::watched;
use super::session::{Session, each};
use super::{Failure, Terminal, exit};
use crate::config::Secret;
use crate::dashboard::{Door, Scene, ZoneScene, serve};
use crate::dns::Name;
use crate::port::Clock as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch as channel;

/// The variable that holds the token for the page.
const TOKEN: &str = "CUTOVER_TOKEN";

/// How often to look; resolvers are asked more rarely.
const EVERY: Duration = Duration::from_secs(10);

/// How long webhooks may take to hear the last news, once asked to stop; the next start tells them
/// what they missed.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The zones to look at, by the newest reading of the files.
pub(super) type Sight<'a> = (Arc<Session<'a>>, Vec<Name>);

/// Zones that cannot be driven just now, and why.
pub(super) type Troubles = Arc<Mutex<BTreeMap<Name, String>>>;

/// Opens the page's port, and says where it is.
pub(super) async fn open(terminal: &Terminal, address: SocketAddr) -> Result<Door, Failure> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()).map(Secret::new);
    let door = Door::open(address, token).await.map_err(|problem| {
        Failure::with(exit::USAGE, problem.to_string()).hint(format!(
            "listen at a loopback address, or keep a token in the environment variable {TOKEN}"
        ))
    })?;
    terminal.note(&format!("the page is at http://{}/", door.address()));
    Ok(door)
}

/// Looks on until the sender of sights is gone; returns early only by a failure.
pub(super) async fn look_on(
    door: Option<Door>,
    sights: channel::Receiver<Sight<'_>>,
    troubles: &Troubles,
) -> Result<(), Failure> {
    let (scenes, scene) = channel::channel(Arc::new(Scene::default()));
    match door {
        None => look(sights, &scenes, troubles).await,
        Some(door) => tokio::select! {
            done = look(sights, &scenes, troubles) => done,
            served = serve(door, scene) => served.map_err(Failure::from),
        },
    }
}

async fn look(
    mut sights: channel::Receiver<Sight<'_>>,
    scenes: &channel::Sender<Arc<Scene>>,
    troubles: &Troubles,
) -> Result<(), Failure> {
    let mut eyes: BTreeMap<Name, Eye> = BTreeMap::new();
    loop {
        let (session, _) = sights.borrow_and_update().clone();
        let mut herald = Herald::new(&session)?;
        let goes_on = rounds(&mut sights, scenes, &mut eyes, &mut herald, troubles).await?;
        if let Some(herald) = herald {
            let until = session.now() + LAST_WORDS;
            tokio::select! {
                () = herald.finish() => (),
                () = session.clock.sleep_until(until) => (),
            }
        }
        if !goes_on {
            return Ok(());
        }
    }
}

/// Looks as long as the files are those that were read last; whether there are others now.
async fn rounds(
    sights: &mut channel::Receiver<Sight<'_>>,
    scenes: &channel::Sender<Arc<Scene>>,
    eyes: &mut BTreeMap<Name, Eye>,
    herald: &mut Option<Herald>,
    troubles: &Troubles,
) -> Result<bool, Failure> {
    let (session, names) = sights.borrow().clone();
    let resolvers = watched(&session.project.settings.resolvers)?;
    let asking = Asking { resolvers: &resolvers, samples: 1 };
    eyes.retain(|zone, _| names.contains(zone));
    for zone in &names {
        eyes.entry(zone.clone()).or_insert_with(|| Eye::new(zone));
    }
    loop {
        let looks = each(eyes.values_mut(), |eye| eye.look(&session, asking)).await;
        let mut zones = Vec::new();
        for look in looks {
            match look {
                Ok(zone) => zones.push(ZoneScene {
                    problem: zone
                        .problem
                        .or_else(|| troubles.lock().ok()?.get(&zone.zone).cloned()),
                    ..zone
                }),
                // Who drives the zone fails by the same, and says so.
                Err(failure) => session.warn(failure.message()),
            }
        }
        if let Some(herald) = herald {
            zones.iter().for_each(|zone| herald.look(&session, zone));
        }
        // Nobody may be looking at the page just now.
        let _ = scenes.send(Arc::new(Scene { zones }));
        tokio::select! {
            changed = sights.changed() => return Ok(changed.is_ok()),
            () = session.clock.sleep_until(session.now() + EVERY) => (),
        }
    }
}
