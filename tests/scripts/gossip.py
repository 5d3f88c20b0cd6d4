"""Peers over node processes: they talk to each other and need nobody else to go on. A
process is frozen to show it, never killed and hoped about."""
from harness import *
from signals import under_way


def endless_peers(run, *words):
    return Started("train", EXAMPLES / "gossip_asgd.toml", "-s", f"data.path={data_set(4000)}", "-s",
                   "training.stop.epochs=1000000000", "-s", "learning_rate.kind=constant", "-s", "monitor.interval=50ms",
                   "-s", "cluster.lost_after=60s", "--nodes", "4", *words, "--run-dir", run)


def looked_at(run):
    """States of others that peers looked at, as the coordinator last heard."""
    steps = [line["gossip"] for line in lines(run, "step") if "gossip" in line]
    return steps[-1]["accepted"] + steps[-1]["refused"] if steps else 0


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_merges_go_on_while_the_coordinator_is_frozen(scratch):
    run = scratch / "run"
    with endless_peers(run) as started:
        under_way(run)
        wait_for(lambda: looked_at(run) > 100, "merges")
        nodes = started.children()
        check(len(nodes), "==", 4)
        started.signal(signal.SIGSTOP)
        before = looked_at(run)
        worked = {pid: cpu_seconds(pid) for pid in nodes}
        for pid in nodes:
            wait_for(lambda: cpu_seconds(pid) > worked[pid] + 0.3, f"node {pid} to go on working")
        # What the coordinator hears from now on was done while it was frozen.
        for pid in nodes:
            os.kill(pid, signal.SIGSTOP)
        started.signal(signal.SIGCONT)
        wait_for(lambda: looked_at(run) > before + 100, "news of merges that nobody coordinated")
        print(f"{looked_at(run) - before} states were looked at while the coordinator was frozen")
        for pid in nodes:
            os.kill(pid, signal.SIGCONT)
        troupe("stop", run)
        check(started.exit_code(), "==", 0, because=started.text()[-2000:])
    check(end_of(run)["status"], "==", "stopped")


def test_a_lost_peer_ends_the_run_with_a_line_that_names_it(scratch):
    run = scratch / "run"
    with endless_peers(run) as started:
        under_way(run)
        os.kill(started.children()[-1], signal.SIGKILL)
        check(started.exit_code(), "==", 4, because=started.text()[-2000:])
        check(started.text(), "matches", r"a run of peers ends when one is lost: peer \d is gone")
        started.gone()
    check(end_of(run)["status"], "==", "failed")


def test_no_aggregator_is_among_peers(scratch):
    text = troupe("topology", "show", EXAMPLES / "gossip_asgd.toml").stdout
    check("aggregator" in text, "==", False, because=text)


if __name__ == "__main__":
    main()
