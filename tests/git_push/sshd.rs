//! An SSH server of one's own: its port, its keys, and nobody but who has the key.

use super::support::server::{Program, eventually, free_port, loopback};
use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SSHD: Program = Program { path: "/usr/sbin/sshd", package: "openssh-server" };
const KEYGEN: Program = Program { path: "/usr/bin/ssh-keygen", package: "openssh-client" };
const SSH: Program = Program { path: "/usr/bin/ssh", package: "openssh-client" };

/// A running sshd; dropping it ends it.
pub(crate) struct Sshd {
    child: Child,
    dir: TempDir,
    addr: SocketAddr,
}

impl Sshd {
    pub(crate) fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("cutover-sshd-").tempdir().unwrap();
        for name in ["host", "user"] {
            let args = ["-q", "-t", "ed25519", "-N", "", "-f", name];
            KEYGEN.run(dir.path(), &args);
        }
        // Where Debian's waits for whoever has no account yet; only root's needs it.
        let _ = fs::create_dir_all("/run/sshd");
        let (addr, at) = (loopback(free_port()), dir.path().display());
        let config = format!(
            "ListenAddress {addr}\nHostKey {at}/host\nAuthorizedKeysFile {at}/user.pub\n\
             PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        );
        fs::write(dir.path().join("config"), config).unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        let mut command = SSHD.command();
        command.args(["-D", "-e", "-f"]).arg(dir.path().join("config"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let sshd = Self { child: child.unwrap(), dir, addr };
        let is_there = eventually(Duration::from_secs(10), || TcpStream::connect(addr).is_ok());
        assert!(is_there, "{}", sshd.log());
        sshd
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// The address of a repository.
    pub(crate) fn url(&self, repository: &Path) -> String {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        format!("ssh://{}@{}{}", user.trim(), self.addr, repository.display())
    }

    /// The client, with the one key that opens it.
    pub(crate) fn client(&self) -> String {
        let (ssh, at) = (SSH.installed(), self.dir.path().display());
        format!(
            "{ssh} -F /dev/null -i {at}/user -o IdentitiesOnly=yes -o BatchMode=yes \
             -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
