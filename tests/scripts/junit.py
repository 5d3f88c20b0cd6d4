"""Counts the tests of a JUnit file of CTest: prints "passed failed" on standard
output and, on standard error, a line for each test that says it was skipped."""
import sys
import xml.etree.ElementTree as xml


def main(path):
    passed = failed = 0
    for case in xml.parse(path).getroot().iter("testcase"):
        reasons = [line.removeprefix("SKIPPED: ") for line in (case.findtext("system-out") or "").splitlines()
                   if line.startswith("SKIPPED: ")]
        for reason in reasons:
            print(f"SKIPPED: {case.get('name')}: {reason}", file=sys.stderr)
        # A skipped test is neither: it is listed, not counted. One that failed as well has failed.
        if case.get("status") != "run":
            failed += 1
        elif not reasons:
            passed += 1
    print(passed, failed)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
