"""Every preset on the same problem, in one table: what it reaches, how long it takes with and without a slow
worker, and what it sends. Each runs as its example in config/examples says; nothing is tuned here."""
import json
import re
import subprocess
import sys
from dataclasses import dataclass

from frame import ROOT, Bench
from sets import make

TARGET = 0.92
# The twin's time: a model whose rows cost 10 us each, a network that takes 50 us a message.
PACE = ("-s", "pace.row=10us", "-s", "pace.delay=50us")
SLOW = ("-s", "pace.factors=[1, 1, 1, 4]")


@dataclass
class Line:
    """A row of the table; the fields are its columns."""
    preset: str
    accuracy: float  # on rows that no choice was made on
    seconds: float   # on the wall, in threads of one process
    even: float      # virtual seconds, four workers alike
    slow: float      # virtual seconds, one of the four takes four times as long
    updates: int
    rows: int
    megabytes: float
    messages: int
    stale: str       # updates that a gradient missed: median / most
    sentence: str = ""


HEADS = {"preset": "preset", "accuracy": "test accuracy", "seconds": "seconds", "even": "virtual s",
         "slow": "virtual s, one slow", "updates": "updates", "rows": "rows", "megabytes": "MB",
         "messages": "messages", "stale": "stale p50 / max"}


def presets_of(troupe):
    """The table of the program, in its order: name and sentence."""
    text = subprocess.run([troupe, "config", "schema"], capture_output=True, text=True, check=True).stdout
    part = re.search(r"^training\.algorithm\n(.*?)^\S", text, re.M | re.S)[1]
    return dict(re.findall(r"^ {6}([a-z_]+): (.*)$", part, re.M))


def documents(bench):
    """Rows to train on, and rows that nobody sees before the end."""
    fit, held = bench.scratch / "fit.h5", bench.scratch / "held.h5"
    sample = bench.sample("rcv1/rcv1_ccat_train23149.svm.xz")
    if sample:
        whole = bench.scratch / "whole.h5"
        quiet(bench.troupe, "data", "import", sample, "--out", whole)
    else:
        whole = make(bench, "whole", "rcv1", "--rows", 1500 if bench.quick else 23149, "--seed", 7)
    quiet(bench.troupe, "data", "split", whole, "--out", fit, held, "--shares", "0.8,0.2", "--seed", 7)
    return fit, held


def quiet(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


def run(bench, command, preset, data, *words):
    """The metrics of one run, by the type of the line; its last ones in front."""
    fit, held = data
    folder = bench.fresh("run")
    epochs = ("-s", "training.stop.epochs=1") if bench.quick else ()
    done = subprocess.run([bench.troupe, command, ROOT / f"config/examples/{preset}.toml", "-q", "--json", "-s",
                           f"data.path={fit}", "-s", f"data.test={held}", "-s", "data.validation=0.1", "--run-dir",
                           folder, *epochs, *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{preset}: {command} ended with {done.returncode}: {done.stderr[-300:]}")
    return [json.loads(line) for line in reversed(done.stdout.splitlines())]


def last(lines, kind, **wanted):
    return next((line for line in lines if line["type"] == kind and wanted.items() <= line.items()), None)


def line_of(bench, preset, sentence, data):
    real = run(bench, "train", preset, data)
    even = run(bench, "twin", preset, data, *PACE)
    slow = run(bench, "twin", preset, data, *PACE, *SLOW)
    end, step = last(real, "end"), last(real, "step")
    staleness = step["staleness"]
    moved = (step.get("bytes_sent", 0) + step.get("bytes_received", 0)) / 1e6
    return Line(preset=preset, accuracy=end["test"]["accuracy"], seconds=end["t"], even=last(even, "end")["t"],
                slow=last(slow, "end")["t"], updates=end["updates"], rows=end["samples"], megabytes=moved,
                messages=int(last(even, "event", what="messages")["detail"]),
                stale=f"{staleness['p50']} / {staleness['max']}", sentence=sentence)


def shown(name, value):
    if name == "accuracy":
        return f"{value:.4f}"
    if isinstance(value, float):
        return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value


def cells(line):
    return [shown(name, getattr(line, name)) for name in HEADS]


def text_table(lines):
    rows = [list(HEADS.values()), *map(cells, lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    return "\n".join("  ".join(f"{cell:<{w}}" if i == 0 else f"{cell:>{w}}" for i, (cell, w) in
                               enumerate(zip(row, widths))).rstrip() for row in rows)


def markdown_table(lines):
    rows = [list(HEADS.values()), ["---"] + ["---:"] * (len(HEADS) - 1), *map(cells, lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write(path, lines, sample):
    """Between the two marks of the document; what people wrote around them stays."""
    text = path.read_text()
    meanings = "\n".join(f"- **{line.preset}**: {line.sentence}." for line in lines)
    what = "the RCV1 sample" if sample else "generated documents"
    new = f"{BEGIN}\nOn {what}, `python3 bench/presets.py --document {path.relative_to(ROOT)}`:\n\n" \
          f"{markdown_table(lines)}\n\n{meanings}\n{END}"
    path.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: new, text, flags=re.S))


BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def document_of(words):
    """--document FILE: taken out of the words before the frame reads the rest."""
    if "--document" not in words:
        return None
    at = words.index("--document")
    path = (ROOT / words[at + 1]).resolve()
    del words[at:at + 2]
    return path


def main():
    document = document_of(sys.argv)
    with Bench(__doc__) as bench:
        data = documents(bench)
        sample = bench.sample("rcv1/rcv1_ccat_train23149.svm.xz") is not None
        lines = []
        for preset, sentence in presets_of(bench.troupe).items():
            if not bench.wants(preset):
                continue
            lines.append(line_of(bench, preset, sentence, data))
            print(f"{preset}: {lines[-1].accuracy:.4f}", file=sys.stderr, flush=True)
        print(f"\n{text_table(lines)}\n")
        below = [line.preset for line in lines if line.accuracy < TARGET]
        print(f"below {TARGET}: {', '.join(below) or 'none'}")
        if document:
            write(document, lines, sample)


if __name__ == "__main__":
    main()
