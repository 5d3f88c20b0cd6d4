"""docs/errors.md: the lines that a user may get, taken from the tests that quote them.
`python3 tests/scripts/errors.py --write` makes it anew; it invents no text."""
import re
import sys

from harness import ROOT, check, main

PAGE = ROOT / "docs/errors.md"
SECTIONS = {
    "library/command_line.test.cpp": "The command line (exit 2)",
    "library/train.test.cpp": "Runs and their folders",
    "library/predict.test.cpp": "Applying a model (exit 2 or 3)",
    "library/status.test.cpp": "status and stop",
    "config/errors.test.cpp": "Configuration files (exit 2)",
    "config/not_toml.test.cpp": "Configuration files that are no TOML (exit 2)",
    "runtime/load_config.test.cpp": "What a configuration may combine (exit 2)",
    "runtime/shards.test.cpp": "A model in slices (exit 2)",
    "topologies/drawings.test.cpp": "Topologies that cannot be drawn (exit 2 or 3)",
    "runtime/assemble.test.cpp": "Configuration and data that do not fit (exit 2 or 3)",
    "datasets/file_dataset.test.cpp": "Data sets (exit 3)",
    "datasets/damage.test.cpp": "Damaged data sets (exit 3)",
    "datasets/import.test.cpp": "Imports (exit 3)",
    "datasets/bad_input.test.cpp": "Imports of other formats (exit 3)",
    "datasets/import_options.test.cpp": "Imports that cannot be (exit 2)",
    "datasets/split.test.cpp": "Splits (exit 2 or 3)",
    "datasets/served_segments.test.cpp": "Data that another process serves (exit 3)",
    "cluster/data.test.cpp": "Data that another process does not serve (exit 4)",
    "datasets/model_file.test.cpp": "Model files (exit 3)",
    "tls/keys.test.cpp": "Certificates and keys (exit 2)",
    "library/hosts.test.cpp": "Lists of hosts (exit 2), and hosts that cannot hold a run (exit 3 or 4)",
    "library/launch_command.test.cpp": "launch (exit 2)",
    "library/keys.test.cpp": "keys new (exit 2 or 3)",
    "gateway/door.test.cpp": "The control address",
}
HEAD = """# The lines that say what is wrong

One line on standard error, and the exit code: 1 the run failed or diverged, 2 usage or
configuration, 3 data or files, 4 cluster, 130 and 143 stopped by a signal. The words
between a test's own names (`run.toml`, `a.h5`) are the ones that you will see.

This page is made of the tests that quote the lines: `python3 tests/scripts/errors.py --write`.
"""
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
PIECE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def literals(text):
    """C++ string literals, adjacent ones joined; neither titles of tests nor includes."""
    text = re.sub(r'^#include.*$|TEST_CASE\((?:\s*"(?:[^"\\]|\\.)*")+\)|R"\(.*?\)"|//.*$', "", text, flags=re.M)
    for found in LITERALS.finditer(text):
        yield "".join(PIECE.findall(found[0])).replace('\\"', '"').replace("\\\\", "\\")


def is_a_line(text):
    """A sentence with a place and a cause, or a cause and a cure; no configuration or JSON."""
    words = re.findall(r"[a-z]{2,}", text)
    sentence = re.search(r"[:;,] [a-z-]", text) or "comes with a later version" in text
    return bool(sentence) and len(words) >= 5 and "\\" not in text and not re.match(r"[{\[]|[a-z.]+ ?= ?|GET |POST |write it ", text)


def shown(line):
    """A test that builds the start of a line from a path quotes the rest of it."""
    line = line.strip()
    return f"FILE{line}" if line[0] == ":" else f"...{line}" if line[0] == ";" else line


def page():
    parts = [HEAD]
    for name, title in SECTIONS.items():
        lines = dict.fromkeys(filter(is_a_line, literals((ROOT / "tests" / name).read_text())))
        if lines:
            parts.append(f"\n## {title}\n\n```\n" + "\n".join(map(shown, lines)) + "\n```\n")
    return "".join(parts)


def test_the_page_holds_what_the_tests_quote(_):
    check(PAGE.read_text() == page(), "==", True, because="docs/errors.md is out of date; run errors.py --write")


def test_a_quoted_line_is_found_and_a_configuration_is_not(_):
    text = 'CHECK(refusal("a = 1\\n") == "a.toml:1:1: unknown key \'a\', " "did you mean \'b\'?");'
    check([line for line in literals(text) if is_a_line(line)], "==",
          ["a.toml:1:1: unknown key 'a', did you mean 'b'?"])


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page())
    else:
        main()
