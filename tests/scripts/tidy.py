"""Runs clang-tidy over what the build compiles, some at a time, each file for at most
two minutes: tidy.py BUILD_DIR JOBS [NAME...]. It fixes nothing."""
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(build, names):
    """The product's own files: tests are many, alike, and compiled with every warning."""
    commands = json.loads((ROOT / build / "compile_commands.json").read_text())
    paths = sorted({Path(entry["file"]) for entry in commands})
    ours = [path for path in paths if ROOT in path.parents and "tests" not in path.relative_to(ROOT).parts]
    return [path for path in ours if not names or any(name in str(path) for name in names)]


def tidy(build, path):
    start = time.monotonic()
    # GCC's flags that clang does not know are no finding.
    done = subprocess.run(["clang-tidy", "-p", str(ROOT / build), "--quiet",
                           "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error", str(path)],
                          capture_output=True, text=True, timeout=120)
    return path, done, time.monotonic() - start


def main(build, jobs, *names):
    failed = 0
    todo = files(build, names)
    with ThreadPoolExecutor(int(jobs)) as pool:
        for path, done, seconds in pool.map(lambda path: tidy(build, path), todo):
            bad = done.returncode != 0
            failed += bad
            print(f"{'FAILED' if bad else 'passed'} {path.relative_to(ROOT)} ({seconds:.1f} s)", flush=True)
            if bad:
                print(done.stdout + done.stderr, flush=True)
    print(f"{len(todo) - failed} passed, {failed} failed")
    return 1 if failed or not todo else 0


sys.exit(main(*sys.argv[1:]))
