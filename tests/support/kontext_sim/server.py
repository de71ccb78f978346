"""The listeners and the way of every request: read, judge, answer, log."""

import json
import socket
import ssl
import threading
import traceback

from . import control, faults, wire
from .hosts import Hosts
from .service import Call, Refused
from .services import ALL
from .wire import Gone, Malformed, Reply, json_reply
from .world import World

LISTENERS = ("main", "cdn", "poll", "plain")
AUTH_HEADERS = ("authorization", "x-key", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie")


class Server:
    def __init__(self, log_file=None, settings=None, tls=None):
        self.world = World(log_file, settings or {})
        self.services = {service.name: service for service in (make(self.world) for make in ALL)}
        self.hosts = Hosts(self.world, self.services)
        self.known_faults = faults.known_names(self.services.values())
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
            self.world.scheme = "https"
        self.sockets = {}
        for name in LISTENERS:
            self.sockets[name] = socket.create_server(("127.0.0.1", 0), backlog=256)
            self.world.ports[name] = self.sockets[name].getsockname()[1]

    def ports(self):
        """What the program prints when it is ready."""
        ports = self.world.ports
        return {"port": ports["main"], "cdn_port": ports["cdn"], "poll_port": ports["poll"], "plain_port": ports["plain"]}

    def start(self):
        for name in LISTENERS:
            threading.Thread(target=self.accept, args=(name,), daemon=True).start()

    def accept(self, listener):
        while True:
            connection, _ = self.sockets[listener].accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection, listener), daemon=True).start()

    def serve(self, connection, listener):
        stream = wire.PlainStream(connection)
        try:
            if self.context and listener != "plain":
                stream = wire.TlsStream(connection, self.context)
                stream.handshake(cut=self.handshake_is_cut())
            while self.exchange(stream, listener):
                pass
        except Gone:
            pass
        except Malformed as error:
            self.world.log("violation", why=f"no HTTP: {error}", listener=listener)
        except Exception:  # a mistake of ours must fail the test that meets it, not hang it
            self.world.log("violation", why=f"the simulator failed: {traceback.format_exc()}", listener=listener)
        stream.close()

    def handshake_is_cut(self):
        with self.world.lock:
            rules = [rule for rule in self.world.rules if rule.step == "handshake"]
            return any([rule.strike() for rule in rules])

    def exchange(self, stream, listener):
        """One request; whether the connection stays."""
        request = wire.read_head(stream, listener)
        expects = (request.header("expect") or "").lower() == "100-continue"
        if request.path.startswith("/control/"):
            request.body = wire.read_body(stream, request)
            return self.send(stream, request, control.answer(self, request))
        call, reply = self.open(request)
        if call:
            call.faults = faults.strike(self.world, call, body_read=False)
            if call.fault_among(faults.EARLY):
                self.log_request(request, call, None)
                stream.cut(any(fault.get("reset") for fault in call.faults))
                return False
        if expects and not (call and call.step == "put"):
            stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            request.body = wire.read_body(stream, request)
        except Gone:
            self.log_request(request, call, None, body="cut")
            raise
        if call:
            call.faults += faults.strike(self.world, call, body_read=True)
        if call and request.listener == "main":
            request.home = call.service
        leaks = self.find_leaks(request)
        if call and not reply:
            reply = self.refuse_leak(call) if leaks else self.judge(call)
        self.log_request(request, call, None if call and call.fault_among(("close", "hang")) else reply.status)
        if call and call.delivers and reply.status == 200 and not call.fault_among(faults.NOT_DELIVERED):
            self.world.log("delivered", service=call.service.name, id=call.delivers, body_bytes=len(reply.body))
        return self.send(stream, request, reply)

    def open(self, request):
        """(call, None), or (None, reply) when nothing has this path."""
        try:
            if request.path.startswith("/redirected/"):
                reply = self.follow(request)
                if reply:
                    return None, reply
            if request.listener == "plain":
                raise Refused(json_reply(404, {"error": "plain HTTP"}), "a request over plain HTTP")
            return self.find_call(request), None
        except Refused as refused:
            if refused.why:
                self.world.violation(request, refused.why)
            return None, refused.reply

    def follow(self, request):
        """A hop of a redirect: the next one, or None with the request's path being the real one now."""
        _, _, hops, rest = request.path.split("/", 3)
        target = "/" + rest + ("?" + request.query if request.query else "")
        if hops == "loop" or int(hops) > 0:
            hops = hops if hops == "loop" else int(hops) - 1
            self.world.log("hop", listener=request.listener, path=request.target,
                           headers=request.all_headers())
            if request.listener == "main":
                request.home = self.services.get(rest.split("/")[0])  # a key may stay on its own origin
            return Reply(302, [("Location", f"{self.world.origin(request.listener)}/redirected/{hops}{target}")])
        request.path, request.target, request.redirected = "/" + rest, target, True
        return None

    def find_call(self, request):
        name = request.path.split("/", 2)[1]
        if name in ("s3", "cdn"):
            service, (step, handler, words, keyed) = self.hosts.find_route(request)
        elif name in self.services:
            service = self.services[name]
            step, handler, words, keyed = service.find_route(request)
            if request.listener == "cdn" or request.listener == "poll" and step != "poll":
                raise Refused(service.problem(404, "Not Found"), f"a request to {name} on a foreign host")
        else:
            raise Refused(json_reply(404, {"error": "Not Found"}), "no such path")
        return Call(self.world, request, service, step, handler, words, keyed)

    def find_leaks(self, request):
        """Logs keys where they must not be; how many."""
        found, home = [], request.home
        for name, key in self.world.settings["keys"].items():
            for header, value in request.headers:
                if key in value and not (home and home.name == name and header == home.key_header):
                    found.append(f"the key of {name} in {header}")
            if key in request.target or key.encode() in request.body:
                found.append(f"the key of {name} in the path or the body")
        for header, value in request.headers:
            if header in AUTH_HEADERS and not (home and header == home.key_header):
                found.append(f"{header} where none belongs")
        for why in found:
            self.world.violation(request, why)
        return len(found)

    def refuse_leak(self, call):
        if call.keyed:
            return call.service.bad_key()
        return wire.xml_reply(400, "InvalidArgument", "Only one auth mechanism allowed.")

    def judge(self, call):
        try:
            if not call.request.header("user-agent"):
                raise Refused(call.service.problem(403, "Forbidden"), "no User-Agent")
            if call.request.body and not call.request.header("content-type"):
                raise Refused(call.service.problem(415, "Unsupported Media Type"), "no Content-Type")
            if call.keyed and call.request.listener == "main":
                call.service.authorise(call)
        except Refused as refused:
            return self.no(call, refused)
        return faults.answer(call, lambda: self.handle(call))

    def handle(self, call):
        try:
            return call.handler(call)
        except Refused as refused:
            return self.no(call, refused)

    def no(self, call, refused):
        if refused.why:
            self.world.violation(call.request, f"{call.service.name} {call.step}: {refused.why}")
        return refused.reply

    def log_request(self, request, call, status, **more):
        self.world.log("request", service=call.service.name if call else None, step=call.step if call else None,
                       method=request.method, path=request.target, listener=request.listener,
                       headers=request.all_headers(), body_bytes=len(request.body), status=status,
                       faults=[fault["fault"] for fault in call.faults] if call else [], **more)

    def send(self, stream, request, reply):
        if not any(name == "Date" for name, _ in reply.headers):
            reply.headers.insert(0, ("Date", wire.http_date(self.world.settings["date_skew"])))
        stays = reply.version == "HTTP/1.1" and request.version == "HTTP/1.1"
        stays = stays and (request.header("connection") or "").lower() != "close"
        if not stays:
            reply.headers.append(("Connection", "close"))
        body = b"" if request.method == "HEAD" else reply.body
        if reply.send:
            return reply.send(stream, reply.head(), body) and stays
        stream.send(reply.head() + body)
        return stays


def load_script(server, path):
    """The rules of a file, as POST /control/faults takes them."""
    with open(path, encoding="utf-8") as script:
        server.world.rules = [faults.rule_of(line, server.known_faults) for line in json.load(script)]
