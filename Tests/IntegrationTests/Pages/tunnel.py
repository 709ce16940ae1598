# SPDX-License-Identifier: Apache-2.0

"""An HTTP proxy for tests: tunnels to names of the internet lead to registries of this machine.

usage: tunnel.py HUB-PORT HOME-PORT     prints its own port, then serves until it is ended
"""

import asyncio
import signal
import sys

# What stands in for registries that images come from; every other name is one that they go to.
SOURCES = ("docker.io", "quay.io", "registry.k8s.io", "mcr.microsoft.com")


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[0].split(" ")
    host = target.rpartition(":")[0]
    if method != "CONNECT" or host == "metadata.google.internal":
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    port = HUB if host.endswith(SOURCES) else HOME
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# Tests start this from threads that block signals.
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
HUB, HOME = int(sys.argv[1]), int(sys.argv[2])
asyncio.run(main())
