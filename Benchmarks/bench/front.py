# SPDX-License-Identifier: Apache-2.0

"""What stands before a registry, in a process of its own, and what it needs of HTTP/1.1."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import socket

from . import network

END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)(?=\r\n)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked(?=\r\n)", re.IGNORECASE)
PIECE = 256 << 10
#: What a server without TLS says to a client that begins with it.
NOT_TLS = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Front:
    """A server on loopback before a registry, as long as the `with` statement it is used in lasts.

    Subclasses have `connection(reader, writer)`, which runs in the server's process, and may have `facts()`, which is asked there
    and answered to whoever calls `ask()` here.
    """

    def __init__(self, behind):
        self.host, _, self.port = behind.rpartition(":")
        #: The loop alone holds its tasks weakly: one that waits for a connection that is gone would be collected.
        self._tasks = set()

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        self._pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self._run, args=(listener, far), daemon=True)
        self.process.start()
        listener.close()
        far.close()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()
        self._pipe.close()

    def ask(self):
        """What the server's process has to tell by now."""
        self._pipe.send(None)
        return self._pipe.recv()

    def facts(self):
        return None

    async def behind(self):
        """A new connection to the registry."""
        return await asyncio.open_connection(self.host, self.port, limit=PIECE)

    def _run(self, listener, pipe):
        network.become_line()
        asyncio.run(self._serve(listener, pipe))

    async def _serve(self, listener, pipe):
        def answer():
            try:
                pipe.recv()
                pipe.send(self.facts())
            except EOFError:
                os._exit(0)

        asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
        async with await asyncio.start_server(self._guarded, sock=listener, limit=PIECE) as server:
            await server.serve_forever()

    async def _guarded(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            await self.connection(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one end has left
        finally:
            self._tasks.discard(asyncio.current_task())
            close(writer)


def close(writer):
    with contextlib.suppress(OSError):
        writer.close()


async def read_head(reader, writer=None):
    """The next head, with the empty line that ends it; None where a client has left or begins TLS."""
    first = await reader.read(1)
    if first == b"\x16" and writer:
        writer.write(NOT_TLS)
    return first + await reader.readuntil(END) if first not in (b"", b"\x16") else None


def length_of(head):
    """The length of the body that follows a head, as far as it says so."""
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


async def pieces(reader, count):
    """A body of `count` bytes, as it comes."""
    while count > 0:
        piece = await reader.read(min(PIECE, count))
        if not piece:
            raise asyncio.IncompleteReadError(b"", count)
        count -= len(piece)
        yield piece
