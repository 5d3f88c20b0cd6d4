"""`troupe launch --emit`: what it writes is accepted by those who read it, and each start
line in it starts a run, with the names of hosts mapped to loopback."""
import os
import re
import shlex
import shutil
import signal
import subprocess

import yaml
from harness import DEADLINE, ROOT, TROUPE, check, data_set, end_of, kill, main, skipped, troupe
from secure_shell import free_port

HOSTS = {"alpha": "127.0.0.1", "beta": "127.0.0.2"}


def written(scratch, kind, *words):
    (scratch / "run.toml").write_text(
        f'name = "Small_Run"\ndata.path = "{data_set(2000)}"\ndata.validation = 0.2\nmodel.kind = "svm"\n'
        'training.algorithm = "ssgd"\ntraining.learning_rate = 0.05\ntraining.stop.epochs = 3\n')
    done = troupe("launch", "-H", "alpha:2,beta:1", "run.toml", "--emit", kind, *words, cwd=scratch)
    folder = scratch / f"troupe-{kind}"
    for path in sorted(folder.iterdir()):
        check(str(path.relative_to(scratch)), "in", done.stdout)
    return folder


def judged_by(*command):
    if not shutil.which(command[0]):
        return skipped(f"no {command[0]} here")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    check(done.returncode, "==", 0, because=f"of {command}: {done.stdout}{done.stderr}")


def test_systemd_accepts_the_units(scratch):
    folder = written(scratch, "systemd")
    for unit in folder.glob("*.service"):
        # The program is not installed here; the unit's own words are what is judged.
        text = unit.read_text().replace("/usr/local/bin/troupe", TROUPE).replace("User=troupe", "User=root")
        unit.write_text(text)
        judged_by("systemd-analyze", "verify", "--man=no", unit)


def test_yamllint_accepts_the_manifests_and_they_are_objects(scratch):
    folder = written(scratch, "k8s")
    judged_by("yamllint", "--strict", "-d", "{extends: default, rules: {line-length: disable}}", folder / "troupe.yaml")
    objects = list(yaml.safe_load_all((folder / "troupe.yaml").read_text()))
    check([item["kind"] for item in objects], "==", ["ConfigMap", "Service", "Job", "Job"])
    check(objects[0]["data"]["run.toml"], "==", (scratch / "run.toml").read_text())
    names = {mount["name"] for job in objects[2:] for mount in pod(job)["containers"][0]["volumeMounts"]}
    volumes = {volume["name"] for job in objects[2:] for volume in pod(job)["volumes"]}
    check(names, "==", volumes)


def test_shellcheck_accepts_the_slurm_script(scratch):
    judged_by("shellcheck", written(scratch, "slurm") / "troupe.sbatch")


def test_nothing_is_replaced(scratch):
    folder = written(scratch, "k8s")
    before = (folder / "troupe.yaml").read_text()
    troupe("launch", "-H", "alpha", "run.toml", "--emit", "k8s", cwd=scratch, code=2)
    check((folder / "troupe.yaml").read_text(), "==", before)


def test_the_images_packages_hold_every_library_that_the_program_names(_):
    needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", TROUPE], capture_output=True, text=True,
                                                             check=True).stdout)
    found = dict(re.findall(r"^\s*(\S+) => (\S+)", subprocess.run(["ldd", TROUPE], capture_output=True, text=True,
                                                                  check=True).stdout, re.M))
    packages = {package_of(found[name]) for name in needed if name in found}
    stage = (ROOT / "Dockerfile").read_text().split("FROM ")[2]
    missing = packages - set(stage.split()) - {"libc6", "libgcc-s1"}
    assert len(needed) > 5 and not missing, f"the Dockerfile's second stage lacks {missing}"


def package_of(library):
    for path in {library, os.path.realpath(library), os.path.realpath(library).removeprefix("/usr")}:
        done = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    raise AssertionError(f"no package has {library}")


class Together:
    """Commands that make up a run, on this machine: who listens everywhere listens at its own loopback address."""

    def __init__(self, scratch):
        self.scratch, self.port, self.started = scratch, free_port(), []

    def __enter__(self):
        return self

    def mapped(self, text, address):
        """The words of a start line, or a script, with addresses of loopback and a port that is free."""
        text = text.replace("0.0.0.0:7001", f"{address}:0").replace("0.0.0.0:7000", f"127.0.0.1:{self.port}")
        return re.sub(r"(join[= ]\S*?)(?:alpha|small-run):7000", rf"\g<1>127.0.0.1:{self.port}", text).replace(
            f"--advertise {name_of(address)}", f"--advertise {address}")

    def start(self, words, cwd, **variables):
        self.started.append(subprocess.Popen(words, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                             env={**os.environ, **variables}))

    def ends_well(self):
        for process in self.started:
            text, _ = process.communicate(timeout=DEADLINE)
            check(process.returncode, "==", 0, because=f"of {process.args}: {text}")

    def __exit__(self, *_):
        for process in self.started:
            kill(process.pid, signal.SIGKILL)
            process.wait()


def name_of(address):
    return next(name for name, at in HOSTS.items() if at == address)


def finished(folder):
    runs = list(folder.glob("runs/*"))
    check(len(runs), "==", 1)
    check(end_of(runs[0])["status"], "==", "done")


def test_the_start_lines_of_the_units_train(scratch):
    folder = written(scratch, "systemd")
    troupe("keys", "new", folder, *HOSTS)
    with Together(scratch) as run:
        for unit in ["coordinator", *(f"node-{host}" for host in HOSTS)]:
            line = re.search(r"(?m)^ExecStart=(.*)", (folder / f"troupe-{unit}.service").read_text())[1]
            address = HOSTS.get(unit.removeprefix("node-"), "127.0.0.1")
            line = run.mapped(line.replace("/usr/local/bin/troupe", TROUPE).replace("/etc/troupe", str(folder)), address)
            run.start(shlex.split(line), scratch)
        run.ends_well()
    finished(scratch)


def test_the_slurm_script_trains(scratch):
    folder = written(scratch, "slurm")
    tools = scratch / "tools"
    tools.mkdir()
    # What Slurm's own commands do, for two hosts that are addresses of this machine.
    (tools / "scontrol").write_text("#!/bin/sh\nprintf '127.0.0.1\\n127.0.0.2\\n'\n")
    (tools / "srun").write_text("#!/bin/sh\nshift\nfor a in 127.0.0.1 127.0.0.2; do SLURMD_NODENAME=$a \"$@\" & done\nwait\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    with Together(scratch) as run:
        script = (folder / "troupe.sbatch").read_text().replace("$coordinator:7000", f"$coordinator:{run.port}")
        script = script.replace("0.0.0.0:7001", '"$SLURMD_NODENAME":0')
        (folder / "mapped.sbatch").write_text(run.mapped(script, "127.0.0.1"))
        run.start(["bash", "mapped.sbatch"], folder, TROUPE=TROUPE, PATH=f"{tools}:{os.environ['PATH']}",
                  SLURM_JOB_NODELIST="whatever", SLURM_SUBMIT_DIR=str(folder))
        run.ends_well()
    finished(folder)
    check(list(folder.glob("troupe-keys-*")), "==", [], because="certificates of a job go with it")


def test_the_commands_of_the_pods_train(scratch):
    folder = written(scratch, "k8s")
    config, _, coordinator, node = yaml.safe_load_all((folder / "troupe.yaml").read_text())
    for place in ("data", "keys", "etc"):
        (scratch / place).mkdir()
    troupe("keys", "new", scratch / "keys", config["metadata"]["name"])
    shutil.copy(data_set(2000), scratch / "data")
    (scratch / "etc/run.toml").write_text(config["data"]["run.toml"])
    with Together(scratch) as run:
        pods = [(coordinator, "127.0.0.1")] + [(node, at) for at in list(HOSTS.values())[:node["spec"]["completions"]]]
        for job, address in pods:
            words = [word.replace("$(POD_IP)", address) for word in pod(job)["containers"][0]["command"]]
            words = [TROUPE if word == "troupe" else run.mapped(word, address) for word in words]
            words = [re.sub(r"^(.*=|)/(data|keys|etc)/(troupe/)?", rf"\g<1>{scratch}/\g<2>/", word) for word in words]
            run.start(words, scratch / "data", XDG_CACHE_HOME=str(scratch / f"cache-{address}"))
        check(len(run.started), "==", 3)
        run.ends_well()
    finished(scratch / "data")


def pod(job):
    return job["spec"]["template"]["spec"]


if __name__ == "__main__":
    main()
