"""Strangers at the port where nodes join, and a peer with a good certificate and bad
manners: no crash, memory within bounds, and an honest node comes in meanwhile."""
import contextlib
import random
import resource
import socket
import ssl
import struct
import subprocess
import sys

from harness import *
from secure_shell import free_port
from signals import ENDLESS, under_way, updates
from strangers import first_flight

MEMORY_MIB = 64  # more than before, at most
MAGIC = 0x65707561_72740A0D
FIRST_WORD = "<QIIQQII"
CONTROL, DATA = 0, 1


class Target:
    """A run that waits for one node, and where it listens."""

    def __init__(self, scratch, *words, **options):
        self.keys = scratch / "keys"
        troupe("keys", "new", self.keys, "localhost")
        self.port = free_port()
        self.run = scratch / "run"
        tls = [word for name, file in (("ca", "ca.pem"), ("certificate", "localhost.pem"), ("key", "localhost.key"))
               for word in ("-s", f"cluster.tls.{name}={self.keys}/{file}")]
        self.started = Started("train", EXAMPLES / "ssgd.toml", "-s", f"data.path={data_set(4000)}", *ENDLESS,
                               "-s", "cluster.nodes=1", "-s", f"cluster.listen=127.0.0.1:{self.port}", *tls, *words,
                               "--run-dir", self.run, **options)

    def __enter__(self):
        self.started.__enter__()
        try:
            wait_for(lambda: "listening" in self.started.text(), "the run to listen")
        except BaseException:
            self.__exit__()
            raise
        self.memory = self.resident()
        return self

    def __exit__(self, *_):
        self.started.__exit__()

    def resident(self):
        text = Path(f"/proc/{self.started.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def control(self):
        return json.loads((self.run / "run.json").read_text())["address"]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 5)

    def secure(self):
        """As somebody with a certificate of the cluster."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.keys / "ca.pem")
        context.load_cert_chain(self.keys / "localhost.pem", self.keys / "localhost.key")
        return context.wrap_socket(self.connect())

    @contextlib.contextmanager
    def honest(self):
        since = time.monotonic()
        with Started("node", "--join", f"127.0.0.1:{self.port}", "--ca", self.keys / "ca.pem", "--certificate",
                     self.keys / "localhost.pem", "--key", self.keys / "localhost.key") as node:
            # P1's and P7's numbers are promises of a machine of one's own: here ten times as much.
            wait_for(lambda: "joined" in node.text(), f"the honest node: {node.text()}", 10)
            print(f"an honest node was in after {time.monotonic() - since:.2f} s")
            yield node

    def unharmed(self):
        check(self.started.process.poll(), "==", None, because=self.started.text()[-2000:])
        more = self.resident() - self.memory
        print(f"memory: {self.memory:.0f} MiB and {more:+.1f}")
        check(more, "<=", MEMORY_MIB)


@contextlib.contextmanager
def flood(address, kind, frames):
    """Beside us, as somebody else's process would be."""
    with subprocess.Popen([sys.executable, ROOT / "tests/scripts/strangers.py", address, kind, str(frames)],
                          stdout=subprocess.PIPE, text=True) as striker:
        try:
            yield striker
        finally:
            striker.kill()


def test_malformed_frames_at_both_ports_are_dropped_and_a_good_node_still_joins(scratch):
    """A fiftieth of the million of P7; bench/promises.py sends them all."""
    with Target(scratch) as target:
        with flood(f"127.0.0.1:{target.port}", "tls", 20000) as nodes, flood(target.control(), "page", 5000) as pages:
            wait_for(lambda: "turned_away" in target.started.text(), "the first of them to be turned away")
            with target.honest():
                under_way(target.run)
                for striker in (nodes, pages):
                    print(striker.communicate(timeout=240)[0].strip())
                    check(striker.returncode, "==", 0)
                seen = updates(target.run)
                wait_for(lambda: updates(target.run) > seen, "updates")
                target.unharmed()
        told = [event for event in lines(target.run, "event") if event["what"] == "turned_away"]
        print(f"{len(told)} lines about them")
        check(len(told), "<=", 500)  # eight in ten seconds, and one that counts the others


def test_a_thousand_idle_and_a_thousand_slow_connections_keep_nobody_out(scratch):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Target(scratch) as target, contextlib.ExitStack() as held:
        strangers = [held.enter_context(target.connect()) for _ in range(2000)]
        flight = first_flight()

        def drip(at):
            for stranger in strangers[1000:]:
                with contextlib.suppress(OSError):
                    stranger.send(flight[at:at + 1])

        drip(0)
        with target.honest():
            drip(1)
            under_way(target.run)
            drip(2)
            target.unharmed()


def test_without_descriptors_it_waits_and_does_not_end(scratch):
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))
    with Target(scratch, preexec_fn=limit) as target:
        with contextlib.ExitStack() as held:
            for _ in range(300):
                held.enter_context(target.connect())
            with target.honest():
                under_way(target.run)
                seen = updates(target.run)
                wait_for(lambda: updates(target.run) > seen, "updates")
                target.unharmed()


def word(errand, wire, secret=(0, 0), magic=MAGIC):
    return struct.pack(FIRST_WORD, magic, wire, errand, *secret, 1, 0)


def wire_version():
    return int(re.search(r"wire_version = (\d+)", (ROOT / "runtime/cluster/wire.hpp").read_text())[1])


def test_a_peer_with_a_certificate_and_bad_manners_ends_nothing_but_its_connection(scratch):
    wire = wire_version()
    announced = struct.pack(">BBBBIQQQ", 2, 0, 0, 0, 0xFFFFFFF0, 1 << 20, 7, 1)  # 4 GB to come, in CAF's words
    routed = struct.pack(">BBBBIQQQ", 3, 0, 0, 0, 64, 0, 7, 1) + bytes(64)
    attempts = {"no word of ours": word(CONTROL, wire, magic=7), "another version": word(CONTROL, wire + 1),
                "data without the secret": word(DATA, wire, (1, 2)), "an errand that is none": word(99, wire),
                "4 GB announced": word(CONTROL, wire) + announced, "for somebody else": word(CONTROL, wire) + routed,
                "noise for CAF": word(CONTROL, wire) + random.Random(3).randbytes(5000)}
    with Target(scratch) as target:
        for what, said in attempts.items():
            for _ in range(20):
                with target.secure() as peer, contextlib.suppress(OSError):
                    peer.sendall(said)
                    peer.settimeout(10)
                    while peer.recv(4096):
                        continue
            print(f"{what}: the connection ended", flush=True)
            check(target.started.process.poll(), "==", None, because=f"{what}: {target.started.text()[-2000:]}")
        with target.honest():
            under_way(target.run)
            target.unharmed()


if __name__ == "__main__":
    main()
