"""Seeing a run that goes on: real processes are frozen, killed and slowed down, and whoever
watches names them. Waits are for the event, ten times what is promised; the time is printed."""
import fcntl
import os
import pty
import select
import shutil
import struct
import termios
import urllib.request

from harness import *
from secure_shell import free_port
from signals import ENDLESS, ends_as_stopped, endless, under_way

PROMISE = 2.0


def state_of(run):
    return json.loads(troupe("status", run, "--json").stdout)


def ask(run, path):
    card = json.loads((run / "run.json").read_text())
    request = urllib.request.Request(f"http://{card['address']}{path}",
                                     headers={"Authorization": f"Bearer {card['token']}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def named(run, name, since):
    """Waits until the state blames this actor; says how long that took."""
    culprit = wait_for(lambda: next((each for each in state_of(run)["culprits"] if each["name"] == name), None),
                       f"{name} to be named: {state_of(run)['culprits']}", 10 * PROMISE)
    print(f"{name} named after {time.monotonic() - since:.1f} s: {culprit['what']}, {culprit['message']!r}, "
          f"{culprit['host']}")
    return culprit


def actors_of(run, role):
    return [actor for actor in state_of(run)["actors"] if actor["role"] == role]


def test_a_frozen_or_killed_node_is_named_with_its_host(scratch):
    for number in (signal.SIGSTOP, signal.SIGKILL):
        run = scratch / f"run{number}"
        with endless(run, "--nodes", 2) as started:
            under_way(run)
            wait_for(lambda: all(actor["state"] == "computing" for actor in actors_of(run, "worker")), "all at work")
            node = started.children()[0]
            since = time.monotonic()
            kill(node, number)
            names = [actor["name"] for actor in actors_of(run, "worker") if str(node) in actor["host"]]
            check(len(names), "==", 1)
            culprit = named(run, names[0], since)
            check(culprit["what"], "in", ("silent", "lost"))
            check(culprit["host"], "matches", str(node))
            kill(node, signal.SIGCONT)
            troupe("stop", run)
            ends_as_stopped(started, run, 0)
        check(any(json.loads(line)["actor"] == names[0] for line in (run / "flight.jsonl").read_text().splitlines()),
              "==", True)


# Besides workers of a server: who is frozen. A tree's branches live in the first process, with the coordinator.
OTHERS = {
    "the model on a node": ("aggregator", 2, "-s", "cluster.server=2"),
    "a worker below a branch": ("worker", 4, "-s", "topology=tree", "-s", "workers=4", "-s", "data.partitions=4"),
    "a peer of a ring": ("peer", 3, "-s", "topology=ring", "-s", "workers=3"),
    "a peer that gossips in rounds": ("peer", 3, "-s", "algorithm=dpsgd", "-s", "workers=3", "-s", "data.partitions=3"),
}


def frozen(run, started, role):
    """Freezes the last node on which somebody of that role lives; says whom it had."""
    hosts = wait_for(lambda: [each for each in actors_of(run, role) if "pid" in each["host"]], f"{role}s on nodes")
    pid = int(re.search(r"pid (\d+)", hosts[-1]["host"])[1])
    check(pid, "in", started.children())
    kill(pid, signal.SIGSTOP)
    return pid, [each["name"] for each in state_of(run)["actors"] if str(pid) in each["host"]]


def test_whoever_is_frozen_is_named_in_every_topology_of_nodes(scratch):
    for what, (role, nodes, *words) in OTHERS.items():
        run = scratch / what.replace(" ", "-")
        with endless(run, *words, "-s", "cluster.lost_after=60s", "--nodes", nodes) as started:
            under_way(run)
            since = time.monotonic()
            pid, names = frozen(run, started, role)
            culprit = wait_for(lambda: next((each for each in state_of(run)["culprits"] if each["name"] in names
                                             and each["what"] == "silent" and each["waiting"]), None),
                               f"{what}: one of {names} to be named", 10 * PROMISE)
            print(f"{what}: {culprit['name']} named after {time.monotonic() - since:.1f} s: {culprit['message']!r}, "
                  f"{culprit['host']}")
            check(culprit["host"], "matches", str(pid))
            kill(pid, signal.SIGCONT)
            troupe("stop", run)
            started.exit_code()


def test_a_slow_worker_is_named_and_those_who_wait_for_it(scratch):
    run = scratch / "run"
    factors = "[1, 1, 1, 1000]"
    with endless(run, "-s", "training.workers=4", "-s", "pace.step=0.02", "-s", f"pace.factors={factors}"):
        wait_for(lambda: (run / "run.json").exists(), "the run")
        culprit = named(run, "worker 3", time.monotonic())
        check(culprit["what"], "==", "straggling")
        check(culprit["message"], "matches", "^push of step ")
        check(len(culprit["waiting"]), "==", 4)


def test_of_a_frozen_coordinator_the_client_says_since_when(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        started.signal(signal.SIGSTOP)
        refused = troupe("status", run, code=4)
        check(refused.stderr, "matches", "coordinator: no answer for 5 s; its process is there")
        with Started("monitor", run) as monitor:
            wait_for(lambda: "coordinator: no answer for 2 s" in monitor.text(), "the monitor to say so")
            started.signal(signal.SIGCONT)
            wait_for(lambda: "training: t " in monitor.text(), "the monitor to see it again")
            troupe("stop", run)
            check(monitor.exit_code(), "==", 0)
            check(monitor.text(), "matches", "stopped")
        ends_as_stopped(started, run, 0)


def test_a_monitor_on_another_host_sees_the_run_and_names_its_coordinator(scratch):
    run, port = scratch / "run", free_port()
    with endless(run, "--nodes", 1, "-s", f"cluster.listen=127.0.0.1:{port}") as started:
        under_way(run)
        with Started("node", "--monitor", "--join", f"127.0.0.1:{port}") as monitor:
            wait_for(lambda: "training: t " in monitor.text(), "the monitor's first line")
            since = time.monotonic()
            started.signal(signal.SIGSTOP)
            wait_for(lambda: "coordinator: no answer for " in monitor.text(), f"it to be named: {monitor.text()}",
                     10 * PROMISE)
            print(f"coordinator named after {time.monotonic() - since:.1f} s")
            started.signal(signal.SIGCONT)
        with Started("node", "--monitor", "--join", f"127.0.0.1:{port}") as monitor:
            wait_for(lambda: "training: t " in monitor.text(), f"another monitor: {monitor.text()}")
            monitor.signal(signal.SIGSTOP)  # a frozen one costs the run nothing
            before = state_of(run)["progress"]["updates"]
            wait_for(lambda: state_of(run)["progress"]["updates"] > before, "the run to go on")
            monitor.signal(signal.SIGCONT)
        troupe("stop", run)
        check(started.exit_code(), "==", 0, because=started.text()[-2000:])


def test_followers_hear_the_story_and_what_comes(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        card = json.loads((run / "run.json").read_text())
        link = f"http://{card['address']}/?token={card['token']}"
        check(started.text(), "matches", re.escape(link))
        with urllib.request.urlopen(link, timeout=20) as page:
            check(page.read().decode(), "matches", "<html")
        with urllib.request.urlopen(link.replace("/?", "/api/v1/events?"), timeout=20) as stream:
            kinds = []
            first = None
            while kinds.count("state") < 3:
                line = stream.readline().decode().rstrip("\n")
                if line.startswith("event: "):
                    kinds.append(line[7:])
                if line.startswith("data: ") and first is None:
                    first = json.loads(line[6:])
            check(first["type"], "==", "start")
            check(kinds.count("line"), ">=", 2)
        state, graph, config = (json.loads(ask(run, f"/api/v1/{name}")) for name in ("state", "graph", "config"))
        check(state["run"]["phase"], "==", "training")
        check(state["axes"]["gate"], "==", "barrier")
        check(len(state["actors"]), "==", len(graph["nodes"]))
        check(any(key["path"] == "training.workers" and key["origin"].startswith("-s") for key in config["keys"]), "==", True)
        check(state["accounting"]["computed"], ">=", state["accounting"]["delivered"] * 0.5)
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    report = (run / "report.html").read_text()
    check(report, "matches", '<script id="troupe-data" type="application/json">')
    data = json.loads(report.split('type="application/json">', 1)[1].split("</script>", 1)[0])
    check(data["lines"][-1]["type"], "==", "end")
    check(data["state"]["run"]["phase"], "==", "stopped")
    check(data["proof"], "==", "real")


def test_prometheus_finds_nothing_to_object_to(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        wait_for(lambda: "troupe_actor_state" in ask(run, "/metrics"), "the actors' figures")
        text = ask(run, "/metrics")
        check(float(re.search(r"^troupe_updates_total(?:\{\})? (\S+)$", text, re.M)[1]), ">=", 1)
        if shutil.which("promtool"):
            judged = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            check(judged.returncode, "==", 0, because=judged.stdout + judged.stderr)
        else:
            skipped("promtool is not installed: apt-get install prometheus")
        troupe("stop", run)
        ends_as_stopped(started, run, 0)


class Screen:
    """A terminal of a size, and what stands on it after the program's last frame."""

    def __init__(self, *words, rows=24, columns=80):
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.execv(TROUPE, [TROUPE, *map(str, words)])
        self.resize(rows, columns)
        self.text = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.end], [], [], 0.05)[0]:
            try:
                heard = os.read(self.end, 1 << 16).decode(errors="replace")
            except OSError:
                return
            if not heard:
                return
            self.text += heard

    def frame(self):
        """Lines of the last whole frame, without escape codes."""
        self.read()
        frames = self.text.split("\x1b[H")
        whole = [frame for frame in frames[1:] if frame.endswith("\x1b[J") or "\x1b[J" in frame]
        last = whole[-1].split("\x1b[J")[0] if whole else ""
        return re.split(r"\r+\n", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last))

    def shows(self, words):
        return wait_for(lambda: any(words in line for line in self.frame()), f"{words!r} in {self.frame()}")

    def press(self, key):
        os.write(self.end, key.encode())

    def leave(self):
        self.press("q")
        wait_for(lambda: (self.read() or True) and os.waitpid(self.pid, os.WNOHANG)[0] == self.pid, "it to leave")
        self.read()
        return self.text


def test_the_terminal_shows_four_views_at_any_size_and_leaves_the_run_alone(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        screen = Screen("monitor", run)
        screen.shows("samples/s")
        for rows, columns in ((24, 80), (10, 44), (50, 200), (24, 80)):
            screen.resize(rows, columns)
            wait_for(lambda: len(screen.frame()) == rows, f"{rows} lines")
            check(max(map(len, screen.frame())), "<=", columns)
        for key, words in (("2", "worker 1"), ("3", "->"), ("4", "what"), ("\t", "epoch")):
            screen.press(key)
            screen.shows(words)
        print("\n".join(screen.frame()))
        check(screen.leave(), "matches", r"\x1b\[\?1049l")
        check(started.process.poll(), "==", None)
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    ended = troupe("monitor", run).stdout
    check(ended, "matches", "stop_requested")
    check(ended, "matches", r"status +stopped")


if __name__ == "__main__":
    main()
