"""Workers on one memory beside a loop written by hand over std::atomic_ref with the same
memory orders, by one thread and by two; the same loop over plain floats, which C++ does
not allow two threads; and what adding without loss, locking and a penalty cost."""
from frame import Bench, Contender
from sets import rcv1, train

ROWS = r"([0-9.]+) rows/s"


def trained(bench, data, epochs, threads, *words, preset="hogwild"):
    """Rows a second of the run's own clock: from the actors' start to the end."""
    end = train(bench, data, preset, epochs, "-s", "data.validation=0.1", "-s", f"training.workers={threads}",
                *words)
    return end["samples"] / end["t"]


def by_threads(bench, data, epochs, threads):
    bare = bench.program("bench_bare_shared")
    plain = ("-s", "model.l2=0")

    def loop(way):
        return Contender(f"a bare loop, {way}", [bare, data, epochs, threads, way], figure=ROWS)

    def troupe(title, *words):
        return Contender(f"troupe, {title}", lambda: trained(bench, data, epochs, threads, *words))

    bench.compare(f"hinge SGD on one memory, {threads} thread{'s' if threads > 1 else ''}", "rows/s", [
        loop("store"), troupe("store", *plain), loop("plain"), loop("add"),
        troupe("add", *plain, "-s", "access=add"), troupe("lock", *plain, "-s", "access=lock"),
        troupe("store, l2 per feature")])


def main():
    with Bench(__doc__) as bench:
        data = rcv1(bench)
        epochs = 2 if bench.quick else 100
        for threads in (1, 2):
            by_threads(bench, data, epochs, threads)


if __name__ == "__main__":
    main()
