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


def answer_of(url, token=None, body=b"", **headers):
    """Status and error line of a POST."""
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(url, data=body, headers=headers, method="POST"), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_strangers_steer_nothing_and_bad_wishes_change_nothing(scratch):
    run = scratch / "run"
    with endless(run) as started:
        under_way(run)
        known = control_of(run)
        base, token = f"http://{address(known)}/api/v1/", known["token"]
        for action in ("pause", "resume", "swap", "stop"):
            check(answer_of(base + action)[0], "==", 401)
            check(answer_of(base + action, "guess")[0], "==", 401)
            check(answer_of(base + action, token, Origin="http://elsewhere.example")[0], "==", 403)
            check(answer_of(base + action, token, Host="elsewhere.example")[0], "==", 403)
            check(answer_of(base + action, token, b"x" * 5000)[0], "==", 413)
        for body, line in ((b"", "a JSON object of keys"), (b"{", "a JSON object of keys"), (b"[]", "a JSON object of keys"),
                           (b'{"training.topology":null}', "a number, a text, true or false, or a list"),
                           (b'{"training.topologie":"gossip"}', "did you mean 'topology'"),
                           (b'{"training.gate":"ajar"}', "training.gate must be one of"),
                           (b'{"data.path":"/etc/passwd"}', "data.path")):
            code, told = answer_of(base + "swap", token, body)
            check((code, line in told), "==", (409, True), because=told)
        state = json.loads(troupe("status", run, "--json").stdout)
        check((state["run"]["phase"], state["graph_epoch"], lines(run, "event")), "==", ("training", 0, []))
        troupe("stop", run)
        ends_as_stopped(started, run, 0)


if __name__ == "__main__":
    main()
