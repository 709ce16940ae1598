"""A front before a registry that answers 429 to everything for a while, and from then on lets everything through."""

import asyncio
import multiprocessing
import socket
import time

from . import network

RETRY_AFTER = 10
ANSWER = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {RETRY_AFTER}\r\nContent-Length: 0\r\n\r\n".encode()
PIECE = 256 << 10


class Limiter:
    """Before the registry at `address`, in a process of its own; use in a `with` statement. Its time begins with the first request."""

    def __init__(self, address, seconds):
        self.behind = address
        self.seconds = seconds
        self._refused = multiprocessing.Value("q", 0)

    def __enter__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        arguments = (listener, self.behind, self.seconds, self._refused)
        self._process = multiprocessing.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        listener.close()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()

    @property
    def refused(self):
        """Requests answered with 429 so far."""
        return self._refused.value


def serve(listener, behind, seconds, refused):
    network.become_line()
    asyncio.run(_Front(behind, seconds, refused).serve(listener))


class _Front:
    def __init__(self, behind, seconds, refused):
        self.host, _, self.port = behind.rpartition(":")
        self.seconds, self.refused = seconds, refused
        self.opens = None

    async def serve(self, listener):
        async with await asyncio.start_server(self._connection, sock=listener) as server:
            await server.serve_forever()

    def _refuses(self):
        now = time.monotonic()
        self.opens = self.opens or now + self.seconds
        return now < self.opens

    async def _connection(self, reader, writer):
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader, writer):
        """Refuses requests, which are read without bodies: a source gets none."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if not self._refuses():
                return await self._let_through(head, reader, writer)
            self.refused.value += 1
            writer.write(ANSWER)
            await writer.drain()

    async def _let_through(self, head, reader, writer):
        back, forth = await asyncio.open_connection(self.host, self.port)
        forth.write(head)
        try:
            await asyncio.gather(_pump(reader, forth), _pump(back, writer))
        finally:
            forth.close()


async def _pump(reader, writer):
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
