"""The check checks itself: what failed is counted as failed, what was skipped is said,
and a part that does not exist is refused."""
import subprocess
import sys

from harness import ROOT, check, main

SAMPLE = """<testsuite name="sample">
<testcase name="good" status="run"><system-out>fine</system-out></testcase>
<testcase name="absent" status="run"><system-out>SKIPPED: no network here
</system-out></testcase>
<testcase name="bad" status="fail"><failure message=""/><system-out>left 1, right 2</system-out></testcase>
</testsuite>"""


def count(path):
    return subprocess.run([sys.executable, ROOT / "tests/scripts/junit.py", path], capture_output=True, text=True)


def test_failures_are_counted_and_skips_are_said(scratch):
    (scratch / "sample.xml").write_text(SAMPLE)
    done = count(scratch / "sample.xml")
    check(done.stdout.split(), "==", ["1", "1"])
    check(done.stderr.strip(), "==", "SKIPPED: absent: no network here")
    check(done.returncode, "==", 1)


def test_nothing_run_is_not_a_success(scratch):
    (scratch / "none.xml").write_text("<testsuite/>")
    check(count(scratch / "none.xml").returncode, "==", 1)


def test_a_part_that_does_not_exist_is_refused(_):
    done = subprocess.run([ROOT / "check.sh", "everything"], capture_output=True, text=True)
    check(done.returncode, "==", 2)
    check(done.stderr, "matches", "no part 'everything'; there are: release unit")


if __name__ == "__main__":
    main()
