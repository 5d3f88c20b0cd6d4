"""What it costs to exchange between two processes: all-reduce of two, a stream one
way, each in the clear and through TLS, an exchange an epoch and an exchange a batch,
beside Asio's sockets alone, and beside gloo and Open MPI where they are installed."""
import shutil

from frame import Bench, Contender, ROOT
from sets import blas, epochs_a_second, python_with, rcv1, updates_a_second

SIZES = {"4 KB": (4096, 20000), "2 MB": (2 << 20, 500), "44 MB": (44_000_000, 20)}
MICROSECONDS = r"([0-9.]+) us"
SPEED = r"([0-9.]+) MB/s"


def main():
    with Bench(__doc__) as bench:
        print(f"BLAS of the peers in Python: {blas()}")
        program = bench.program("bench_exchange")
        for title, (size, repetitions) in SIZES.items():
            count = 3 if bench.quick else repetitions
            contenders = [Contender(name, [program, way, "both", size, count], figure=MICROSECONDS)
                          for name, way in (("data plane", "plane"), ("with TLS", "plane-tls"), ("Asio", "asio"))]
            bench.compare(f"all-reduce of two processes, {title}", "us", contenders + peers(size, count))
        count = 3 if bench.quick else 200
        bench.compare("one way, 4 MB", "MB/s", [
            Contender("Asio", [program, "asio", "oneway", 4 << 20, count], figure=SPEED),
            Contender("data plane", [program, "plane", "oneway", 4 << 20, count], figure=SPEED),
            Contender("with TLS", [program, "plane-tls", "oneway", 4 << 20, count], figure=SPEED)])
        flat_memory(bench, program)
        with_nodes(bench)


def peers(size, count):
    found = []
    if python := python_with("torch"):
        found.append(Contender("gloo", [python, ROOT / "bench/peers/gloo.py", size, count],
                               figure=MICROSECONDS))
    if shutil.which("mpirun") and (python := python_with("mpi4py")):
        found.append(Contender("Open MPI", ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", 2,
                                            python, ROOT / "bench/peers/mpi.py", size, count],
                               figure=MICROSECONDS))
    return found


def flat_memory(bench, program):
    """10,000 exchanges of 2 MB: memory after a tenth of them, and at the end."""
    if not bench.wants("memory"):
        return
    line = Contender("", [program, "plane", "both", 2 << 20, 20 if bench.quick else 10000], figure=".").output()
    print(f"\nmemory of 10,000 exchanges of 2 MB by the data plane: {line.strip().split('memory ')[1]}")


def with_nodes(bench):
    data = rcv1(bench)
    epochs = 1 if bench.quick else 20
    one = ("--nodes", "1", "-s", "cluster.slots=1", "-s", "training.workers=2")
    bench.compare("one exchange an epoch, 2 partitions", "us an epoch", [
        Contender("one process, one worker", lambda: 1e6 / epochs_a_second(bench, data, "local_sgd", 10 * epochs, "-s", "data.partitions=2", "-s", "training.workers=1")),
        Contender("two processes", lambda: 1e6 / epochs_a_second(bench, data, "local_sgd", 10 * epochs, *one))])
    bench.compare("asynchronous svm, an exchange a batch of 16", "updates/s", [
        Contender(title, lambda words=words: updates_a_second(bench, data, "asgd", epochs, *words))
        for title, words in {
            "one worker process": ("--nodes", "1", "-s", "training.workers=1"),
            "two worker processes": ("--nodes", "2", "-s", "training.workers=2"),
            "one, 4 ahead": ("--nodes", "1", "-s", "training.workers=1", "-s", "training.ahead=4"),
            "two, 4 ahead": ("--nodes", "2", "-s", "training.workers=2", "-s", "training.ahead=4"),
        }.items()])


if __name__ == "__main__":
    main()
