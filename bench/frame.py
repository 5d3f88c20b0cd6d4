"""The frame of every measurement: named contenders, run in turn and repeated, and a
table of what came out. It measures and prints; it never judges, and it keeps nothing.

    bench = Bench(__doc__)                                  # reads --reps, --quick, --build
    bench.compare("copying 64 MB", "MB/s", [
        Contender("cp", ["cp", source, target], amount=64),        # by the clock: amount / seconds
        Contender("dd", ["dd", ...], figure=r"([0-9.]+) MB/s"),    # read from what it prints
        Contender("python", lambda: shutil.copy(source, target), amount=64),
    ])

Contenders take turns within a round, and each round begins with another one, so that
what else the machine does meets all of them. The ratio is the median over the rounds
of a contender's figure to that of the first contender in the same round.
"""
import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("REAL_DATA_DIR") or ROOT.parent / "shared/data")


@dataclass
class Contender:
    """`work` is a list of words to run, or a function. A function may return its figure;
    a program's figure is what `figure` finds in its output. Without either it is the time
    by the clock: in seconds, or `amount` a second."""
    name: str
    work: list | Callable
    amount: float = 0
    figure: str = ""
    prepare: Callable = lambda: None  # before every run, not timed
    processor: bool = False
    options: dict = field(default_factory=dict)  # of subprocess.run: stdin, cwd, env

    def run(self):
        self.prepare()
        start = self.clock()
        answer = self.work() if callable(self.work) else self.output()
        seconds = self.clock() - start
        if self.figure:
            return self.figure_in(answer)
        if callable(self.work) and answer is not None:
            return float(answer)
        return self.amount / seconds if self.amount else seconds

    def clock(self):
        if not self.processor:
            return time.perf_counter()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def output(self):
        words = [str(word) for word in self.work]
        done = subprocess.run(words, stdout=subprocess.PIPE if self.figure else subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, **self.options)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {' '.join(words)} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def figure_in(self, text):
        if not (found := re.search(self.figure, text)):
            sys.exit(f"{self.name}: nothing in its output is /{self.figure}/: {text[-500:]}")
        return float(found[1])


class Bench:
    def __init__(self, sentence, reps=7):
        parser = argparse.ArgumentParser(description=sentence.strip().splitlines()[0])
        parser.add_argument("--reps", type=int, default=reps, help=f"rounds that count ({reps})")
        parser.add_argument("--quick", action="store_true", help="tiny inputs, one round: proves only that it works")
        parser.add_argument("--build", type=Path, default=Path(os.environ.get("TROUPE_BUILD") or ROOT / "build"),
                            help="where the program was built")
        parser.add_argument("--only", default="", help="comparisons whose title contains this")
        given = parser.parse_args()
        self.quick, self.only, self.build = given.quick, given.only, given.build
        self.reps = 1 if given.quick else max(given.reps, 1)
        self.troupe = str(self.build / "troupe")
        self.scratch = Path(tempfile.mkdtemp(prefix="troupe-bench-"))
        print(machine(self.quick), flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.scratch, ignore_errors=True)

    def program(self, name):
        """A program of bench/CMakeLists.txt, built."""
        if not (self.build / "CMakeCache.txt").exists():
            sys.exit(f"{self.build} is no build folder: cmake --preset program && cmake --build --preset program")
        subprocess.run(["cmake", "--build", self.build, "--target", name], check=True, stdout=subprocess.DEVNULL)
        return next(path for path in (self.build / "bench" / name, self.build / name) if path.exists())

    def sample(self, name):
        """A real file by its place in the folder of real data; None where it is missing."""
        path = REAL / name
        return path if path.exists() and not self.quick else None

    def fresh(self, name):
        """A path in the scratch folder where nothing is."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def wants(self, title):
        return self.only in title

    def compare(self, title, unit, contenders, note=""):
        """Prints one table; returns the medians by name."""
        if not self.wants(title):
            return {}
        if not self.quick:
            for contender in contenders:  # warms caches; its figures do not count
                contender.run()
        figures = {contender.name: [] for contender in contenders}
        for turn in range(self.reps):
            first = turn % len(contenders)
            for contender in contenders[first:] + contenders[:first]:
                figures[contender.name].append(contender.run())
        print(table(title, unit, figures, note), flush=True)
        return {name: statistics.median(values) for name, values in figures.items()}


def table(title, unit, figures, note=""):
    width = max(len(name) for name in figures)
    first = next(iter(figures.values()))
    lines = ["", f"{title} ({unit}, {len(first)} rounds)" + (f": {note}" if note else ""),
             f"  {'':{width}} {'median':>10} {'min':>10} {'max':>10} {'ratio':>7}"]
    for name, values in figures.items():
        ratio = statistics.median(own / base if base else float("nan") for own, base in zip(values, first))
        numbers = " ".join(f"{shown(value):>10}" for value in (statistics.median(values), min(values), max(values)))
        lines.append(f"  {name:{width}} {numbers} {ratio:7.2f}")
    return "\n".join(lines)


def shown(value):
    """Four digits that count, whatever the unit."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def machine(quick=False):
    """One line: cores, a cache line's way there and back, what two threads do against one."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "machine"
        subprocess.run([os.environ.get("CXX") or "c++", "-std=c++20", "-O2", "-pthread", "-o", program,
                        ROOT / "bench/machine.cpp"], check=True)
        done = subprocess.run([program, "20" if quick else "500"], check=True, capture_output=True, text=True)
    return f"machine: {done.stdout.strip()}"


if __name__ == "__main__":
    sys.exit("this is the frame of the measurements beside it: run one of those")
