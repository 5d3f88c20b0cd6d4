"""A secure shell server of a test's own: keys made for it, an address of loopback or of a
network namespace, gone with the test. It touches no configuration of this machine."""
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from harness import kill, wait_for

SERVER = shutil.which("sshd") or "/usr/sbin/sshd"


def reason_to_skip():
    if not Path(SERVER).exists() or not shutil.which("ssh"):
        return "no sshd here (Debian: openssh-server)"
    return ""


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Shell:
    """sshd for some hosts: names to addresses. `ssh` is the command that reaches them by name."""

    def __init__(self, folder, hosts, inside=None):
        self.folder = Path(folder) / "ssh"
        self.folder.mkdir(mode=0o700)
        self.home = self.folder / "home"  # what is written there goes with the test
        self.home.mkdir()
        self.hosts = hosts
        self.inside = inside or {}  # what goes before a command on a host
        self.port = free_port()
        self.servers = {}
        self.ssh = f"ssh -F {self.folder}/config"

    def __enter__(self):
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists
        for name in ("server", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        shutil.copy(self.folder / "user.pub", self.folder / "authorized")
        server_key = (self.folder / "server.pub").read_text().split()[:2]
        with open(self.folder / "config", "w") as config, open(self.folder / "known", "w") as known:
            for name, address in self.hosts.items():
                known.write(f"[{address}]:{self.port} {' '.join(server_key)}\n")
                config.write(f"Host {name}\n  HostName {address}\n  Port {self.port}\n")
            config.write(f"Host *\n  IdentityFile {self.folder}/user\n  IdentitiesOnly yes\n"
                         f"  UserKnownHostsFile {self.folder}/known\n  StrictHostKeyChecking yes\n")
        try:
            for name, address in self.hosts.items():
                self.serve(name, address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def restart(self, name, *settings):
        """The same server with a richer environment: "SetEnv NAME=VALUE" each."""
        self.stop(name)
        self.serve(name, self.hosts[name], settings)

    def serve(self, name, address, more=()):
        settings = self.folder / f"{name}.conf"
        environment = " ".join([f"HOME={self.home}", *(line.removeprefix("SetEnv ") for line in more)])
        settings.write_text(f"Port {self.port}\nListenAddress {address}\nHostKey {self.folder}/server\n"
                            f"AuthorizedKeysFile {self.folder}/authorized\nStrictModes no\nUsePAM no\n"
                            f"SetEnv {environment}\nPidFile none\nPasswordAuthentication no\n")
        log = open(self.folder / f"{name}.log", "w")
        server = subprocess.Popen([*self.inside.get(name, []), SERVER, "-D", "-e", "-f", settings], stdout=log, stderr=log,
                                  start_new_session=True)
        self.servers[name] = server
        wait_for(lambda: "listening on" in (self.folder / f"{name}.log").read_text() or server.poll() is not None,
                 f"sshd of {name}")
        if server.poll() is not None:
            raise AssertionError((self.folder / f"{name}.log").read_text())

    def __exit__(self, *_):
        for name in list(self.servers):
            self.stop(name)

    def end_sessions(self, name):
        """Kills what the server started to hold its connections; clients see them broken."""
        listener = self.servers[name].pid
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and parent(entry) == listener:
                kill(int(entry.name), signal.SIGKILL)

    def stop(self, name):
        """The server with its sessions: one whose client was cut off would stay for hours."""
        self.end_sessions(name)
        server = self.servers.pop(name)
        kill(-server.pid, signal.SIGKILL)
        server.wait()


def parent(process):
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
