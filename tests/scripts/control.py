"""The control address: who has the run folder (or the token) may ask and stop, and
nobody else. What comes with a later version is refused with one line."""
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from harness import *
from signals import endless, ends_as_stopped, under_way


def control_of(run):
    return json.loads((run / "run.json").read_text())


def address(known):
    found = [value for key, value in known.items() if isinstance(value, str) and re.fullmatch(r"127\.0\.0\.1:\d+", value)]
    check(len(found), "==", 1, because=f"addresses in run.json: {sorted(known)}")
    return found[0]


def test_status_answers_the_folder_and_the_token_but_no_stranger(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        known = control_of(run)
        check((run / "run.json").stat().st_mode & 0o777, "==", 0o600)
        json.loads(troupe("status", run, "--json").stdout)
        troupe("status", address(known), "--token", known["token"])
        refused = troupe("status", address(known), "--token", "guess", code=4)
        check(len(refused.stderr.strip().splitlines()), "==", 1)
        troupe("stop", run)
        ends_as_stopped(started, run, 0)


def test_nothing_changes_without_a_token_or_on_get(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        known = control_of(run)
        url = f"http://{address(known)}/api/v1/stop"
        for request, codes in [(Request(url, method="POST"), (401, 403)),
                               (Request(url, headers={"Authorization": f"Bearer {known['token']}"}), (404, 405))]:
            try:
                code = urlopen(request, timeout=10).status
            except HTTPError as refusal:
                code = refusal.code
            check(code, "in", codes)
        check(started.process.poll(), "==", None)
        troupe("stop", run)
        ends_as_stopped(started, run, 0)


if __name__ == "__main__":
    main()
