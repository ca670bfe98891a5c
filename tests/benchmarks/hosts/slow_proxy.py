"""A slow network: what comes to one port goes to another, 200 ms later each way, and each tenth connection is dropped.

    python slow_proxy.py PORT TO

Dropped in the middle of its first answer. Prints how many connections there were, and were dropped, at each.
"""

import asyncio
import sys

DELAY_SECONDS = 0.2
DROPPED = 10
_BYTES = 2**16


class SlowProxy:
    """Passes connections on to ``port`` of this host."""

    def __init__(self, port: int) -> None:
        self._port, self._connections, self._dropped = port, 0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""
        self._connections += 1
        doomed = self._connections % DROPPED == 0
        self._dropped += doomed
        print(f"{self._connections} connections, {self._dropped} dropped", flush=True)  # noqa: T201
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(reader, far_writer, most=sys.maxsize))
                group.create_task(_pass(far_reader, writer, most=100 if doomed else sys.maxsize))
        except* ConnectionError:
            pass
        finally:
            for one in (writer, far_writer):
                one.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, most: int) -> None:
    """Pass on what comes, late; drop the connection after ``most`` bytes."""
    while data := await reader.read(_BYTES):
        await asyncio.sleep(DELAY_SECONDS)
        writer.write(data[:most])
        await writer.drain()
        most -= len(data)
        if most <= 0:
            raise ConnectionAbortedError
    writer.write_eof()


async def main(port: int, to: int) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(SlowProxy(to).serve, port=port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
