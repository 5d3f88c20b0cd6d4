"""That each CPU level's loops are compiled for it, and everything else for any x86-64:
otherwise a linker that picks one copy for all would crash old machines, or slow new
ones down. It reads what the compiler made, with objdump."""
import platform
import re
import subprocess

from harness import BUILD, TROUPE, main

LEVELS = {"v2.cpp.o": None, "v3.cpp.o": "ymm", "v4.cpp.o": "zmm"}
HOT = ("dot", "sparse_dot", "scatter_add", "multiply", "nearest_of_tile")


def members():
    """(object, its disassembly) of every library of the build."""
    for library in sorted(BUILD.glob("libtroupe_*.a")):
        text = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", library], capture_output=True, text=True,
                              check=True).stdout
        for part in re.split(r"\n(?=\S+:\s+file format )", text):
            name = part.lstrip().split(":", 1)[0]
            if name:
                yield name, part


def widest(text):
    return "zmm" if "%zmm" in text else "ymm" if "%ymm" in text else None


def test_only_the_levels_own_files_have_wide_registers(_):
    if platform.machine() != "x86_64":
        print("SKIPPED: kernels: this machine is no x86-64")
        return
    found = {name: widest(text) for name, text in members()}
    for name, expected in LEVELS.items():
        assert found[name] == expected, (name, found[name])
    wide = {name for name, register in found.items() if register and name not in LEVELS}
    assert not wide, wide


def test_the_hot_loops_of_v4_are_what_a_v4_machine_calls(_):
    if platform.machine() != "x86_64":
        print("SKIPPED: kernels: this machine is no x86-64")
        return
    text = dict(members())["v4.cpp.o"]
    for name in HOT:
        body = re.search(rf"<troupe::\(anonymous namespace\)::{name}\(.*?>:\n(.*?)(?=\n\n|\Z)", text, re.S)
        assert body and "%zmm" in body.group(1), name
    said = subprocess.run([TROUPE, "doctor"], capture_output=True, text=True).stdout
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
    needed = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
    expected = "v4" if needed <= set(flags.split()) else "v3" if "avx2" in flags.split() else "v2"
    assert f"kernels for x86-64-{expected}\n" in said, (expected, said)


if __name__ == "__main__":
    main()
