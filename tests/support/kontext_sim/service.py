"""What the services have in common: routes, keys, bodies, the way from a picture to a billed prediction."""

import re
import time
from dataclasses import dataclass, field

from . import fields, pictures
from .pictures import PictureError
from .wire import Reply, json_reply
from .world import Prediction


class Refused(Exception):
    """The service says no with `reply`; `why`: what no correct client would have done, None for an honest mistake."""

    def __init__(self, reply, why=None):
        super().__init__(why)
        self.reply = reply
        self.why = why


@dataclass
class Call:
    """One request on its way."""

    world: object
    request: object
    service: object
    step: str
    handler: object
    words: dict  # the named groups of the route's pattern
    keyed: bool = True
    delivers: str = ""  # the prediction whose picture is in the answer
    faults: list = field(default_factory=list)

    def fault_among(self, names):
        for fault in self.faults:
            if fault["fault"] in names:
                return fault["fault"]
        return None


def route(method, pattern, step, name, keyed=True):
    return method, re.compile(pattern), step, name, keyed


class Service:
    name = ""
    key_header = "authorization"
    key_scheme = "Bearer "
    routes = []
    errors = {}  # name -> (status, body, headers…): answers in place of the service's own
    fates = {}  # name -> of a prediction: how it ends
    shapes = {}  # name -> of a JSON answer: what else it may look like

    def __init__(self, world):
        self.world = world

    # What each service says in its own form.

    def problem(self, status, text, problem=None):
        """The service's own error envelope; `problem`: the field at fault."""
        raise NotImplementedError

    def bad_key(self):
        return self.problem(401, "Invalid or missing API key")

    def invalid_status(self):
        return 400

    # Ways through a request.

    def find_route(self, request):
        """(step, handler, words, keyed) of a path below the service's prefix; Refused without."""
        path, wrong_method = request.path[len(self.name) + 1 :], False
        for method, pattern, step, name, keyed in self.routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return step, getattr(self, name), match.groupdict(), keyed
            wrong_method = wrong_method or bool(match)
        if wrong_method:
            raise Refused(self.problem(405, "Method Not Allowed"), f"{request.method} is not for this path")
        raise Refused(self.problem(404, "Not Found"), "no such path")

    def authorise(self, call):
        key, value = self.world.settings["keys"][self.name], call.request.header(self.key_header)
        if value is None:
            raise Refused(self.bad_key(), f"no {self.key_header}")
        if not value.startswith(self.key_scheme) or value != value.strip():
            raise Refused(self.bad_key(), f"{self.key_header} without {self.key_scheme!r}")
        if value != self.key_scheme + key:
            raise Refused(self.bad_key())

    def refuse(self, text, status=None, problem=None, why=None):
        """Refused as a violation: `text` is what the service says, and what the log says unless `why` does."""
        raise Refused(self.problem(status or self.invalid_status(), text, problem), why or text)

    def json_body(self, call):
        if call.request.media_type() != "application/json":
            self.refuse("invalid request body", why=f"Content-Type {call.request.header('content-type')!r}, not JSON")
        try:
            return fields.read_json(call.request.body)
        except fields.Unreadable as error:
            return self.refuse("invalid request body", why=str(error))

    def checked(self, table, value, where=""):
        """`value`, when the table of fields knows all of it."""
        found = fields.problems(table, value)
        if found:
            self.refuse(found[0].message, problem=found[0], why=f"{where}{found[0].name}: {found[0].message}")
        return value

    def checked_json(self, call, table):
        return self.checked(table, self.json_body(call))

    def picture(self, data, declared, model, name):
        """The Upload of a picture's bytes; `declared`: its media type as the client says, None when it cannot."""
        try:
            upload = pictures.check_upload(data)
        except PictureError as error:
            return self.refuse("the image could not be read", why=f"{name}: {error}")
        if declared is not None and declared != f"image/{upload.kind}":
            self.refuse("the image could not be read", why=f"{name}: {declared} was declared, {upload.kind} was sent")
        self.check_bucket(upload, model, name)
        return upload

    def check_bucket(self, upload, model, name):
        if "kontext" in model and self.world.settings["check_buckets"] and (upload.width, upload.height) not in pictures.BUCKETS:
            self.refuse("the image has no size of this model", why=f"{name}: {upload.width}x{upload.height} is no Kontext size")

    def picture_of_base64(self, text, model, name):
        try:
            data = fields.read_base64(text)
        except fields.Unreadable as error:
            return self.refuse("the image could not be read", why=f"{name}: {error}")
        return self.picture(data, None, model, name)

    def picture_of_uri(self, text, model, name):
        """Of a data URI, or of a URL that this service gave for an upload."""
        if text.startswith(("http://", "https://")):
            upload = self.world.uploaded(self.name, text)
            if not upload:
                self.refuse(f"{name}: could not load image", why=f"{name}: nothing was ever uploaded to {text}")
            self.check_bucket(upload, model, name)
            return upload
        try:
            media_type, data = fields.read_data_uri(text)
        except fields.Unreadable as error:
            return self.refuse("the image could not be read", why=f"{name}: {error}")
        return self.picture(data, media_type, model, name)

    def accept(self, call, *, model, prompt, seed, input, upload, size, form, id=None, copies=1):
        """A new prediction, billed from now on, with the fate that the script has for it."""
        prediction = Prediction(id or self.world.new_id(), self.name, model, prompt, self.world.seed_of(seed),
                                self.world.price(model) * copies, input, upload, size, form, copies)
        self.doom(call, prediction)
        self.world.accept(prediction)
        return prediction

    def run_now(self, prediction):
        """The run of a service that answers with the result."""
        time.sleep(self.world.settings["run_seconds"])
        self.world.finish(prediction, "done")

    def doom(self, call, prediction):
        """Lets the script decide how a prediction ends and what its picture is; at create or at a poll."""
        prediction.fate = call.fault_among(self.fates) or prediction.fate
        prediction.picture = call.fault_among(PICTURE_FAULTS) or prediction.picture
        if call.fault_among(["image_ignored"]):
            prediction.upload, prediction.size = None, (1024, 1024)

    def known(self, call, id):
        prediction = self.world.find(self.name, id)
        if not prediction:
            raise Refused(self.not_found(), "no such prediction was ever created")
        return prediction

    def not_found(self):
        return self.problem(404, "Not Found")

    def running_headers(self):
        seconds = self.world.settings["poll_retry_after"]
        return [] if seconds is None else [("Retry-After", str(seconds))]


PICTURE_FAULTS = {"jpeg", "sixteen_bit", "palette", "png_c2pa", "jpeg_app11", "picture_truncated", "picture_empty", "not_a_picture",
                  "other_size"}


def size_for(upload, ratio):
    """A Kontext model's output: the upload's size, or the bucket of an explicit "W:H"."""
    if not ratio or ratio in ("match_input_image", "auto"):
        return (upload.width, upload.height) if upload else (1024, 1024)
    width, height = map(int, ratio.split(":"))
    return pictures.bucket_of(width / height)


def error(status, body, *headers):
    """An answer of the errors tables: JSON, or text as it is."""
    if isinstance(body, (dict, list)):
        return lambda: json_reply(status, body, headers)
    kind = "application/xml" if body.startswith("<?xml") else "text/html"
    return lambda: Reply(status, [("Content-Type", kind), *headers], body.encode())
