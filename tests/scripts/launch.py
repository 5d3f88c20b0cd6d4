"""`troupe launch` against real secure shell servers on loopback: what it asks the hosts,
what it says of them, and that nothing is left of it."""
import os
import signal
import subprocess
import time
from pathlib import Path

import namespaces
from harness import (DEADLINE, TROUPE, Started, check, data_set, end_of, lines, main, skipped, troupe,
                     wait_for)
from secure_shell import Shell, free_port, reason_to_skip

HOSTS = {"alpha": "127.0.0.1", "beta": "127.0.0.2"}


def configuration(scratch, **keys):
    lines = {"data.path": f'"{data_set(2000)}"', "data.validation": "0.2", "model.kind": '"svm"',
             "training.algorithm": '"ssgd"', "training.learning_rate": "0.05", "training.stop.epochs": "3", **keys}
    path = scratch / "run.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
    return path


def stand_in(scratch, body):
    """A program for the hosts that is not troupe; it says the same version."""
    version = troupe("--version").stdout.strip()
    path = scratch / "stand-in"
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && {{ echo '{version}'; exit 0; }}\n{body}\n")
    path.chmod(0o755)
    return path


def with_shell(test):
    """Runs a test with two hosts, or says why it cannot."""
    def run(scratch):
        if reason := reason_to_skip():
            return skipped(reason)
        with Shell(scratch, HOSTS) as shell:
            test(scratch, shell)
    return run


@with_shell
def test_hosts_are_asked_and_the_plan_says_who_joins_where(scratch, shell):
    done = troupe("launch", "-H", "alpha:2,beta:1", configuration(scratch), "--ssh", shell.ssh, "--program", TROUPE,
                  "--port", 7007, "--dry-run", cwd=scratch)
    check(done.stdout, "matches", r"coordinator here, at 127\.0\.0\.1:7007, 3 workers on 2 hosts, in the clear")
    check(done.stdout, "matches", rf"beta \(127\.0\.0\.2, folder {scratch}, 1 slots, joins 127\.0\.0\.1:7007\)")


@with_shell
def test_slots_that_stay_idle_are_said(scratch, shell):
    done = troupe("launch", "-H", "alpha:2,beta:4", configuration(scratch, **{"training.workers": 4}), "--ssh", shell.ssh,
                  "--program", TROUPE, "--dry-run", cwd=scratch)
    check(done.stderr, "matches", r"2 of 6 slots stay idle: training\.workers = 4.*; without it each slot has a worker")


@with_shell
def test_a_missing_file_is_named_with_its_host_and_a_cure(scratch, shell):
    config = configuration(scratch, **{"data.path": '"none.h5"'})
    done = troupe("launch", "-H", "alpha,beta", config, "--ssh", shell.ssh, "--program", TROUPE, code=3, cwd=scratch)
    check(done.stderr, "matches", rf"alpha: cannot read {scratch}/none.h5; copy it there, or let this "
                                  r"machine serve it with -s data.source=coordinator\nbeta: ")
    troupe("launch", "-H", "alpha,beta", config, "--ssh", shell.ssh, "--program", TROUPE, "--dry-run",
           "-s", "data.source=coordinator", cwd=scratch)


@with_shell
def test_a_file_of_edges_is_looked_for_on_every_host(scratch, shell):
    edges = scratch / "edges.txt"
    edges.write_text("0 1\n")
    config = configuration(scratch, **{"training.algorithm": '"gossip_asgd"', "training.gossip.graph": '"file"',
                                       "training.gossip.edges": f'"{edges}"'})
    words = ["launch", "-H", "alpha:1,beta:1", config, "--ssh", shell.ssh, "--program", TROUPE, "--dry-run"]
    troupe(*words, cwd=scratch)
    # As on hosts with disks of their own: what is read here is not there.
    tools = scratch / "tools"
    tools.mkdir()
    (tools / "wc").write_text("#!/bin/sh\n/usr/bin/wc \"$@\" | sed s/^4$/5/\n")
    (tools / "wc").chmod(0o755)
    shell.restart("beta", f"SetEnv PATH={tools}:{os.environ['PATH']}")
    done = troupe(*words, code=3, cwd=scratch)
    check(done.stderr, "matches", rf"^beta: {edges} has 5 bytes there and 4 here; copy it there, every node draws")


@with_shell
def test_a_host_without_the_program_gets_it_where_asked(scratch, shell):
    words = ["launch", "-H", "alpha", configuration(scratch), "--ssh", shell.ssh, "--dry-run"]
    old = stand_in(scratch, "").rename(scratch / "troupe-old")
    old.write_text("#!/bin/sh\necho troupe 0.0.1\n")
    done = troupe(*words, "--program", old, code=4, cwd=scratch)
    check(done.stderr, "matches", r"alpha: has troupe 0\.0\.1, this machine .*; install the same there, or let "
                                  r"--copy-binary bring it")
    done = troupe(*words, "--program", scratch / "none", code=4, cwd=scratch)
    check(done.stderr, "matches", r"alpha: has no program 'troupe' in the PATH that ssh gives")
    done = troupe(*words, "--copy-binary", cwd=scratch)
    check(done.stderr, "matches", "alpha | copying this program there")
    copies = list((shell.home / ".cache/troupe/bin").iterdir())
    check([copy.read_bytes() == Path(TROUPE).read_bytes() for copy in copies], "==", [True])
    again = troupe(*words, "--copy-binary", cwd=scratch)
    check("copying" in again.stderr, "==", False, because="it is there already")


@with_shell
def test_a_host_that_does_not_answer_is_named_and_nothing_hangs(scratch, shell):
    config = shell.folder / "config"
    config.write_text(config.read_text() + "Host gone\n  HostName 127.0.0.1\n  Port 9\n"
                      "Host mute\n  ProxyCommand sleep 600\n")
    start = time.monotonic()
    done = troupe("launch", "-H", "alpha,gone,mute", configuration(scratch), "--ssh", shell.ssh, "--program", TROUPE,
                  code=4, cwd=scratch)
    print(f"refused after {time.monotonic() - start:.1f} s; the promise is 30 s")
    check(done.stderr, "matches", r"gone: ssh does not get there: .*refused.*; 'ssh -o BatchMode=yes gone true' must work")
    check(done.stderr, "matches", r"mute: .*must work")
    check("alpha:" in done.stderr, "==", False)


def left_of(port):
    """Processes that know the coordinator's port, wherever they run."""
    return [entry.name for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and f":{port}\0".encode() in command_line(entry)]


def command_line(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def nothing_left(port, seconds=20):
    start = time.monotonic()
    wait_for(lambda: not left_of(port), f"nodes {left_of(port)} to go away", seconds)
    return time.monotonic() - start


class Launched(Started):
    """A launch over alpha and beta."""

    def __init__(self, scratch, shell, config, *words, program=TROUPE, inside=()):
        self.port, self.run = free_port(), scratch / "run"
        super().__init__("launch", "-H", "alpha:2,beta:2", config, "--ssh", shell.ssh, "--program", program, "--port",
                         self.port, "--run-dir", self.run, *words, cwd=scratch, inside=inside)

    def trains(self):
        wait_for(lambda: lines(self.run, "step") or self.process.poll() is not None, "the first step")
        check(self.process.poll(), "==", None, because=self.text())


LONG = {"training.stop.epochs": "100000000"}


@with_shell
def test_a_run_over_two_hosts_ends_as_it_should_and_nothing_is_left(scratch, shell):
    with Launched(scratch, shell, configuration(scratch)) as launched:
        check(launched.exit_code(), "==", 0, because=launched.text())
        check(end_of(launched.run)["status"], "==", "done")
        print(f"nothing left after {nothing_left(launched.port):.1f} s")
    alone = scratch / "alone"
    troupe("train", configuration(scratch), "-s", "workers=4", "--run-dir", alone, cwd=scratch)
    check(end_of(launched.run)["weights_crc32c"], "==", end_of(alone)["weights_crc32c"])


@with_shell
def test_one_interrupt_stops_all(scratch, shell):
    with Launched(scratch, shell, configuration(scratch, **LONG)) as launched:
        launched.trains()
        launched.signal(signal.SIGINT)
        start = time.monotonic()
        check(launched.exit_code(), "==", 130, because=launched.text())
        print(f"ended {time.monotonic() - start:.1f} s after Ctrl-C, nothing left {nothing_left(launched.port):.1f} s later")
        check(end_of(launched.run)["status"], "==", "stopped")


@with_shell
def test_a_killed_launch_leaves_nothing(scratch, shell):
    with Launched(scratch, shell, configuration(scratch, **LONG)) as launched:
        launched.trains()
        launched.signal(signal.SIGKILL)
        print(f"nothing left {nothing_left(launched.port, 60):.1f} s after SIGKILL of launch")
        launched.gone()


@with_shell
def test_a_broken_connection_costs_its_host_alone(scratch, shell):
    with Launched(scratch, shell, configuration(scratch, **LONG)) as launched:
        launched.trains()
        shell.end_sessions("beta")
        wait_for(lambda: [line for line in lines(launched.run, "event") if line["what"] in ("worker_lost", "node_left")],
                 "the loss")
        before = len(lines(launched.run, "step"))
        wait_for(lambda: len(lines(launched.run, "step")) > before, "training to go on")
        launched.signal(signal.SIGTERM)
        check(launched.exit_code(), "==", 143, because=launched.text())
        check(launched.text(), "matches", r"beta +\| the ssh connection broke")
        nothing_left(launched.port)


@with_shell
def test_a_node_that_cannot_start_ends_the_launch(scratch, shell):
    program = stand_in(scratch, "echo no library >&2; exit 127")
    with Launched(scratch, shell, configuration(scratch), program=program) as launched:
        start = time.monotonic()
        check(launched.exit_code(), "==", 4, because=launched.text())
        print(f"ended after {time.monotonic() - start:.1f} s; the start timeout is 60 s")
        check(launched.text(), "matches", r"alpha +\| no library")
        check(launched.text(), "matches", r"\| the node ended with exit code 127 before the run began; ending it")
        nothing_left(launched.port)


DESK, NUMBERS = 1, {"alpha": 2, "beta": 3}


def over_namespaces(test):
    """Three hosts with networks of their own: the desk that launches, and two with sshd."""
    def run(scratch):
        if reason := reason_to_skip() or namespaces.reason_to_skip():
            return skipped(reason)
        with namespaces.Hosts(3) as lab:
            hosts = {name: lab.address(number) for name, number in NUMBERS.items()}
            with Shell(scratch, hosts, {name: lab.inside(number) for name, number in NUMBERS.items()}) as shell:
                test(scratch, shell, lab)
    return run


def launch_from_desk(scratch, shell, lab, config, *words, code=0):
    return troupe("launch", "-H", "alpha:2,beta:2", config, "--ssh", shell.ssh, "--program", TROUPE, "--run-dir",
                  scratch / "run", *words, cwd=scratch, inside=lab.inside(DESK), code=code)


@over_namespaces
def test_hosts_of_their_own_networks_train_through_tls_that_nobody_set_up(scratch, shell, lab):
    done = launch_from_desk(scratch, shell, lab, configuration(scratch))
    check(done.stderr, "matches", r"coordinator here, at 10\.77\.0\.1:\d+, 4 workers on 2 hosts, by TLS with "
                                  r"certificates of this run")
    check(end_of(scratch / "run")["status"], "==", "done")


@over_namespaces
def test_a_host_that_is_cut_off_costs_itself_and_hangs_nothing(scratch, shell, lab):
    with Launched(scratch, shell, configuration(scratch, **LONG), inside=lab.inside(DESK)) as launched:
        launched.trains()
        lab.cut(NUMBERS["beta"], DESK)
        lab.cut(NUMBERS["beta"], NUMBERS["alpha"])
        wait_for(lambda: [line for line in lines(launched.run, "event") if line["what"] == "worker_lost"], "the loss")
        before = len(lines(launched.run, "step"))
        wait_for(lambda: len(lines(launched.run, "step")) > before, "training to go on")
        launched.signal(signal.SIGINT)
        start = time.monotonic()
        check(launched.exit_code(), "==", 130, because=launched.text())
        print(f"ended {time.monotonic() - start:.1f} s after Ctrl-C, with a host that does not answer")
        check(launched.text(), "matches", r"beta +\| (the ssh connection broke|ssh did not end in time)")
        print(f"nothing left {nothing_left(launched.port, 120):.1f} s later, also on the host that was cut off")


@over_namespaces
def test_hosts_of_their_own_networks_train_with_certificates_of_keys_new(scratch, shell, lab):
    troupe("keys", "new", "keys", "desk", "alpha", cwd=scratch)
    tls = {"cluster.tls": '{ ca = "keys/ca.pem", certificate = "keys/desk.pem", key = "keys/desk.key" }'}
    done = launch_from_desk(scratch, shell, lab, configuration(scratch, **tls), code=2)
    check(done.stderr, "matches", r"keys/beta.pem: the certificate cannot be read: .*'troupe keys new DIR HOST...'")
    troupe("keys", "new", "keys", "beta", cwd=scratch)
    done = launch_from_desk(scratch, shell, lab, configuration(scratch, **tls))
    check(done.stderr, "matches", r"by TLS with the certificates of \S+/keys")


if __name__ == "__main__":
    main()
