"""What it costs to be seen: instructions of a whole run, counted by callgrind, so that the
machine's mood has no part in it. Alone, and with a monitor and two followers of events, one of
which reads nothing; with BEFORE=PROGRAM, beside a program from before. And memory, the most
that the program's process ever held, alone and with as many followers as it takes, half of
which read nothing."""
import json
import os
import re
import subprocess
import threading
import time
import urllib.request

from frame import Bench, Contender
from sets import rcv1

COUNT = re.compile(r"Collected : (\d+)")


def instructions(program, words, run, watchers=None):
    """Of a program and its threads, without its children."""
    started = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
                                *map(str, words), "--run-dir", str(run), "--quiet"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if watchers:
        watchers(run)
    _, said = started.communicate()
    return int(COUNT.search(said)[1])


def resident(program, words, run, watchers=None):
    """MiB of a program's process at its largest, by the kernel's count; not of its children."""
    started = subprocess.Popen([program, *map(str, words), "--run-dir", str(run), "--quiet"], stdout=subprocess.DEVNULL)
    if watchers:
        watchers(run)
    _, status, used = os.wait4(started.pid, 0)
    assert status == 0, status
    return used.ru_maxrss / 1024


def watch(bench, pairs=1):
    """Attaches as soon as the run can be asked: pairs of followers, one of whom reads nothing, and a monitor."""
    def attach(run):
        while not (run / "run.json").exists():
            time.sleep(0.05)
        card = json.loads((run / "run.json").read_text())
        url = f"http://{card['address']}/api/v1/events?token={card['token']}"

        def read(lines):
            try:
                with urllib.request.urlopen(url, timeout=600) as stream:
                    while lines and stream.readline():
                        pass
                    threading.Event().wait(0 if lines else 600)
            except OSError:
                pass

        for lines in (True, False) * pairs:
            threading.Thread(target=read, args=(lines,), daemon=True).start()
        subprocess.Popen([bench.troupe, "monitor", run], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return attach


def main():
    with Bench(__doc__, reps=1) as bench:
        data = rcv1(bench)
        steps = 200 if bench.quick else 20000
        before = os.environ.get("BEFORE")
        for title, preset, command in (("an exchange a batch, one process", "asgd", "train"),
                                       ("an exchange a batch, the twin", "asgd", "twin"),
                                       ("an exchange an epoch, one process", "local_sgd", "train")):
            config = bench.scratch / f"{preset}.toml"
            config.write_text(f'name = "b"\n[data]\npath = "{data}"\n[model]\nkind = "svm"\n[training]\n'
                              f'algorithm = "{preset}"\nworkers = 1\nbatch = 16\n[training.stop]\nsteps = {steps}\n')
            words = [command, config]
            contenders = [Contender("alone", lambda: instructions(bench.troupe, words, bench.fresh("run")))]
            if command == "train":
                contenders.append(Contender("watched", lambda: instructions(bench.troupe, words, bench.fresh("run"),
                                                                            watch(bench))))
            if before:
                contenders.insert(0, Contender("before", lambda: instructions(before, words, bench.fresh("run"))))
            bench.compare(title, "instructions", contenders)
        memory(bench)


followers = 16  # more are refused


def memory(bench):
    """Steps of a millisecond, so that followers see some seconds of it, and a line every 10 ms."""
    words = ["train", bench.scratch / "asgd.toml", "-s", f"steps={500 if bench.quick else 4000}", "-s", "pace.step=1ms",
             "-s", "monitor.interval=10ms"]
    found = bench.compare("memory of the process", "MiB", [
        Contender("alone", lambda: resident(bench.troupe, words, bench.fresh("run"))),
        Contender("followed", lambda: resident(bench.troupe, words, bench.fresh("run"), watch(bench, followers // 2)))],
        note=f"{followers} followers, half of which read nothing, and a monitor")
    if found:
        print(f"  {(found['followed'] - found['alone']) / followers:.2f} MiB for each")


if __name__ == "__main__":
    main()
