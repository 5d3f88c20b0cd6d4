"""Makes docs/pictures again, from runs that really run: nobody draws them. Called by hand,
`python3 tests/scripts/pictures.py [FOLDER]`; who calls it looks at each afterwards."""
import html
import signal
import sys
import tempfile

from harness import *
from live_page import Page, link_of
from page import npm
from watching import Screen, actors_of

FOLDER = ROOT / "docs/pictures"
PACED = ("-s", "pace.step=20ms", "-s", "learning_rate=0.5", "-s", "monitor.interval=500ms")


def training(run, *words):
    return Started("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set()}", *PACED, "--run-dir", run, *words)


def at_epoch(run, epoch):
    wait_for(lambda: any(line["epoch"] >= epoch for line in lines(run, "eval")), f"epoch {epoch}")


COLOURS = {"0": "#16202c", "2": "#5a6675", "34": "#0063a3", "1": "#16202c", "1;33": "#b3261e"}


def terminal(screen, path):
    """The last frame as an SVG: text stays text."""
    frames = [frame for frame in screen.text.split("\x1b[H") if "\x1b[J" in frame]
    rows = []
    for number, row in enumerate(re.split(r"\r*\n", frames[-1].split("\x1b[J")[0])):
        spans, colour = [], "0"
        for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z])", row):
            if part.startswith("\x1b"):
                colour = part[2:-1] if part.endswith("m") else colour
            elif part:
                bold = ' font-weight="700"' if colour.startswith("1") else ""
                spans.append(f'<tspan fill="{COLOURS.get(colour, COLOURS["0"])}"{bold}>{html.escape(part)}</tspan>')
        rows.append(f'<text x="14" y="{28 + 18 * number}" xml:space="preserve">{"".join(spans)}</text>')
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {40 + 18 * len(rows)}" '
                    'font-family="ui-monospace, DejaVu Sans Mono, monospace" font-size="15.5" textLength="772">\n'
                    '<rect width="100%" height="100%" rx="8" fill="#f4f5f7" stroke="#dfe3e8"/>\n'
                    + "\n".join(rows) + "\n</svg>\n")


def a_run_that_is_watched(scratch, folder):
    run = scratch / "rcv1"
    with training(run, "-s", "name=rcv1", "-s", "topology=gossip", "-s", "workers=6", "-s", "data.partitions=6", "-s", "epochs=40",
                  "-s", "cluster.lost_after=15s", "--nodes", "3") as started, Page(link_of(started), folder) as page, \
            Page(link_of(started), folder, "phone") as phone:
        at_epoch(run, 2)
        page.look("colours dark")
        page.look("shot gossip page")
        page.look("colours light")
        page.look("swap topology server")
        page.look("topology server")
        at_epoch(run, 5)
        node = started.children()[-1]
        kill(node, signal.SIGSTOP)
        page.look("named worker")
        page.look("choose aggregator")
        page.look("shot waits graph")
        screen = Screen("monitor", run, rows=19)
        screen.shows("silent")
        screen.press("2")
        screen.shows("waits, or phase")
        terminal(screen, folder / "terminal.svg")
        screen.leave()
        kill(node, signal.SIGKILL)
        page.look("text others have taken over")
        wait_for(lambda: all(actor["state"] != "waiting" for actor in actors_of(run, "worker")), "the others to go on")
        at_epoch(run, lines(run, "eval")[-1]["epoch"] + 2)
        page.look("choose aggregator")
        page.look("shot page page")
        phone.look("text others have taken over")
        phone.look("shot phone 1240")
        troupe("stop", run)
        started.exit_code()


def runs_that_are_compared(scratch, folder):
    runs = []
    for name, *words in (("barrier", "learning_rate=4"), ("open", "gate=open", "learning_rate=0.5"),
                         ("gossip", "topology=gossip", "learning_rate=2")):
        runs.append(scratch / name)
        chosen = [word for each in words for word in ("-s", each)]
        troupe("twin", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set()}", "-s", "workers=8", "-s", "data.partitions=8",
               "-s", "epochs=6", "-s", "pace.step=0.01+exp(50)", *chosen, "--run-dir", runs[-1])
    troupe("compare", *runs, "--report", scratch / "compared.html")
    with Page((scratch / "compared.html").as_uri(), folder, "wide") as page:
        page.look("shot compared page")


def make(folder):
    assert npm() is None, npm()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        a_run_that_is_watched(Path(scratch), folder)
        runs_that_are_compared(Path(scratch), folder)
    for picture in sorted(folder.iterdir()):
        print(f"{picture} {picture.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else FOLDER)
