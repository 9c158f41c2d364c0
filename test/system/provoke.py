#!/usr/bin/env python3
"""Provokes one ending of a TCP connection on this machine's kernel and captures it at both ends.

usage: provoke.py [-6] ENDING FOLDER    writes ENDING-client.pcap and ENDING-server.pcap, prints one line of JSON
       provoke.py --check FOLDER        says what this machine lacks for it, if anything
       provoke.py --list                names of the endings

The line has the connection's ports, what the application at each end got from its calls (`saw`: the last error name or
EOF; `calls`: all), and the kernel's state of both ends (`states`) when everything was over.
"""

import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
import termios
import time

sys.dont_write_bytecode = True

from network import Network, die_with_parent, wait_until

PORT = 8080
TCP_REPAIR = 19
REQUEST = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
# Longer than the pauses inside an exchange, as the idle timers of servers and routers are.
IDLE_S = 1.2


def unread(sock):
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, b"\0" * 4))[0]


def tcp(sock, **options):
    for name, value in options.items():
        sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_" + name.upper()), value)


class Stage:
    """The network, the two applications and what they got."""

    def __init__(self, network):
        self.network = network
        self.client_port = None
        self.listener = None
        # What an ending leaves open stays open until the kernel was asked for its state.
        self.open = []
        self.calls = {"client": [], "server": []}
        self.saw = {"client": None, "server": None}

    # Calls of the applications

    def note(self, end, call, outcome):
        self.calls[end].append(f"{call}: {outcome}")
        if isinstance(outcome, str):
            self.saw[end] = outcome

    def attempt(self, end, call, function, *arguments):
        """What the call returned, None where it failed."""
        try:
            outcome = function(*arguments)
        except OSError as error:
            self.note(end, call, "no answer" if error.errno is None else errno.errorcode[error.errno])
            return None
        if outcome == b"":
            self.note(end, call, "EOF")
        else:
            self.note(end, call, len(outcome) if isinstance(outcome, bytes) else outcome or 0)
        return outcome or 0

    def read_to_end(self, end, sock):
        while self.attempt(end, "recv", sock.recv, 65536):
            pass

    def send(self, end, sock, data):
        self.attempt(end, "send", sock.send, data)

    def fill(self, end, sock):
        """Writes until nothing more fits."""
        sock.setblocking(False)
        written = 0
        try:
            while True:
                written += sock.send(b"w" * 16384)
        except BlockingIOError:
            self.note(end, "send", written)
        sock.settimeout(10)

    # Steps

    def listen(self, backlog=8, receive_buffer=None):
        self.listener = self.network.socket("server")
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer is not None:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((self.network.addresses["server"], PORT))
        self.listener.listen(backlog)

    def client(self, port=0):
        sock = self.network.socket("client")
        self.open.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.network.addresses["client"], port))
        self.client_port = sock.getsockname()[1]
        return sock

    def connect(self, sock):
        """As applications do, it closes a socket that did not connect."""
        server = (self.network.addresses["server"], PORT)
        if self.attempt("client", "connect", sock.connect, server) is None:
            sock.close()

    def connected(self, port=0, **listening):
        """A connection with a request answered on it: the client's and the server's socket."""
        if self.listener is None:
            self.listen(**listening)
        client = self.client(port)
        self.connect(client)
        server, _ = self.listener.accept()
        self.open.append(server)
        server.settimeout(10)
        self.exchange(client, server)
        return client, server

    def exchange(self, client, server):
        client.sendall(REQUEST)
        server.recv(len(REQUEST), socket.MSG_WAITALL)
        server.sendall(ANSWER)
        client.recv(len(ANSWER), socket.MSG_WAITALL)

    def abort(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def forget(self, sock):
        """The host loses the connection as in a restart: closed in repair mode, it sends nothing."""
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        sock.close()

    def kill_owner(self, server):
        """kill -9 of the process that alone has the server's sockets."""
        child = os.fork()
        if child == 0:
            die_with_parent()
            while True:
                signal.pause()
        server.close()
        self.listener.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def close_in_turn(self, first, first_sock, second, second_sock):
        """Four segments: the second end closes after its ACK of the FIN has arrived."""
        first_sock.close()
        self.reaches(first, "FIN-WAIT-2")
        self.read_to_end(second, second_sock)
        second_sock.close()
        self.reaches(first, "TIME-WAIT")
        self.reaches(second, "CLOSED")

    # The kernel's view

    def state(self, end):
        ports = (self.client_port, PORT)
        return self.network.spaces[end].tcp_state(*(ports if end == "client" else ports[::-1]))

    def reaches(self, end, *states):
        wait_until(lambda: self.state(end) in states, f"the {end} is in {' or '.join(states)}")

    def has_unread(self, sock, count):
        wait_until(lambda: unread(sock) == count, f"{count} bytes wait to be read")

    def states(self):
        return {end: self.state(end) for end in ("client", "server")}


ENDINGS = {}


def ending(function=None, *, routed=False):
    """Enters a function into the list, under its name with hyphens."""

    def enter(function):
        ENDINGS[function.__name__.replace("_", "-")] = (function, routed)
        return function

    return enter if function is None else enter(function)


# Orderly


@ending
def client_first(s):
    client, server = s.connected()
    s.close_in_turn("client", client, "server", server)


@ending
def server_first(s):
    client, server = s.connected()
    s.close_in_turn("server", server, "client", client)


@ending
def three_segments(s):
    client, server = s.connected()
    # The ACK of the FIN waits for the server's own FIN.
    tcp(server, quickack=0)
    client.close()
    s.read_to_end("server", server)
    server.close()
    s.reaches("client", "TIME-WAIT")


@ending
def simultaneous_close(s):
    client, server = s.connected()
    s.network.hold("client")
    s.network.hold("server")
    client.close()
    server.close()
    s.network.release("client")
    s.network.release("server")
    s.reaches("client", "TIME-WAIT")
    s.reaches("server", "TIME-WAIT")


@ending
def half_close(s):
    client, server = s.connected()
    client.shutdown(socket.SHUT_WR)
    s.read_to_end("server", server)
    server.sendall(b"r" * 3000)
    server.close()
    s.read_to_end("client", client)
    client.close()
    s.reaches("server", "CLOSED")


@ending
def killed_idle(s):
    client, server = s.connected()
    s.kill_owner(server)
    s.read_to_end("client", client)
    client.close()
    s.reaches("server", "TIME-WAIT")


# Aborted by an application


@ending
def linger_zero(s):
    client, server = s.connected()
    s.abort(server)
    s.read_to_end("client", client)


@ending
def unread_data(s):
    client, server = s.connected()
    s.send("client", client, b"u" * 5000)
    s.has_unread(server, 5000)
    server.recv(1000)
    server.close()
    s.read_to_end("client", client)


@ending
def killed_with_unread_data(s):
    client, server = s.connected()
    s.send("client", client, b"u" * 500)
    s.has_unread(server, 500)
    s.kill_owner(server)
    s.read_to_end("client", client)


@ending
def sent_after_close(s):
    client, server = s.connected()
    client.close()
    s.reaches("client", "FIN-WAIT-2")
    s.send("server", server, b"late" * 50)
    s.reaches("server", "CLOSED")
    s.read_to_end("server", server)
    s.send("server", server, b"later")


@ending
def idle_closed_then_used(s):
    client, server = s.connected()
    time.sleep(IDLE_S)
    server.close()
    s.reaches("server", "FIN-WAIT-2")
    s.send("client", client, REQUEST)
    s.reaches("client", "CLOSED")
    s.read_to_end("client", client)
    s.send("client", client, REQUEST)


@ending
def keepalive_race(s):
    client, server = s.connected()
    time.sleep(IDLE_S)
    s.network.hold("client")
    s.send("client", client, REQUEST)
    server.close()
    s.reaches("client", "CLOSE-WAIT")
    s.network.release("client")
    s.reaches("client", "CLOSED")
    s.read_to_end("client", client)
    s.send("client", client, REQUEST)


# Not connected


@ending
def port_closed(s):
    s.connect(s.client())


@ending(routed=True)
def syn_filtered(s):
    s.network.on_the_way("meta l4proto tcp drop")
    client = s.client()
    tcp(client, user_timeout=1500)
    s.connect(client)


@ending(routed=True)
def icmp_rejected(s):
    s.network.on_the_way("meta l4proto tcp reject")
    s.connect(s.client())


@ending(routed=True)
def icmp_prohibited(s):
    s.network.on_the_way("meta l4proto tcp reject with icmpx type admin-prohibited")
    s.connect(s.client())


@ending
def accept_queue_full(s):
    """While the client waits for its SYN-ACK, another connection takes the only place in the queue."""
    s.network.spaces["server"].sysctl("ipv4/tcp_abort_on_overflow", 1)
    s.listen(backlog=0)
    s.network.hold("server")
    client = s.client()
    client.setblocking(False)
    client.connect_ex((s.network.addresses["server"], PORT))
    s.reaches("server", "SYN-RECEIVED")
    other = s.network.socket("server")
    other.connect((s.network.addresses["server"], PORT))
    s.network.release("server")
    client.settimeout(10)
    s.read_to_end("client", client)


@ending
def listener_closed(s):
    s.listen()
    client = s.client()
    s.connect(client)
    s.reaches("server", "ESTABLISHED")
    s.listener.close()
    s.read_to_end("client", client)


@ending
def reset_before_accept(s):
    s.listen()
    client = s.client()
    s.connect(client)
    s.reaches("server", "ESTABLISHED")
    s.abort(client)
    server, _ = s.listener.accept()
    s.read_to_end("server", server)


# The peer or the path is gone


@ending(routed=True)
def path_lost(s):
    client, server = s.connected()
    tcp(client, user_timeout=1500)
    s.network.on_the_way("meta l4proto tcp drop")
    s.send("client", client, REQUEST)
    s.read_to_end("client", client)


@ending(routed=True)
def path_lost_when_idle(s):
    client, server = s.connected()
    s.network.on_the_way("meta l4proto tcp drop")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    tcp(client, keepidle=1, keepintvl=1, keepcnt=1)
    s.read_to_end("client", client)


@ending
def peer_restarted(s):
    client, server = s.connected()
    s.listener.close()
    s.forget(server)
    s.send("client", client, REQUEST)
    s.read_to_end("client", client)


@ending(routed=True)
def nat_forgot(s):
    s.network.translate(forget_after_s=1)
    s.network.on_the_way("ct state invalid reject with tcp reset")
    client, server = s.connected()
    time.sleep(IDLE_S)
    s.send("client", client, REQUEST)
    s.read_to_end("client", client)


# The peer is stuck


@ending
def never_read(s):
    client, server = s.connected(receive_buffer=8192)
    tcp(client, user_timeout=1000)
    s.fill("client", client)
    s.read_to_end("client", client)


@ending
def never_closed(s):
    client, server = s.connected()
    client.close()
    s.reaches("client", "FIN-WAIT-2")
    s.read_to_end("server", server)


# TIME-WAIT


@ending
def time_wait_reopened(s):
    client, server = s.connected()
    s.close_in_turn("server", server, "client", client)
    client, server = s.connected(port=s.client_port)
    s.close_in_turn("server", server, "client", client)


def provoke(name, folder, family):
    function, routed = ENDINGS[name]
    network = Network(family, routed, folder, name if family == 4 else f"{name}-ipv6")
    try:
        stage = Stage(network)
        function(stage)
        network.flush()
        addresses = network.addresses
        return {
            "client": {"address": addresses["client"], "port": stage.client_port},
            "server": {"address": addresses["server"], "port": PORT},
            "captures": {end: capture.path for end, capture in network.captures.items()},
            "calls": stage.calls,
            "saw": stage.saw,
            "states": stage.states(),
        }
    finally:
        network.end()


def lacking(folder):
    """What stands in the way, as one sentence; None where nothing does."""
    if os.geteuid() != 0:
        return "it takes root to make network namespaces"
    for program in ("ip", "nft", "tcpdump"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        for family in (4, 6):
            network = Network(family, True, folder, "check")
            network.translate(forget_after_s=1)
            network.on_the_way("ct state invalid reject with tcp reset")
            network.flush()
            network.end()
    except (OSError, RuntimeError) as error:
        return f"this machine does not let root make a network: {error}"
    return None


def main(arguments):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    if arguments == ["--list"]:
        print("\n".join(ENDINGS))
        return 0
    if len(arguments) == 2 and arguments[0] == "--check":
        reason = lacking(arguments[1])
        print(reason or "nothing is missing")
        return 0 if reason is None else 1
    family = 6 if "-6" in arguments else 4
    names = [argument for argument in arguments if argument != "-6"]
    if len(names) != 2 or names[0] not in ENDINGS:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(provoke(*names, family)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
