"""Threads on one memory, and a master that steps on a clock of its own, by the program itself. It asks how
well a model does and what is counted, not how fast."""
from harness import *


def trained(run, example, *words, host="train"):
    troupe(host, EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set()}", "-s", "data.validation=0.2", *words,
           "--run-dir", run, deadline=200)
    end = end_of(run)
    check(end["status"], "==", "done")
    check(end["computed"], "==", end["delivered"])
    return end


def loss(run):
    return validation(run)[-1]["loss"]


def test_two_threads_end_within_two_percent_of_serial_descent(scratch):
    trained(scratch / "serial", "hogwild", "-s", "topology=serial")
    serial = loss(scratch / "serial")
    for words in (["access=store"], ["access=add"], ["access=lock"], ["reads=snapshot", "batch=16"]):
        run = scratch / "-".join(words)
        options = [word for pair in words for word in ("-s", pair)]
        trained(run, "hogwild", "-s", "workers=2", *options)
        print(f"{' '.join(words)}: hinge loss {loss(run):.5f}, serial {serial:.5f}")
        # A batch of 16 takes a sixteenth of the steps: it is for another bound.
        check(loss(run), "<=", serial * (1.02 if len(words) == 1 else 1.2))


def test_lost_writes_are_counted_from_a_sample(scratch):
    end = trained(scratch / "run", "hogwild", "-s", "workers=2")
    check(end["writes"]["checked"], ">=", 1000)
    print(f"{end['writes']['lost']} of {end['writes']['checked']} writes were lost")
    check(end["writes"]["lost"] * 100, "<=", end["writes"]["checked"])
    check("writes" in trained(scratch / "none", "hogwild", "-s", "check_every=0"), "==", False)


def test_reads_of_a_moving_model_and_of_snapshots_compare(scratch):
    """The same run, its slaves reading while the master writes, and from copies of one moment."""
    for reads in ("live", "snapshot"):
        end = trained(scratch / reads, "lopez_async", "-s", f"reads={reads}")
        accuracy = validation(scratch / reads)[-1]["accuracy"]
        print(f"{reads}: accuracy {accuracy:.4f}, {end['updates']} steps, {end['gradients']} gradients")
        check(accuracy, ">=", 0.92)
        check(end["gradients"], ">=", 1000)
        check(end["updates"], ">=", 100)


def test_a_master_at_a_server_steps_by_gradients_of_other_processes(scratch):
    end = trained(scratch / "run", "lopez_async", "-s", "topology=server", "--nodes", "3", "-s", "workers=3")
    accuracy = validation(scratch / "run")[-1]["accuracy"]
    print(f"accuracy {accuracy:.4f}, {end['updates']} steps, {end['gradients']} gradients")
    check(accuracy, ">=", 0.92)


def test_one_memory_never_leaves_its_process(scratch):
    done = troupe("train", EXAMPLES / "hogwild.toml", "-s", f"data.path={data_set()}", "--nodes", "2", "--run-dir",
                  scratch / "run", code=2)
    check(done.stderr, "matches", r'training.topology = "shared" \(preset hogwild\) is one memory in one process: leave '
          r'--nodes out, or take training.topology = "server"')


if __name__ == "__main__":
    main()
