//! One story that the driver of every HTTP API passes, each against its host: a real server, or a
//! stand-in that keeps the host's documented rules.

mod support;

#[path = "conformance/accounts.rs"]
mod accounts;
#[path = "conformance/azure.rs"]
mod azure;
#[path = "conformance/cloudflare.rs"]
mod cloudflare;
#[path = "conformance/desec.rs"]
mod desec;
#[path = "conformance/digitalocean.rs"]
mod digitalocean;
#[path = "conformance/dnsimple.rs"]
mod dnsimple;
#[path = "conformance/fake.rs"]
mod fake;
#[path = "conformance/forward.rs"]
mod forward;
#[path = "conformance/gandi.rs"]
mod gandi;
#[path = "conformance/godaddy.rs"]
mod godaddy;
#[path = "conformance/google.rs"]
mod google;
#[path = "conformance/hetzner.rs"]
mod hetzner;
#[path = "conformance/inwx.rs"]
mod inwx;
#[path = "conformance/ionos.rs"]
mod ionos;
#[path = "conformance/judge.rs"]
mod judge;
#[path = "conformance/linode.rs"]
mod linode;
#[path = "conformance/moves.rs"]
mod moves;
#[path = "conformance/namecheap.rs"]
mod namecheap;
#[path = "conformance/netcup.rs"]
mod netcup;
#[path = "conformance/ovh.rs"]
mod ovh;
#[path = "conformance/porkbun.rs"]
mod porkbun;
#[path = "conformance/powerdns.rs"]
mod powerdns;
#[path = "conformance/rackspace.rs"]
mod rackspace;
#[path = "conformance/rest.rs"]
mod rest;
#[path = "conformance/route53.rs"]
mod route53;
#[path = "conformance/store.rs"]
mod store;
#[path = "conformance/story.rs"]
mod story;
#[path = "conformance/vultr.rs"]
mod vultr;
