"""Ways to end a run from outside: Ctrl-C, TERM, `stop`, kill. Whatever the way, it
ends soon, says how, keeps the model where it can, and leaves no process behind."""
from harness import *

ENDLESS = ("-s", "training.stop.epochs=10000000", "-s", "data.validation=0.2", "-s", "training.workers=2")


def endless(run, *words, example="ssgd"):
    return Started("train", EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set(4000)}", *ENDLESS,
                   *words, "--run-dir", run)


def under_way(run):
    wait_for(lambda: lines(run, "step") or lines(run, "eval"), f"the first step line in {run}")


def updates(run):
    steps = lines(run, "step")
    return steps[-1]["updates"] if steps else 0


def ends_as_stopped(started, run, code):
    check(started.exit_code(), "==", code, because=started.text()[-2000:])
    started.gone()
    check(end_of(run)["status"], "==", "stopped")
    troupe("evaluate", "--model", run / "model.h5", "--data", data_set(4000))
    check(json.loads((run / "run.json").read_text())["exit"], "==", code)


def stops_at(scratch, number, code, *words):
    run = scratch / "run"
    with endless(run, *words) as started:
        under_way(run)
        started.signal(number)
        ends_as_stopped(started, run, code)


def test_interrupt_keeps_the_model_and_exits_with_130(scratch):
    stops_at(scratch, signal.SIGINT, 130)


def test_interrupt_over_nodes_keeps_the_model_and_exits_with_130(scratch):
    stops_at(scratch, signal.SIGINT, 130, "--nodes", "2")


def test_terminate_keeps_the_model_and_exits_with_143(scratch):
    stops_at(scratch, signal.SIGTERM, 143, "--nodes", "2")


def test_a_stray_signal_does_not_end_the_watch_for_others(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        started.signal(signal.SIGUSR2)
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates after SIGUSR2")
        started.signal(signal.SIGTERM)
        ends_as_stopped(started, run, 143)


def test_interrupt_of_the_whole_group_as_a_terminal_does_it(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "2") as started:
        under_way(run)
        os.killpg(started.process.pid, signal.SIGINT)
        ends_as_stopped(started, run, 130)


def test_interrupt_of_a_twin_keeps_the_model(scratch):
    run = scratch / "run"
    with Started("twin", EXAMPLES / "asgd.toml", "-s", f"data.path={data_set(4000)}", *ENDLESS,
                 "--run-dir", run) as started:
        under_way(run)
        started.signal(signal.SIGINT)
        ends_as_stopped(started, run, 130)


def test_stop_from_the_command_line_exits_with_0(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "2") as started:
        under_way(run)
        troupe("status", run)
        troupe("stop", run)
        ends_as_stopped(started, run, 0)
    troupe("status", run)


def at_work(run):
    actors = json.loads(troupe("status", run, "--json").stdout)["actors"]
    return any(actor["state"] == "computing" for actor in actors)


def test_a_second_interrupt_leaves_at_once(scratch):
    run = scratch / "run"
    with endless(run, "-s", "pace.step=20", "--nodes", "2") as started:
        wait_for(lambda: lines(run, "start") and at_work(run), "a step that takes 20 s")
        started.signal(signal.SIGINT)
        wait_for(lambda: "stop" in (run / "log.txt").read_text(), "the first interrupt to be noticed")
        started.signal(signal.SIGINT)
        check(started.exit_code(20), "==", 130, because=started.text()[-2000:])
        started.gone()


def test_usr1_is_refused_in_one_line_and_training_goes_on(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        started.signal(signal.SIGUSR1)
        wait_for(lambda: "checkpoint" in (run / "log.txt").read_text(), "a line about checkpoints")
        seen = updates(run)
        wait_for(lambda: updates(run) > seen, "updates after USR1")
        started.signal(signal.SIGINT)
        ends_as_stopped(started, run, 130)
    refusals = [line for line in (run / "log.txt").read_text().splitlines() if "checkpoint" in line]
    check(len(refusals), "==", 1, because=str(refusals))


def test_killing_the_starter_leaves_no_process(scratch):
    run = scratch / "run"
    with endless(run, "--nodes", "3", "-s", "training.workers=3") as started:
        under_way(run)
        check(len(started.children()), ">=", 3)
        started.signal(signal.SIGKILL)
        started.exit_code()
        started.gone()


def test_killing_the_starter_while_it_starts_leaves_no_process(scratch):
    with endless(scratch / "run", "--nodes", "2") as started:
        wait_for(started.children, "the first node")
        started.signal(signal.SIGKILL)
        started.exit_code()
        started.gone()


if __name__ == "__main__":
    main()
