"""fal: a queue whose URLs leave out the model's last part; failure is COMPLETED too."""

import base64

from .fields import Field, boolean, choice, integer, number, string
from .hosts import ENDINGS
from .pictures import media_type
from .service import Refused, Service, error, route, size_for
from .wire import json_reply
from .world import HostedFile

KONTEXT = {
    "prompt": string(required=True), "seed": integer(), "guidance_scale": number(1, 20), "num_images": integer(1, 4),
    "output_format": choice("jpeg", "png"), "safety_tolerance": choice(*"123456"), "enhance_prompt": boolean(),
    "aspect_ratio": choice("21:9", "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "9:21"), "sync_mode": boolean(),
}
ONE = {**KONTEXT, "image_url": Field("string", required=True, image=True)}
MANY = {**KONTEXT, "image_urls": Field("strings", required=True, image=True, most=4)}
MODELS = {"fal-ai/flux-pro/kontext": ONE, "fal-ai/flux-pro/kontext/max": ONE, "fal-ai/flux-pro/kontext/multi": MANY,
          "fal-ai/flux-pro/kontext/max/multi": MANY}
INITIATE = {"content_type": choice(*ENDINGS, required=True), "file_name": string(required=True)}
FLAGGED = "The content could not be processed because it contained material flagged by a content checker."
LOCKED = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."


def refused_by_model(kind, message, name="image_url", http=422):
    """How a run ends whose model said no: the status without an error, the result with it."""
    return {}, http, {"detail": [{"loc": ["body", name], "msg": message, "type": kind}]}


def broken(kind, message, http):
    """How a run ends that the platform broke."""
    return {"error": message, "error_type": kind}, http, {"detail": message, "error_type": kind}


class Fal(Service):
    name = "fal"
    key_scheme = "Key "
    routes = [
        route("POST", "/storage/upload/initiate", "presign", "initiate"),
        route("POST", "/(?P<model>fal-ai/[a-z0-9/.-]+)", "create", "create"),
        route("GET", "/fal-ai/flux-pro/requests/(?P<id>[^/]+)/status", "poll", "poll"),
        route("GET", "/fal-ai/flux-pro/requests/(?P<id>[^/]+)", "result", "result"),
        route("PUT", "/fal-ai/flux-pro/requests/(?P<id>[^/]+)/cancel", "cancel", "cancel"),
    ]
    errors = {
        "bad_key": error(401, {"detail": "Authentication is required to access this application."}),
        "no_credit": error(403, {"detail": LOCKED}),
        "admin_lock": error(403, {"detail": "User is locked. Reason: Admin lock. Contact support."}),
        "not_found": error(404, {"detail": "Request not found"}),
        "model_not_found": error(404, {"detail": "Application not found"}),
        "invalid_input": error(422, {"detail": [{"loc": ["body", "seed"], "msg": "Input should be a valid integer", "type": "int_type",
                                                 "input": "x"}]}),
        "content_policy": error(422, {"detail": [{"loc": ["body", "prompt"], "msg": FLAGGED, "type": "content_policy_violation",
                                                  "input": "…"}]}),
        "image_load_error": error(422, {"detail": [{"loc": ["body", "image_url"], "msg": "Could not load image.",
                                                    "type": "image_load_error"}]}),
        "timed_out": error(504, {"detail": "Request timed out", "error_type": "request_timeout"}),
        "rate_limited": error(429, {"error": {"message": "Too many requests", "code": 429}}),
        "internal": error(500, {"detail": "Internal server error", "error_type": "internal_error"}),
        "detail_object": error(400, {"detail": {"message": "odd form of an error"}}),
    }
    fates = {
        "refused": refused_by_model("content_policy_violation", FLAGGED, "prompt"),
        "image_too_small": refused_by_model("image_too_small", "Image too small."),
        "image_too_large": refused_by_model("image_too_large", "Image too large."),
        "file_download_error": refused_by_model("file_download_error", "Could not download the file."),
        "no_media_generated": refused_by_model("no_media_generated", "No media was generated.", "prompt"),
        "model_error": refused_by_model("internal_server_error", "Internal server error.", "prompt", 500),
        "downstream_unavailable": refused_by_model("downstream_service_unavailable", "Unavailable.", "prompt", 503),
        "request_timeout": broken("request_timeout", "Request timed out", 504),
        "startup_timeout": broken("startup_timeout", "Startup timed out", 504),
        "scheduling_failure": broken("runner_scheduling_failure", "No runner", 503),
        "incomplete_response": broken("runner_incomplete_response", "Runner broke off", 502),
        "runner_error": broken("runner_server_error", "Runner failed", 500),
        "cancelled": broken("client_cancelled", "Request was cancelled", 499),
        "nsfw": ({}, 200, None),
    }
    shapes = {
        "no_id": lambda value: {key: entry for key, entry in value.items() if key != "request_id"},
        "no_urls": lambda value: {key: entry for key, entry in value.items() if not key.endswith("_url")},
        "state_failed": lambda value: {**value, "status": "FAILED"},
        "state_canceled": lambda value: {**value, "status": "CANCELED"},
        "no_output": lambda value: {**value, "images": []} if "images" in value else value,
        "output_object": lambda value: {**value, "images": value["images"][0]} if value.get("images") else value,
        "no_flags": lambda value: {key: entry for key, entry in value.items() if key != "has_nsfw_concepts"},
    }

    def problem(self, status, text, problem=None):
        if problem:
            return json_reply(422, {"detail": [{"loc": ["body", problem.name], "msg": text, "type": problem.kind}]})
        return json_reply(status, {"detail": text})

    def invalid_status(self):
        return 422

    def bad_key(self):
        return self.problem(401, "Authentication is required to access this application.")

    def initiate(self, call):
        if call.request.parameters != {"storage_type": "fal-cdn-v3"}:
            self.refuse("storage_type is required", why=f"query {call.request.query!r}")
        asked, id = self.checked_json(call, INITIATE), self.world.new_id()
        ending = ENDINGS[asked["content_type"]]
        file = HostedFile(id, self.name, asked["content_type"], f"/cdn/fal/uploads/{id}.{ending}", f"/s3/fal/{id}.{ending}?token=a%2Bb")
        self.world.files[id] = file
        return json_reply(200, {"upload_url": self.world.origin("cdn") + file.put_target,
                                "file_url": self.world.origin("cdn") + file.target})

    def create(self, call):
        model = call.words["model"]
        if model not in MODELS:
            raise Refused(self.problem(404, "Application not found"))
        asked = self.checked_json(call, MODELS[model])
        urls = asked.get("image_urls") or [asked["image_url"]]
        uploads = [self.picture_of_uri(url, model, "image_url") for url in urls]
        kept = {key: entry for key, entry in asked.items() if not key.startswith("image_url")}
        prediction = self.accept(call, model=model, prompt=asked["prompt"], seed=asked.get("seed"), input=kept, upload=uploads[0],
                                 size=size_for(uploads[0], asked.get("aspect_ratio")), form=asked.get("output_format", "jpeg"),
                                 copies=asked.get("num_images", 1))
        urls = self.urls(prediction)
        return json_reply(200, {"request_id": prediction.id, "status": "IN_QUEUE", "queue_position": 0, **urls},
                          [("x-fal-request-id", prediction.id)])

    def urls(self, prediction):
        base = f"{self.world.origin('main')}/fal/fal-ai/flux-pro/requests/{prediction.id}"
        return {"response_url": base, "status_url": base + "/status", "cancel_url": base + "/cancel"}

    def known(self, call, id):
        prediction = self.world.find(self.name, id)
        if not prediction:  # asking for a request that never was is the way to try a key
            raise Refused(self.problem(404, "Request not found"))
        return prediction

    def poll(self, call):
        if set(call.request.parameters) - {"logs"}:
            self.refuse("unknown query", why=f"query {call.request.query!r}")
        prediction = self.known(call, call.words["id"])
        self.doom(call, prediction)
        state = self.world.advance(prediction)
        view = {"request_id": prediction.id, "response_url": self.urls(prediction)["response_url"]}
        if state == "running":
            more = {"status": "IN_QUEUE", "queue_position": 2} if prediction.polls <= 1 else {"status": "IN_PROGRESS", "logs": None}
            return json_reply(200, {**more, **view}, self.running_headers())
        failed = self.fates[state][0] if state in self.fates else {}
        return json_reply(200, {"status": "COMPLETED", **view, "metrics": {"inference_time": 3.7}, **failed})

    def result(self, call):
        prediction = self.known(call, call.words["id"])
        self.doom(call, prediction)
        if prediction.state == "running":
            raise Refused(self.problem(400, "Request is still in progress"), "the result is asked for before COMPLETED")
        flagged = prediction.state == "nsfw"
        if prediction.state != "done" and not flagged:
            _, http, body = self.fates[prediction.state]
            kind = body.get("error_type") or body["detail"][0]["type"]
            return json_reply(http, body, [("x-fal-error-type", kind), ("x-fal-request-id", prediction.id)])
        images = [self.image(prediction, index) for index in range(prediction.copies)]
        view = {"images": images, "timings": {}, "seed": prediction.seed, "has_nsfw_concepts": [flagged] * len(images),
                "prompt": prediction.prompt}
        if prediction.seed is None:
            del view["seed"]
        return json_reply(200, view, [("x-fal-request-id", prediction.id), ("x-fal-billable-units", "1")])

    def image(self, prediction, index):
        url = self.world.result_url(prediction, index)
        if prediction.input.get("sync_mode"):
            data = self.world.file_of(prediction)
            url = f"data:{media_type(data)};base64,{base64.b64encode(data).decode()}"
        width, height = prediction.size
        return {"url": url, "width": width, "height": height, "content_type": f"image/{prediction.form}"}

    def cancel(self, call):
        prediction = self.world.find(self.name, call.words["id"])
        if not prediction:
            raise Refused(json_reply(404, {"status": "NOT_FOUND"}), "cancels what was never created")
        if call.request.body:
            self.refuse("cancel takes no body")
        running = prediction.state == "running"
        if running:
            self.world.finish(prediction, "cancelled")
        self.world.log("cancel", service=self.name, id=prediction.id, state=prediction.state)
        return json_reply(202, {"status": "CANCELLATION_REQUESTED"}) if running else json_reply(400, {"status": "ALREADY_COMPLETED"})
