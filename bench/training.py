"""What actors cost beside a loop written by hand, and beside scikit-learn and
liblinear: hinge SGD by one worker and by two, asynchronous updates in one process,
the same actors under a virtual clock, and peers that gossip."""
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from frame import ROOT, Bench, Contender
from sets import blas, make, python_with, rcv1, rcv1_text, train

PEER = """
import sys, time
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import SGDClassifier
x, y = load_svmlight_file(sys.argv[1], n_features=47236, zero_based=False)
x = x.astype("float64")[: int(x.shape[0] * 0.9)]
model = SGDClassifier(loss="hinge", alpha=1e-5, learning_rate="constant", eta0=0.1, fit_intercept=False,
                      max_iter=int(sys.argv[2]), tol=None, shuffle=True, random_state=1)
start = time.perf_counter()
model.fit(x, y[: x.shape[0]])
seconds = time.perf_counter() - start
print(seconds * 1e9 / x.shape[0] / int(sys.argv[2]), "ns a row")
"""


# Opening and verifying the file counts, as it does in the run's own clock.
OPENED = r"([0-9.]+) ns a row with opening"


def rows_of(end):
    return end["samples"]


def by_the_row(bench, data, epochs, *words, preset="sgd"):
    """Nanoseconds a row of the run's own clock: from the actors' start to the end."""
    end = train(bench, data, preset, epochs, "-s", "data.validation=0.1", *words)
    return end["t"] * 1e9 / rows_of(end)


def one_worker(bench, data, epochs):
    bare = bench.program("bench_bare")
    contenders = [Contender("a bare loop, with opening", [bare, data, epochs], figure=OPENED),
                  Contender("troupe, lazy", lambda: by_the_row(bench, data, epochs, "-s", "data.replacement=false")),
                  Contender("troupe, per_feature", lambda: by_the_row(
                      bench, data, epochs, "-s", "data.replacement=false", "-s", "model.regularise=per_feature"))]
    contenders += scikit_learn(bench, epochs)
    bench.compare(f"hinge SGD, one worker, {epochs} epochs of rcv1", "ns a row", contenders)
    large = make(bench, "large", "rcv1", "--rows", 2000 if bench.quick else 200_000, "--seed", 7)
    few = 1 if bench.quick else 20
    bench.compare("hinge SGD, 200,000 rows, shuffled", "ns a row", [
        Contender("a bare loop, with opening", [bare, large, few], figure=OPENED),
        Contender("troupe", lambda: by_the_row(bench, large, few, "-s", "data.replacement=false"))])


def scikit_learn(bench, epochs):
    """The training call alone is timed."""
    text, python = rcv1_text(bench), python_with("sklearn")
    if text is None or python is None:
        print("SKIPPED: SGDClassifier: python3-sklearn or the sample is missing")
        return []
    return [Contender("SGDClassifier", [python, "-c", PEER, text, min(epochs, 20)], figure=r"([0-9.]+) ns a row")]


LIBLINEAR = """
import sys, time, warnings
from sklearn.datasets import load_svmlight_file
from sklearn.svm import LinearSVC
warnings.simplefilter("ignore")  # that it has not converged is the point
l2 = float(sys.argv[2])
x, y = load_svmlight_file(sys.argv[1], n_features=47236, zero_based=False)
def fitted(iterations, tolerance=1e-9):
    model = LinearSVC(loss="hinge", C=1 / (l2 * x.shape[0]), fit_intercept=False, max_iter=iterations, tol=tolerance,
                      random_state=1)
    start = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - start
    w = model.coef_[0]
    return (1 - y * (x @ w)).clip(0).mean() + l2 / 2 * (w @ w), seconds
best = fitted(5000, 1e-6)[0]
count = next(n for n in range(1, 1000) if fitted(n)[0] <= 1.01 * best)
print(best, "is the least objective,", count, "iterations,", min(fitted(count)[1] for _ in range(5)) * 1e3, "ms")
"""


def to_a_gap(bench, data):
    """Training until the objective is 1 % above the least one that liblinear finds, on all rows of
    the sample; opening and scoring do not count. liblinear is called in scikit-learn's process."""
    text, python = rcv1_text(bench), python_with("sklearn")
    title = "training to a gap of 1 %, l2 = 1.44e-4"
    if text is None or python is None or not bench.wants(title):
        return
    l2 = "1.44e-4"
    said = Contender("", [python, "-c", LIBLINEAR, text, l2], figure=".").output()
    least = float(said.split()[0])

    def end(epochs):
        return train(bench, data, "sgd", epochs, "-s", f"model.l2={l2}", "-s", "training.learning_rate.kind=inverse",
                     "-s", "training.learning_rate.start=1", "-s", "data.validation=0", "-s", f"data.test={data}",
                     "-s", "data.replacement=false", "-s", "training.evaluate_every=1000")

    enough = next(n for n in range(1, 100) if end(n)["test"]["loss"] <= 1.01 * least)
    bench.compare(title, "ms", [
        Contender("liblinear", [python, "-c", LIBLINEAR, text, l2], figure=r"([0-9.]+) ms"),
        Contender(f"troupe, {enough} epochs", lambda: 1e3 * enough * (end(210)["t"] - end(10)["t"]) / 200)])


def two_workers(bench, data, epochs):
    bare = bench.program("bench_bare")
    half = {5000: "5,000 rows between exchanges", 1000: "1,000 rows between exchanges"}
    for rows, title in half.items():
        words = ("-s", "training.batch=1", "-s", f"training.local_steps={rows}", "-s", "training.workers=2")
        bench.compare(f"two workers, {title}", "rows/s", [
            Contender("two processes of one worker, summed", lambda: two_processes(bench, data, epochs)),
            Contender("two bare threads", [bare, data, epochs, rows], figure=r"([0-9.]+) rows/s"),
            Contender("troupe, two workers",
                      lambda words=words: 1e9 / by_the_row(bench, data, epochs, *words, preset="local_sgd"))])


def two_processes(bench, data, epochs):
    """At the same time: what the machine gives to two that share nothing."""
    from concurrent.futures import ThreadPoolExecutor

    def one(number):
        end = train(bench, data, "sgd", epochs, "-s", "data.validation=0.1", "-s", "data.replacement=false",
                    folder=f"own{number}")
        return rows_of(end) / end["t"]

    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(one, range(2)))


def open_gate(bench, data, epochs):
    for command, title, workers in (("train", "an exchange a batch of 16, one process", (1, 2, 4)),
                                    ("twin", "an exchange a batch of 16, virtual clock", (16, 1000))):
        contenders = []
        for count in workers:
            for pull in ("dense", "sparse"):
                contenders.append(Contender(f"{count} workers, {pull} pulls", lambda count=count, pull=pull: rate(
                    bench, data, epochs, command, count, pull)))
        bench.compare(title, "updates/s", contenders)


def shares(bench, data, epochs):
    """What the worker with the least work and the one with the most did, beside an equal part."""
    for title, preset, words in (("behind a barrier", "ssgd", ()),
                                 ("with an open gate, dense pulls", "asgd", ("-s", "training.pull=dense")),
                                 ("with an open gate, sparse pulls", "asgd", ("-s", "training.pull=sparse"))):
        for workers in (2, 4):
            ends = []

            def least(workers=workers, preset=preset, words=words, ends=ends):
                ends.append(train(bench, data, preset, epochs, "-s", f"training.workers={workers}", *words)["shares"])
                return ends[-1]["least"]

            bench.compare(f"shares of the work, {workers} workers {title}", "of an equal part", [
                Contender("the least", least),
                Contender("the most", lambda ends=ends: ends[-1]["most"])])


def rate(bench, data, epochs, command, workers, pull):
    """By the wall clock of the process for the twin, whose own is virtual."""
    start = time.perf_counter()
    end = train(bench, data, "asgd", epochs, "-s", f"training.workers={workers}", "-s", f"training.pull={pull}",
                "-s", f"training.evaluate_every={epochs}", command=command)
    return end["updates"] / (end["t"] if command == "train" else time.perf_counter() - start)


def gossip(bench, data, epochs):
    """States of 47,236 entries that a peer made something of, in one process; one exchange a batch of 16."""
    def merges(workers, window):
        step = train(bench, data, "gossip_asgd", epochs, "-s", f"training.workers={workers}", "-s",
                     "training.local_steps=1", "-s", f"training.parzen.window={window}", "-s",
                     f"training.evaluate_every={epochs}", kind="step")
        return (step["gossip"]["accepted"] + step["gossip"]["refused"]) / step["t"]

    bench.compare("gossip, one process", "merges/s", [
        Contender(f"{workers} peers, {title}", lambda w=workers, on=on: merges(w, on))
        for workers in (2, 4) for on, title in (("true", "Parzen window"), ("false", "all let in"))])


MINI_BATCH = """
import sys, time
import numpy
from sklearn.cluster import MiniBatchKMeans
dims, clusters, rows, epochs = map(int, sys.argv[1:5])
random = numpy.random.default_rng(7)
centres = random.normal(size=(clusters, dims)) * 10
x = (centres[random.integers(clusters, size=rows)] + random.normal(size=(rows, dims))).astype("float32")
model = MiniBatchKMeans(n_clusters=clusters, batch_size=256, n_init=1, init=x[:clusters], max_no_improvement=None,
                        reassignment_ratio=0, tol=0, max_iter=epochs)
start = time.perf_counter()
model.fit(x)
print(rows * epochs / (time.perf_counter() - start) / 1e6, "M rows/s")
"""


def kmeans(bench):
    """Batches of 256; the same number of rows, in their order, all in memory."""
    python = python_with("sklearn")
    for dims, clusters, rows in ((10, 10, 1_000_000), (10, 100, 400_000), (100, 100, 200_000)):
        rows = rows // 100 if bench.quick else rows
        data = make(bench, f"blobs{dims}_{clusters}", "blobs", "--features", dims, "--centres", clusters, "--rows", rows,
                    "--seed", 7)

        def trained(shuffle, data=data, clusters=clusters):
            end = train(bench, data, "kmeans", 2 if bench.quick else 40, "-s", f"data.shuffle={shuffle}", "-s",
                        "data.replacement=false", "-s", "training.batch=256", "-s", "data.validation=0.01", "-s",
                        f"model.kmeans.clusters={clusters}")
            return rows_of(end) / end["t"] / 1e6

        contenders = [Contender("troupe, in the file's order", lambda t=trained: t("none")),
                      Contender("troupe, shuffled", lambda t=trained: t("local"))]
        if python:
            contenders.append(Contender("MiniBatchKMeans", [python, "-c", MINI_BATCH, dims, clusters, rows, 1 if bench.quick else 2],
                                        figure=r"([0-9.]+) M rows/s"))
        bench.compare(f"k-means, {dims} dimensions, {clusters} centres", "M rows/s", contenders)


def starting(bench, data):
    """A run of one update, whole: from exec to exit, and the most memory that it had."""
    def one(figure):
        child = subprocess.Popen([bench.troupe, "train", ROOT / "config/examples/asgd.toml", "-q", "-s", f"data.path={data}",
                                  "-s", "training.workers=1", "-s", "training.stop.steps=1", "--run-dir",
                                  bench.fresh("one")], stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        _, status, used = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"a run of one update ended with {status}")
        return {"ms": (time.perf_counter() - start) * 1e3, "MB": used.ru_maxrss / 1024}[figure]

    bench.compare("start, one update and exit", "ms", [Contender("troupe train", lambda: one("ms"))])
    bench.compare("memory at most", "MB", [
        Contender("troupe train, one worker, all in one process", lambda: one("MB")),
        Contender("a node process with one worker", lambda: node_memory(bench, data))])
    bench.compare("a node that waits for its coordinator", "% of a core", [
        Contender("troupe node", lambda: waiting(bench, 1 if bench.quick else 5))])


def node_memory(bench, data):
    """VmHWM of the one node of a run, as long as it can be read."""
    run = subprocess.Popen([bench.troupe, "train", ROOT / "config/examples/asgd.toml", "-q", "-s", f"data.path={data}",
                            "-s", "training.workers=1", "--nodes", "1", "--run-dir", bench.fresh("node")],
                           stdout=subprocess.DEVNULL)
    most = 0.0
    while run.poll() is None:
        for child in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
            try:
                most = max(most, float(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child}/status").read_text())[1]))
            except (OSError, TypeError):
                pass  # it has just gone
        time.sleep(0.01)
    return most / 1024


def waiting(bench, seconds):
    with socket.socket() as nobody:  # bound, but deaf: a node tries again and again
        nobody.bind(("127.0.0.1", 0))
        node = subprocess.Popen([bench.troupe, "node", "--join", f"127.0.0.1:{nobody.getsockname()[1]}"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        fields = open(f"/proc/{node.pid}/stat").read().rsplit(")", 1)[1].split()
        node.kill()
        node.wait()
    return 100 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") / seconds


def main():
    with Bench(__doc__) as bench:
        data = rcv1(bench)
        epochs = 2 if bench.quick else 200
        print(f"BLAS of the peers in Python: {blas()}")
        one_worker(bench, data, epochs)
        to_a_gap(bench, data)
        two_workers(bench, data, epochs)
        open_gate(bench, data, 2 if bench.quick else 40)
        shares(bench, data, 2 if bench.quick else 20)
        gossip(bench, data, 1 if bench.quick else 20)
        kmeans(bench)
        starting(bench, data)


if __name__ == "__main__":
    main()
