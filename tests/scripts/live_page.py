"""The live page of a run that really runs, in Chromium: curves move, a swap by click changes the
graph, a worker that is frozen or killed turns red and is named, and what is left is a report."""
import os
import re
import signal
import subprocess

from harness import EXAMPLES, ROOT, Started, check, data_set, kill, main, skipped, wait_for
from page import browser, npm


class Page:
    """The page of a run in a browser that answers to one line at a time."""

    def __init__(self, link, folder, *kind):
        self.process = subprocess.Popen(["node", "tests/live.mjs", link, str(folder), *kind], cwd=ROOT / "web",
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "CHROMIUM": browser()})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write("bye\n")
            self.process.stdin.close()
            self.process.wait(20)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()

    def look(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        check(answer[:3], "==", "ok ", because=answer)


def link_of(started):
    return wait_for(lambda: re.search(r"http://127\.0\.0\.1:\d+/\?token=\w+", started.text()), "the link")[0]


def training(scratch, *words):
    return Started("train", EXAMPLES / "asgd.toml", "-s", f"data.path={data_set(4000)}", "-s", "epochs=100000",
                   "-s", "monitor.interval=200ms", "--run-dir", scratch / "run", *words)


def test_curves_move_and_stopping_by_button_leaves_a_report(scratch):
    if reason := npm():
        return skipped(reason)
    with training(scratch, "-s", "workers=4", "-s", "partitions=4") as run, Page(link_of(run), scratch) as page:
        page.look("moving")
        page.look("topology server")
        page.look("clean")
        page.look("button Stop …")
        page.look("button Really stop")
        check(run.exit_code(), "==", 0)
    check((scratch / "run/report.html").stat().st_size, ">=", 100_000)


def test_a_swap_by_click_changes_the_graph_and_a_pause_rests_until_it_goes_on(scratch):
    if reason := npm():
        return skipped(reason)
    with training(scratch, "-s", "workers=4", "-s", "partitions=4") as run, Page(link_of(run), scratch) as page:
        page.look("moving")
        page.look("topology server")
        page.look("swap topology gossip")
        page.look("topology gossip")
        page.look("choose peer 3")
        page.look("moving")
        page.look("button Pause")
        page.look("text Paused: the steps under way are finished")
        page.look("button Resume")
        page.look("gone Paused: the steps under way are finished")
        page.look("moving")
        page.look("clean")


def test_a_killed_worker_turns_red_and_is_named_on_a_dark_phone_too(scratch):
    if reason := npm():
        return skipped(reason)
    with training(scratch, "--nodes", "3", "-s", "workers=3", "-s", "partitions=3") as run, \
            Page(link_of(run), scratch, "dark", "phone") as page:
        page.look("moving")
        page.look("fits")
        kill(run.children()[-1], signal.SIGKILL)
        page.look("named worker")
        page.look("text others have taken over")
        page.look("moving")
        page.look("fits")
        page.look("clean")


def test_a_frozen_node_turns_red_and_is_named(scratch):
    if reason := npm():
        return skipped(reason)
    with training(scratch, "--nodes", "2", "-s", "workers=2", "-s", "partitions=2", "-s", "cluster.lost_after=20s") as run, \
            Page(link_of(run), scratch) as page:
        page.look("moving")
        frozen = run.children()[0]
        kill(frozen, signal.SIGSTOP)
        page.look("named worker")
        kill(frozen, signal.SIGCONT)
        page.look("moving")
        page.look("clean")


if __name__ == "__main__":
    main()
