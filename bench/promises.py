"""Promises in seconds and bytes, by real processes: how soon a dead, frozen or cut-off node is
known and training goes on, when a thawed one is back, and what strangers at the ports cost.
Hosts are network namespaces, so it needs root; run it alone on a machine.

    python3 bench/promises.py              # ten rounds
    python3 bench/promises.py --only P1
"""
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from frame import ROOT, Bench, Contender, table

sys.path.insert(0, str(ROOT / "tests/scripts"))
FAST_NEWS = ("-s", "monitor.interval=20ms")


def main():
    with Bench(__doc__, reps=10) as bench:
        os.environ.update(TROUPE_BUILD=str(bench.build), TROUPE=bench.troupe)
        import namespaces  # they look at the environment
        if reason := namespaces.reason_to_skip():
            sys.exit(f"nothing can be measured: {reason}")
        with namespaces.Hosts(2) as lab, tempfile.TemporaryDirectory() as scratch:
            import hosts
            lab.keys = hosts.certificates(Path(scratch) / "keys", 2)
            losses(bench, lab, Path(scratch))
            zombies(bench, lab, Path(scratch))
        strangers(bench)


def losses(bench, lab, scratch):
    """P1 and P2; the second table's figures are of the runs of the first."""
    ways = {"killed": lambda node: node.signal(9), "frozen": lambda node: node.signal(19),
            "cut off": lambda _: lab.cut(1, 2), "its words lost": lambda _: lab.cut_one_way(2, 1),
            "ours lost": lambda _: lab.cut_one_way(1, 2)}
    goes_on = {way: [] for way in ways}

    def contender(way):
        def run():
            known, update = loss(lab, bench.fresh("run"), ways[way])
            goes_on[way].append(update)
            return known
        return Contender(way, run)

    title = "P1: from the fault to the event worker_lost"
    bench.compare(title, "s", [contender(way) for way in ways], "promised 0.5 for killed, 2 for the others; seen by "
                  "reading metrics.jsonl every 20 ms")
    if bench.wants(title):
        print(table("P2: from the event to the next update", "s", goes_on, "promised 2; step lines come every 20 ms"))


def loss(lab, run, harm):
    import hosts
    lab.heal(1, 2)
    with hosts.training(lab, run, *hosts.ENDLESS, "-s", "cluster.slots=1", "-s", "cluster.nodes=1", *FAST_NEWS) as started, \
            hosts.node(lab, 2) as victim:
        hosts.under_way(run)
        since = time.monotonic()
        harm(victim)
        event = hosts.wait_for(lambda: hosts.losses(run), "the loss", 20)[0]
        known = time.monotonic() - since
        step = hosts.wait_for(lambda: updated_after(run, event["t"]), "an update", 20)
        started.signal(2)
        started.exit_code()
        return known, step["t"] - event["t"]


def updated_after(run, t):
    import harness
    steps = harness.lines(run, "step")
    before = max((step["updates"] for step in steps if step["t"] <= t), default=0)
    return next((step for step in steps if step["t"] > t and step["updates"] > before), None)


def zombies(bench, lab, scratch):
    """P3: from the thaw to the event worker_joined of the same node as another one."""
    import hosts

    def thawed():
        lab.heal(1, 2)
        run = bench.fresh("run")
        with hosts.training(lab, run, *hosts.ENDLESS, "-s", "cluster.slots=1", "-s", "cluster.nodes=1", *FAST_NEWS), \
                hosts.node(lab, 2, "--rejoin") as zombie:
            hosts.under_way(run)
            zombie.signal(19)
            hosts.wait_for(lambda: hosts.losses(run), "the loss", 20)
            since = time.monotonic()
            zombie.signal(18)
            hosts.wait_for(lambda: hosts.happened(run, "worker_joined"), "its return", 20)
            return time.monotonic() - since
    bench.compare("P3: from a thaw to the return as a new node", "s", [Contender("--rejoin", thawed)])


def strangers(bench):
    """P7, on loopback: their processor time is on this machine, too."""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    bench.compare("P7: a good node's way in", "s", [
        Contender("alone", lambda: way_in(nobody)),
        Contender("1,000 idle, 1,000 slow", lambda: way_in(held_connections)),
        Contender("malformed frames, as many as come", lambda: way_in(lambda target: flood(target, "tls", 10**9)))],
                  "promised 1")
    if bench.wants("P7: frames"):
        print("\n" + frames(2000 if bench.quick else 10**6))
    if bench.wants("P7: cost"):
        costs = [cost(1 if bench.quick else 5) for _ in range(bench.reps)]
        print(table("P7: processor time an update while strangers have 20 % of a core", "us",
                    {name: [one[name] for one in costs] for name in costs[0]}, "promised at most 1.10 times"))


@contextlib.contextmanager
def nobody(_):
    yield


@contextlib.contextmanager
def flood(target, kind, count, share=1.0):
    page = kind == "page"
    address = target.control() if page else f"127.0.0.1:{target.port}"
    with subprocess.Popen([sys.executable, ROOT / "tests/scripts/strangers.py", address, kind, str(count), str(share)],
                          stdout=subprocess.PIPE, text=True) as striker:
        try:
            time.sleep(0.3)  # until it has begun: this is a measurement
            yield striker
        finally:
            striker.kill()


@contextlib.contextmanager
def held_connections(target):
    import hostile
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(target.connect()) for _ in range(2000)]
        for slow in connections[1000:]:
            with contextlib.suppress(OSError):
                slow.send(hostile.first_flight()[:1])
        yield


def way_in(company):
    import hostile
    with tempfile.TemporaryDirectory() as scratch, hostile.Target(Path(scratch)) as target, company(target):
        since = time.monotonic()
        with target.honest():
            return time.monotonic() - since


def frames(count):
    import hostile
    with tempfile.TemporaryDirectory() as scratch, hostile.Target(Path(scratch)) as target, target.honest():
        hostile.under_way(target.run)
        with flood(target, "tls", count * 9 // 10) as nodes, flood(target, "page", count // 10) as pages:
            said = [striker.communicate()[0].strip() for striker in (nodes, pages)]
        more = target.resident() - target.memory
        alive = "runs" if target.started.process.poll() is None else "HAS ENDED"
        return f"P7: {count} frames at both ports: memory {more:+.1f} MiB since before the node joined (promised +64); " \
               f"the run {alive}\n  nodes' port {said[0]}\n  page's port {said[1]}"


def cost(seconds):
    """Of the run's own processes, an update: without strangers and with them."""
    import hostile
    with tempfile.TemporaryDirectory() as scratch, hostile.Target(Path(scratch), *FAST_NEWS) as target, \
            target.honest() as node:
        hostile.under_way(target.run)
        pids = [target.started.process.pid, node.process.pid]

        def window():
            before, used = hostile.updates(target.run), processor(pids)
            time.sleep(seconds)
            return 1e6 * (processor(pids) - used) / (hostile.updates(target.run) - before)
        calm = window()
        with flood(target, "tls", 10**9, 0.2):
            return {"calm": calm, "strangers": window()}


def processor(pids):
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
