"""The documents hold together: links lead somewhere, the index is complete, and no
text leaks a path of the machine on which it was written."""
import re
import subprocess

from harness import ROOT, main

LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")


def committed(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
                            cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def broken_links(path):
    for target in LINK.findall(path.read_text()):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            yield f"{path.relative_to(ROOT)}: {target} does not exist"


def test_every_link_leads_to_a_file(_):
    wrongs = [wrong for path in committed("*.md") for wrong in broken_links(path)]
    assert not wrongs, "\n".join(wrongs)


def test_a_broken_link_is_found(scratch):
    page = ROOT / "README.md"
    assert LINK.findall("see [here](docs/none.md#part) and [there](https://x.org)")[0] == "docs/none.md"
    assert not (page.parent / "docs/none.md").exists()


def test_the_index_of_docs_names_every_page(_):
    index = (ROOT / "docs/README.md").read_text()
    missing = [path.name for path in committed("docs/*.md") if path.name not in index and path.name != "README.md"]
    assert not missing, f"docs/README.md does not name {missing}"


def test_no_text_names_a_machine(_):
    places = re.compile(r"(?<![\w.])/(?:work|home/\w+)/|/root/")
    wrongs = [f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
              for path in committed("*.md", "*.hpp", "*.cpp", "*.toml", "*.sh", "*.txt", "*.cmake", "*.json")
              for number, line in enumerate(path.read_text().splitlines(), 1) if places.search(line)]
    assert not wrongs, "\n".join(wrongs)


def test_no_work_is_left_for_a_comment(_):
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|X{3})\b")
    wrongs = [f"{path.relative_to(ROOT)}:{number}"
              for path in committed("*.hpp", "*.cpp", "*.py", "*.sh", "*.txt", "*.cmake")
              for number, line in enumerate(path.read_text().splitlines(), 1) if marks.search(line)]
    assert not wrongs, "\n".join(wrongs)


if __name__ == "__main__":
    main()
