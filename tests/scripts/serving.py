"""data.source = "coordinator": nodes that have no file, what they fetch and keep, and
nodes that have another file."""
import fcntl
import subprocess
from contextlib import contextmanager

from harness import *

ROWS = 40000
SEGMENTS = 3  # that these make; all hold training rows


@contextmanager
def only_in_the_starting_process(path):
    """A path that leads to the file in one process and to nothing in those it starts:
    they do not inherit what it has open."""
    opened = os.open(path, os.O_RDONLY)
    descriptor = fcntl.fcntl(opened, fcntl.F_DUPFD, 700)  # a number that nobody else opens
    os.close(opened)
    try:
        yield f"/proc/self/fd/{descriptor}", {"pass_fds": (descriptor,)}
    finally:
        os.close(descriptor)


def words(path, run, *more, source="coordinator"):
    return ("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={path}", "-s", f"data.source={source}", "-s",
            "data.validation=0.05", "-s", "training.workers=2", "-s", "training.stop.epochs=2", "--nodes", "2", "--run-dir", run, *more)


def train(run, cache, *more, **options):
    """A run on two nodes that have no file; what became of it."""
    with only_in_the_starting_process(data_set(ROWS)) as (path, kept_open):
        troupe(*words(path, run, "-s", f"data.cache={cache}", *more), **kept_open, **options)
    return end_of(run)["weights_crc32c"], fetched(run)


def events(run, what):
    return [event for event in lines(run, "event") if event["what"] == what]


def fetched(run):
    """Segments over the network and from the cache, summed over the nodes' last words."""
    last = {event["who"]: event["detail"] for event in events(run, "data_served")}
    check(len(last), ">=", 1, because="no node said what it fetched")
    pattern = r"^(\d+) segments?, \d+ bytes fetched from the coordinator at 127\.0\.0\.1:\d+"
    network = [int(re.match(pattern, detail)[1]) for detail in last.values()]
    cached = [int(found[1]) for detail in last.values() if (found := re.search(r"; (\d+) segments?,", detail))]
    return sum(network), sum(cached)


def kept(cache):
    """Whole files; a killed process may leave one half written, beside its name."""
    return sorted(path for path in Path(cache).rglob("*") if path.is_file() and path.suffix != ".partial")


def test_nodes_without_the_file_train_the_same_model(scratch):
    troupe(*words(data_set(ROWS), scratch / "file", source="file"))
    weights, counts = train(scratch / "served", "none")
    check(weights, "==", end_of(scratch / "file")["weights_crc32c"])
    check(counts[0], ">=", SEGMENTS)
    with only_in_the_starting_process(data_set(ROWS)) as (path, kept_open):
        done = troupe(*words(path, scratch / "none", source="file"), code=3, **kept_open)
    check(done.stderr, "matches", rf"node \d \(pid \d+\): {path}: cannot be opened: No such file")


def test_a_restart_fetches_only_what_is_missing(scratch):
    cache = scratch / "cache"
    with only_in_the_starting_process(data_set(ROWS)) as (path, kept_open):
        with Started(*words(path, scratch / "killed", "-s", f"data.cache={cache}", "-s",
                            "training.stop.epochs=100000", "-s", "monitor.interval=50ms"), **kept_open) as started:
            wait_for(lambda: lines(scratch / "killed", "step"), "progress")
            os.kill(started.children()[0], signal.SIGKILL)
            wait_for(lambda: events(scratch / "killed", "leased"), "the other node to take over")
            wait_for(lambda: len(kept(cache)) == SEGMENTS, f"{SEGMENTS} segments in {kept(cache)}")
    weights, (network, cached) = train(scratch / "second", cache)
    check((network, cached >= SEGMENTS), "==", (0, True))
    kept(cache)[0].unlink()
    again, (network, cached) = train(scratch / "third", cache)
    check(network, "<=", 2, because="only the one that was taken away, by each node that needs it")
    check(network, ">=", 1)
    check(again, "==", weights)
    check(len(kept(cache)), "==", SEGMENTS)


def test_a_damaged_file_of_the_cache_is_thrown_away(scratch):
    cache = scratch / "cache"
    weights, _ = train(scratch / "first", cache)
    victim = kept(cache)[1]
    whole = bytearray(victim.read_bytes())
    whole[len(whole) // 2] ^= 1
    victim.write_bytes(whole)
    again, (network, _) = train(scratch / "second", cache)
    check(again, "==", weights)
    check(network, ">=", 1)
    check(events(scratch / "second", "data_cache_damaged")[0]["detail"], "matches",
          rf"{victim}: segment \d .* damaged, checksum .*, expected .*; thrown away and fetched again")


def test_the_cache_is_where_caches_are_unless_the_user_says(scratch):
    train(scratch / "auto", "auto", env={**os.environ, "XDG_CACHE_HOME": str(scratch / "xdg")})
    check(len(kept(scratch / "xdg/troupe")), "==", SEGMENTS)


def test_a_cache_that_cannot_be_written_costs_one_line(scratch):
    (scratch / "cache").write_text("a file")
    _, (network, _) = train(scratch / "run", scratch / "cache")
    check(network, ">=", SEGMENTS)
    said = events(scratch / "run", "data_cache_off")
    check({event["who"][:6] for event in said}, "==", {"node 1", "node 2"})
    check(len(said), "==", 2, because=str(said))


def test_a_node_with_another_file_is_refused_with_both_checksums(scratch):
    """The starting process is held up, by a standard error that nobody reads, between opening
    the file and starting its nodes; meanwhile another file takes the name."""
    path, run = scratch / "set.h5", scratch / "run"
    path.symlink_to(data_set(4000))
    mine, other = (troupe("data", "inspect", data_set(4000, seed)).stdout for seed in (7, 8))
    crcs = [re.search(r"manifest\s+([0-9a-f]{8})", text)[1] for text in (mine, other)]
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while os.write(writing, b"x"):
            pass
    except BlockingIOError:
        fcntl.fcntl(writing, fcntl.F_SETFL, 0)
    started = subprocess.Popen([TROUPE, *map(str, words(path, run, source="file"))], stderr=writing,
                               stdout=subprocess.DEVNULL)
    os.close(writing)
    try:
        wait_for(lambda: (run / "run.json").exists(), "the run folder")
        path.unlink()
        path.symlink_to(data_set(4000, 8))
        with os.fdopen(reading, "rb") as stream:
            said = stream.read().lstrip(b"x").decode()
        check(started.wait(DEADLINE), "==", 4, because=said)
    finally:
        started.kill()
    check(said, "matches", rf"node \d \(pid \d+\) reads data with manifest {crcs[1]}, this process {crcs[0]}")
    check(end_of(run)["status"], "==", "failed")


if __name__ == "__main__":
    main()
