"""The sets that measurements train on, made once a run, and runs of Troupe on them."""
import json
import subprocess
import sys
from pathlib import Path

from frame import ROOT

# Their training alone counts; the objective is one for all that are compared.
COMMON = ("-q", "--json", "-s", "model.l2=1e-5", "-s", "training.learning_rate.start=0.1",
          "-s", "training.learning_rate.kind=constant")


def make(bench, name, *words):
    path = bench.scratch / f"{name}.h5"
    if not path.exists():
        subprocess.run([bench.troupe, "data", "make", *map(str, words), "--out", path], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def rcv1(bench):
    """The sample of the documents where it is at hand, else what looks like it."""
    sample = bench.sample("rcv1/rcv1_ccat_train23149.svm.xz")
    if sample is None:
        return make(bench, "rcv1", "rcv1", "--rows", 2000 if bench.quick else 23149, "--seed", 7)
    path = bench.scratch / "rcv1.h5"
    if not path.exists():
        subprocess.run([bench.troupe, "data", "import", sample, "--out", path], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def rcv1_text(bench):
    """The same as text, for those who read that; None where the sample is missing."""
    sample = bench.sample("rcv1/rcv1_ccat_train23149.svm.xz")
    if sample is None:
        return None
    path = bench.scratch / "rcv1.svm"
    if not path.exists():
        path.write_bytes(subprocess.run(["xz", "-dc", sample], capture_output=True, check=True).stdout)
    return path


def python_with(module):
    """A Python that has it: this one, or the system's, for which Debian packages such things."""
    return next((python for python in (sys.executable, "/usr/bin/python3") if subprocess.run(
        [python, "-c", f"import {module}"], capture_output=True).returncode == 0), None)


def blas():
    """The library that Debian's alternatives point to: what numpy and torch call there."""
    found = sorted(Path("/usr/lib").glob("*/libblas.so.3"))
    return found[0].resolve() if found else "none"


def train(bench, data, preset, epochs, *words, command="train", folder="run", kind="end"):
    """The last line of metrics of that type of a run, evaluated every 10 epochs."""
    folder = bench.fresh(folder)
    done = subprocess.run([bench.troupe, command, ROOT / f"config/examples/{preset}.toml", *COMMON,
                           "-s", f"data.path={data}", "-s", f"training.stop.epochs={epochs}",
                           "-s", "training.evaluate_every=10", "--run-dir", folder, *map(str, words)],
                          capture_output=True, text=True, check=True)
    return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == kind][-1]


def updates_a_second(bench, data, preset, epochs, *words):
    end = train(bench, data, preset, epochs, *words)
    return end["updates"] / end["t"]


def epochs_a_second(bench, data, preset, epochs, *words):
    return epochs / train(bench, data, preset, epochs, *words)["t"]
