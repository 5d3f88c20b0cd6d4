"""How cost grows: time and bytes of an update against workers (threads, and the virtual
clock), features, rows and batch, as a table and as one SVG. --out FILE says where the
picture goes (growth.svg)."""
import argparse
import json
import math
import resource
import subprocess
import sys
from dataclasses import dataclass

from frame import Bench
from sets import COMMON, make
from plot import Panel, picture


@dataclass
class Point:
    x: float
    microseconds: float  # of an update
    bytes: float  # sent by the holder of the model, of an update


def train(bench, data, *words, command="train"):
    """Time and bytes of an update; under the virtual clock, processor time of the program."""
    folder = bench.fresh("run")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([bench.troupe, command, bench.config, *COMMON, "-s", f"data.path={data}", "-s",
                           "training.evaluate_every=1000000", "--run-dir", folder, *map(str, words)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, done.args))}: {done.stderr[-400:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    end = lines[-1]
    step = next(line for line in reversed(lines) if line["type"] == "step")
    first = next(line for line in lines if line["type"] == "step")
    if command == "twin":
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    else:  # without loading, where there is a later report to count from
        seconds = end["t"] - first["t"] if end["updates"] > 2 * first["updates"] else end["t"]
    counted = end["updates"] - (first["updates"] if command == "train" and end["updates"] > 2 * first["updates"] else 0)
    return seconds * 1e6 / max(counted, 1), step["bytes_sent"] / max(end["updates"], 1)


def swept(bench, title, values, run):
    points = []
    for value in values:
        runs = sorted(run(value) for _ in range(bench.reps))
        points.append(Point(value, *runs[len(runs) // 2]))
    print(f"\n{title}\n  {'':>12} {'us/update':>12} {'bytes/update':>14} {'grows as':>9}")
    for i, point in enumerate(points):
        print(f"  {point.x:>12,.0f} {point.microseconds:>12.2f} {point.bytes:>14,.0f} {slope(points, i):>9}", flush=True)
    return Panel(title, [(point.x, point.microseconds) for point in points], [(point.x, point.bytes) for point in points])


def slope(points, i):
    """The exponent of time from the point before: 1 is in proportion, 0 is not at all."""
    if i == 0:
        return ""
    a, b = points[i - 1], points[i]
    return f"x^{math.log(b.microseconds / a.microseconds) / math.log(b.x / a.x):.2f}"


def steps(count):
    return ("-s", f"training.stop.steps={count}", "-s", "training.stop.epochs=1000000")


def panels(bench):
    quick = bench.quick
    rcv1 = make(bench, "rcv1", "rcv1", "--rows", 2000 if quick else 23149, "--seed", 7)
    asgd = ("-s", "training.algorithm=asgd", "-s", "training.batch=16")
    some = 500 if quick else 40_000

    def workers(command):
        return lambda count: train(bench, rcv1, *asgd, "-s", f"training.workers={count}", *steps(some), command=command)

    yield swept(bench, "workers, threads of this machine", (1, 2) if quick else (1, 2, 4, 8), workers("train"))
    yield swept(bench, "workers, virtual clock", (1, 50) if quick else (1, 10, 100, 1000), workers("twin"))

    def features(pull):
        def run(count):
            data = make(bench, f"features{count}", "rcv1", "--rows", 2000, "--features", count, "--seed", 7)
            return train(bench, data, *asgd, "-s", f"training.pull={pull}", *steps(some // 10))
        return run

    sizes = (1000, 10_000) if quick else (1000, 10_000, 100_000, 1_000_000, 10_000_000)
    yield swept(bench, "features, sparse pulls", sizes, features("sparse"))
    yield swept(bench, "features, dense pulls", sizes[:-1] if not quick else sizes, features("dense"))

    def rows(count):
        data = make(bench, f"rows{count}", "linear", "--rows", count, "--features", 10, "--seed", 7)
        return train(bench, data, "-s", "model.kind=linear", "-s", "training.algorithm=asgd", "-s", "training.batch=16",
                     *steps(10 * some))

    yield swept(bench, "rows of 10 numbers", (1000, 10_000) if quick else (10_000, 100_000, 1_000_000, 10_000_000), rows)

    def batch(size):
        return train(bench, rcv1, "-s", "training.algorithm=asgd", "-s", f"training.batch={size}",
                     *steps(max(some // size, 100)))

    yield swept(bench, "batch, rows", (1, 16) if quick else (1, 4, 16, 64, 256, 1024), batch)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--out", default="growth.svg")
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    with Bench(__doc__, reps=3) as bench:
        bench.config = bench.scratch / "growth.toml"
        bench.config.write_text('[data]\npath = ""\nvalidation = 0.1\n[model]\nkind = "svm"\n[training]\n'
                                'algorithm = "asgd"\n[monitor]\ninterval = "20ms"\n')
        drawn = list(panels(bench))
    with open(given.out, "w") as out:
        out.write(picture(drawn))
    print(f"\nwrote {given.out}")


if __name__ == "__main__":
    main()
