"""Other actors while training goes on, with real processes: the draws add up, the loss
does not jump, and every process plays the new ones."""
from contextlib import contextmanager

from harness import *
from signals import endless, ends_as_stopped, under_way


AXES = {"gate": "open", "update": "sgd", "merge": "mean", "codec": "auto", "exchange": "gradient"}


def events(run, what):
    return [line for line in lines(run, "event") if line["what"] == what]


def swaps(run, *words, count):
    """Asks for a swap and waits for its line; returns that."""
    troupe("swap", run, *(word for each in words for word in ("-s", each)))
    return wait_for(lambda: len(events(run, "swap")) >= count and events(run, "swap")[-1], f"swap {count} to {words}")


def losses_around(run):
    """Last validation loss before each swap, and the first one after it."""
    pairs, last, open_pair = [], None, None
    for line in lines(run):
        if line["type"] == "event" and line["what"] == "swap":
            open_pair = last
        if line["type"] == "eval" and line["split"] == "validation":
            if open_pair is not None:
                pairs.append((open_pair, line["loss"]))
            open_pair, last = None, line["loss"]
    return pairs


def phase(run):
    return json.loads(troupe("status", run, "--json").stdout)["run"]["phase"]


def way_through(kinds):
    """From each of them to each other one, every step once; it ends where it began."""
    left = {kind: [other for other in kinds if other != kind] for kind in kinds}
    stack, way = [kinds[0]], []
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            way.append(stack.pop())
    return way[::-1]


def kinds_of(axis):
    """What the program offers on an axis."""
    text = re.search(rf"^training\.{axis}\n(.*?)^\S", troupe("config", "schema").stdout, re.M | re.S)[1]
    return re.findall(r"^ {6}([a-z_]+): ", text, re.M)


@contextmanager
def swapping(run, *words):
    """A run that is asked for swaps one after another, and keeps its promises through all of them."""
    with endless(run, "-s", "learning_rate=0.002", "-s", "training.workers=3", "-s", "data.partitions=3", *words) as started:
        under_way(run)
        yield
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    for before, after in losses_around(run):
        check(after, "<=", 1.05 * before)


def through_topologies(run, without, *words):
    way = way_through([kind for kind in kinds_of("topology") if kind not in without])
    with swapping(run, "-s", f"topology={way[0]}", *words):
        for count, kind in enumerate(way[1:], 1):
            check(swaps(run, f"topology={kind}", count=count)["topology"], "==", kind)
            wait_for(lambda: len(losses_around(run)) == count, f"a validation loss after swap {count}")


def through_axes(run, *words):
    """To each kind that goes with the others, and back."""
    count = 0
    with swapping(run, "-s", "topology=server", "-s", "exchange=gradient", "-s", "gate=open", *words):
        for axis, home in AXES.items():
            for kind in kinds_of(axis):
                asked = subprocess.run([TROUPE, "swap", run, "-s", f"{axis}={kind}"], capture_output=True, text=True)
                if asked.returncode or "nothing to swap" in asked.stdout:
                    check(asked.stderr + asked.stdout, "matches", "does not go with|nothing to swap")
                    continue
                count += 1
                wait_for(lambda: len(events(run, "swap")) == count, f"swap {count} to {axis}={kind}")
                check(events(run, "swap")[-1][axis], "==", kind)
                count += 1
                swaps(run, f"{axis}={home}", count=count)
    check(count, ">=", 20)


def three_swaps(run, *words):
    with swapping(run, *words):
        for count, to in enumerate([["topology=gossip"], ["topology=server", "gate=open", "shards=2"], ["gate=barrier"]], 1):
            told = swaps(run, *to, count=count)
            check(told["graph_epoch"], "==", str(count))
            wait_for(lambda: len(losses_around(run)) == count, "a validation loss after it")
        check(told["gate"], "==", "barrier")
        state = json.loads(troupe("status", run, "--json").stdout)
        check(state["graph_epoch"], "==", 3)
    check((run / "config.resolved.3.toml").read_text(), "matches", r'gate = "barrier"')


def test_three_swaps_in_threads_keep_the_accounting_exact(scratch):
    three_swaps(scratch / "run")


def test_three_swaps_over_three_nodes_keep_the_accounting_exact(scratch):
    three_swaps(scratch / "run", "--nodes", "3")


def test_from_every_topology_to_every_other_one_in_threads(scratch):
    through_topologies(scratch / "run", {"serial"})


def test_from_every_topology_to_every_other_one_over_three_nodes(scratch):
    through_topologies(scratch / "run", {"serial", "shared"}, "--nodes", "3")


def test_every_kind_of_every_axis_and_back_in_threads(scratch):
    through_axes(scratch / "run")


def test_every_kind_of_every_axis_and_back_over_three_nodes(scratch):
    through_axes(scratch / "run", "--nodes", "3")


def test_the_configuration_can_swap_too(scratch):
    run = scratch / "run"
    troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", "-s", "workers=2", "-s", "data.partitions=2", "-s", "epochs=6",
           "-s", 'training.swap=[{at_epoch=2, topology="gossip"}, {at_epoch=4, topology="server"}]', "--run-dir", run)
    check([line["topology"] for line in events(run, "swap")], "==", ["gossip", "server"])
    check(end_of(run)["reason"], "==", "epochs")


def test_what_cannot_be_is_refused_and_the_run_goes_on(scratch):
    run = scratch / "run"
    with swapping(run):
        for word, line in [("topologie=gossip", "did you mean 'topology'"), ("topology=serial", "has 1 worker"),
                           ("batch=3", "training.batch would become 3"), ("merge=parzen", "does not go with")]:
            check(troupe("swap", run, "-s", word, code=2).stderr, "matches", re.escape(line))
        check(troupe("swap", run, "-s", "topology=server").stdout, "matches", "nothing to swap")
        check(events(run, "swap"), "==", [])


def test_a_node_that_is_lost_at_the_fence_does_not_hang_it(scratch):
    run = scratch / "run"
    with endless(run, "-s", "training.workers=3", "-s", "cluster.stop_timeout=2s", "--nodes", "3") as started:
        under_way(run)
        victim = started.children()[-1]
        os.kill(victim, signal.SIGSTOP)
        troupe("swap", run, "-s", "gate=open")
        told = wait_for(lambda: events(run, "worker_lost") and events(run, "swap"), "the swap without it")
        check(told[-1]["gate"], "==", "open")
        os.kill(victim, signal.SIGKILL)
        troupe("stop", run)
        check(started.exit_code(), "==", 0, because=started.text()[-2000:])
    end_of(run)


def test_a_pause_rests_and_a_resume_goes_on(scratch):
    run = scratch / "run"
    with swapping(run):
        check(troupe("resume", run, code=2).stderr, "matches", "the run is not paused")
        troupe("pause", run)
        wait_for(lambda: events(run, "paused"), "the rest")
        steps = len(lines(run, "step"))
        check(phase(run), "==", "paused")
        check(troupe("pause", run, code=2).stderr, "matches", "the run is paused already")
        check(len(lines(run, "step")), "==", steps)
        troupe("resume", run)
        wait_for(lambda: len(lines(run, "step")) > steps, "steps after it")
        check(phase(run), "==", "training")
        troupe("pause", run)
        wait_for(lambda: len(events(run, "paused")) == 2, "another rest")


def test_a_swap_of_a_paused_run_waits_for_its_resume_and_lets_no_other_in(scratch):
    run = scratch / "run"
    with swapping(run):
        troupe("pause", run)
        wait_for(lambda: events(run, "paused"), "the rest")
        troupe("swap", run, "-s", "gate=open")
        check(phase(run), "==", "paused")
        check(troupe("swap", run, "-s", "topology=gossip", code=2).stderr, "matches",
              'another one is under way, to gate "barrier" -> "open"')
        check(events(run, "swap"), "==", [])
        troupe("resume", run)
        wait_for(lambda: events(run, "swap"), "the swap")


if __name__ == "__main__":
    main()
