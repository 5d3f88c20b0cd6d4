"""`troupe doctor --hosts` against real secure shell servers on loopback: each fault is
planted, and must be found, named and given a cure; a healthy pair has none."""
import fcntl
import os
import socket
import subprocess
from pathlib import Path

from harness import TROUPE, check, data_set, main, skipped, troupe
from secure_shell import Shell, free_port, reason_to_skip

HOSTS = {"alpha": "127.0.0.1", "beta": "127.0.0.2"}


class Planted:
    """Two hosts and their doctor; `program` is what they have in troupe's place."""

    def __init__(self, scratch, shell):
        self.scratch, self.shell, self.program, self.port = scratch, shell, TROUPE, free_port()

    def doctor(self, *words, code=0, hosts="alpha,beta"):
        return troupe("doctor", "-H", hosts, "--ssh", self.shell.ssh, "--program", self.program, "--port", self.port,
                      *words, code=code, cwd=self.scratch).stdout

    def only_on_beta(self, body):
        """A program that does `body` on beta, where $real is troupe, and is troupe elsewhere."""
        path = self.scratch / "stand-in"
        path.write_text(f"#!/bin/sh\nreal={TROUPE}\ncase \"$SSH_CONNECTION\" in *' 127.0.0.2 '*)\n{body}\n;; esac\n"
                        "exec \"$real\" \"$@\"\n")
        path.chmod(0o755)
        self.program = path


def on_two_hosts(test):
    def run(scratch):
        if reason := reason_to_skip():
            return skipped(reason)
        with Shell(scratch, HOSTS) as shell:
            test(Planted(scratch, shell))
    return run


@on_two_hosts
def test_healthy_hosts_have_no_fault(lab):
    troupe("keys", "new", lab.scratch / "keys", *HOSTS)
    text = lab.doctor("--data", data_set(2000), "--keys", lab.scratch / "keys")
    assert "fail" not in text, text
    for host in HOSTS:
        for what in ["troupe ", "clock as here", "kernels v", "manifest ", "certificate until 20", "reaches the ports"]:
            check(text, "matches", rf"ok    {host} +.*{what}")
    check(text, "matches", r"ok    here +reaches the ports of all others")


@on_two_hosts
def test_a_taken_port(lab):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.2", lab.port + 1))
        other.listen()
        text = lab.doctor(code=1)
    check(text, "matches", rf"fail  beta +cannot listen at 127\.0\.0\.2:{lab.port + 1}: Address already in use; see what "
                           r"has the port with 'ss -ltnp', or take another with --port")


@on_two_hosts
def test_a_port_that_nobody_reaches(lab):
    # It says that it listens, and where it listens nobody looks: what a firewall does.
    lab.only_on_beta(f'[ "$2" = --answer ] && exec "$real" doctor --answer 127.0.0.9:{lab.port}')
    text = lab.doctor(code=1)
    for who in ("alpha", "here"):
        check(text, "matches", rf"fail  {who} +reach +cannot reach 127\.0\.0\.2:{lab.port + 1}: Connection refused; open the "
                               r"port in the firewalls between them")
    check(text, "matches", r"ok    beta +reaches the ports of all others")


@on_two_hosts
def test_certificates_that_are_foreign_expired_or_of_another_host(lab):
    keys = lab.scratch / "keys"
    troupe("keys", "new", keys, *HOSTS)
    troupe("keys", "new", lab.scratch / "others", "beta")
    for end in ("pem", "key"):
        (keys / f"beta.{end}").rename(lab.scratch / f"good.{end}")
        (keys / f"beta.{end}").write_bytes((lab.scratch / f"others/beta.{end}").read_bytes())
    check(lab.doctor("--keys", keys, code=1), "matches", r"fail  beta +\S+/keys/beta.pem: is signed by 'troupe CA \w+', and "
          r"not with the key of \S+ca.pem; take both from one folder of 'troupe keys new'")
    for end in ("pem", "key"):
        (keys / f"beta.{end}").write_bytes((keys / f"alpha.{end}").read_bytes())
    check(lab.doctor("--keys", keys), "matches", r"warn  beta +\S+beta.pem is made for 'alpha', not for beta; 'troupe keys "
          r"new' makes one for it")
    for end in ("pem", "key"):
        (keys / f"beta.{end}").unlink()
    check(lab.doctor("--keys", keys, code=1), "matches", r"fail  beta +\S+beta.pem: the certificate cannot be read")
    troupe("keys", "new", keys, "beta", "--days", 3)
    check(lab.doctor("--keys", keys), "matches", r"warn  beta +\S+beta.pem ends on 20\S+; make another before")


@on_two_hosts
def test_another_version_and_no_program(lab):
    lab.only_on_beta("[ \"$1\" = --version ] && { echo troupe 0.0.1; exit 0; }")
    check(lab.doctor(code=1), "matches", r"fail  beta +has troupe 0\.0\.1, this machine ")
    lab.program = lab.scratch / "none"
    check(lab.doctor(code=1), "matches", r"fail  alpha +has no program 'troupe' in the PATH that ssh gives")


@on_two_hosts
def test_slower_kernels(lab):
    lab.only_on_beta("if [ \"$1\" = doctor ] && [ $# = 1 ]; then \"$real\" doctor | sed 's/x86-64-v[34]/x86-64-v2/'; exit; fi")
    check(lab.doctor(), "matches", r"warn  beta +kernels v2 where others have v\d: all hosts of a run take the lowest")


@on_two_hosts
def test_a_wrong_clock(lab):
    tools = lab.scratch / "tools"
    tools.mkdir()
    (tools / "date").write_text("#!/bin/sh\necho $(($(/bin/date +%s) - 7200))\n")
    (tools / "date").chmod(0o755)
    lab.shell.restart("beta", f"SetEnv PATH={tools}:{os.environ['PATH']}")
    check(lab.doctor(code=1), "matches", r"fail  beta +clock 720\d s behind this machine's; certificates are not valid yet.*NTP")


@on_two_hosts
def test_too_few_descriptors(lab):
    lab.only_on_beta("ulimit -n 128")
    check(lab.doctor(), "matches", r"warn  beta +descriptors +128; many nodes need 'ulimit -n 1024'")


@on_two_hosts
def test_data_that_is_missing_or_another(lab):
    file = lab.scratch / "a.h5"
    file.write_bytes(Path(data_set(2000)).read_bytes())
    other = data_set(2000, seed=8)
    lab.only_on_beta(f"""case "$*" in *--data*)
  "$real" doctor --data {file}.beta | sed s/a.h5.beta/a.h5/; exit;; esac""")
    (lab.scratch / "a.h5.beta").write_bytes(Path(other).read_bytes())
    # beta opens another file under the same name, as hosts with disks of their own may.
    check(lab.doctor("--data", file, code=1), "matches",
          rf"fail  beta +{file} has manifest \w+ there and \w+ on alpha; copy one of them to all, or take data.source")
    check(lab.doctor("--data", lab.scratch / "none.h5", code=1), "matches",
          r"fail  alpha +cannot read \S+/none.h5; copy it there, or let this machine serve it")


@on_two_hosts
def test_locks_of_hdf5_are_nobodys_fault(lab):
    file = lab.scratch / "a.h5"
    file.write_bytes(Path(data_set(2000)).read_bytes())
    lab.shell.restart("beta", "SetEnv HDF5_USE_FILE_LOCKING=TRUE")
    with open(file, "r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # as somebody does who has it open by another program
        text = lab.doctor("--data", file)
    for host in HOSTS:
        check(text, "matches", rf"ok    {host} +\S+a.h5, manifest")
    assert "fail" not in text, text


if __name__ == "__main__":
    main()
