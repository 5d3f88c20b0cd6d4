"""What goes wrong in the field, and the one line that the user gets: a dead node, a
wrong key, a used folder, numbers that blow up, a full disk, a damaged file."""
from harness import *
from joining import happened
from signals import endless, ends_as_stopped, under_way, updates


def one_line(done):
    said = [line for line in done.stderr.splitlines() if line.strip()]
    check(len(said), "==", 1, because=f"lines on standard error: {said}")
    return said[0]


def test_a_killed_node_does_not_stop_the_run(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "3", "-s", "training.workers=3") as started:
        under_way(run)
        os.kill(started.children()[0], signal.SIGKILL)
        wait_for(lambda: lost(run), "the event")
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates after the loss")
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    check(len(lost(run)), "==", 1, because=str(lost(run)))
    event = lost(run)[0]
    check(event["who"], "matches", r"^worker \d")
    check(event["detail"], "matches", r"node \d|connection")
    taken = [event["detail"] for event in lines(run, "event") if event["what"] == "leased"]
    check(len(taken), ">=", 1, because="somebody must take over the partitions")


def trained_behind_a_barrier(run, kill):
    """Weights after a fixed number of epochs on two nodes, one of them killed on the way."""
    with Started("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", "-s", "training.workers=2",
                 "-s", "data.partitions=2", "-s", "training.batch=4", "-s", "training.stop.epochs=60",
                 "-s", "monitor.interval=50ms", "--nodes", "2", "--run-dir", run) as started:
        if kill:
            under_way(run)
            os.kill(started.children()[-1], signal.SIGKILL)
        check(started.exit_code(deadline=200), "==", 0, because=started.text()[-2000:])
    check(len(lost(run)), "==", 1 if kill else 0)
    return end_of(run)["weights_crc32c"]


def test_behind_a_barrier_a_killed_node_does_not_change_the_model(scratch):
    check(trained_behind_a_barrier(scratch / "killed", True), "==", trained_behind_a_barrier(scratch / "calm", False))


def test_a_step_that_takes_long_is_named_and_nobody_is_given_up(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "2", "-s", "cluster.lost_after=100s", example="asgd") as started:
        under_way(run)
        # As long as nobody may call it dead, a frozen process is one at a long step.
        victim = started.children()[-1]
        os.kill(victim, signal.SIGSTOP)
        named = wait_for(lambda: happened(run, "straggling"), "the event; promised after 10 s", 100)[0]
        check(named["who"], "matches", r"^worker \d")
        check(named["detail"], "matches", r"^at one step for 10 s, its own take \S+ s; it is waited for")
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates of the other one")
        os.kill(victim, signal.SIGCONT)
        check(wait_for(lambda: happened(run, "caught_up"), "the end of the step")[0]["who"], "==", named["who"])
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    check(lost(run), "==", [])


def test_a_padded_step_takes_as_long_for_real_as_in_the_twin(scratch):
    """Every worker sleeps on its own: a straggler holds up nobody behind an open gate."""
    words = ("-s", f"data.path={data_set(4000)}", "-s", "training.workers=4", "-s", "data.partitions=4", "-s",
             "pace.step=5ms", "-s", "pace.factors=[20,1,1,1]", "-s", "training.stop={steps=300}")
    seconds = {}
    for host in ("train", "twin"):
        troupe(host, EXAMPLES / "asgd.toml", *words, "--run-dir", scratch / host)
        seconds[host] = end_of(scratch / host)["t"]
    print(f"300 updates, one of 4 workers 20 times slower: {seconds}")
    # One thread for all would take 300 / 4 x (20 + 1 + 1 + 1) x 5 ms = 8.6 s, the twin 0.5 s.
    check(seconds["train"], "<=", 10 * seconds["twin"])


def lost(run):
    return [event for event in lines(run, "event") if event["what"] == "worker_lost"]


def test_a_run_that_lost_every_node_ends_with_one_line(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "2") as started:
        under_way(run)
        for pid in started.children():
            os.kill(pid, signal.SIGKILL)
        check(started.exit_code(), "==", 4, because=started.text()[-2000:])
        started.gone()
    check(end_of(run)["status"], "==", "failed")


def test_a_lost_slice_of_the_model_ends_the_run_with_a_line(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "3", "-s", "training.workers=3", "-s", "shards=2", "-s", "training.pull=dense") as started:
        under_way(run)
        os.kill(started.children()[1], signal.SIGKILL)  # a worker, and the run goes on
        wait_for(lambda: lost(run), "the event")
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates after the loss")
        os.kill(started.children()[0], signal.SIGKILL)
        check(started.exit_code(), "==", 4, because=started.text()[-2000:])
        started.gone()
    end = end_of(run)
    check(end["status"], "==", "failed")
    check(end["reason"], "matches", r"a slice of the model is gone: aggregator 1 was lost, .*node 1.*; "
          r"with training.server.shards = 1 all of it is in one process")


def test_an_open_gate_survives_a_killed_node_too(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "2", example="asgd") as started:
        under_way(run)
        os.kill(started.children()[0], signal.SIGKILL)
        wait_for(lambda: lost(run), "the event")
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates after the loss")
        started.signal(signal.SIGINT)
        ends_as_stopped(started, run, 130)


def test_an_unknown_key_is_named_with_a_near_one(scratch):
    path = scratch / "run.toml"
    path.write_text((EXAMPLES / "ssgd.toml").read_text() + "\n[training.stopp]\nepochs = 1\n")
    wrong = (EXAMPLES / "ssgd.toml").read_text().replace("workers =", "workes =")
    check(wrong, "in", wrong if "workes =" in wrong else "the example sets no workers")
    path.write_text(wrong)
    number = next(i for i, line in enumerate(wrong.splitlines(), 1) if "workes" in line)
    said = one_line(troupe("train", "run.toml", cwd=scratch, code=2))
    check(said, "matches", rf"^run\.toml:{number}:1: unknown key 'workes' in \[training\], did you mean 'workers'\?")
    check(sorted(path.name for path in scratch.iterdir()), "==", ["run.toml"], because="nothing may be started")


def test_a_folder_in_use_is_left_alone(scratch):
    run = scratch / "run"
    run.mkdir()
    (run / "thesis.txt").write_text("mine")
    said = one_line(troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}",
                           "--run-dir", run, code=2))
    check(said, "matches", "not empty")
    check([path.name for path in run.iterdir()], "==", ["thesis.txt"])


def test_numbers_that_blow_up_end_the_run_with_a_smaller_rate(scratch):
    for host in ("train", "twin"):
        run = scratch / host
        done = troupe(host, EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", "-s",
                      "training.learning_rate.start=1e30", "--run-dir", run, code=1)
        end = end_of(run)
        check(end["status"], "==", "diverged")
        check(end["reason"], "matches", r"e\+(29|30)")
        suggested = re.search(r"(?:try|smaller)[^0-9]*([0-9.]+(?:e[-+]?[0-9]+)?)", end["reason"])
        check(bool(suggested), "==", True, because=end["reason"])
        check(float(suggested[1].rstrip(".")), "<=", 1e29)
        check(end["reason"], "in", done.stderr + done.stdout)


def test_a_damaged_file_is_named_and_not_trained_on(scratch):
    data = scratch / "bad.h5"
    whole = bytearray(data_set(4000).read_bytes())
    whole[len(whole) // 2] ^= 0x40
    data.write_bytes(whole)
    said = one_line(troupe("data", "verify", data, code=3))
    check(said, "matches", r"bad\.h5.*segment")
    done = troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data}", "--run-dir", scratch / "run", code=3)
    check(done.stderr, "matches", r"bad\.h5.*segment")


def test_a_missing_file_is_named(scratch):
    said = one_line(troupe("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={scratch}/none.h5",
                           "--run-dir", scratch / "run", code=3))
    check(said, "matches", r"none\.h5")


def test_a_node_without_a_coordinator_gives_up_with_one_line(scratch):
    said = one_line(troupe("node", "--join", "127.0.0.1:1", "--wait", 1, "--quiet", code=4))
    check(said, "matches", r"127\.0\.0\.1:1")


def test_a_full_disk_is_one_line_and_no_half_file(scratch):
    disk = scratch / "disk"
    disk.mkdir()
    words = ["data", "make", "rcv1", "--rows", "20000", "--out", str(disk / "train.h5")]
    script = f"mount -t tmpfs -o size=1m none {disk} && {{ {TROUPE} {' '.join(words)}; echo code $?; ls {disk}; }}"
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
                          capture_output=True, text=True, timeout=DEADLINE)
    if "code" not in done.stdout:
        return skipped(f"no tmpfs of one's own here: {done.stderr.strip()}")
    check(done.stdout.splitlines(), "==", ["code 3"], because=done.stderr)
    check(one_line(done), "matches", r"train\.h5")


def test_output_that_nobody_could_store_is_no_success(scratch):
    """Behind `>` on a full disk; a reader that has had enough is something else."""
    data = data_set(400)
    with open("/dev/full", "w") as full:
        done = subprocess.run([TROUPE, "data", "inspect", data], stdout=full, stderr=subprocess.PIPE, text=True)
    check(done.returncode, "==", 3)
    check(done.stderr, "==", "standard output: cannot be written; free some space or write elsewhere\n")
    piped = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" data inspect "$1" | true', TROUPE, str(data)],
                           capture_output=True, text=True)
    check(piped.stderr, "==", "")


def test_a_run_folder_on_a_full_disk_ends_the_run_with_one_line(scratch):
    disk = scratch / "disk"
    disk.mkdir()
    data = data_set(4000)
    script = (f"mount -t tmpfs -o size=128k none {disk} && {{ {TROUPE} train {EXAMPLES}/ssgd.toml -q -s data.path={data} "
              f"--run-dir {disk}/run; echo code $?; }}")
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
                          capture_output=True, text=True, timeout=DEADLINE)
    if "code" not in done.stdout:
        return skipped(f"no tmpfs of one's own here: {done.stderr.strip()}")
    check(done.stdout.splitlines()[-1], "==", "code 3", because=done.stderr)
    check(done.stderr, "matches", r"model\.h5|metrics\.jsonl")


if __name__ == "__main__":
    main()
