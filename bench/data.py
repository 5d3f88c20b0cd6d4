"""How fast data come in and out: import, unpacking, segments.

Everything is read from the page cache, and written to memory where the machine has a
file system in it. The inputs are the RCV1 sample and MNIST of ../shared/data (or
REAL_DATA_DIR), and generated ones where those are missing.
"""
import gzip
import lzma
import os
import struct
import subprocess
import sys
from pathlib import Path

from frame import ROOT, Bench, Contender

REAL = Path(os.environ.get("REAL_DATA_DIR") or ROOT.parent / "shared/data")


class Inputs:
    """Files to read, made once a run."""

    def __init__(self, bench, copies):
        self.bench, self.copies = bench, copies
        memory = Path("/dev/shm")
        self.out = bench.scratch / "out.h5"
        if memory.is_dir() and os.access(memory, os.W_OK):
            self.out = memory / f"{bench.scratch.name}.h5"

    def sample(self):
        real = REAL / "rcv1/rcv1_ccat_train23149.svm.xz"
        return lzma.open(real).read() if real.exists() and not self.bench.quick else generated_rows()

    def text(self):
        """SVMlight text of documents, several times behind each other."""
        return self.repeated("rows.svm", self.sample)

    def short_text(self):
        return self.repeated("sample.svm", self.sample, copies=1)

    def packed(self, name):
        """The same, each time as an archive of its own: compressing takes long."""
        return self.repeated(f"rows.{name}", lambda: subprocess.run(
            [name, "-6", "-c"], input=self.sample(), stdout=subprocess.PIPE, check=True).stdout)

    def repeated(self, name, make, copies=None):
        path = self.bench.scratch / name
        if not path.exists():
            part = make()
            with open(path, "wb") as file:
                for _ in range(copies or self.copies):
                    file.write(part)
        return path

    def images(self):
        """IDX images and their labels."""
        real = REAL / "mnist/train-images-idx3-ubyte.gz"
        if real.exists() and not self.bench.quick:
            return real, REAL / "mnist/train-labels-idx1-ubyte.gz"
        rows, images, labels = 300, self.bench.scratch / "images.gz", self.bench.scratch / "labels.gz"
        with gzip.open(images, "wb", 6) as file:
            file.write(struct.pack(">HBBIII", 0, 8, 3, rows, 28, 28) + bytes(i * i % 251 for i in range(rows * 784)))
        with gzip.open(labels, "wb", 6) as file:
            file.write(struct.pack(">HBBI", 0, 8, 1, rows) + bytes(i % 10 for i in range(rows)))
        return images, labels

    def set(self):
        """A sparse set in our own format."""
        path = self.bench.scratch / "rows.h5"
        if not path.exists():
            rows = 500 if self.bench.quick else 300_000
            subprocess.run([self.bench.troupe, "data", "make", "rcv1", "--rows", str(rows), "--out", path],
                           check=True, stdout=subprocess.DEVNULL)
        return path

    def gone(self):
        self.out.unlink(missing_ok=True)

    def importing(self, *words):
        return [self.bench.troupe, "data", "import", *words, "--out", self.out]


def generated_rows():
    """Sixty-odd entries a row with six digits behind the point, as in the sample."""
    state, lines = 1, []
    for row in range(200):
        words, index = ["+1" if row % 2 else "-1"], 0
        for _ in range(60):
            state = (state * 1103515245 + 12345) % 2**31
            index += 1 + state % 700
            words.append(f"{index}:0.{state % 900000 + 100000}")
        lines.append(" ".join(words) + "\n")
    return "".join(lines).encode()


def megabytes(path):
    return Path(path).stat().st_size / 1e6


def plain_text(bench, inputs):
    if not bench.wants("svmlight import"):
        return
    text = inputs.text()
    amount = megabytes(text)
    contenders = [Contender(f"{threads} thread{'s' * (threads > 1)}",
                            inputs.importing(text, "--threads", threads), amount, prepare=inputs.gone)
                  for threads in (1, 2)]
    contenders.append(Contender("1 thread, a processor's second", inputs.importing(text, "--threads", 1), amount,
                                prepare=inputs.gone, processor=True))
    contenders.append(Contender("cp to the same place", ["cp", text, inputs.out], amount, prepare=inputs.gone))
    if python := python_with_sklearn():
        # One copy of the sample is enough for it; its own start does not count.
        contenders.append(Contender("load_svmlight_file", [python, "-c", LOADER, inputs.short_text()],
                                    figure=r"([0-9.]+) MB/s"))
    else:
        print("SKIPPED: load_svmlight_file: python3-sklearn is not installed")
    bench.compare("svmlight import", "MB/s", contenders, f"{amount:.0f} MB of text")


LOADER = """
import os, sys, time
from sklearn.datasets import load_svmlight_file
start = time.perf_counter()
load_svmlight_file(sys.argv[1])
print(os.path.getsize(sys.argv[1]) / 1e6 / (time.perf_counter() - start), "MB/s")
"""


def python_with_sklearn():
    """This Python or the system's, for which Debian packages it; None without."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import sklearn.datasets"], capture_output=True).returncode == 0:
            return python
    return None


def unpacking(bench, inputs):
    for name in ("xz", "gzip"):
        title = f"svmlight.{name} import"
        if not bench.wants(title):
            continue
        path = inputs.packed(name)
        bench.compare(title, "s", [
            Contender(f"{name} -dc", [name, "-dc", path]),
            Contender("import", inputs.importing(path), prepare=inputs.gone),
            Contender(f"{name}, processor", [name, "-dc", path], processor=True),
            Contender("import, processor", inputs.importing(path), prepare=inputs.gone, processor=True)],
            f"{megabytes(path):.0f} MB, of {megabytes(inputs.text()):.0f} MB of text")


def images(bench, inputs):
    if not bench.wants("IDX import"):
        return
    path, labels = inputs.images()
    bench.compare("IDX import", "s", [
        Contender("gzip -dc", ["gzip", "-dc", path]),
        Contender("import", inputs.importing(path, "--labels", labels), prepare=inputs.gone),
        Contender("gzip, processor", ["gzip", "-dc", path], processor=True),
        Contender("import, processor", inputs.importing(path, "--labels", labels), prepare=inputs.gone,
                  processor=True)],
        f"{megabytes(path):.0f} MB of gzip")


WAYS = [("memcpy", "memcpy in memory"), ("read", "read() of the file"), ("plain", "segments, plain"),
        ("verified", "segments, verified"), ("each", "verified, fresh memory"),
        ("all", "verified, all into fresh memory")]


def segments(bench, inputs):
    if not bench.wants("reading segments"):
        return
    subprocess.run(["cmake", "--build", bench.build, "--target", "bench_segments"], check=True,
                   stdout=subprocess.DEVNULL)
    program, path = bench.build / "bench/bench_segments", inputs.set()
    repeats = 1 if bench.quick else 5
    bench.compare("reading segments", "GB/s", [
        Contender(name, [program, way, path, repeats], figure=r"([0-9.]+) GB/s") for way, name in WAYS],
        f"{megabytes(path):.0f} MB; the best of {repeats} readings each round")


def main():
    with Bench(__doc__) as bench:
        inputs = Inputs(bench, copies=1 if bench.quick else 12)
        try:
            for part in (plain_text, unpacking, images, segments):
                part(bench, inputs)
        finally:
            inputs.gone()


if __name__ == "__main__":
    main()
