"""Counts the tests of a JUnit file of CTest: prints "passed failed" on standard
output and, on standard error, a line for each test that says it was skipped."""
import sys
import xml.etree.ElementTree as xml


def main(path):
    passed = failed = 0
    for case in xml.parse(path).getroot().iter("testcase"):
        good = case.get("status") == "run"
        passed, failed = passed + good, failed + (not good)
        for line in (case.findtext("system-out") or "").splitlines():
            if line.startswith("SKIPPED: "):
                print(f"SKIPPED: {case.get('name')}: {line.removeprefix('SKIPPED: ')}", file=sys.stderr)
    print(passed, failed)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
