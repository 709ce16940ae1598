# SPDX-License-Identifier: Apache-2.0

"""A link of given round-trip time and rate between the tools and one registry.

Where the system allows network namespaces, the registry gets a network of its own, joined by a pair of tunnel devices whose packets
a process of ours hands over with a delay; the kernel limits the rate (tc tbf). So connections begin, grow and stall as they do on
a real line. Elsewhere a relay on loopback delays the bytes of each connection (`relay.py`).
"""

import collections
import contextlib
import multiprocessing
import os
import re
import select
import socket
import statistics
import subprocess
import threading
import time

from . import network, relay


class Specification:
    """Round-trip time in seconds, rate in bits a second in each direction."""

    TIMES = {"ms": 1e-3, "s": 1.0}
    RATES = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}

    def __init__(self, round_trip, rate):
        self.text = f"{round_trip} and {rate}/s"
        self.round_trip = self._value("--rtt", round_trip, self.TIMES, "20ms")
        self.rate = self._value("--rate", rate, self.RATES, "1gbit")

    @staticmethod
    def _value(option, text, units, example):
        found = re.fullmatch(r"([\d.]+)([a-z]+)", text)
        if not found or found[2] not in units:
            raise SystemExit(f"error: {option} {text!r} is not of the form {example}")
        return float(found[1]) * units[found[2]]


class Tunnel:
    """The link as two tunnel devices. Needs a private network (`network.enter_private`)."""

    kind = "network namespaces"
    accepts = 1
    #: Which networks are free, and the registries' ends of all of them.
    numbers = list(range(1, 5))
    hosts = [f"10.98.{number}.2" for number in numbers]

    def __init__(self, specification):
        self.specification = specification
        self._delay = multiprocessing.Value("d", 0.0, lock=False)
        self._number = number = self.numbers.pop(0)
        self.near, self.host = f"10.98.{number}.1", f"10.98.{number}.2"
        self.name = f"link{number}"

    @staticmethod
    def is_possible():
        return os.access("/dev/net/tun", os.R_OK | os.W_OK)

    def __enter__(self):
        self.namespace = network.Namespace.new()
        near = self._end(self.near, self.host)
        with self.namespace:
            far = self._end(self.host, self.near)
        self._carrier = multiprocessing.Process(target=carry, args=(near, far, self._delay), daemon=True)
        self._carrier.start()
        os.close(near)
        os.close(far)
        return self

    def __exit__(self, *_):
        self._carrier.kill()
        self._carrier.join()
        self.namespace.close()
        self.numbers.insert(0, self._number)

    def _end(self, own, other):
        device = network.open_tunnel(self.name)
        network.ip(f"addr add {own} peer {other} dev {self.name}")
        network.ip(f"link set {self.name} mtu 1500 txqueuelen 1000 up")
        rate = f"tc qdisc add dev {self.name} root tbf rate {self.specification.rate:.0f} burst 128k latency 50ms"
        subprocess.run(rate.split(), check=True, stdin=subprocess.DEVNULL)
        return device

    @contextlib.contextmanager
    def slow(self):
        """The delay holds only inside; the rate always does."""
        self._delay.value = self.specification.round_trip / 2
        yield
        self._delay.value = 0.0

    def front(self, address):
        return address


def carry(near, far, delay):
    """Moves packets between the two devices, each after the delay, in order."""
    network.become_line()
    opposite = {near: far, far: near}
    waiting = {near: collections.deque(), far: collections.deque()}
    while True:
        due = [queue[0][0] for queue in waiting.values() if queue]
        pause = max(0.0, min(due) - time.monotonic()) if due else None
        readable, _, _ = select.select([near, far], [], [], pause)
        now = time.monotonic()
        for device in readable:
            for _ in range(16):
                try:
                    packet = os.read(device, 70000)
                except BlockingIOError:
                    break
                waiting[opposite[device]].append((now + delay.value, packet))
        for device, queue in waiting.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(device, queue.popleft()[1])
                except OSError:
                    pass  # lost, as on any line; TCP sends it again


class Relay:
    """The link as a relay on loopback: what is left where namespaces are not allowed."""

    kind = "a relay"
    host = "127.0.0.1"
    namespace = None
    #: The relay takes each connection before the registry does.
    accepts = 2

    def __init__(self, specification):
        self.specification = specification
        self._delay = multiprocessing.Value("d", 0.0, lock=False)
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process:
            self._process.kill()
            self._process.join()

    def front(self, address):
        """The address under which the tools reach the registry at `address`."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        port = listener.getsockname()[1]
        host, _, behind = address.rpartition(":")
        arguments = (listener, (host, int(behind)), self._delay, self.specification.rate / 8)
        self._process = multiprocessing.Process(target=relay.serve, args=arguments, daemon=True)
        self._process.start()
        listener.close()
        return f"127.0.0.1:{port}"

    slow = Tunnel.slow


def measure(kind, specification):
    """Round-trip time and rate that one connection sees on a link of its own: how true the emulation is."""
    with kind(specification) as link:
        with link.namespace or contextlib.nullcontext():
            listener = socket.create_server((link.host, 0))
        threading.Thread(target=_send_on_demand, args=(listener,), daemon=True).start()
        host, port = link.front(f"{link.host}:{listener.getsockname()[1]}").rsplit(":", 1)
        address = (host, int(port))
        _fetch(address, 1)
        with link.slow():
            # The connection's beginning and the first byte take a round trip each.
            round_trip = statistics.median(_fetch(address, 1)[0] for _ in range(5)) / 2
            _, rate = _fetch(address, int(specification.rate / 8))
        listener.close()
    return {"kind": kind.kind, "roundTripMs": round(round_trip * 1e3, 1), "mbitPerSecond": round(rate * 8e-6)}


def _fetch(address, count):
    """Seconds until the first byte, and bytes a second in the second half: the first one finds the speed."""
    begin = time.monotonic()
    with socket.create_connection(address) as connection:
        connection.sendall(b"%d\n" % count)
        received = len(connection.recv(1))
        first = time.monotonic() - begin
        received += _receive(connection, count // 2 - received)
        half, so_far = time.monotonic(), received
        received += _receive(connection, count - received)
        return first, (received - so_far) / (time.monotonic() - half)


def _receive(connection, count):
    buffer, received = bytearray(1 << 20), 0
    while received < count:
        got = connection.recv_into(buffer)
        if got == 0:
            break
        received += got
    return received


def _send_on_demand(listener):
    """Answers each connection with as many bytes as it asks for, until the listener is closed."""
    piece = bytes(1 << 20)
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as asking:
                count = int(asking.readline())
                while count > 0:
                    connection.sendall(piece[:count])
                    count -= len(piece)
