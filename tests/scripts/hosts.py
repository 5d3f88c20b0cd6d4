"""Runs over several hosts, which are network namespaces: nodes that come before or after
the coordinator, certificates good and bad, who is turned away and what he is told, and
which sockets are open meanwhile."""
import contextlib

import namespaces
from harness import *
from joining import happened
from signals import ENDLESS, under_way, updates

PORT = 7000


@contextlib.contextmanager
def several(count, scratch):
    """Hosts, and a folder of certificates for them; None where this machine has no namespaces."""
    if reason := namespaces.reason_to_skip():
        skipped(reason)
        yield None
        return
    with namespaces.Hosts(count) as hosts:
        hosts.keys = certificates(scratch / "keys", count)
        yield hosts


def certificates(folder, count):
    troupe("keys", "new", folder, *(f"h{host}" for host in range(1, count + 1)))
    return folder


def node(hosts, host, *words, keys=None, port=0):
    keys = keys or hosts.keys
    return Started("node", "--join", f"{hosts.address(1)}:{PORT}", "--listen", f"{hosts.address(host)}:{port}",
                   "--ca", keys / "ca.pem", "--certificate", keys / f"h{host}.pem", "--key",
                   keys / f"h{host}.key", *words, inside=hosts.inside(host))


def training(hosts, run, *words, example="ssgd"):
    return Started("train", EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set(4000)}", *words, "-s",
                   f"cluster.listen={hosts.address(1)}:{PORT}", "-s", f"cluster.tls.ca={hosts.keys}/ca.pem", "-s",
                   f"cluster.tls.certificate={hosts.keys}/h1.pem", "-s", f"cluster.tls.key={hosts.keys}/h1.key",
                   "--run-dir", run, inside=hosts.inside(1))


def says(started, text, deadline=DEADLINE):
    return wait_for(lambda: text in started.text() and started.text(), f"{text!r} in {started.text()!r}", deadline)


SHORT = ("-s", "training.workers=2", "-s", "data.partitions=2", "-s", "training.stop.epochs=5")


def test_nodes_of_other_hosts_train_the_same_model_whoever_comes_first(scratch):
    with several(3, scratch) as hosts:
        if not hosts:
            return
        with node(hosts, 2) as early:
            says(early, "trying for")  # nobody listens there yet
            with training(hosts, scratch / "run", *SHORT, "-s", "cluster.nodes=2") as started:
                says(started, "listening")
                with node(hosts, 3) as late:
                    for each in (started, early, late):
                        check(each.exit_code(), "==", 0, because=each.text())
    troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", *SHORT, "--run-dir",
           scratch / "here")
    check(end_of(scratch / "run")["weights_crc32c"], "==", end_of(scratch / "here")["weights_crc32c"])


def test_who_is_missing_is_named_until_the_time_is_over(scratch):
    with several(2, scratch) as hosts:
        if not hosts:
            return
        with training(hosts, scratch / "run", *SHORT, "-s", "cluster.nodes=2", "-s",
                      "cluster.start_timeout=4") as started, node(hosts, 2) as there:
            check(started.exit_code(), "==", 4, because=started.text())
            check(started.text(), "matches", r"waiting: for 1/2 nodes; missing: node 2 \(not here yet\)")
            check(started.text(), "matches", r"waited 4 s for 1/2 nodes; missing: node 2 \(not here yet\)")
            there.exit_code()


def test_a_run_that_is_full_says_so(scratch):
    with several(3, scratch) as hosts:
        if not hosts:
            return
        with training(hosts, scratch / "full", *ENDLESS, "-s", "cluster.nodes=1") as started, node(hosts, 2):
            under_way(scratch / "full")
            with node(hosts, 3) as surplus:
                check(surplus.exit_code(), "==", 4)
                check(surplus.text(), "matches", "all its")


def test_a_certificate_of_another_ca_and_none_at_all_are_refused_on_both_sides(scratch):
    with several(2, scratch) as hosts:
        if not hosts:
            return
        foreign = certificates(scratch / "foreign", 2)
        with training(hosts, scratch / "run", *SHORT, "-s", "cluster.nodes=1") as started:
            says(started, "listening")
            with node(hosts, 2, keys=foreign) as stranger:
                check(stranger.exit_code(), "==", 4)
                check(stranger.text(), "matches", "the certificate of 'h1' is not of this cluster's CA")
            says(started, "turned_away")
            check(started.text(), "matches", f"turned_away {hosts.address(2)}.*not of its CA")
            open_node = troupe("node", "--join", f"{hosts.address(1)}:{PORT}", code=2, inside=hosts.inside(2))
            check(open_node.stderr, "matches", "another machine is reached through TLS alone")
            with node(hosts, 2):  # and a good one still comes in
                check(started.exit_code(), "==", 0, because=started.text())


def test_every_socket_that_listens_is_one_that_somebody_named(scratch):
    with several(3, scratch) as hosts:
        if not hosts:
            return
        with training(hosts, scratch / "run", *ENDLESS, "-s", "cluster.nodes=2") as started, \
                node(hosts, 2, port=7002) as one, node(hosts, 3) as other:
            under_way(scratch / "run")
            control = json.loads((scratch / "run/run.json").read_text())["address"]
            gateway = ("127.0.0.1", int(control.split(":")[1]))
            check(hosts.listening(1), "==", sorted([(hosts.address(1), PORT), gateway]))
            check(hosts.listening(2), "==", [(hosts.address(2), 7002)])
            check([address for address, _ in hosts.listening(3)], "==", [hosts.address(3)])
            started.signal(signal.SIGINT)
            for each, code in ((started, 130), (one, 0), (other, 0)):
                check(each.exit_code(), "==", code, because=each.text())


def test_a_frozen_a_dead_and_a_cut_node_are_given_up_in_time_and_training_goes_on(scratch):
    with several(2, scratch) as hosts:
        if not hosts:
            return
        ways = {"killed": lambda it: it.signal(signal.SIGKILL), "frozen": lambda it: it.signal(signal.SIGSTOP),
                "cut": lambda _: hosts.cut(1, 2), "its words lost": lambda _: hosts.cut_one_way(2, 1),
                "ours lost": lambda _: hosts.cut_one_way(1, 2)}
        for way, harm in ways.items():
            hosts.heal(1, 2)
            run = scratch / way.replace(" ", "_")
            with training(hosts, run, *ENDLESS, "-s", "cluster.slots=1", "-s", "cluster.nodes=1") as started, \
                    node(hosts, 2) as victim:
                under_way(run)
                since = time.monotonic()
                harm(victim)
                wait_for(lambda: losses(run), f"the loss of a node that is {way}", 20)
                print(f"{way}: known after {time.monotonic() - since:.2f} s: {losses(run)[0]['detail']}")
                seen = updates(run)
                wait_for(lambda: updates(run) > seen, "updates after the loss", 20)
                started.signal(signal.SIGINT)
                check(started.exit_code(), "==", 130, because=started.text())
                check(len(losses(run)), "==", 1)
                end_of(run)


def test_behind_a_barrier_a_zombie_that_thaws_changes_nothing_and_comes_back_as_another(scratch):
    fixed = ("-s", "training.workers=2", "-s", "data.partitions=2", "-s", "training.stop.epochs=20", "-s", "pace.step=2ms",
             "-s", "monitor.interval=50ms")
    with several(3, scratch) as hosts:
        if not hosts:
            return
        for way in ("frozen", "cut"):
            run = scratch / way
            with training(hosts, run, *fixed, "-s", "cluster.nodes=2") as started, node(hosts, 2), \
                    node(hosts, 3, "--rejoin") as zombie:
                under_way(run)
                if way == "frozen":
                    zombie.signal(signal.SIGSTOP)
                else:  # what it says meanwhile is on its way until the line is whole again
                    hosts.cut(3, 1)
                lost = wait_for(lambda: losses(run), "the loss", 20)[0]
                seen = updates(run)
                wait_for(lambda: updates(run) > seen, "updates without it", 20)
                zombie.signal(signal.SIGCONT)
                hosts.heal(3, 1)
                back = wait_for(lambda: happened(run, "worker_joined"), f"its return: {zombie.text()}", 30)[0]
                check(back["who"], "==", lost["who"])
                check(back["detail"], "matches", "^node 3 ")
                check(started.exit_code(120), "==", 0, because=started.text())
                print(f"{way}: {end_of(run).get('discarded', 0)} discarded")
    troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", *fixed, "--run-dir", scratch / "calm")
    weights = {end_of(scratch / way)["weights_crc32c"] for way in ("frozen", "cut", "calm")}
    check(len(weights), "==", 1, because=f"no stale gradient was applied, and every draw once: {weights}")


def test_a_server_elsewhere_goes_on_over_lines_of_its_own_while_the_coordinator_is_frozen(scratch):
    with several(3, scratch) as hosts:
        if not hosts:
            return
        run = scratch / "run"
        with training(hosts, run, *ENDLESS, "-s", "cluster.nodes=2", "-s", "cluster.server=1", "-s",
                      "cluster.coordinator_grace=3", example="asgd") as started, \
                node(hosts, 2, port=7002) as one, node(hosts, 3, port=7003) as other:
            under_way(run)
            for host, port in ((2, 7002), (3, 7003)):
                check(hosts.listening(host), "==", [(hosts.address(host), port)])
            started.signal(signal.SIGSTOP)
            for each in (one, other):
                check(each.exit_code(), "==", 4, because=each.text())
                told = re.search(r"out of reach for 3 s; (\d+) messages of others came meanwhile", each.text())
                check(bool(told), "==", True, because=each.text())
                check(int(told[1]), ">=", 100)
            started.signal(signal.SIGCONT)
            check(started.exit_code(), "==", 4, because=started.text())


def losses(run):
    return [event for event in lines(run, "event") if event["what"] == "worker_lost"]


if __name__ == "__main__":
    main()
