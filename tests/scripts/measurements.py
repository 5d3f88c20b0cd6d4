"""The measurements of data and of growth in bench/ work: on tiny inputs, with one round, and its figures in
the tables. What the figures are is not asked: this machine has other things to do."""
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

from harness import BUILD, ROOT, check, main


def measured(name, scratch):
    """Its tables, by title and contender."""
    done = subprocess.run([sys.executable, ROOT / f"bench/{name}.py", "--quick", "--build", BUILD],
                          capture_output=True, text=True, timeout=280, env={**os.environ, "TMPDIR": str(scratch)})
    check(done.returncode, "==", 0, because=done.stdout[-2000:] + done.stderr[-2000:])
    check(list(scratch.iterdir()), "==", [], because="it leaves nothing behind")
    tables, title = {}, None
    for line in done.stdout.splitlines():
        if found := re.match(r"(\S.*) \(.*rounds\)", line):
            title = found[1]
        elif title and (found := re.match(r"  (\S.*?)  +([0-9.]+) +([0-9.]+) +([0-9.]+) +([0-9.]+)$", line)):
            tables.setdefault(title, {})[found[1]] = float(found[2])
    return tables


def test_data(scratch):
    tables = measured("data", scratch)
    check(list(tables), "==", ["svmlight import", "svmlight.xz import", "svmlight.gzip import", "IDX import",
                               "reading segments"])
    for contender in ("1 thread", "2 threads"):
        check(tables["svmlight import"][contender], ">=", 0.001)
    check(tables["reading segments"]["segments, verified"], ">=", 0.001)


def test_growth(scratch):
    out = scratch / "growth.svg"
    done = subprocess.run([sys.executable, ROOT / "bench/growth.py", "--quick", "--build", BUILD, "--out", out],
                          capture_output=True, text=True, timeout=280, env={**os.environ, "TMPDIR": str(scratch)})
    check(done.returncode, "==", 0, because=done.stdout[-2000:] + done.stderr[-2000:])
    check(len(re.findall(r"\n +us/update", done.stdout)), "==", 6)
    picture = ElementTree.parse(out)
    check(len(picture.findall(".//{http://www.w3.org/2000/svg}polyline")), "==", 12, because="two lines a panel")


if __name__ == "__main__":
    main()
