"""What the simulator knows: settings, the log, uploads, predictions. One lock guards it all."""

import json
import threading
import time
from dataclasses import dataclass, field

from .pictures import Rendered

KEYS = {
    "eachlabs": "smk_test_key",
    "bfl": "bfl-test-key",
    "fal": "fal-test:key",
    "replicate": "r8_test_key",
    "together": "tgp_test_key",
    "openai": "sk-test_key",
    "gemini": "AIza-test_key",
}
FILE_LISTENERS = {"eachlabs": "cdn", "fal": "cdn", "replicate": "main"}
SETTINGS = {
    "run_seconds": 0.05,  # from create until the result is ready
    "polls_until_ready": None,  # a number: that many polls say "running", whatever the clock says
    "date_skew": 0,  # seconds that the Date header goes ahead
    "poll_retry_after": None,  # seconds: the header of polls that say "running" (BFL really sends 1)
    "prices": {},  # model -> USD; those missing: 0.04
    "seed": "echo",  # echo, other (one more than asked), absent, string
    "poll_elsewhere": False,  # BFL's polling_url on the poll port, where a key must not come
    "required_headers": True,  # Eachlabs' presign asks for x-amz-meta-file-id
    "check_buckets": True,  # pictures for Kontext models must have one of its sizes
    "result": "square",  # square: a centred square inverted; same: the upload's own bytes
    "wait_seconds_most": 60,  # Replicate's Prefer: wait
    "keys": KEYS,
    "comfyui": {},  # version, device, files (folder -> names), missing_nodes, combo (the newer form of lists)
}


@dataclass
class Prediction:
    id: str
    service: str
    model: str
    prompt: str
    seed: object
    cost: float
    input: dict
    upload: object  # Upload or None
    size: tuple
    form: str
    copies: int = 1
    born: float = field(default_factory=time.monotonic)
    created_at: str = ""
    polls: int = 0
    state: str = "running"  # running, done, cancelled, or a fate's name
    fate: str = "done"
    output: object = None  # ComfyUI: (node, type)
    client: object = None  # ComfyUI: who is told of progress
    picture: str = ""  # a form of WRITERS in place of `form`


@dataclass
class HostedFile:
    """An upload: promised (no upload yet), stored, or deleted."""

    id: str
    service: str
    media_type: str
    target: str  # where to read it, path and query
    put_target: str = ""
    put_headers: dict = field(default_factory=dict)
    upload: object = None
    deleted: bool = False


class World:
    def __init__(self, log_file, settings):
        self.lock = threading.RLock()
        self.log_file = log_file
        self.first_settings = settings
        self.rendered = Rendered()
        self.ports = {}
        self.scheme = "http"
        self.numbers = 0
        self.reset()

    def reset(self):
        with self.lock:
            self.events = []
            self.rules = []
            self.settings = {**SETTINGS, **self.first_settings}
            self.files = {}  # id -> HostedFile
            self.predictions = {}
            self.comfyui_files = {}  # (type, subfolder, name) -> Upload
            self.comfyui_results = {}  # the same -> prediction
            self.results = {}  # path on the cdn -> (path and query, prediction)

    def change_settings(self, changes):
        unknown = set(changes) - set(SETTINGS)
        if unknown:
            raise ValueError(f"no such settings: {sorted(unknown)}")
        with self.lock:
            if "keys" in changes:
                changes = {**changes, "keys": {**self.settings["keys"], **changes["keys"]}}
            self.settings = {**self.settings, **changes}

    def log(self, event, **more):
        with self.lock:
            entry = {"event": event, "time": round(time.time(), 6), **more}
            self.events.append(entry)
            if self.log_file:
                self.log_file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self.log_file.flush()

    def violation(self, request, why):
        self.log("violation", why=why, method=request.method, path=request.target, listener=request.listener)

    def next_number(self):
        with self.lock:
            self.numbers += 1
            return self.numbers

    def origin(self, listener):
        scheme = "http" if listener == "plain" else self.scheme
        return f"{scheme}://127.0.0.1:{self.ports[listener]}"

    def new_id(self):
        return f"7d0f3c1e-0000-4000-8000-{self.next_number():012d}"

    def price(self, model):
        return self.settings["prices"].get(model, 0.04 if model else 0)

    def accept(self, prediction):
        """From here on it is billed."""
        with self.lock:
            prediction.created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.predictions[prediction.id] = prediction
            self.log("created", service=prediction.service, id=prediction.id, model=prediction.model,
                     cost=prediction.cost, seed=prediction.seed, prompt=prediction.prompt)

    def find(self, service, id):
        prediction = self.predictions.get(id)
        return prediction if prediction and prediction.service == service else None

    def advance(self, prediction, polled=True):
        """Counts a poll and lets the run end when its time has come; gives the state."""
        with self.lock:
            if prediction.state != "running":
                return prediction.state
            wanted = self.settings["polls_until_ready"]
            prediction.polls += polled
            ready = (prediction.polls > wanted if wanted is not None
                     else time.monotonic() - prediction.born >= self.settings["run_seconds"])
            if ready:
                self.finish(prediction, prediction.fate)
            return prediction.state

    def finish(self, prediction, state):
        with self.lock:
            prediction.state = state
            if state != "done":
                prediction.cost = 0
            self.log("finished", service=prediction.service, id=prediction.id, state=state, cost=prediction.cost)

    def result_url(self, prediction, index=0, query=""):
        ending = {"jpeg": "jpg"}.get(prediction.form, prediction.form)
        path = f"/cdn/{prediction.service}/results/{prediction.id}-{index}.{ending}"
        with self.lock:
            self.results[path] = (path + query, prediction)
        return self.origin("cdn") + path + query

    def uploaded(self, service, url):
        """The Upload behind a URL that this service handed out; None when nothing was stored there."""
        with self.lock:
            for file in self.files.values():
                if file.service == service and url == self.origin(FILE_LISTENERS[service]) + file.target:
                    return None if file.deleted else file.upload
        return None

    def seed_of(self, asked):
        seed = asked if isinstance(asked, int) else 1000 + self.next_number()
        mode = self.settings["seed"]
        return {"echo": seed, "other": seed + 1, "absent": None, "string": str(seed)}[mode]

    def file_of(self, prediction, picture=""):
        """The result's bytes."""
        if self.settings["result"] == "same" and prediction.upload and not (picture or prediction.picture):
            return prediction.upload.data
        form, size = picture or prediction.picture or prediction.form, prediction.size
        if form == "other_size":
            form, size = prediction.form, (1024, 1024) if size != (1024, 1024) else (1248, 832)
        return self.rendered.result(prediction.upload, size, form)
