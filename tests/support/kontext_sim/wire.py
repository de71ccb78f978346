"""HTTP/1.1 on bare sockets, so that every byte of an answer can be ruled by a test."""

import json
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qsl

PIECE = 1 << 16
HEAD_LIMIT = 1 << 16
BODY_LIMIT = 128 << 20
REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    303: "See Other", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
    402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
    411: "Length Required", 413: "Content Too Large", 415: "Unsupported Media Type", 417: "Expectation Failed",
    422: "Unprocessable Entity", 429: "Too Many Requests", 499: "Client Closed Request", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}


class Malformed(Exception):
    """The client's bytes are no HTTP/1.1 request."""


class Gone(Exception):
    """The client closed the connection."""


class PlainStream:
    """A connected socket. `tail`: bytes received and not asked for yet."""

    def __init__(self, connection):
        self.connection = connection
        self.tail = b""

    def receive(self):
        try:
            data = self.connection.recv(PIECE)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def send(self, data):
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def send_half_record(self, data):
        """TLS: cuts inside a record. Without TLS there are none: half of the bytes."""
        self.send(data[: len(data) // 2])

    def until(self, mark, limit):
        while mark not in self.tail:
            if len(self.tail) > limit:
                raise Malformed("request head too long")
            self.tail += self.receive()
        found, _, self.tail = self.tail.partition(mark)
        return found

    def exactly(self, size):
        pieces, have = [self.tail], len(self.tail)
        while have < size:
            pieces.append(self.receive())
            have += len(pieces[-1])
        data = b"".join(pieces)
        self.tail = data[size:]
        return data[:size]

    def wait_for_end(self):
        try:
            while True:
                self.receive()
        except Gone:
            return

    def close(self, reset=False):
        """Ends the connection in order; `reset`: so that the other side sees a reset."""
        self.cut(reset)

    def cut(self, reset=False):
        """Ends the connection; of TLS without its farewell."""
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            try:
                self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        self.connection.close()


class TlsStream(PlainStream):
    """TLS over memory, as only then its records can be cut."""

    def __init__(self, connection, context):
        super().__init__(connection)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def flush(self):
        if self.outgoing.pending:
            super().send(self.outgoing.read())

    def feed(self):
        self.flush()
        self.incoming.write(super().receive())

    def handshake(self, cut=False):
        while True:
            try:
                self.tls.do_handshake()
                self.flush()
                return
            except ssl.SSLWantReadError:
                if cut and self.outgoing.pending:
                    super().send(self.outgoing.read()[:40])
                    raise Gone from None
                self.feed()
            except ssl.SSLError as error:
                self.flush()
                raise Gone from error

    def receive(self):
        while True:
            try:
                data = self.tls.read(PIECE)
            except ssl.SSLWantReadError:
                self.feed()
                continue
            except ssl.SSLError as error:
                raise Gone from error
            if not data:
                raise Gone
            return data

    def send(self, data):
        for start in range(0, len(data), 1 << 20):
            self.tls.write(data[start : start + (1 << 20)])
            self.flush()

    def close(self, reset=False):
        try:
            self.tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # the client's own farewell is not waited for
        try:
            self.flush()
        except Gone:
            pass
        self.cut(reset)

    def send_half_record(self, data):
        self.tls.write(data)
        record = self.outgoing.read()
        super().send(record[: len(record) // 2])


@dataclass
class Request:
    method: str
    target: str
    version: str
    headers: list  # (name in lower case, value) in the order of the wire
    listener: str
    body: bytes = b""
    redirected: bool = False
    home: object = None  # the service whose key belongs here
    path: str = ""
    query: str = ""
    parameters: dict = field(default_factory=dict)

    def header(self, name):
        """The value, None without; several are joined as RFC 9110 has it."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None

    def all_headers(self):
        return {name: self.header(name) for name, _ in self.headers}

    def media_type(self):
        return (self.header("content-type") or "").partition(";")[0].strip().lower()


@dataclass
class Reply:
    status: int = 200
    headers: list = field(default_factory=list)
    body: bytes = b""
    version: str = "HTTP/1.1"
    length: object = "as it is"  # Content-Length: of the body, another number, or None to send none
    send: object = None  # call(stream, head, body) -> keep the connection? None: all bytes, then by the version

    def with_header(self, name, value):
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()] + [(name, str(value))]
        return self

    def head(self):
        lines = [f"{self.version} {self.status} {REASONS.get(self.status, 'Odd')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.length is not None and self.status != 204:
            lines.append(f"Content-Length: {len(self.body) if self.length == 'as it is' else self.length}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


def json_reply(status, value, headers=()):
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, [("Content-Type", "application/json"), *headers], body)


def xml_reply(status, code, message):
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, [("Content-Type", "application/xml")], body.encode())


def http_date(seconds_ahead):
    return formatdate(time.time() + seconds_ahead, usegmt=True)


def read_head(stream, listener):
    """The request up to its body."""
    lines = stream.until(b"\r\n\r\n", HEAD_LIMIT).decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0") or not words[1].startswith("/"):
        raise Malformed(f"request line {lines[0]!r}")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"header line {line!r}")
        headers.append((name.lower(), value.strip()))
    request = Request(words[0], words[1], words[2], headers, listener)
    request.path, _, request.query = words[1].partition("?")
    request.parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.version == "HTTP/1.1" and request.header("host") is None:
        raise Malformed("no Host")
    return request


def chunk_size(digits):
    try:
        return int(digits, 16)
    except ValueError as error:
        raise Malformed(f"chunk of {digits[:20]!r} bytes") from error


def read_body(stream, request):
    length, coding = request.header("content-length"), request.header("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise Malformed("Transfer-Encoding")
        pieces = []
        while size := chunk_size(stream.until(b"\r\n", 1024).partition(b";")[0]):
            pieces.append(stream.exactly(size))
            if stream.exactly(2) != b"\r\n":
                raise Malformed("chunk without its end")
        while stream.until(b"\r\n", HEAD_LIMIT):
            pass
        return b"".join(pieces)
    if length is None:
        return b""
    if not length.isdigit() or int(length) > BODY_LIMIT:
        raise Malformed(f"Content-Length {length!r}")
    return stream.exactly(int(length))
