"""Several hosts on one machine: network namespaces on one switch that nothing outside can
reach, and links that can be cut, both ways or one way. Gone, with their networks, when
the block ends. Files are shared, as on a cluster with one file system."""
import os
import shutil
import subprocess
import uuid

NOWHERE = "02:00:00:00:00:99"  # a hardware address that nobody has


def reason_to_skip():
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "no ip here (Debian: iproute2)"
    probe = f"tt{uuid.uuid4().hex[:6]}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True).returncode != 0:
        return "network namespaces are not allowed here"
    subprocess.run(["ip", "netns", "del", probe], check=True)
    return ""


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True)


class Hosts:
    """with Hosts(3) as hosts: hosts.address(1) is 10.77.0.1, and hosts.inside(1) goes before a
    command that is to run there."""

    def __init__(self, count):
        self.tag = f"tt{uuid.uuid4().hex[:6]}"
        self.count = count

    def name(self, host):
        return f"{self.tag}-{host}"

    def address(self, host):
        return f"10.77.0.{host}"

    def inside(self, host):
        return ["ip", "netns", "exec", self.name(host)]

    def __enter__(self):
        try:
            switch = self.name("s")
            ip("netns", "add", switch)
            ip("-n", switch, "link", "add", "br0", "type", "bridge")
            ip("-n", switch, "link", "set", "br0", "up")
            for host in range(1, self.count + 1):
                ip("netns", "add", self.name(host))
                ip("-n", self.name(host), "link", "set", "lo", "up")
                ip("-n", switch, "link", "add", f"p{host}", "type", "veth", "peer", "name", "eth0",
                   "netns", self.name(host))
                ip("-n", switch, "link", "set", f"p{host}", "master", "br0", "up")
                ip("-n", self.name(host), "addr", "add", f"{self.address(host)}/24", "dev", "eth0")
                ip("-n", self.name(host), "link", "set", "eth0", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for host in [*range(1, self.count + 1), "s"]:
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True)

    def cut_one_way(self, sender, receiver):
        """What `sender` sends to `receiver` from now on is lost without a word."""
        ip("-n", self.name(sender), "neigh", "replace", self.address(receiver), "lladdr", NOWHERE,
           "nud", "permanent", "dev", "eth0")

    def cut(self, one, other):
        self.cut_one_way(one, other)
        self.cut_one_way(other, one)

    def heal(self, one, other):
        for sender, receiver in ((one, other), (other, one)):
            subprocess.run(["ip", "-n", self.name(sender), "neigh", "del", self.address(receiver),
                            "dev", "eth0"], capture_output=True)

    def listening(self, host):
        """Addresses and ports at which anything listens in there."""
        found = []
        for table in ("tcp", "tcp6"):
            text = subprocess.run([*self.inside(host), "cat", f"/proc/net/{table}"], check=True,
                                  capture_output=True, text=True).stdout
            for line in text.splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                if state == "0A":
                    address, port = local.split(":")
                    numbers = [str(int(address[at:at + 2], 16)) for at in (6, 4, 2, 0)]
                    found.append((".".join(numbers) if table == "tcp" else address, int(port, 16)))
        return sorted(found)
