# SPDX-License-Identifier: Apache-2.0

"""A relay that delays connections and limits their common rate, for systems without network namespaces."""

import collections
import select
import selectors
import socket
import time

from . import network

PIECE = 256 << 10


class Side:
    """Bytes on their way from one socket to the other: read, delayed, written."""

    def __init__(self, reader, writer, lane):
        self.reader, self.writer, self.lane = reader, writer, lane
        self.waiting = collections.deque()
        self.size = 0
        self.ended = self.closed = self.blocked = False
        self.not_before = 0.0


class Lane:
    """One direction of the link: all connections share its rate."""

    def __init__(self, rate):
        self.rate = rate
        self.free = 0.0

    def leave(self, count, now):
        """When the last of `count` bytes has left."""
        self.free = max(self.free, now) + count / self.rate
        return self.free


def serve(listener, address, delay, rate):
    """Relays every connection to `address` until killed. `delay` holds the seconds one way, shared with the parent."""
    network.become_line()
    selector = selectors.EpollSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    to_registry, to_tool = Lane(rate), Lane(rate)
    window = max(PIECE, int(rate * 0.1))
    sides, sockets = set(), {}

    def accept():
        while True:
            try:
                tool, _ = listener.accept()
            except BlockingIOError:
                return
            registry = socket.create_connection(address)
            up, down = Side(tool, registry, to_registry), Side(registry, tool, to_tool)
            # A connection's beginning costs a round trip, which the kernel has already answered here.
            up.not_before = time.monotonic() + 3 * delay.value
            sides.update((up, down))
            for connection, incoming, outgoing in ((tool, up, down), (registry, down, up)):
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sockets[connection] = (incoming, outgoing)
                selector.register(connection, selectors.EVENT_READ)

    def watch(connection):
        incoming, outgoing = sockets[connection]
        wanted = 0
        if not incoming.ended and incoming.size < window:
            wanted |= selectors.EVENT_READ
        if outgoing.blocked:
            wanted |= selectors.EVENT_WRITE
        known = selector.get_map().get(connection)
        if known and not wanted:
            selector.unregister(connection)
        elif wanted and not known:
            selector.register(connection, wanted)
        elif wanted and known.events != wanted:
            selector.modify(connection, wanted)

    def read(side, now):
        try:
            piece = side.reader.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        side.ended = not piece
        side.size += len(piece)
        due = max(side.lane.leave(len(piece), now) + delay.value, side.not_before)
        side.waiting.append((due, memoryview(piece)))

    def write(side, now):
        side.blocked = False
        while side.waiting and side.waiting[0][0] <= now:
            due, piece = side.waiting[0]
            try:
                count = side.writer.send(piece) if piece else 0
            except BlockingIOError:
                side.blocked = True
                return
            except OSError:
                side.ended, count = True, len(piece)
            side.size -= count
            if count < len(piece):
                side.waiting[0] = (due, piece[count:])
                continue
            side.waiting.popleft()
            if not side.waiting and side.ended:
                side.closed = True

    def finish(side):
        try:
            side.writer.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        incoming, outgoing = sockets[side.reader]
        if incoming.closed and outgoing.closed:
            for connection in (side.reader, side.writer):
                if connection in selector.get_map():
                    selector.unregister(connection)
                del sockets[connection]
                connection.close()
            sides.difference_update((incoming, outgoing))

    while True:
        due = [side.waiting[0][0] for side in sides if side.waiting and not side.blocked]
        # epoll alone waits in whole milliseconds, too coarse for a line of twenty.
        select.select([selector.fileno()], [], [], max(0.0, min(due) - time.monotonic()) if due else None)
        ready = selector.select(0)
        now = time.monotonic()
        for key, events in ready:
            if key.fileobj is listener:
                accept()
            elif events & selectors.EVENT_READ and key.fileobj in sockets:
                read(sockets[key.fileobj][0], now)
        for side in list(sides):
            if not side.closed:
                write(side, now)
                if side.closed:
                    finish(side)
        for connection in list(sockets):
            watch(connection)
