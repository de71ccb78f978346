"""Black Forest Labs: create with the picture in it, poll an URL of another host, a signed result for a while."""

import math

from .fields import Field, boolean, choice, integer, string
from .pictures import bucket_of
from .service import Refused, Service, error, route
from .wire import json_reply

RATIO = string(pattern=r"[1-9]\d*:[1-9]\d*", nullable=True)
IMAGES = {f"input_image{suffix}": Field("string", nullable=True, image=True) for suffix in ("", "_2", "_3", "_4")}
KONTEXT = {"prompt": string(required=True), **IMAGES, "seed": integer(nullable=True), "aspect_ratio": RATIO,
           "output_format": choice("jpeg", "png", "webp", nullable=True), "prompt_upsampling": boolean(),
           "safety_tolerance": integer(0, 6)}
FLUX_2 = {"prompt": string(required=True), "seed": integer(nullable=True),
          **{f"input_image{suffix}": Field("string", nullable=True, image=True)
             for suffix in ("", *(f"_{number}" for number in range(2, 9)))},
          "width": integer(0), "height": integer(0), "safety_tolerance": integer(0, 5),
          "output_format": choice("jpeg", "png", "webp", nullable=True)}
MODELS = {
    "flux-kontext-pro": (KONTEXT, "png"),
    "flux-kontext-max": (KONTEXT, "png"),
    "flux-2-pro": ({**FLUX_2, "disable_pup": boolean()}, "jpeg"),
    "flux-2-max": ({**FLUX_2, "disable_pup": boolean()}, "jpeg"),
    "flux-2-klein-4b": (FLUX_2, "jpeg"),
    "flux-2-klein-9b": (FLUX_2, "jpeg"),
}
REASONS = {"Moderation Reasons": ["Derivative Works Filter"]}


def ending(status, details=None, http=200, **more):
    return http, {"status": status, "result": None, "progress": None, "details": details, "preview": None, **more}


def with_result(change):
    return lambda value: {**value, "result": change(value["result"])} if value.get("status") == "Ready" else value


class Bfl(Service):
    name = "bfl"
    key_header = "x-key"
    key_scheme = ""
    routes = [
        route("POST", "/v1/(?P<model>flux-[a-z0-9-]+)", "create", "create"),
        route("GET", "/v1/get_result", "poll", "poll"),
        route("GET", "/v1/credits", "credits", "credits"),
    ]
    errors = {
        "bad_key": error(403, {"detail": "Not authenticated - Invalid Authentication"}),
        "not_found": error(404, {"detail": "Not Found"}),
        "task_not_found_404": error(404, {"id": "unknown", "status": "Task not found", "result": None, "progress": None,
                                          "details": None, "preview": None}),
        "unprocessable": error(422, {"detail": [{"loc": ["body", "safety_tolerance"], "type": "less_than_equal",
                                                 "msg": "Input should be less than or equal to 6"}]}),
        "no_credit": error(402, {"detail": "Insufficient credits"}),
        "rate_limited": error(429, {"detail": "Too many active tasks"}),
        "internal": error(500, {"detail": "Internal Server Error"}),
        "unavailable": error(503, {"message": "Service Unavailable"}),
        "too_large": error(413, {"detail": "Request Entity Too Large"}),
    }
    fates = {
        "refused": ending("Request Moderated", REASONS),
        "request_moderated": ending("Request Moderated", REASONS),
        "content_moderated": ending("Content Moderated", {"Moderation Reasons": ["Sexual Content"]}),
        "content_moderated_503": ending("Content Moderated", {"Moderation Reasons": ["Sexual Content"]}, 503),
        "error": ending("Error", {"error": "render failed"}),
        "error_in_result": ending("Error", result={"error": "render failed"}),
        "failed": ending("Failed"),
        "task_not_found": ending("Task not found"),
        "no_sample": ending("Ready", result={}),
        "result_null": ending("Ready"),
    }
    shapes = {
        "webhook_form": lambda value: {"id": value["id"], "status": "Pending", "webhook_url": "https://example.org/h"},
        "no_id": lambda value: {key: entry for key, entry in value.items() if key != "id"},
        "no_polling_url": lambda value: {key: entry for key, entry in value.items() if key != "polling_url"},
        "cost_nulls": lambda value: {**value, "cost": None, "input_mp": None, "output_mp": None},
        "cost_noise": lambda value: {**value, "cost": 7.000000000000001},
        "state_key": lambda value: {"state" if key == "status" else key: entry for key, entry in value.items()},
        "poll_host_evil": lambda value: {**value, "polling_url": "https://api.bfl.ai.evil.example/v1/get_result?id=1"},
        "sample_http_foreign": with_result(lambda result: {**result, "sample": "http://192.0.2.1/sample.png"}),
        "prompt_upsampled": with_result(lambda result: {**result, "prompt": "an embellished prompt"}),
        "no_duration": with_result(lambda result: {key: result[key] for key in ("seed", "prompt", "sample", "start_time")
                                                   if key in result}),
    }

    def problem(self, status, text, problem=None):
        if problem:
            entry = {"loc": ["body", problem.name], "msg": text, "type": problem.kind}
            return json_reply(422, {"detail": [entry]})
        return json_reply(status, {"detail": text})

    def invalid_status(self):
        return 422

    def bad_key(self):
        return self.problem(403, "Not authenticated - Invalid Authentication")

    def not_found(self):
        return json_reply(404, ending("Task not found")[1])

    def create(self, call):
        model = call.words["model"]
        if model not in MODELS:
            raise Refused(self.problem(404, "Not Found"))
        table, form = MODELS[model]
        asked = self.checked_json(call, table)
        self.check_ratio(asked.get("aspect_ratio"))
        uploads = [self.picture_of_base64(asked[name], model, name) for name, field in table.items()
                   if field.image and asked.get(name) is not None]
        if asked.get("input_image") is None:
            self.refuse("input_image is required", why="no picture: billed as text to image")
        if min(min(upload.width, upload.height) for upload in uploads) < 256:
            self.refuse("input_image: sides must be at least 256 pixels")
        upload = uploads[0]
        id = f"4c057b10-0000-4000-8000-{self.world.next_number():012d}"
        kept = {key: entry for key, entry in asked.items() if key not in table or not table[key].image}
        prediction = self.accept(call, model=model, prompt=asked["prompt"], seed=asked.get("seed"), input=kept, upload=upload,
                                 size=self.size_of(asked, upload), form=asked.get("output_format") or form, id=id)
        listener = "poll" if self.world.settings["poll_elsewhere"] else "main"
        pixels = prediction.size[0] * prediction.size[1] / 1e6
        return json_reply(200, {"id": id, "polling_url": f"{self.world.origin(listener)}/bfl/v1/get_result?id={id}",
                                "cost": round(prediction.cost * 100, 6),
                                "input_mp": round(upload.width * upload.height / 1e6, 2), "output_mp": round(pixels, 2)})

    def check_ratio(self, ratio):
        if ratio:
            width, height = map(int, ratio.split(":"))
            if abs(math.log(width / height)) > math.log(21 / 9) + 1e-9:
                self.refuse("aspect_ratio must be between 21:9 and 9:21")

    def size_of(self, asked, upload):
        if asked.get("width") and asked.get("height"):
            return asked["width"] // 16 * 16, asked["height"] // 16 * 16
        if asked.get("aspect_ratio"):
            width, height = map(int, asked["aspect_ratio"].split(":"))
            return bucket_of(width / height)
        return upload.width, upload.height

    def poll(self, call):
        if set(call.request.parameters) != {"id"}:
            self.refuse("id is required", why=f"query {call.request.query!r}")
        elsewhere = self.world.settings["poll_elsewhere"]
        if elsewhere != (call.request.listener == "poll"):
            raise Refused(self.not_found(), "a poll that is not at the polling_url")
        prediction = self.known(call, call.request.parameters["id"])
        self.doom(call, prediction)
        http, view = self.view(prediction)
        limits = [("X-Ratelimit-Limit", "1200"), ("X-Ratelimit-Remaining", "1199")]
        return json_reply(http, {"id": prediction.id, **view},
                          (self.running_headers() if view["status"] == "Pending" else []) + limits)

    def view(self, prediction):
        state = self.world.advance(prediction)
        if state == "running":
            return ending("Pending", progress=None if prediction.polls <= 1 else 0.2)
        if state != "done":
            return self.fates[state]
        query = "?se=2026-12-17T21%3A39%3A00Z&sp=r&sv=2024-11-04&sr=b&rsct=image/png&sig=AB%2BC%3D"
        start = 1766072345.188173
        result = {"sample": self.world.result_url(prediction, query=query), "prompt": prediction.prompt,
                  "seed": prediction.seed, "start_time": start, "end_time": start + 2.487895965576172,
                  "duration": 2.487895965576172}
        if prediction.seed is None:
            del result["seed"]
        return ending("Ready", result=result)

    def credits(self, call):
        return json_reply(200, {"credits": 1234.5})
