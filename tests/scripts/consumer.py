"""The installed package serves a stranger: a project outside this tree finds it, adds a
model and a gate of its own, and trains with both on two local nodes."""
from harness import *

SOURCE = ROOT / "tests/consumer"


def shell(*words, cwd=None):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=500)
    check(done.returncode, "==", 0, because=f"of {words}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def test_the_installed_package_builds_a_project_with_its_own_model_and_gate(scratch):
    prefix, project = scratch / "prefix", scratch / "project"
    shell("cmake", "--install", BUILD, "--prefix", prefix)
    shell(prefix / "bin/troupe", "--version")
    shell("cp", "-r", SOURCE, project)
    shell("cmake", "-S", project, "-B", project / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
          "-DCMAKE_BUILD_TYPE=Release")
    shell("cmake", "--build", project / "build")
    leashed = project / "build/leashed"
    shell(leashed, "data", "make", "rcv1", "--rows", 4000, "--seed", 3, "--out", "train.h5", cwd=project)
    shell(leashed, "train", "run.toml", "--nodes", 2, "--run-dir", "run", cwd=project)
    end = end_of(project / "run")
    check(end["status"], "==", "done")
    check(lines(project / "run", "start")[0]["gate"], "==", "leash")
    check(validation(project / "run")[-1]["accuracy"], ">=", 0.85)
    refused = subprocess.run([TROUPE, "config", "check", project / "run.toml"], capture_output=True, text=True)
    check(refused.returncode, "==", 2, because="the plain program does not know squared_hinge")


if __name__ == "__main__":
    main()
