"""Runs the simulator and talks to it, for tests written in Python."""

import http.client
import json
import ssl
import subprocess
from pathlib import Path

from . import pictures
from .world import KEYS

PROGRAM = str(Path(__file__).resolve().parents[1] / "kontext-sim")
PHOTO = pictures.write_png(pictures.drawn(1248, 832))
AUTH = {name: {"Authorization": f"Bearer {KEYS[name]}"} for name in ("eachlabs", "replicate", "together", "openai")}
AUTH |= {"bfl": {"x-key": KEYS["bfl"]}, "fal": {"Authorization": f"Key {KEYS['fal']}"}, "gemini": {"x-goog-api-key": KEYS["gemini"]}}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Sim:
    """The program, and a client that remembers nothing."""

    def __init__(self, *words, authority=None):
        self.process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ports = json.loads(self.process.stdout.readline())
        self.context = ssl.create_default_context(cafile=authority) if authority else None

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()

    def connect(self, port):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, target, body=None, headers=None, port="port"):
        """`target`: a path of `port`, or a whole URL."""
        number, headers = self.ports[port], {"User-Agent": "test", **(headers or {})}
        if target.startswith("http"):
            number, target = int(target.split("/")[2].split(":")[1]), "/" + target.split("/", 3)[3]
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        connection = self.connect(number)
        try:
            connection.request(method, target, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def log(self, event):
        return self.ask("GET", f"/control/log?event={event}").json()

    def violations(self):
        return [entry["why"] for entry in self.log("violation")]

    def faults(self, *rules):
        answer = self.ask("POST", "/control/faults", list(rules))
        assert answer.status == 200, answer.body

    def settings(self, **changes):
        answer = self.ask("POST", "/control/settings", changes)
        assert answer.status == 200, answer.body

    def upload(self, data=PHOTO):
        """Eachlabs' presign and PUT; the presign's answer."""
        asked = {"content_type": "image/png", "file_type": "image", "expires_in_seconds": 3600}
        slot = self.ask("POST", "/eachlabs/v1/upload/presign", asked, AUTH["eachlabs"]).json()
        answer = self.ask("PUT", slot["presigned_url"], data, {"Content-Type": "image/png", **slot["required_headers"]})
        return slot if answer.status == 200 else None

    def create_eachlabs(self, url, **more):
        body = {"model": "flux-kontext-pro", "version": "0.0.1", "input": {"prompt": "make it stormy", "input_image": url, **more}}
        return self.ask("POST", "/eachlabs/v1/prediction", body, AUTH["eachlabs"])
