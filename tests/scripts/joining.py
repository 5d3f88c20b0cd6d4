"""Nodes that come and go while a run goes on: late ones take what nobody has, one that is
asked to leave hands back what it holds, one that was frozen may come again as another."""
import contextlib

from harness import *
from secure_shell import free_port
from signals import ENDLESS, under_way, updates


def happened(run, what):
    return [event for event in lines(run, "event") if event["what"] == what]


class Run:
    """An endless one over nodes that are started by hand."""

    def __init__(self, run, *words, workers=2, nodes=1, example="ssgd"):
        self.run = run
        self.port = free_port()
        self.started = Started("train", EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set(4000)}", *ENDLESS,
                               "-s", f"training.workers={workers}", "-s", f"cluster.nodes={nodes}", "-s",
                               f"cluster.listen=127.0.0.1:{self.port}", *words, "--run-dir", run)

    def __enter__(self):
        self.started.__enter__()
        return self

    def __exit__(self, *_):
        self.started.__exit__()

    def node(self, *words):
        return Started("node", "--join", f"127.0.0.1:{self.port}", *words)

    def goes_on(self):
        seen = updates(self.run)
        wait_for(lambda: updates(self.run) > seen, f"updates after {seen}: {self.started.text()}", 20)

    def ends(self):
        self.started.signal(signal.SIGINT)
        check(self.started.exit_code(), "==", 130, because=self.started.text()[-2000:])
        return end_of(self.run)  # where the draws must add up

    def event(self, what, count=1):
        return wait_for(lambda: happened(self.run, what)[count - 1:], f"{count} x {what}", 20)[0]


def test_a_node_that_comes_late_takes_the_workers_that_no_node_had_room_for(scratch):
    for example in ("ssgd", "asgd"):
        with Run(scratch / example, example=example) as run, run.node("--slots", 1):
            under_way(run.run)
            check(run.event("worker_awaited")["who"], "==", "worker 1")
            with run.node():
                check(run.event("worker_joined")["who"], "==", "worker 1")
                check(wait_for(lambda: [event for event in happened(run.run, "leased") if event["who"] == "worker 1"],
                               "a lease for it")[0]["detail"], "matches", "^partitions ")
                run.goes_on()
                run.ends()


def test_a_node_that_is_asked_to_leave_hands_back_what_it_holds_and_the_run_goes_on(scratch):
    for example in ("ssgd", "asgd"):
        with Run(scratch / example, nodes=2, example=example) as run, run.node(), run.node() as leaver:
            under_way(run.run)
            leaver.signal(signal.SIGTERM)
            check(leaver.exit_code(20), "==", 0, because=leaver.text())
            check(leaver.text(), "matches", "has left the run")
            run.event("node_left")
            run.goes_on()
            check(happened(run.run, "worker_lost"), "==", [])
            with run.node() as successor:  # and its place is free
                run.event("worker_joined")
                run.goes_on()
                end = run.ends()
                check(successor.exit_code(), "==", 0, because=successor.text())
            print(f"{example}: {end['computed']} draws, discarded {end.get('discarded', 0)}")


def test_behind_a_barrier_those_who_come_and_go_do_not_change_the_model(scratch):
    fixed = ("-s", "training.stop.epochs=60", "-s", "pace.step=1ms")
    with Run(scratch / "moving", *fixed, nodes=2) as run, run.node(), run.node() as leaver:
        under_way(run.run)
        leaver.signal(signal.SIGTERM)
        check(leaver.exit_code(20), "==", 0, because=leaver.text())
        with run.node():
            run.event("worker_joined")
            check(run.started.exit_code(), "==", 0, because=run.started.text())
    with Run(scratch / "calm", *fixed, nodes=1) as run, run.node():
        check(run.started.exit_code(), "==", 0, because=run.started.text())
    check(end_of(scratch / "moving")["weights_crc32c"], "==", end_of(scratch / "calm")["weights_crc32c"])


def test_a_node_that_was_frozen_is_another_one_when_it_comes_back(scratch):
    with Run(scratch / "run", nodes=2) as run, run.node(), run.node("--rejoin") as zombie:
        under_way(run.run)
        zombie.signal(signal.SIGSTOP)
        lost = run.event("worker_lost")
        run.goes_on()
        zombie.signal(signal.SIGCONT)
        back = run.event("worker_joined")
        check(back["who"], "==", lost["who"])
        check(back["detail"], "matches", "^node 3 ")
        run.goes_on()
        check(happened(run.run, "stale_message"), "==", [])
        run.ends()
        check(zombie.exit_code(), "==", 0, because=zombie.text())


def test_a_node_that_comes_too_late_or_twice_is_told_why(scratch):
    with Run(scratch / "run", nodes=2) as run, run.node(), run.node():
        under_way(run.run)
        with run.node() as surplus:
            check(surplus.exit_code(), "==", 4)
            check(surplus.text(), "matches", "this run has all its 2 workers")
        check(run.event("refused")["detail"], "==", "this run has all its 2 workers")
        run.goes_on()
        run.ends()


def test_a_node_that_waits_for_a_run_leaves_at_once_when_asked(scratch):
    with Started("node", "--join", "127.0.0.1:1") as waiting:
        wait_for(lambda: "trying" in waiting.text(), "the first attempt")
        waiting.signal(signal.SIGTERM)
        waiting.exit_code(20)


def test_the_last_one_to_leave_ends_the_run_with_a_line(scratch):
    with Run(scratch / "run", workers=1) as run, run.node() as only:
        under_way(run.run)
        only.signal(signal.SIGTERM)
        check(run.started.exit_code(), "==", 4, because=run.started.text())
        check(run.started.text(), "matches", "no worker is left")


def test_a_server_on_a_node_trains_the_same_model(scratch):
    for example in ("ssgd", "local_sgd"):
        folder = scratch / example
        folder.mkdir()
        words = ("-s", "training.stop.epochs=5")
        with Run(folder / "there", *words, "-s", "cluster.server=1", nodes=2, example=example) as run, run.node(), \
                run.node():
            check(run.started.exit_code(), "==", 0, because=run.started.text())
        with Run(folder / "here", *words, nodes=2, example=example) as run, run.node(), run.node():
            check(run.started.exit_code(), "==", 0, because=run.started.text())
        check(end_of(folder / "there")["weights_crc32c"], "==", end_of(folder / "here")["weights_crc32c"])


def test_without_the_coordinator_updates_go_on_for_its_grace_and_then_end_with_a_line(scratch):
    with Run(scratch / "run", "-s", "cluster.server=1", "-s", "cluster.coordinator_grace=3", nodes=2,
             example="asgd") as run, run.node() as server, run.node() as worker:
        under_way(run.run)
        os.kill(run.started.process.pid, signal.SIGSTOP)
        since = time.monotonic()
        for node in (server, worker):
            check(node.exit_code(), "==", 4, because=node.text())
        print(f"ended {time.monotonic() - since:.1f} s after the coordinator was frozen")
        for node in (server, worker):
            check(node.text(), "matches", "going on for 3 s")
            count = re.search(r"out of reach for 3 s; (\d+) messages of others came meanwhile", node.text())
            check(bool(count), "==", True, because=node.text())
            print(f"{count[1]} messages meanwhile")
            check(int(count[1]), ">=", 100)
        os.kill(run.started.process.pid, signal.SIGCONT)
        check(run.started.exit_code(), "==", 4, because=run.started.text())


def test_a_run_whose_server_node_is_killed_ends_with_a_line(scratch):
    with Run(scratch / "run", "-s", "cluster.server=1", nodes=2) as run, run.node() as one, run.node() as other:
        under_way(run.run)
        server = one if "as node 1" in one.text() else other
        server.signal(signal.SIGKILL)
        check(run.started.exit_code(20), "==", 4, because=run.started.text())
        check(run.started.text(), "matches", "the model is gone: node 1")


def test_workers_of_a_server_on_a_node_come_and_go(scratch):
    with Run(scratch / "run", "-s", "cluster.server=1", nodes=2, example="asgd") as run, run.node() as one, \
            run.node() as other:
        under_way(run.run)
        worker = other if "as node 1" in one.text() else one
        worker.signal(signal.SIGTERM)
        check(worker.exit_code(20), "==", 0, because=worker.text())
        run.event("node_left")
        run.goes_on()
        with run.node() as frozen:
            run.event("worker_joined")
            run.goes_on()
            frozen.signal(signal.SIGSTOP)
            run.event("worker_lost")
            run.goes_on()
        with run.node():
            run.event("worker_joined", 2)
            run.goes_on()
            run.ends()


if __name__ == "__main__":
    main()
