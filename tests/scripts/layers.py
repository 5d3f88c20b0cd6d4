"""The house's layers: which folder may include which, which libraries stay behind
which door, and that nothing but the preset table knows a preset's name.
It reads #include lines and words; it never asks a compiler."""
import re

from harness import ROOT, main

BELOW = {
    "base": set(),
    "config": {"base"},
    "messages": {"base"},
    "datasets": {"base", "config", "messages"},
    "models": {"base", "config", "messages", "datasets"},
    "algorithms": {"base", "config", "messages"},
    "topologies": {"base", "config", "messages"},
    "actors": {"base", "config", "messages", "datasets", "models", "algorithms", "topologies"},
    "runtime": {"base", "config", "messages", "datasets", "models", "algorithms", "topologies", "actors"},
    "web": {"base"},
    "apps": {"base", "config", "messages", "datasets", "models", "algorithms", "topologies", "actors",
             "runtime", "web"},
}
# What the middle folders see of config: the schema's types, not the engine.
SCHEMA_ONLY = {"datasets", "models", "algorithms", "topologies", "actors"}
ENGINE = {"config/config.hpp"}

# (include, where it is allowed, in which files)
DOORS = [
    (r"caf/", r"runtime/cluster/.*"),
    (r"hdf5\.h|H5\w*\.h", r"datasets/.*\.cpp"),
    (r"toml\+\+|toml\.hpp", r"config/[^/]*\.cpp"),
    (r"CLI/", r"apps/.*\.cpp"),
    (r"Eigen/", r"(topologies|models)/.*\.cpp"),
    (r"spdlog/", r"(apps|runtime)/.*\.cpp"),
    (r"prometheus/", r"apps/library/prometheus\.cpp"),
    (r"nlohmann/", r"(apps|runtime/gateway)/.*\.cpp"),
    # Keys and certificates are made and judged in one folder, connections use them in another.
    (r"openssl/", r"runtime/(tls/pem\.hpp|(tls|cluster)/.*\.cpp|cluster/tls_stream\.hpp)"),
    (r"boost/", r"runtime/(gateway/.*\.cpp|cluster/(.*\.cpp|(connection|entrance|tunnel)\.hpp))"),
]
# A header in here is read by its own folder alone, so CAF may show in it.
INSIDE_CLUSTER = re.compile(r"runtime/cluster/(?!cluster\.hpp)")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def sources(root):
    for folder in BELOW:
        yield from sorted(p for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp"))


def wrong_includes(root):
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        folder = name.split("/")[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not (found := INCLUDE.match(line)):
                continue
            target = found[1]
            first = target.split("/")[0]
            where = f"{name}:{number}"
            if first in BELOW and first != folder and first not in BELOW[folder]:
                yield f"{where}: {folder}/ may not include {first}/"
            if target in ENGINE and folder in SCHEMA_ONLY:
                yield f"{where}: {folder}/ sees config's schema types only, not {target}"
            if target.startswith("runtime/cluster/") and INSIDE_CLUSTER.match(target) \
                    and not name.startswith("runtime/cluster/"):
                yield f"{where}: runtime/cluster/cluster.hpp is the only door to that folder"
            for library, allowed in DOORS:
                if re.match(library, target) and not re.fullmatch(allowed, name):
                    yield f"{where}: <{target}> belongs in {allowed}"
            if first == "caf" and name == "runtime/cluster/cluster.hpp":
                yield f"{where}: others include this header, so CAF may not show in it"


def presets(root):
    table = root / "runtime/presets.cpp"
    return set(re.findall(r'\{\s*\.kind = \{\.name = "([a-z_]+)"', table.read_text())) if table.exists() else set()


def misplaced_presets(root):
    """A preset's name between quotes. `sgd` is an update too, `batch` a key: those words mean more."""
    names = presets(root) - {path.stem for path in (root / "algorithms").rglob("*.cpp")} - {"batch"}
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        if name == "runtime/presets.cpp":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("//")[0]
            for word in names.intersection(re.findall(r"[a-z_]+", " ".join(re.findall(r'"[^"]*"', code)))):
                yield f'{name}:{number}: "{word}" is a preset: only runtime/presets.cpp may know it'


def all_wrongs(root):
    return [*wrong_includes(root), *misplaced_presets(root)]


# The tests of the test: each planted line must be found, with its place.
PLANTED = [
    ("base/a.hpp", '#include "config/table.hpp"', "base/a.hpp:1: base/ may not include config/"),
    ("models/a.cpp", '#include "algorithms/gate.hpp"', "models/ may not include algorithms/"),
    ("actors/a.cpp", '#include "runtime/pace.hpp"', "actors/ may not include runtime/"),
    ("algorithms/a.cpp", '#include "config/config.hpp"', "algorithms/ sees config's schema types only"),
    ("runtime/twin/a.cpp", "#include <caf/all.hpp>", "<caf/all.hpp> belongs in runtime/cluster/"),
    ("runtime/cluster/cluster.hpp", "#include <caf/actor.hpp>", "CAF may not show in it"),
    ("apps/a.cpp", '#include "runtime/cluster/wire.hpp"', "the only door to that folder"),
    ("models/a.cpp", "#  include <hdf5.h>", "<hdf5.h> belongs in datasets/"),
    ("datasets/a.hpp", "#include <hdf5.h>", "<hdf5.h> belongs in datasets/"),
    ("apps/library/a.hpp", "#include <CLI/CLI.hpp>", "<CLI/CLI.hpp> belongs in apps/"),
    ("actors/a.cpp", "#include <nlohmann/json.hpp>", "<nlohmann/json.hpp> belongs in"),
    ("topologies/a.hpp", "#include <Eigen/Dense>", "<Eigen/Dense> belongs in (topologies|models)/"),
    ("apps/a.cpp", "#include <openssl/ssl.h>", "<openssl/ssl.h> belongs in"),
    ("actors/a.cpp", 'if (name == "asgd") return;', '"asgd" is a preset'),
]


def test_every_planted_breach_is_found(scratch):
    for number, (file, line, expected) in enumerate(PLANTED):
        root = scratch / str(number)
        (root / "runtime").mkdir(parents=True)
        (root / "runtime/presets.cpp").write_text('table.add({.kind = {.name = "asgd"}});\n')
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(line + "\n")
        found = all_wrongs(root)
        assert len(found) == 1 and expected in found[0], f"planted {line!r} in {file}: found {found}"


def test_every_folder_has_a_row_in_the_matrix(_):
    folders = {path.parent.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.hpp")}
    strangers = {name for name in folders - {*BELOW, "tests", "bench"} if not name.startswith("build")}
    assert not strangers, f"folders without a row: {sorted(strangers)}"


def test_every_file_keeps_to_its_layer(_):
    wrongs = list(wrong_includes(ROOT))
    assert not wrongs, "\n".join(wrongs)


def test_only_the_preset_table_knows_a_presets_name(_):
    assert presets(ROOT), "runtime/presets.cpp names no preset that this test can read"
    wrongs = list(misplaced_presets(ROOT))
    assert not wrongs, "\n".join(wrongs)


if __name__ == "__main__":
    main()
