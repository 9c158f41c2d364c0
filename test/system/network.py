"""Two hosts on this machine's kernel: network namespaces without a name, which vanish with the process that made them.

    client -- server            or            client -- router -- server

Neighbour entries are fixed, so no ARP and no neighbour discovery delays or litters a capture.
"""

import ctypes
import os
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PATIENCE_S = 10
DISCARD_PORT = 9

libc = ctypes.CDLL(None, use_errno=True)

# Addresses that RFC 2544 and RFC 3849 set aside for tests and documentation.
ADDRESSES = {
    4: {"client": "198.18.1.10", "server": "198.18.2.20", "router": ("198.18.1.1", "198.18.2.1")},
    6: {"client": "2001:db8:1::a", "server": "2001:db8:2::b", "router": ("2001:db8:1::1", "2001:db8:2::1")},
}
PREFIX = {4: 24, 6: 64}

# include/net/tcp_states.h, in the words of RFC 9293.
KERNEL_STATES = (
    "ESTABLISHED SYN-SENT SYN-RECEIVED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED CLOSE-WAIT LAST-ACK LISTEN CLOSING "
    "SYN-RECEIVED"
).split()


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(condition, what):
    """Polls for something that no call can wait for, such as a state of the kernel's."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain until {what}")
        time.sleep(0.002)


class Namespace:
    """`with namespace:` makes the sockets and processes of this thread belong to it."""

    home = os.open("/proc/self/ns/net", os.O_RDONLY)

    def __init__(self):
        checked(libc.unshare(CLONE_NEWNET))
        self.file = os.open("/proc/self/ns/net", os.O_RDONLY)
        checked(libc.setns(Namespace.home, CLONE_NEWNET))
        self.path = f"/proc/{os.getpid()}/fd/{self.file}"
        self.run("ip link set lo up")

    def __enter__(self):
        checked(libc.setns(self.file, CLONE_NEWNET))

    def __exit__(self, *_):
        checked(libc.setns(Namespace.home, CLONE_NEWNET))

    def run(self, command, stdin=None):
        with self:
            done = subprocess.run(command.split(), input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr.strip() or done.returncode}")

    def sysctl(self, name, value):
        with self, open(f"/proc/sys/net/{name}", "w") as file:
            file.write(str(value))

    def tcp_state(self, local_port, remote_port):
        """State of the connection between two ports, CLOSED where there is none."""
        for table in ("tcp", "tcp6"):
            with self, open(f"/proc/thread-self/net/{table}") as file:
                rows = file.read().splitlines()[1:]
            for row in rows:
                _, local, remote, state = row.split()[:4]
                ports = tuple(int(end.rsplit(":", 1)[1], 16) for end in (local, remote))
                if ports == (local_port, remote_port):
                    return KERNEL_STATES[int(state, 16) - 1]
        return "CLOSED"


class Link:
    """A veth pair. Each end: namespace, device name, address."""

    def __init__(self, number, family, left, right):
        (left_space, left_device, left_address), (right_space, right_device, right_address) = left, right
        macs = [f"02:00:00:00:{number:02x}:{end}" for end in ("0a", "0b")]
        left_space.run(
            f"ip link add {left_device} address {macs[0]} type veth"
            f" peer name {right_device} address {macs[1]} netns {right_space.path}"
        )
        for space, device, address in (left, right):
            # Nothing but the test speaks here: no link-local address, no duplicate address detection.
            space.run(f"ip link set {device} addrgenmode none up")
            no_detection = " nodad" if family == 6 else ""
            space.run(f"ip address add {address}/{PREFIX[family]} dev {device}{no_detection}")
        self.neighbours = {
            left_space: f"{right_address} lladdr {macs[1]} dev {left_device}",
            right_space: f"{left_address} lladdr {macs[0]} dev {right_device}",
        }
        for space in self.neighbours:
            self.release(space)

    def hold(self, space):
        """What this end sends waits in its kernel, before the capture, for a neighbour that does not resolve."""
        self.run_neighbour(space, "incomplete")

    def release(self, space):
        self.run_neighbour(space, "permanent")

    def run_neighbour(self, space, state):
        space.run(f"ip neighbour replace {self.neighbours[space]} nud {state}")


class Capture:
    """tcpdump on one device, into a file."""

    FILTER = f"tcp or icmp or icmp6 or udp port {DISCARD_PORT}"

    def __init__(self, space, device, path):
        self.path = path
        with space, open(path, "wb") as file:
            self.tcpdump = subprocess.Popen(
                # A change of user would make the kernel forget that tcpdump dies with its parent.
                ["tcpdump", "-Z", "root", "-i", device, "-n", "-U", "--immediate-mode", "-w", "-", Capture.FILTER],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.PIPE,
                preexec_fn=die_with_parent,
            )
        self.wait_for_start()

    def wait_for_start(self):
        said = b""
        while b"listening on" not in said:
            line = self.tcpdump.stderr.readline()
            if line == b"":
                raise RuntimeError(f"tcpdump did not start: {said.decode(errors='replace')}")
            said += line

    def has(self, mark):
        with open(self.path, "rb") as file:
            return mark in file.read()

    def end(self):
        self.tcpdump.terminate()
        self.tcpdump.wait()
        self.tcpdump.stderr.close()


class Network:
    def __init__(self, family, routed, folder, name):
        self.family = family
        self.address_family = socket.AF_INET if family == 4 else socket.AF_INET6
        self.spaces = {"client": Namespace(), "server": Namespace()}
        self.router = Namespace() if routed else None
        self.addresses = ADDRESSES[family]
        if routed:
            self.connect_through_router()
        else:
            self.connect_directly()
        self.captures = {}
        try:
            for end, space in self.spaces.items():
                self.captures[end] = Capture(space, end, os.path.join(folder, f"{name}-{end}.pcap"))
        except BaseException:
            self.end()
            raise

    def connect_directly(self):
        client, server = self.spaces.values()
        near, far = self.addresses["client"], self.addresses["server"]
        self.link = Link(1, self.family, (client, "client", near), (server, "server", far))
        client.run(f"ip route add {far} dev client")
        server.run(f"ip route add {near} dev server")

    def connect_through_router(self):
        ends = zip(self.spaces.items(), self.addresses["router"], strict=True)
        for number, ((name, space), gateway) in enumerate(ends, 1):
            host = (space, name, self.addresses[name])
            Link(number, self.family, host, (self.router, f"to-{name}", gateway))
            space.run(f"ip route add default via {gateway}")
        self.router.sysctl("ipv4/ip_forward", 1)
        self.router.sysctl("ipv6/conf/all/forwarding", 1)

    def on_the_way(self, rule):
        """A rule of the router's firewall."""
        self.chain("filter", "forward", rule)

    def translate(self, forget_after_s):
        """The router hides the client behind its own address."""
        self.router.sysctl("netfilter/nf_conntrack_tcp_loose", 0)
        self.router.sysctl("netfilter/nf_conntrack_tcp_timeout_established", forget_after_s)
        self.chain("nat", "postrouting", "oifname to-server masquerade")

    def chain(self, kind, hook, rule):
        text = f"table inet t {{\n chain {hook} {{\n type {kind} hook {hook} priority 0;\n {rule}\n }}\n}}\n"
        self.router.run("nft -f -", stdin=text)

    def hold(self, end):
        self.link.hold(self.spaces[end])

    def release(self, end):
        self.link.release(self.spaces[end])

    def socket(self, end, kind=socket.SOCK_STREAM):
        with self.spaces[end]:
            made = socket.socket(self.address_family, kind)
        made.settimeout(PATIENCE_S)
        return made

    def flush(self):
        """Waits until both captures hold everything sent so far: UDP marks travel behind it, and no rule stops them."""
        sockets = {end: self.socket(end, socket.SOCK_DGRAM) for end in self.spaces}
        for end, udp in sockets.items():
            udp.bind((self.addresses[end], DISCARD_PORT))
        sockets["client"].sendto(b"the client's mark", (self.addresses["server"], DISCARD_PORT))
        _, client = sockets["server"].recvfrom(100)
        sockets["server"].sendto(b"the server's mark", client)
        sockets["client"].recvfrom(100)
        for capture in self.captures.values():
            for mark in (b"the client's mark", b"the server's mark"):
                wait_until(lambda c=capture, m=mark: c.has(m), f"{capture.path} holds {mark.decode()}")

    def end(self):
        for capture in self.captures.values():
            capture.end()
