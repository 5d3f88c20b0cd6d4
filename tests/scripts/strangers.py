"""Hostile bytes at a port: malformed frames as fast as one process can, or paced to a share
of a core. Used by hostile.py and by bench/promises.py; alone:
    python3 tests/scripts/strangers.py HOST:PORT tls|page FRAMES [SHARE]
It counts what it did and never judges what became of the other side."""
import contextlib
import json
import random
import socket
import ssl
import struct
import sys
import time

AT_ONCE = struct.pack("ii", 1, 0)  # close with a reset: no port of ours stays in use for a minute
PATIENCE = 0.02  # seconds for an answer; a stranger has no time to lose


def first_flight():
    """What an honest stranger says first in TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


def changed(good, random_bytes):
    blob = bytearray(good)
    for _ in range(1 + random_bytes.randrange(8)):
        blob[random_bytes.randrange(len(blob))] = random_bytes.randrange(256)
    return bytes(blob)


def noise(random_bytes):
    return random_bytes.randbytes(1 + random_bytes.randrange(4096))


def tls_frames(random_bytes):
    """Noise, good first flights with some bytes changed, records that announce much, whole good ones."""
    flight = first_flight()
    while True:
        yield noise(random_bytes)
        yield changed(flight, random_bytes)
        yield b"\x16\x03\x01\xff\xff" + noise(random_bytes)
        yield flight


def page_frames(random_bytes):
    """Requests that are none, or want what nobody serves."""
    good = b"POST /api/v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"
    while True:
        yield noise(random_bytes)
        yield changed(good, random_bytes)
        yield b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        yield b"GET /" + b"../" * random_bytes.randrange(1000) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


FRAMES = {"tls": tls_frames, "page": page_frames}


class Flood:
    def __init__(self, address, kind, seed=5):
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))
        self.random = random.Random(seed)
        self.frames = FRAMES[kind](self.random)
        self.counts = {"sent": 0, "answered": 0, "closed": 0, "silent": 0, "not let in": 0}

    def strike(self):
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            stranger.settimeout(PATIENCE)
            try:
                if self.target[0].startswith("127."):  # more ports than one address has
                    stranger.bind((f"127.{self.random.randrange(1, 250)}.{self.random.randrange(1, 250)}.9", 0))
                stranger.connect(self.target)
                stranger.sendall(next(self.frames))
                self.counts["sent"] += 1
                self.counts["answered" if stranger.recv(4096) else "closed"] += 1
            except TimeoutError:
                self.counts["silent"] += 1
            except OSError:
                self.counts["not let in"] += 1

    def run(self, frames, share=1.0):
        """At most `share` of a core, as far as this process can tell what it uses."""
        start, used = time.monotonic(), time.process_time()
        for _ in range(frames):
            self.strike()
            ahead = (time.process_time() - used) / share - (time.monotonic() - start)
            if ahead > 0.01:
                time.sleep(ahead)
        seconds = time.monotonic() - start
        return {**self.counts, "seconds": seconds, "cpu": time.process_time() - used}


if __name__ == "__main__":
    words = sys.argv[1:]
    print(json.dumps(Flood(words[0], words[1]).run(int(words[2]), float((words + ["1"])[3]))), flush=True)
