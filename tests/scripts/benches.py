"""The frame of the measurements reads figures and compares them rightly. What it
measures on this machine is nobody's business here."""
import sys

from harness import ROOT, check, main

sys.path.insert(0, str(ROOT / "bench"))
from frame import Contender, machine, table  # noqa: E402


def test_a_figure_is_read_timed_or_returned(_):
    check(Contender("prints", ["echo", "12.5 MB/s"], figure=r"([0-9.]+) MB/s").run(), "==", 12.5)
    check(Contender("returns", lambda: 7).run(), "==", 7.0)
    check(Contender("takes", ["sleep", "0.05"]).run(), ">=", 0.05)
    check(Contender("moves", ["sleep", "0.05"], amount=1).run(), "<=", 20)
    check(Contender("sleeps", ["sleep", "0.2"], processor=True).run(), "<=", 0.15)
    check(Contender("works", [sys.executable, "-c", "sum(range(3000000))"], processor=True).run(), ">=", 0.01)


def test_a_contender_that_fails_ends_the_measurement(_):
    for contender in (Contender("fails", ["false"]), Contender("mute", ["echo"], figure="([0-9]+)")):
        try:
            contender.run()
        except SystemExit as end:
            check(str(end), "matches", contender.name)
        else:
            raise AssertionError(f"{contender.name} was believed")


def test_the_ratio_compares_within_a_round(_):
    # The second round was disturbed for both: the ratio does not see it.
    text = table("title", "s", {"one": [1.0, 10.0, 1.0], "other": [2.0, 20.0, 2.0]})
    check(text.splitlines()[-1].split(), "==", ["other", "2", "2", "20", "2.00"])


def test_the_machine_says_what_two_threads_get(_):
    check(machine(quick=True), "matches", r"^machine: cores \d+, .*effective cores \d\.\d\d$")


if __name__ == "__main__":
    main()
