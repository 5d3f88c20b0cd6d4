"""Runs clang-tidy over the product's files that changed last, as many as the check has
time for: tidy.py BUILD_DIR JOBS [--all | NAME...]. It fixes nothing."""
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


MOST = 20  # files; clang-tidy takes about 4 s of a core for each


def files(build):
    """The product's own files: tests are many, alike, and compiled with every warning."""
    commands = json.loads((ROOT / build / "compile_commands.json").read_text())
    paths = {Path(entry["file"]) for entry in commands}
    return sorted(path.relative_to(ROOT) for path in paths
                  if ROOT in path.parents and "tests" not in path.relative_to(ROOT).parts)


def newest_first(paths):
    """What is not committed, then by the last commit that touched it."""
    def told(*words):
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return [line[3:] if words[0] == "status" else line for line in done.stdout.splitlines() if line]
    order = told("status", "--porcelain", "-uall") + told("log", "--name-only", "--format=")
    place = {name: number for number, name in reversed(list(enumerate(order)))}
    return sorted(paths, key=lambda path: place.get(path.as_posix(), len(order)))


def chosen(build, words):
    known = files(build)
    if words == ("--all",):
        return known
    if words:
        return [path for path in known if any(word in path.as_posix() for word in words)]
    return newest_first(known)[:MOST]


def tidy(build, path):
    start = time.monotonic()
    # GCC's flags that clang does not know are no finding.
    done = subprocess.run(["clang-tidy", "-p", str(ROOT / build), "--quiet",
                           "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error", str(ROOT / path)],
                          capture_output=True, text=True, timeout=120)
    return path, done, time.monotonic() - start


def main(build, jobs, *words):
    failed = 0
    todo = chosen(build, words)
    with ThreadPoolExecutor(int(jobs)) as pool:
        for path, done, seconds in pool.map(lambda path: tidy(build, path), todo):
            bad = done.returncode != 0
            failed += bad
            print(f"{'FAILED' if bad else 'passed'} {path} ({seconds:.1f} s)", flush=True)
            if bad:
                print(done.stdout + done.stderr, flush=True)
    print(f"{len(todo) - failed} passed, {failed} failed, of {len(files(build))} files")
    return 1 if failed or not todo else 0


sys.exit(main(*sys.argv[1:]))
