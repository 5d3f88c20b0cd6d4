"""A synchronous step over 2 and 4 node processes by a server, up a tree and around a ring, dense
both ways, for models of 2 MB and 44 MB, beside an all-reduce of two by gloo where it is installed.
A step is more than its all-reduce: rows, the update, and a copy of the model a worker."""
from cluster import MICROSECONDS
from frame import ROOT, Bench, Contender
from sets import make, python_with, train

SIZES = {"2 MB": 524_288, "44 MB": 11_534_336}  # features of a linear model


def microseconds_a_step(bench, data, nodes, topology, steps):
    end = train(bench, data, "ssgd", 1000, "--nodes", nodes, "-s", f"training.workers={nodes}", "-s",
                f"training.topology={topology}", "-s", f"training.stop.steps={steps}", "-s", "training.codec=dense",
                "-s", "training.pull=dense", "-s", "training.batch=4")
    return end["t"] * 1e6 / end["updates"]


def main():
    with Bench(__doc__, reps=3) as bench:
        for title, features in SIZES.items():
            data = make(bench, title.split()[0], "rcv1", "--rows", 400, "--features", features, "--seed", 7)
            steps = 3 if bench.quick else 300 if features < 1_000_000 else 30
            for nodes in 2, 4:
                contenders = [Contender(topology, lambda topology=topology: microseconds_a_step(
                    bench, data, nodes, topology, steps)) for topology in ("server", "tree", "ring")]
                if nodes == 2 and (python := python_with("torch")):
                    contenders.append(Contender("gloo, the all-reduce alone", [
                        python, ROOT / "bench/peers/gloo.py", features * 4, steps], figure=MICROSECONDS))
                bench.compare(f"a step of {nodes} processes, {title}", "us", contenders)


if __name__ == "__main__":
    main()
