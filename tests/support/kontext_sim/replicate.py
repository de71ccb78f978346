"""Replicate: a prediction with everything in it, an optional wait at create, files of its own."""

import hashlib
import re
import time

from . import fields
from .fields import RATIOS_14, Field, boolean, choice, integer, string
from .service import Refused, Service, error, route, size_for
from .wire import Reply, json_reply
from .world import HostedFile

KONTEXT = {
    "prompt": string(required=True), "input_image": Field("string", image=True), "aspect_ratio": choice(*RATIOS_14),
    "prompt_upsampling": boolean(), "seed": integer(), "output_format": choice("jpg", "png"), "safety_tolerance": integer(0, 2),
}
MODELS = {"black-forest-labs/flux-kontext-pro": KONTEXT, "black-forest-labs/flux-kontext-max": KONTEXT}
CREATE = {"input": Field("object", required=True)}
FLAGGED = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"


def titled(status, title, detail, **more):
    return error(status, {"title": title, "detail": detail, "status": status, **more})


def with_output(change):
    return lambda value: {**value, "output": change(value["output"])} if value.get("output") else value


class Replicate(Service):
    name = "replicate"
    routes = [
        route("POST", "/v1/models/(?P<model>[^/]+/[^/]+)/predictions", "create", "create"),
        route("GET", "/v1/predictions/(?P<id>[^/]+)", "poll", "poll"),
        route("POST", "/v1/predictions/(?P<id>[^/]+)/cancel", "cancel", "cancel"),
        route("GET", "/v1/account", "account", "account"),
        route("POST", "/v1/files", "upload", "upload"),
        route("GET", "/v1/files/(?P<id>[^/]+)", "read_upload", "read_upload"),
        route("DELETE", "/v1/files/(?P<id>[^/]+)", "delete", "delete"),
    ]
    errors = {
        "bad_key": titled(401, "Unauthenticated", "You did not pass a valid authentication token"),
        "no_credit": titled(402, "Insufficient credit", "You have insufficient credit to run this model."),
        "not_found": titled(404, "Not found", "The requested resource could not be found."),
        "model_not_found": titled(404, "Not found", "The requested resource could not be found."),
        "invalid_input": titled(422, "Input validation failed", "- input: prompt is required\n",
                                invalid_fields=[{"type": "required", "field": "input", "description": "prompt is required"}]),
        "rate_limited": error(429, {"detail": "Request was throttled. Your rate limit resets in ~30s."}),
        "internal": error(500, {"detail": "Internal server error"}),
    }
    fates = {
        "refused": ("failed", {"error": FLAGGED}),
        "nsfw": ("failed", {"error": "NSFW content detected. Try running it again, or try a different prompt."}),
        "failed": ("failed", {"error": "Prediction failed."}),
        "failed_oddly": ("failed", {"error": "'sample'"}),
        "cancelled": ("canceled", {}),
        "aborted": ("aborted", {}),
        "data_removed": ("succeeded", {"data_removed": True}),
        "no_output": ("succeeded", {}),
    }
    shapes = {
        "no_id": lambda value: {key: entry for key, entry in value.items() if key != "id"},
        "no_urls": lambda value: {**value, "urls": {}},
        "output_array": with_output(lambda url: [url]),
        "output_object": with_output(lambda url: {"url": url}),
        "output_empty_array": with_output(lambda url: []),
        "get_url_foreign": lambda value: {**value, "urls": {"get": "https://api.replicate.com.evil.example/v1/predictions/1"}},
    }

    def problem(self, status, text, problem=None):
        if problem:
            entry = {"type": problem.kind, "field": f"input.{problem.name}", "description": text}
            return json_reply(422, {"title": "Input validation failed", "detail": f"- input.{problem.name}: {text}\n", "status": 422,
                                    "invalid_fields": [entry]})
        return json_reply(status, {"detail": text, "status": status})

    def invalid_status(self):
        return 422

    def bad_key(self):
        return self.errors["bad_key"]()

    def not_found(self):
        return self.errors["not_found"]()

    def create(self, call):
        model = call.words["model"]
        if model not in MODELS:
            raise Refused(self.not_found())
        wait = self.wait_of(call.request.header("prefer"))
        if not re.fullmatch(r"(\d+[smh])+|", call.request.header("cancel-after") or ""):
            self.refuse("Cancel-After is no duration")
        asked = self.checked(MODELS[model], self.checked_json(call, CREATE)["input"], "input.")
        if "input_image" not in asked:
            self.refuse("input_image is required", why="no picture: billed as text to image")
        upload = self.picture_of_uri(asked["input_image"], model, "input_image")
        kept = {key: entry for key, entry in asked.items() if key != "input_image"}
        form = {"jpg": "jpeg"}.get(asked.get("output_format"), "png")
        prediction = self.accept(call, model=model, prompt=asked["prompt"], seed=asked.get("seed"), input=kept, upload=upload,
                                 size=size_for(upload, asked.get("aspect_ratio")), form=form, id=f"sim{self.world.next_number():023d}")
        if wait is None:
            return json_reply(201, self.view(prediction, "starting"))
        run = self.world.settings["run_seconds"] if self.world.settings["polls_until_ready"] is None else 0
        time.sleep(min(wait, run, self.world.settings["wait_seconds_most"]))
        state = self.world.advance(prediction, polled=False)
        return json_reply(202 if state == "running" else 201, self.view(prediction, "starting"))

    def wait_of(self, prefer):
        """Seconds of Prefer: wait, None without."""
        if prefer is None:
            return None
        found = re.fullmatch(r"wait(?:=(\d+))?", prefer)
        if not found or not 1 <= int(found[1] or 60) <= 60:
            self.refuse("Prefer is not understood", why=f"Prefer: {prefer}")
        return int(found[1] or 60)

    def view(self, prediction, running):
        base = f"{self.world.origin('main')}/replicate/v1/predictions/{prediction.id}"
        view = {"id": prediction.id, "model": prediction.model, "version": "hidden", "input": prediction.input, "logs": "",
                "output": None, "data_removed": False, "error": None, "status": running, "created_at": prediction.created_at,
                "urls": {"get": base, "cancel": base + "/cancel"}}
        if prediction.state == "done":
            return {**view, "status": "succeeded", "output": self.world.result_url(prediction), "metrics": {"predict_time": 4.1},
                    "completed_at": prediction.created_at}
        if prediction.state != "running":
            status, more = self.fates[prediction.state]
            return {**view, "status": status, **more}
        return view

    def poll(self, call):
        prediction = self.known(call, call.words["id"])
        self.doom(call, prediction)
        state = self.world.advance(prediction)
        headers = self.running_headers() if state == "running" else []
        return json_reply(200, self.view(prediction, "starting" if prediction.polls <= 1 else "processing"), headers)

    def cancel(self, call):
        prediction = self.known(call, call.words["id"])
        if call.request.body:
            self.refuse("cancel takes no body")
        if prediction.state == "running":
            self.world.finish(prediction, "cancelled")
        self.world.log("cancel", service=self.name, id=prediction.id, state=prediction.state)
        return json_reply(200, self.view(prediction, "processing"))

    def account(self, call):
        return json_reply(200, {"type": "user", "username": "somebody", "name": "Some Body", "github_url": "https://github.com/"})

    def upload(self, call):
        if call.request.media_type() != "multipart/form-data":
            self.refuse("multipart is required", why=f"Content-Type {call.request.header('content-type')!r}")
        try:
            parts = {part.name: part for part in fields.read_multipart(call.request.header("content-type"), call.request.body)}
        except fields.Unreadable as problem:
            self.refuse("multipart is broken", why=str(problem))
        content = parts.get("content")
        if not content or not content.filename or set(parts) - {"content", "metadata"}:
            self.refuse("content is required", why=f"parts {sorted(parts)}, or content without a file name")
        picture = self.picture(content.body, content.media_type, "", "content")
        id = self.world.new_id()
        target = f"/replicate/v1/files/{id}"
        self.world.files[id] = HostedFile(id, self.name, content.media_type, target, upload=picture)
        self.world.log("uploaded", service=self.name, id=id, body_bytes=len(content.body), width=picture.width,
                       height=picture.height, kind=picture.kind)
        digests = {"sha256": hashlib.sha256(content.body).hexdigest(), "md5": hashlib.md5(content.body).hexdigest()}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return json_reply(201, {"id": id, "name": content.filename, "content_type": content.media_type, "size": len(content.body),
                                "etag": digests["md5"], "checksums": digests, "metadata": {}, "created_at": now, "expires_at": now,
                                "urls": {"get": self.world.origin("main") + target}})

    def file(self, call):
        file = self.world.files.get(call.words["id"])
        if not file or file.service != self.name:
            raise Refused(self.not_found(), "no such file was ever uploaded")
        if file.deleted:  # by a process that could not note it down any more
            raise Refused(self.not_found())
        return file

    def read_upload(self, call):
        file = self.file(call)
        return Reply(200, [("Content-Type", file.media_type)], file.upload.data)

    def delete(self, call):
        file = self.file(call)
        file.deleted = True
        self.world.log("deleted", service=self.name, id=file.id)
        return Reply(204)
