"""The page that the program carries: it is what its sources make, and it works in a browser.
Without npm or a network the sources' hash has to do, and that is said."""
import hashlib
import os
import re
import shutil
import subprocess
import sys

from harness import ROOT, check, main, skipped

WEB = ROOT / "web"
HASH = WEB / "dist/sources.sha256"


def sources():
    files = [WEB / name for name in ("index.html", "package.json", "package-lock.json", "vite.config.js")]
    return files + sorted(path for path in (WEB / "src").rglob("*") if path.is_file())


def sources_hash():
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(WEB)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def in_web(*words, timeout=300, **options):
    return subprocess.run(words, cwd=WEB, capture_output=True, text=True, timeout=timeout, **options)


def npm():
    """What the lock file names is there afterwards; else the reason why not."""
    if shutil.which("npm") is None:
        return "there is no npm"
    done = WEB / "node_modules/.package-lock.json"
    if done.exists() and done.stat().st_mtime > (WEB / "package-lock.json").stat().st_mtime:
        return None
    installed = in_web("npm", "ci", "--no-audit", "--no-fund", env={**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"})
    return None if installed.returncode == 0 else "npm cannot install: " + installed.stderr.strip().splitlines()[-1]


def browser():
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def node_tests(*files):
    """Runs them; each one counts."""
    check(browser(), "!=", None, because="the tests need chromium")
    done = in_web("node", "--test", *files, env={**os.environ, "CHROMIUM": browser()})
    check(done.returncode, "==", 0, because=done.stdout[-6000:] + done.stderr[-2000:])
    check(done.stdout, "matches", r"# pass [1-9]")
    check(done.stdout, "matches", r"# skipped 0")


def test_the_committed_page_belongs_to_its_sources(_):
    check(HASH.read_text().split()[0], "==", sources_hash(), because="run tests/scripts/page.py --build")


def test_building_anew_gives_the_committed_page(scratch):
    if reason := npm():
        print(f"not built anew, the sources' hash has to do: {reason}")
        return test_the_committed_page_belongs_to_its_sources(scratch)
    done = in_web("npx", "vite", "build", "--outDir", str(scratch / "dist"))
    check(done.returncode, "==", 0, because=done.stderr)
    same = (scratch / "dist/index.html").read_bytes() == (WEB / "dist/index.html").read_bytes()
    check(same, "==", True, because="run tests/scripts/page.py --build")


def test_the_page_names_no_place_but_its_own(_):
    """Names of XML are no addresses: nobody asks there."""
    found = set(re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z0-9./-]+", (WEB / "dist/index.html").read_text()))
    check({one for one in found if not one.startswith("http://www.w3.org/")}, "==", set())
    check('"resolved"' in (WEB / "package-lock.json").read_text(), "==", False)


def test_numbers_places_and_curves(_):
    if reason := npm():
        return skipped(reason)
    node_tests("tests/series.test.mjs", "tests/changes.test.mjs", "tests/layout.test.mjs", "tests/format.test.mjs")


def test_the_page_in_a_browser_with_a_played_run(_):
    if reason := npm():
        return skipped(reason)
    node_tests("tests/page.test.mjs")


def build():
    assert npm() is None, npm()
    subprocess.run(["npx", "vite", "build"], cwd=WEB, check=True)
    HASH.write_text(f"{sources_hash()}  the sources that index.html was built from\n")


if __name__ == "__main__":
    build() if sys.argv[1:] == ["--build"] else main()
