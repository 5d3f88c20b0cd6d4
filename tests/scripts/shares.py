"""No worker starves beside another one: each one's share of the work, as the end line has it, behind a
barrier and with an open gate, in one process and over nodes."""
from harness import EXAMPLES, data_set, end_of, main, check, troupe


def shares(run, example, *words, command="train"):
    troupe(command, EXAMPLES / f"{example}.toml", "-s", f"data.path={data_set()}", *words, "--run-dir", run)
    found = end_of(run)["shares"]
    print(f"{example} {' '.join(words)}: {found}")
    return found


def test_behind_a_barrier_all_work_the_same(scratch):
    for workers in (2, 4):
        found = shares(scratch / str(workers), "ssgd", "-s", f"training.workers={workers}")
        check(found["least"], ">=", 0.9)
        check(found["most"], "<=", 1.1)


def test_with_an_open_gate_nobody_gets_less_than_half_of_his_part(scratch):
    for workers in (2, 4):
        for pull in ("sparse", "dense", "snapshot"):
            found = shares(scratch / f"{workers}{pull}", "asgd", "-s", f"training.workers={workers}", "-s",
                           f"training.pull={pull}")
            check(found["least"], ">=", 0.5)
    found = shares(scratch / "twin", "asgd", "-s", "training.workers=4", "-s", "training.pull=dense", command="twin")
    check(found["least"], ">=", 0.5)


def test_nodes_with_an_open_gate_get_half_of_their_part_too(scratch):
    found = shares(scratch / "nodes", "asgd", "--nodes", "2", "-s", "training.workers=4")
    check(found["least"], ">=", 0.5)


if __name__ == "__main__":
    main()
