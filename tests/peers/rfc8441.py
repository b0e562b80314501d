#!/usr/bin/env python3
"""Lets WebSocket clients that know only HTTP/1.1 speak RFC 8441: listens for them and makes each a stream of one HTTP/2 connection.

    rfc8441.py LISTEN_PORT GATEWAY_HOST:PORT [CLIENTS_PER_CONNECTION]

Bytes behind the handshake pass as they are, so a suite run through it judges the gateway's side of RFC 8441. Needs the package h2."""

import asyncio
import base64
import hashlib
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset, WindowUpdated, ConnectionTerminated
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

HOP = {"connection", "upgrade", "sec-websocket-key", "host", "keep-alive", "proxy-connection", "transfer-encoding"}


class Line(asyncio.Protocol):
    """One HTTP/2 connection to the gateway."""

    def __init__(self):
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.streams = {}
        self.ready = asyncio.get_running_loop().create_future()
        self.used = 0
        self.open = True

    def connection_made(self, transport):
        self.transport = transport
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(1 << 24)
        self.write()

    def write(self):
        data = self.h2.data_to_send()
        if data:
            self.transport.write(data)

    def data_received(self, data):
        for event in self.h2.receive_data(data):
            if isinstance(event, RemoteSettingsChanged):
                change = event.changed_settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL)
                if not self.ready.done():
                    self.ready.set_result(bool(change and change.new_value == 1))
            elif isinstance(event, ConnectionTerminated):
                self.open = False
            elif isinstance(event, WindowUpdated):
                for stream in [self.streams.get(event.stream_id)] if event.stream_id else list(self.streams.values()):
                    if stream:
                        stream.window.set()
            elif (stream := self.streams.get(getattr(event, "stream_id", None))) is not None:
                stream.got(event)
        self.write()

    def connection_lost(self, _):
        self.open = False
        for stream in list(self.streams.values()):
            stream.events.put_nowait(None)


class Stream:
    def __init__(self, line, id):
        self.line, self.id = line, id
        self.events, self.window = asyncio.Queue(), asyncio.Event()

    def got(self, event):
        if isinstance(event, (ResponseReceived, DataReceived, StreamEnded, StreamReset)):
            self.events.put_nowait(event)

    async def send(self, data, end=False):
        h2 = self.line.h2
        while data or end:
            room = min(h2.local_flow_control_window(self.id), h2.max_outbound_frame_size) if data else 1
            if room <= 0:
                self.window.clear()
                await self.window.wait()
                continue
            piece, data = data[:room], data[room:]
            h2.send_data(self.id, piece, end_stream=end and not data)
            end = end and bool(data)
            self.line.write()

    def taken(self, event):
        if event.flow_controlled_length:
            self.line.h2.acknowledge_received_data(event.flow_controlled_length, self.id)
            self.line.write()


class Bridge:
    def __init__(self, host, port, most):
        self.host, self.port, self.most, self.lines, self.lock = host, port, most, [], asyncio.Lock()

    async def line(self):
        async with self.lock:
            self.lines = [line for line in self.lines if line.open]
            for line in self.lines:
                if len(line.streams) < self.most and line.used < 10_000:
                    return line
            _, line = await asyncio.get_running_loop().create_connection(Line, self.host, self.port)
            if not await line.ready:
                sys.exit("the gateway does not announce SETTINGS_ENABLE_CONNECT_PROTOCOL")
            self.lines.append(line)
            return line

    async def client(self, reader, writer):
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ProtocolError, KeyError):
            pass
        finally:
            writer.close()

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        target = head[0].split(" ")[1]
        fields = [(n.strip().lower(), v.strip()) for n, v in (line.split(":", 1) for line in head[1:] if line)]
        host = next(v for n, v in fields if n == "host")
        key = next(v for n, v in fields if n == "sec-websocket-key")
        line = await self.line()
        line.used += 1
        id = line.h2.get_next_available_stream_id()
        stream = line.streams[id] = Stream(line, id)
        pseudo = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", target), (":authority", host)]
        line.h2.send_headers(id, pseudo + [(n, v) for n, v in fields if n not in HOP])
        line.write()
        try:
            await self.relay(stream, key, reader, writer)
        finally:
            del line.streams[id]
            try:
                line.h2.reset_stream(id, 8)
                line.write()
            except ProtocolError:
                pass

    async def relay(self, stream, key, reader, writer):
        event = await stream.events.get()
        if not isinstance(event, ResponseReceived):
            writer.transport.abort()
            return
        answer = dict(event.headers)
        status = answer.pop(":status")
        if status == "200":
            accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            answer |= {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept}
            status = "101"
        else:
            answer["connection"] = "close"
        writer.write("".join([f"HTTP/1.1 {status} -\r\n", *(f"{n}: {v}\r\n" for n, v in answer.items()), "\r\n"]).encode())
        up = asyncio.ensure_future(self.up(stream, reader)) if status == "101" else None
        try:
            while True:
                event = await stream.events.get()
                if isinstance(event, DataReceived):
                    writer.write(event.data)
                    await writer.drain()
                    stream.taken(event)
                    if event.stream_ended:
                        break
                elif isinstance(event, StreamEnded):
                    break
                else:
                    # A reset, or the connection's end.
                    writer.transport.abort()
                    return
        finally:
            if up:
                up.cancel()

    async def up(self, stream, reader):
        while data := await reader.read(65536):
            await stream.send(data)
        await stream.send(b"", end=True)


async def main():
    host, port = sys.argv[2].rsplit(":", 1)
    bridge = Bridge(host, int(port), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
    server = await asyncio.start_server(bridge.client, "127.0.0.1", int(sys.argv[1]), limit=1 << 20)
    await server.serve_forever()


asyncio.run(main())
