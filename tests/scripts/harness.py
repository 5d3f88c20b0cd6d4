"""What the end-to-end scripts share: the program, folders that go away, waiting for
an event with a deadline, and checks that print both sides. Nothing in here sleeps
for a fixed time and hopes."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TROUPE_BUILD") or ROOT / "build")
TROUPE = os.environ.get("TROUPE") or str(BUILD / "troupe")
EXAMPLES = ROOT / "config/examples"
DEADLINE = 60  # seconds; ten times what a step of these tests takes on a slow machine


def check(left, what, right=None, because=""):
    """check(value) or check(value, '==', other): an assertion that prints both values."""
    good = {"==": lambda: left == right, "!=": lambda: left != right, ">=": lambda: left >= right,
            "<=": lambda: left <= right, "in": lambda: left in right, "matches": lambda: re.search(right, left)}
    if not good[what]():
        raise AssertionError(f"{left!r} {what} {right!r} {because}")


def wait_for(question, what, deadline=DEADLINE):
    """The first answer that is not None or False; fails by name when none came in time."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {deadline} s for {what}")


def troupe(*words, code=0, deadline=DEADLINE, inside=(), **options):
    """Runs the program to its end; returns it with its output. `code` is what it must exit with,
    `inside` what goes before it: see namespaces.py."""
    done = subprocess.run([*inside, TROUPE, *map(str, words)], capture_output=True, text=True, timeout=deadline,
                          **options)
    check(done.returncode, "==", code, because=f"of troupe {words}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done


class Started:
    """The program running beside us; gone, with everything it started, when the block ends."""

    def __init__(self, *words, inside=(), **options):
        # Whatever it starts inherits this variable, in whatever session or group.
        self.mark = f"TROUPE_TEST_RUN={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*inside, TROUPE, *map(str, words)], stdout=self.output,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        env={**os.environ, name: value}, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.alive():
            kill(pid, signal.SIGKILL)
        self.process.wait()
        self.output.close()

    def alive(self):
        """It, its nodes, whatever they started; what has only to be reaped does not count."""
        return [int(entry.name) for entry in Path("/proc").iterdir()
                if entry.name.isdigit() and self.mark.encode() in environment(entry)]

    def children(self):
        return [pid for pid in self.alive() if pid != self.process.pid]

    def signal(self, number):
        kill(self.process.pid, number)

    def exit_code(self, deadline=DEADLINE):
        return self.process.wait(deadline)

    def gone(self, deadline=20):
        """Nothing is left of it; P1's two seconds, times ten."""
        wait_for(lambda: not self.alive(), f"{self.alive()} to go away", deadline)

    def text(self):
        self.output.seek(0)
        return self.output.read()


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def environment(process):
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def lines(run, kind=None):
    """Lines of metrics.jsonl, whole ones only, so that a running writer may be read."""
    path = Path(run) / "metrics.jsonl"
    text = path.read_text() if path.exists() else ""
    parsed = [json.loads(line) for line in text.split("\n")[:-1]]
    return [line for line in parsed if kind is None or line["type"] == kind]


def end_of(run):
    """The end line, of which there is exactly one, and it is the last; draws must add up."""
    all_lines = lines(run)
    check([line["type"] for line in all_lines].count("end"), "==", 1)
    end = all_lines[-1]
    check(end["type"], "==", "end")
    discarded = end.get("discarded", 0)
    if isinstance(discarded, dict):
        discarded = sum(discarded.values())
    check(end["computed"], "==", end["delivered"] + discarded, because=f"draws of {end}")
    return end


def validation(run):
    return [line for line in lines(run, "eval") if line["split"] == "validation"]


def skipped(reason):
    print(f"SKIPPED: {reason}", flush=True)


def data_set(rows=23149, seed=7, kind="rcv1"):
    """A generated set, made once per build folder."""
    path = BUILD / f"test-data/{kind}-{rows}-{seed}.h5"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half_done = path.with_suffix(f".{os.getpid()}")
        troupe("data", "make", kind, "--rows", rows, "--seed", seed, "--out", half_done)
        half_done.rename(path)
    return path


def main():
    """Runs the script's test_ functions, or those named, each in a folder of its own."""
    tests = {name: item for name, item in vars(sys.modules["__main__"]).items() if name.startswith("test_")}
    failed = 0
    for name in sys.argv[1:] or tests:
        start, word = time.monotonic(), "passed"
        with tempfile.TemporaryDirectory(prefix="troupe-test-") as scratch:
            try:
                tests[name](Path(scratch))
            except Exception:
                traceback.print_exc()
                failed, word = failed + 1, "FAILED"
        print(f"{word} {name} ({time.monotonic() - start:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
