"""What actors cost beside a loop written by hand, and beside scikit-learn and
liblinear: hinge SGD by one worker and by two, asynchronous updates in one process,
and the same actors under a virtual clock."""
import subprocess
import sys

from frame import Bench, Contender
from sets import make, rcv1, train

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


def rows_of(end):
    return end["samples"]


def by_the_row(bench, data, epochs, *words, preset="sgd"):
    """Nanoseconds a row of the run's own clock: from the actors' start to the end."""
    end = train(bench, data, preset, epochs, "-s", "data.validation=0.1", *words)
    return end["t"] * 1e9 / rows_of(end)


def one_worker(bench, data, epochs):
    bare = bench.program("bench_bare")
    contenders = [Contender("a bare loop", [bare, data, epochs], figure=r"([0-9.]+) ns a row"),
                  Contender("troupe, lazy", lambda: by_the_row(bench, data, epochs, "-s", "data.replacement=false")),
                  Contender("troupe, per_feature", lambda: by_the_row(
                      bench, data, epochs, "-s", "data.replacement=false", "-s", "model.regularise=per_feature"))]
    contenders += scikit_learn(bench, epochs)
    bench.compare(f"hinge SGD, one worker, {epochs} epochs of rcv1", "ns a row", contenders)
    large = make(bench, "large", "rcv1", "--rows", 2000 if bench.quick else 200_000, "--seed", 7)
    few = 1 if bench.quick else 20
    bench.compare("hinge SGD, 200,000 rows, shuffled", "ns a row", [
        Contender("a bare loop", [bare, large, few], figure=r"([0-9.]+) ns a row"),
        Contender("troupe", lambda: by_the_row(bench, large, few, "-s", "data.replacement=false"))])


def scikit_learn(bench, epochs):
    """On the system's Python, for which Debian packages it; the training call alone is timed."""
    sample = bench.sample("rcv1/rcv1_ccat_train23149.svm.xz")
    python = next((p for p in (sys.executable, "/usr/bin/python3")
                   if subprocess.run([p, "-c", "import sklearn"], capture_output=True).returncode == 0), None)
    if sample is None or python is None:
        print("SKIPPED: SGDClassifier: python3-sklearn or the sample is missing")
        return []
    text = bench.scratch / "rcv1.svm"
    text.write_bytes(subprocess.run(["xz", "-dc", sample], capture_output=True, check=True).stdout)
    return [Contender("SGDClassifier", [python, "-c", PEER, text, min(epochs, 20)], figure=r"([0-9.]+) ns a row")]


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


def rate(bench, data, epochs, command, workers, pull):
    """By the wall clock of the process for the twin, whose own is virtual."""
    import time
    start = time.perf_counter()
    end = train(bench, data, "asgd", epochs, "-s", f"training.workers={workers}", "-s", f"training.pull={pull}",
                "-s", f"training.evaluate_every={epochs}", command=command)
    return end["updates"] / (end["t"] if command == "train" else time.perf_counter() - start)


def main():
    with Bench(__doc__) as bench:
        data = rcv1(bench)
        epochs = 2 if bench.quick else 200
        one_worker(bench, data, epochs)
        two_workers(bench, data, epochs)
        open_gate(bench, data, 2 if bench.quick else 40)


if __name__ == "__main__":
    main()
