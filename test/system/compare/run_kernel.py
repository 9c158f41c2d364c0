#!/usr/bin/env python3
"""Runs scripts of socket calls on this machine's kernel: two network namespaces, one capture on the client's device.

usage: run_kernel.py           reads {"jobs": N, "scenarios": [...]} on stdin, prints one line of JSON for each scenario
       run_kernel.py --check   says what this machine lacks for it, if anything

The steps are those of script.ts; each is made at its planned time and never waits, so a call returns what the kernel
knows by then. A line has the result of each step and every frame that passed the client's device.
"""

import ctypes
import errno
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import termios
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from network import ADDRESSES, KERNEL_STATES, Link, Namespace, die_with_parent

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SIOCETHTOOL = 0x8946
# Offloads that would put several segments into one frame: TSO, GSO, GRO.
ETHTOOL_SETTERS = (0x1F, 0x24, 0x2C)
# Tells what a script made itself from what the kernel sent.
INJECTED_TTL = 63
# Where an end counts from that has sent no SYN.
INJECTED_ISS = 1_000_000
LEAST_PAUSE_S = 0.005
FLAG_BITS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128}

OPTIONS = {
    "reuseAddress": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "reusePort": (socket.SOL_SOCKET, socket.SO_REUSEPORT),
    "keepAlive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "keepAliveIdle": (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    "keepAliveInterval": (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    "keepAliveCount": (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    "linger2": (socket.IPPROTO_TCP, socket.TCP_LINGER2),
    "noDelay": (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    "cork": (socket.IPPROTO_TCP, socket.TCP_CORK),
    "quickAck": (socket.IPPROTO_TCP, socket.TCP_QUICKACK),
    "userTimeout": (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
    "deferAccept": (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT),
    "sendBuffer": (socket.SOL_SOCKET, socket.SO_SNDBUF),
    "receiveBuffer": (socket.SOL_SOCKET, socket.SO_RCVBUF),
    "oobInline": (socket.SOL_SOCKET, socket.SO_OOBINLINE),
    "maxSegment": (socket.IPPROTO_TCP, socket.TCP_MAXSEG),
    "bindAddressNoPort": (socket.IPPROTO_IP, 24),
}
# What differs from machine to machine: Linux chooses the largest buffer, and with it the window scale, by its memory.
SETTINGS = {
    "tcp_rmem": "4096 131072 6291456",
    "tcp_wmem": "4096 16384 4194304",
}
MESSAGE_FLAGS = {"oob": socket.MSG_OOB, "more": socket.MSG_MORE, "peek": socket.MSG_PEEK}
POLL_BITS = (
    ("in", select.POLLIN),
    ("out", select.POLLOUT),
    ("pri", select.POLLPRI),
    ("err", select.POLLERR),
    ("hup", select.POLLHUP),
    ("rdhup", select.POLLRDHUP),
)
DROPS = {
    "all": "meta l4proto tcp drop",
    "fin": "tcp flags & fin == fin drop",
    "syn": "tcp flags & (syn | ack) == syn drop",
    "syn-ack": "tcp flags & (syn | ack) == (syn | ack) drop",
    "bare-ack": "tcp flags & (syn | ack | fin | rst) == ack ip length <= 60 drop",
    "data": "tcp flags & (syn | rst | fin) == 0 ip length > 60 drop",
    "rst": "tcp flags & rst == rst drop",
}


class Pair:
    """client -- server, with everything the client's device carries kept in memory."""

    def __init__(self, family):
        self.family = family
        self.address_family = socket.AF_INET if family == 4 else socket.AF_INET6
        self.addresses = ADDRESSES[family]
        self.spaces = {"client": Namespace(), "server": Namespace()}
        client, server = self.spaces.values()
        near, far = self.addresses["client"], self.addresses["server"]
        self.link = Link(1, family, (client, "client", near), (server, "server", far))
        client.run(f"ip route add {far} dev client")
        server.run(f"ip route add {near} dev server")
        for name, space in self.spaces.items():
            one_segment_a_frame(space, name)
        with client:
            self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.tap.bind(("client", 0))
        self.tap.setblocking(False)
        self.frames = []

    def wait(self, seconds):
        """Meanwhile frames are taken as they come: what a tap holds, the kernel does not put together (skb_cloned)."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.tap], [], [], left)[0]:
                self.drain()

    def drain(self):
        while True:
            try:
                frame, ancillary, _, _ = self.tap.recvmsg(70000, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            self.frames.append((seconds * 1_000_000 + nanoseconds // 1000, frame))


def one_segment_a_frame(space, device):
    with space, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in ETHTOOL_SETTERS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sQ", device.encode(), ctypes.addressof(value)) + b"\0" * 16
            fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(protocol, source, target, payload):
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, INJECTED_TTL, protocol, 0, source, target
    )
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def tcp_packet(source, target, ports, seq, ack, flags, window, options, length):
    options += b"\1" * (-len(options) % 4)
    header = struct.pack(
        "!HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(options)) << 2, flags, window, 0, 0
    )
    segment = header + options + b"i" * length
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return ip_packet(6, source, target, segment)


class Heard:
    """What the two kernels' own segments said last: initial sequence numbers, timestamps."""

    def __init__(self, frames, address):
        self.iss = {}
        self.ts_val = {}
        self.last = {}
        for _, frame in frames:
            if frame[12:14] != b"\x08\x00" or frame[23] != 6 or frame[22] == INJECTED_TTL:
                continue
            ip = frame[14:]
            tcp = ip[(ip[0] & 15) * 4 :]
            ports = struct.unpack("!HH", tcp[:4])
            seq = struct.unpack("!I", tcp[4:8])[0]
            key = (ip[12:16] == address, *ports)
            if tcp[13] & 2:
                self.iss[key] = seq
            self.last[key] = ip
            options = tcp[20 : (tcp[12] >> 4) * 4]
            while options and options[0] != 0:
                if options[0] == 1:
                    options = options[1:]
                    continue
                if options[0] == 8:
                    self.ts_val[key] = struct.unpack("!I", options[2:6])[0]
                options = options[options[1] :]


class Runner:
    def __init__(self, scenario):
        self.scenario = scenario
        self.pair = Pair(scenario.get("family", 4))
        self.sockets = {}
        self.threads = []
        for name, value in {**SETTINGS, **scenario.get("sysctl", {})}.items():
            for space in self.pair.spaces.values():
                space.sysctl("ipv4/" + name, value)

    def run(self):
        results = []
        self.times_us = []
        planned = time.monotonic()
        for step in self.scenario["steps"]:
            pause = planned - time.monotonic()
            self.pair.wait(pause)
            self.times_us.append(time.time_ns() // 1000)
            results.append(self.step(step))
            # Where the machine is late the plan moves, but no step comes before the one ahead of it had its time.
            wait = step["waitMs"] / 1000
            planned = max(planned + wait, time.monotonic() + min(wait, LEAST_PAUSE_S))
        pause = planned - time.monotonic()
        self.pair.wait(pause)
        self.pair.drain()
        return results

    def step(self, step):
        try:
            done = getattr(self, "do_" + step["call"])(step)
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))
        return "ok" if done is None else done

    def space(self, step):
        return self.pair.spaces[step["end"]]

    def new(self, step):
        with self.space(step):
            made = socket.socket(self.pair.address_family, socket.SOCK_STREAM)
        made.setblocking(False)
        # Not what this machine prefers: another one paces.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        return made

    # Socket calls

    def do_socket(self, step):
        self.sockets[step["socket"]] = self.new(step)

    def do_set(self, step):
        name, value = step["option"], step["value"]
        sock = self.sockets[step["socket"]]
        if name == "linger":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", value is not None, value or 0))
        else:
            sock.setsockopt(*OPTIONS[name], value)

    def do_get(self, step):
        return self.sockets[step["socket"]].getsockopt(*OPTIONS[step["option"]])

    def do_bind(self, step):
        any_address = "0.0.0.0" if self.pair.family == 4 else "::"
        own = self.pair.addresses[step["end"]]
        self.sockets[step["socket"]].bind((any_address if step.get("any") else own, step["port"]))

    def do_listen(self, step):
        self.sockets[step["socket"]].listen(step["backlog"])

    def do_connect(self, step):
        other = "server" if step["end"] == "client" else "client"
        address = step.get("address", self.pair.addresses[other])
        self.sockets[step["socket"]].connect((address, step["port"]))

    def do_accept(self, step):
        made, _ = self.sockets[step["socket"]].accept()
        made.setblocking(False)
        self.sockets[step["as"]] = made

    def do_send(self, step):
        flags = socket.MSG_NOSIGNAL
        for name in step.get("flags", []):
            flags |= MESSAGE_FLAGS[name]
        return self.sockets[step["socket"]].send(b"d" * step["bytes"], flags)

    def do_recv(self, step):
        flags = 0
        for name in step.get("flags", []):
            flags |= MESSAGE_FLAGS[name]
        got = len(self.sockets[step["socket"]].recv(step["bytes"], flags))
        return got or "EOF"

    def do_shutdown(self, step):
        how = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}[step["how"]]
        self.sockets[step["socket"]].shutdown(how)

    def do_close(self, step):
        sock = self.sockets.pop(step["socket"])
        if not step.get("lingers"):
            sock.close()
            return
        thread = threading.Thread(target=sock.close)
        thread.start()
        self.threads.append(thread)

    def do_disconnect(self, step):
        sock = self.sockets[step["socket"]]
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.connect(sock.fileno(), bytes(16), 16) != 0:
            raise OSError(ctypes.get_errno(), "connect")

    # Questions

    def do_error(self, step):
        number = self.sockets[step["socket"]].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[number] if number else 0

    def do_poll(self, step):
        poller = select.poll()
        asked = select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDHUP
        poller.register(self.sockets[step["socket"]], asked)
        bits = dict(poller.poll(0)).get(self.sockets[step["socket"]].fileno(), 0)
        return "+".join(name for name, bit in POLL_BITS if bits & bit) or "none"

    def do_unread(self, step):
        return struct.unpack("i", fcntl.ioctl(self.sockets[step["socket"]], termios.FIONREAD, b"\0" * 4))[0]

    def do_unacked(self, step):
        return struct.unpack("i", fcntl.ioctl(self.sockets[step["socket"]], termios.TIOCOUTQ, b"\0" * 4))[0]

    def do_states(self, step):
        """All control blocks of an end: local port, remote port, state."""
        found = []
        for table in ("tcp", "tcp6"):
            with self.space(step), open(f"/proc/thread-self/net/{table}") as file:
                rows = file.read().splitlines()[1:]
            for row in rows:
                _, local, remote, state = row.split()[:4]
                ports = [int(end.rsplit(":", 1)[1], 16) for end in (local, remote)]
                found.append([*ports, KERNEL_STATES[int(state, 16) - 1]])
        return " ".join(f"{local}-{remote}:{state}" for local, remote, state in sorted(found)) or "none"

    def do_counters(self, step):
        """How much each of the named counters of /proc/net/netstat and snmp has grown."""
        values = {}
        for name in ("netstat", "snmp"):
            with self.space(step), open(f"/proc/thread-self/net/{name}") as file:
                lines = file.read().splitlines()
            for names, numbers in zip(lines[::2], lines[1::2]):
                values.update(zip(names.split()[1:], map(int, numbers.split()[1:])))
        return " ".join(f"{name}={values[name]}" for name in step["names"])

    # The network

    def do_wait(self, step):
        return None

    def do_sysctl(self, step):
        for name, value in step["values"].items():
            self.space(step).sysctl("ipv4/" + name, value)

    def do_drop(self, step):
        """What arrives at this end is dropped after the capture; without `match` no more."""
        text = "table inet t {}\ndelete table inet t\n"
        if step["match"] != "none":
            rule = DROPS[step["match"]]
            text += f"table inet t {{\n chain i {{\n type filter hook input priority 0;\n {rule}\n }}\n}}\n"
        self.space(step).run("nft -f -", stdin=text)

    def do_hold(self, step):
        self.pair.link.hold(self.space(step))

    def do_release(self, step):
        self.pair.link.release(self.space(step))

    def do_inject(self, step):
        """A segment that the end itself did not make, with its addresses."""
        end = step["end"]
        self.pair.drain()
        source = socket.inet_aton(self.pair.addresses[end])
        target = socket.inet_aton(self.pair.addresses["server" if end == "client" else "client"])
        heard = Heard(self.pair.frames, source)
        ports = tuple(step["ports"])
        own, other = (True, *ports), (False, *ports[::-1])
        options = b""
        if step.get("mss"):
            options += struct.pack("!BBH", 2, 4, step["mss"])
        if step.get("tsAge") is not None:
            value = heard.ts_val.get(own, 1000) - step["tsAge"]
            options += b"\1\1" + struct.pack("!BBII", 8, 10, value & 0xFFFFFFFF, heard.ts_val.get(other, 0))
        flags = sum(FLAG_BITS[letter] for letter in step["flags"])
        packet = tcp_packet(
            source,
            target,
            ports,
            heard.iss.get(own, INJECTED_ISS) + step["seq"],
            heard.iss.get(other, 0) + step["ack"] if step.get("ack") is not None else 0,
            flags,
            step.get("window", 65535),
            options,
            step.get("bytes", 0),
        )
        self.raw(step, packet)

    def do_icmp(self, step):
        """An ICMP error about the other end's last segment, from this end's address."""
        end = step["end"]
        self.pair.drain()
        source = socket.inet_aton(self.pair.addresses[end])
        target = socket.inet_aton(self.pair.addresses["server" if end == "client" else "client"])
        heard = Heard(self.pair.frames, source)
        quoted = heard.last[(False, *step["ports"][::-1])][:28]
        message = struct.pack("!BBHHH", step["type"], step["code"], 0, 0, step.get("mtu", 0)) + quoted
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        self.raw(step, ip_packet(1, source, target, message))

    def raw(self, step, packet):
        end = step["end"]
        with self.space(step), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(packet, (self.pair.addresses["server" if end == "client" else "client"], 0))


def run_one(scenario):
    try:
        runner = Runner(scenario)
        results = runner.run()
        frames = [[at, frame.hex()] for at, frame in runner.pair.frames]
        times = runner.times_us
        return {"name": scenario["name"], "results": results, "times": times, "frames": frames}
    except Exception as error:  # what went wrong is the line's content
        return {"name": scenario["name"], "error": f"{type(error).__name__}: {error}"}


def run_all(scenarios, jobs):
    """Each in a process of its own: it takes its namespaces with it."""
    waiting = list(scenarios)
    running = {}
    poller = select.poll()
    while waiting or running:
        while waiting and len(running) < jobs:
            scenario = waiting.pop(0)
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                die_with_parent()
                os.close(reader)
                with os.fdopen(writer, "w") as file:
                    file.write(json.dumps(run_one(scenario)) + "\n")
                # A linger may still hold a thread back.
                os._exit(0)
            os.close(writer)
            running[reader] = (child, [])
            poller.register(reader, select.POLLIN)
        for reader, _ in poller.poll():
            child, parts = running[reader]
            part = os.read(reader, 1 << 20)
            if part:
                parts.append(part)
                continue
            poller.unregister(reader)
            os.close(reader)
            os.waitpid(child, 0)
            del running[reader]
            sys.stdout.write(b"".join(parts).decode())
            sys.stdout.flush()


def lacking():
    """What stands in the way, as one sentence; None where nothing does."""
    if sys.platform != "linux":
        return "it takes Linux"
    if os.geteuid() != 0:
        return "it takes root to make network namespaces"
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        pair = Pair(4)
        pair.spaces["server"].run("nft -f -", stdin="table inet t {}\n")
        Pair(6)
    except (OSError, RuntimeError) as error:
        return f"this machine does not let root make a network: {error}"
    return None


def main(arguments):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    if arguments == ["--check"]:
        reason = lacking()
        print(reason or "nothing is missing")
        return 0 if reason is None else 1
    order = json.load(sys.stdin)
    run_all(order["scenarios"], order["jobs"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
