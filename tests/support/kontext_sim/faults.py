"""The script: which request goes wrong, and how. Faults by name are in README.md."""

import json
import random
import time
from dataclasses import dataclass, field

from .service import PICTURE_FAULTS
from .wire import Reply, http_date, xml_reply

EARLY = {"close_unread"}
PARAMETERS = {"seconds", "status", "body", "accepted", "reset", "to", "hops", "value", "type", "retry_after", "retry_after_date",
              "bytes", "headers"}
MATCHING = {"service", "step", "nth", "from", "times", "prompt", "path", "fault", "p", "among", "seed"}


@dataclass
class Rule:
    fault: dict
    service: str = "*"
    step: str = "*"
    nth: list = field(default_factory=list)
    first: int = 1
    times: int = 1 << 60
    prompt: str = ""
    path: str = ""
    seen: int = 0
    used: int = 0
    dice: object = None

    def is_meant(self, service, step, path):
        return self.service in ("*", service) and self.step in ("*", step) and self.path in path

    def strike(self):
        """Counts a request that is meant; the fault when it is this one's turn."""
        self.seen += 1
        if self.nth and self.seen not in self.nth or self.seen < self.first or self.used >= self.times:
            return None
        fault = self.fault
        if self.dice:
            if self.dice.random() >= fault["p"]:
                return None
            fault = self.dice.choice(fault["among"])
        self.used += 1
        return fault


def rule_of(line, known):
    """A Rule of one JSON object; ValueError names what is wrong with it."""
    unknown = set(line) - MATCHING - PARAMETERS
    if unknown:
        raise ValueError(f"unknown words in a rule: {sorted(unknown)}")
    fault = {key: value for key, value in line.items() if key in PARAMETERS or key in ("fault", "p", "among")}
    dice = None
    if fault["fault"] == "random":
        fault["among"] = [{"fault": entry} if isinstance(entry, str) else entry for entry in fault["among"]]
        dice = random.Random(line.get("seed", 1))
    for name in [entry["fault"] for entry in fault.get("among", [fault])]:
        if name not in known:
            raise ValueError(f"no such fault: {name}")
    nth = line.get("nth", [])
    return Rule(fault, line.get("service", "*"), line.get("step", "*"), nth if isinstance(nth, list) else [nth],
                line.get("from", 1), line.get("times", 1 << 60), line.get("prompt", ""), line.get("path", ""), dice=dice)


def strike(world, call, body_read):
    """The faults for this request. Rules with a prompt need the body; all others are counted before it."""
    with world.lock:
        rules = [rule for rule in world.rules
                 if bool(rule.prompt) == body_read and rule.is_meant(call.service.name, call.step, call.request.target)]
        if body_read:
            rules = [rule for rule in rules if json.dumps(rule.prompt)[1:-1].encode() in call.request.body
                     or rule.prompt.encode() in call.request.body]
        return [fault for fault in (rule.strike() for rule in rules) if fault]


# Answers in place of the service's own: call(call, fault) -> Reply. True: the request is carried out all the same
# unless the rule says "accepted": false.

def answer_status(call, fault):
    body = fault.get("body", {"error": "simulated"})
    if isinstance(body, str):
        return Reply(fault["status"], [("Content-Type", fault.get("type", "text/plain"))], body.encode())
    return Reply(fault["status"], [("Content-Type", "application/json")], json.dumps(body).encode())


def answer_nothing(call, fault):
    def send(stream, head, body):
        stream.cut(fault.get("reset", False))
        return False

    return Reply(send=send)


def answer_never(call, fault):
    def send(stream, head, body):
        stream.wait_for_end()
        return False

    return Reply(send=send)


def answer_redirect(call, fault):
    listener = call.request.listener
    listener = {"same": listener, "loop": listener, "downgrade": "plain",
                "foreign": "poll" if listener == "cdn" else "cdn"}[fault.get("to", "same")]
    hops = "loop" if fault.get("to") == "loop" else fault.get("hops", 1) - 1
    location = f"{call.world.origin(listener)}/redirected/{hops}{call.request.target}"
    return Reply(fault.get("status", 302), [("Location", location)])


def answer_html(call, fault):
    page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>"
    return Reply(502, [("Content-Type", "text/html")], page)


def answer_expired(call, fault):
    detail = "<AuthenticationErrorDetail>Signature not valid in the specified time frame</AuthenticationErrorDetail>"
    reply = xml_reply(403, "AuthenticationFailed", "Server failed to authenticate the request.")
    reply.body = reply.body.replace(b"</Error>", detail.encode() + b"</Error>")
    return reply


INSTEAD = {
    "status": (answer_status, False),
    "redirect": (answer_redirect, False),
    "html_502": (answer_html, False),
    "expired": (answer_expired, False),
    "signature_mismatch": (lambda call, fault: xml_reply(
        403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided."), False),
    "upload_expired": (lambda call, fault: xml_reply(403, "AccessDenied", "Request has expired"), False),
    "close": (answer_nothing, True),
    "hang": (answer_never, True),
}


# Other forms of the service's own answer: call(reply, fault).

def change_json(reply, change):
    try:
        value = json.loads(reply.body)
    except ValueError:
        return
    reply.body = json.dumps(change(value), ensure_ascii=False, separators=(",", ":")).encode()


def numbers_as_strings(value):
    if isinstance(value, dict):
        return {key: numbers_as_strings(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [numbers_as_strings(entry) for entry in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def with_state(change):
    def changed(value):
        if isinstance(value, dict) and isinstance(value.get("status"), str):
            value["status"] = change(value["status"])
        return value

    return changed


def empty(reply, fault):
    reply.status, reply.body = fault.get("status", 200), b""


def cut_json(reply, fault):
    reply.body = reply.body[: len(reply.body) // 2]


def with_bom(reply, fault):
    reply.body = b"\xef\xbb\xbf" + reply.body


ALTER = {
    "numbers_as_strings": lambda reply, fault: change_json(reply, numbers_as_strings),
    "state_case": lambda reply, fault: change_json(reply, with_state(lambda s: s.upper() if s != s.upper() else s.lower())),
    "unknown_state": lambda reply, fault: change_json(reply, with_state(lambda _: fault.get("value", "queued_upstream"))),
    "truncated_json": cut_json,
    "bom": with_bom,
    "content_type": lambda reply, fault: reply.with_header("Content-Type", fault.get("type", "application/octet-stream")),
    "empty_body": empty,
    "headers": lambda reply, fault: [reply.with_header(name, value) for name, value in fault["headers"].items()],
}


# Ways of sending: call(reply, fault) sets reply.send, reply.version or reply.length.

def cut_after(share_of_body):
    def prepare(reply, fault):
        def send(stream, head, body):
            if share_of_body is None:
                stream.send(head[: len(head) // 2])
            else:
                stream.send(head + body[: fault.get("bytes", int(len(body) * share_of_body))])
            stream.cut(fault.get("reset", False))
            return False

        reply.send = send

    return prepare


def cut_tls(reply, fault):
    def send(stream, head, body):
        stream.send_half_record(head + body[:8000])
        stream.cut(fault.get("reset", False))
        return False

    reply.send = send


def http_1_0(reply, fault):
    reply.version, reply.length = "HTTP/1.0", None


def chunked(reply, fault):
    reply.length = None
    reply.headers.append(("Transfer-Encoding", "chunked"))

    def send(stream, head, body):
        size = fault.get("bytes", 7000)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        stream.send(head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")
        return True

    reply.send = send


def endless(reply, fault):
    reply.length = None

    def send(stream, head, body):
        stream.send(head + body)
        while True:
            stream.send(bytes(1 << 18))

    reply.send = send


def oversized(reply, fault):
    reply.length = fault.get("bytes", 1 << 34)
    endless_send(reply)


def endless_send(reply):
    def send(stream, head, body):
        stream.send(head + body)
        left = reply.length - len(body)
        while left > 0:
            stream.send(bytes(min(left, 1 << 18)))
            left -= 1 << 18
        return False

    reply.send = send


def trickle(reply, fault):
    def send(stream, head, body):
        data, size = head + body, fault.get("bytes", 1000)
        for at in range(0, len(data), size):
            stream.send(data[at : at + size])
            time.sleep(fault.get("seconds", 0.01))
        return True

    reply.send = send


SEND = {
    "cut_head": cut_after(None),
    "cut_body": cut_after(0.5),
    "cut_before_body": cut_after(0),
    "cut_tls": cut_tls,
    "http_1_0": http_1_0,
    "chunked": chunked,
    "endless": endless,
    "oversized": oversized,
    "trickle": trickle,
}
NOT_DELIVERED = {"cut_head", "cut_body", "cut_before_body", "cut_tls", "endless", "oversized", "close", "hang", "truncated_json",
                 "empty_body"}
OTHERS = EARLY | PICTURE_FAULTS | {"delay", "image_ignored", "random", "cut_handshake"}


def known_names(services):
    names = set(INSTEAD) | set(ALTER) | set(SEND) | OTHERS
    for service in services:
        names |= set(service.errors) | set(service.fates) | set(service.shapes)
    return names


def answer(call, handle):
    """The reply to a call with its faults: handle() is the service's own way."""
    instead = [fault for fault in call.faults if fault["fault"] in INSTEAD or fault["fault"] in call.service.errors]
    if instead:
        fault = instead[0]
        make, accepted = INSTEAD.get(fault["fault"], (None, False))
        if fault.get("accepted", accepted):
            handle()
        reply = make(call, fault) if make else call.service.errors[fault["fault"]]()
    else:
        reply = handle()
    for fault in call.faults:
        name = fault["fault"]
        if name in call.service.shapes:
            change_json(reply, call.service.shapes[name])
        if name in ALTER:
            ALTER[name](reply, fault)
        if name in SEND:
            SEND[name](reply, fault)
        if "retry_after" in fault:
            reply.with_header("Retry-After", fault["retry_after"])
        if "retry_after_date" in fault:
            reply.with_header("Retry-After", http_date(fault["retry_after_date"] + call.world.settings["date_skew"]))
        if name == "delay":
            time.sleep(fault["seconds"])
    return reply
