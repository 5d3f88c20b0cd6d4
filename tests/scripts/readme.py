"""The README's sh blocks, run as a reader would run them, in a folder of their own and
against the existing build. `readme.py --update BLOCK < OUTPUT` writes the real output
of ./demo.sh or ./check.sh into the README."""
import shutil

from harness import *

README = ROOT / "README.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.S)


def blocks():
    return [text for text in BLOCK.findall(README.read_text()) if text.strip() != "./check.sh"]


def clone(scratch):
    """The tree as a clone has it, with the program built. Building again is not this test's
    business, so a `cmake` that does nothing stands first in the path."""
    tree = scratch / "troupe"
    (tree / "build").mkdir(parents=True)
    (tree / "build/troupe").symlink_to(TROUPE)
    for name in ("demo.sh", "CMakePresets.json"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("cmake", "config"):
        shutil.copytree(ROOT / name, tree / name)
    (scratch / "bin").mkdir()
    (scratch / "bin/cmake").write_text("#!/bin/sh\nexit 0\n")
    (scratch / "bin/cmake").chmod(0o755)
    return tree, {**os.environ, "PATH": f"{scratch}/bin:{os.environ['PATH']}"}


def test_every_command_of_the_readme_works(scratch):
    tree, environment = clone(scratch)
    check(len(blocks()), ">=", 3)
    for block in blocks():
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=tree, env=environment,
                              capture_output=True, text=True, timeout=300)
        check(done.returncode, "==", 0, because=f"of {block}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        print(block, done.stdout[-2000:], sep="\n")


def test_the_demo_works_twice_in_a_row(scratch):
    tree, environment = clone(scratch)
    for _ in range(2):
        done = subprocess.run(["./demo.sh"], cwd=tree, env=environment, capture_output=True, text=True, timeout=300)
        check(done.returncode, "==", 0, because=done.stdout[-2000:] + done.stderr[-2000:])
        check(done.stdout, "matches", r"(?m)^done: epochs$")


def test_the_outputs_shown_are_real_ones(_):
    text = README.read_text()
    check(shown(text, "./demo.sh"), "matches", r"(?m)^done: epochs$")
    check(shown(text, "./check.sh").strip().splitlines()[-1], "matches", r"^\d+ passed, \d+ failed$")


def shown(text, command):
    return re.search(rf"<!-- output: {re.escape(command)} -->\n```text\n(.*?)```\n<!-- end -->", text, re.S)[1]


def update(command):
    """Shows what was said, without the compiler's lines."""
    said = [line.rstrip() for line in sys.stdin.read().splitlines()]
    kept = [line for line in said if not re.match(r"\[\d+/\d+\]|ninja:|-- |Preset ", line)]
    text = README.read_text()
    before, after = text.split(f"<!-- output: {command} -->\n```text\n")
    README.write_text(f"{before}<!-- output: {command} -->\n```text\n" + "\n".join(kept).strip() + "\n"
                      + after[after.index("```\n<!-- end -->"):])


if __name__ == "__main__":
    update(sys.argv[2]) if sys.argv[1:2] == ["--update"] else main()
