"""One section [pace] for every host: real processes whose steps are padded take as long as the twin says, and
compute the same. Wall clock is only held to be no shorter than what was asked for."""
from harness import *

PACED = f"""name = "paced"
[data]
path = "{data_set(4000)}"
validation = 0.2
partitions = 2
[model]
kind = "svm"
[training]
algorithm = "ssgd"
workers = 2
batch = 16
learning_rate = 0.01
stop = {{ steps = 40 }}
[pace]
step = "0.03+uniform(0, 0.02)"
delay = "0"
[[pace.worker]]
who = "worker 1"
step = "50ms"
[[pace.fault]]
who = "worker 1"
at = 1.5
for = 0.5
"""


def test_padded_steps_of_real_processes_take_what_the_twin_says(scratch):
    config = scratch / "paced.toml"
    config.write_text(PACED)
    troupe("twin", config, "--run-dir", scratch / "twin")
    said = end_of(scratch / "twin")
    check(abs(said["t"] - 2.5), "<=", 0.1, because=f"40 steps of 50 ms and a pause of 0.5 s in the twin: {said['t']} s")
    for name, words in {"threads": (), "nodes": ("--nodes", "2")}.items():
        done = troupe("train", config, *words, "--run-dir", scratch / name)
        end = end_of(scratch / name)
        print(f"{name}: {end['t']:.2f} s, {said['t']:.2f} s in the twin")
        check(end["t"], ">=", said["t"] * 0.99)
        check(end["weights_crc32c"], "==", said["weights_crc32c"])
        check("[pace]" in done.stderr, "==", False, because=f"all of it happens in a real run too: {done.stderr}")


def test_what_only_the_twin_can_play_is_named_in_one_line(scratch):
    config = scratch / "crash.toml"
    config.write_text(PACED + '[[pace.fault]]\nwho = "worker 0"\nwhat = "crash"\nat = 0.5\n[[pace.link]]\nloss = 0.1\n')
    done = troupe("train", config, "--run-dir", scratch / "run")
    named = [line for line in done.stderr.splitlines() if "[pace]" in line]
    check(len(named), "==", 1, because=done.stderr)
    check(named[0], "matches", r"\[\[pace.link\]\], crash of \[pace\] happen in 'troupe twin' alone")
    check(end_of(scratch / "run")["status"], "==", "done")


if __name__ == "__main__":
    main()
