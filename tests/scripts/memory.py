"""data.memory is a promise: a set four times as large as what the system grants the
process trains within it, to the weights that it has without a limit. The limit is
the kernel's own (RLIMIT_DATA, `ulimit -d`): private memory that can be written, heap
and stacks included. It needs no cgroup and no rights."""
import random
import resource
import struct

from harness import *

MIB = 1 << 20
LIMIT = 128 * MIB
BOUND = 64 * MIB
IMAGE = 28 * 28
# Values become floats of four bytes: the rows are four times the limit.
IMAGES = 4 * LIMIT // (IMAGE * 4) + 1


def large_set():
    """Random images, bright ones against dark ones, as an IDX file that the program imports."""
    path = BUILD / f"test-data/images-{IMAGES}.h5"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="troupe-images-", dir=path.parent) as folder:
        images, labels, half_done = Path(folder) / "images", Path(folder) / "labels", Path(folder) / "set.h5"
        with images.open("wb") as pixels, labels.open("wb") as classes:
            pixels.write(struct.pack(">IIII", 0x803, IMAGES, 28, 28))
            classes.write(struct.pack(">II", 0x801, IMAGES))
            for _ in range(IMAGES):
                label = noise.getrandbits(1)
                pixels.write(noise.randbytes(IMAGE - 40) + bytes([200 * label]) * 40)
                classes.write(bytes([label]))
        troupe("data", "import", images, "--labels", labels, "--out", half_done, deadline=300)
        half_done.rename(path)
    return path


def limited():
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    # Stacks count in full, used or not.
    resource.setrlimit(resource.RLIMIT_STACK, (MIB, MIB))


def words(run, *more):
    return [TROUPE, "train", EXAMPLES / "local_sgd.toml", "-s", f"data.path={large_set()}", "-s",
            "model.kind=logistic", "-s", "training.learning_rate=1e-6", "-s", "training.workers=1",
            "-s", "data.partitions=2", "-s", "training.local_steps=epoch", "-s", "data.validation=0.1",
            "-s", "training.stop.epochs=2", "-q", "--run-dir", run, *more]


def train(run, *more, code=0, limit=False):
    """The run's last line and the most memory that it had at once."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(list(map(str, words(run, *more))), stdout=output, stderr=subprocess.STDOUT,
                                   preexec_fn=limited if limit else None)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    check(process.returncode, "==", code, because=text[-2000:])
    return text, usage.ru_maxrss * 1024


def bounded():
    return "-s", f"data.memory={BOUND}"


def test_a_set_four_times_the_limit_trains_within_it_to_the_same_weights(scratch):
    print(f"imposed: RLIMIT_DATA {LIMIT // MIB} MiB; the rows take {IMAGES * IMAGE * 4 // MIB} MiB, "
          f"data.memory is {BOUND // MIB} MiB")
    check(IMAGES * IMAGE * 4, ">=", 4 * LIMIT)
    _, free = train(scratch / "free", *bounded())
    _, peak = train(scratch / "limited", *bounded(), limit=True)
    print(f"peak resident: {free // MIB} MiB free, {peak // MIB} MiB under the limit")
    check(end_of(scratch / "limited")["weights_crc32c"], "==", end_of(scratch / "free")["weights_crc32c"])
    check(end_of(scratch / "limited")["validation"]["accuracy"], ">=", 0.9)
    for most in (free, peak):
        check(most, "<=", BOUND + 48 * MIB, because="rows, program and libraries")


def test_the_limit_stops_a_run_without_the_bound(scratch):
    text, _ = train(scratch / "run", code=3, limit=True)
    check("no memory for ", "in", text)
    check("bound them by data.memory", "in", text)
    print(next(line for line in text.splitlines() if "no memory for" in line))


def test_the_bound_is_what_keeps_memory_small(scratch):
    _, peak = train(scratch / "run")
    check(peak, ">=", 4 * LIMIT)


def test_within_a_bound_weights_do_not_depend_on_who_computes(scratch):
    first = None
    for name, how in (("one", ()), ("two", ("-s", "training.workers=2")),
                      ("nodes", ("-s", "training.workers=2", "--nodes", "2"))):
        train(scratch / name, *bounded(), *how)
        crc = end_of(scratch / name)["weights_crc32c"]
        check(crc, "==", first := first or crc, because=f"for {name}")


if __name__ == "__main__":
    main()
