"""Together: one request; the result's size is what was asked for, or a square."""

import base64

from .fields import Field, boolean, choice, integer, number, string
from .service import Refused, Service, error, route
from .wire import json_reply

COMMON = {
    "model": string(required=True), "prompt": string(required=True), "width": integer(64, 4096), "height": integer(64, 4096),
    "steps": integer(1, 100), "seed": integer(), "n": integer(1, 4), "guidance_scale": number(0, 20), "negative_prompt": string(),
    "response_format": choice("url", "base64"), "output_format": choice("jpeg", "png"), "disable_safety_checker": boolean(),
}
KONTEXT = {**COMMON, "image_url": Field("string", required=True, image=True)}
FLUX_2 = {**COMMON, "reference_images": Field("strings", required=True, image=True, most=8)}
MODELS = {
    "black-forest-labs/FLUX.1-kontext-pro": KONTEXT, "black-forest-labs/FLUX.1-kontext-max": KONTEXT,
    "black-forest-labs/FLUX.2-pro": FLUX_2, "black-forest-labs/FLUX.2-dev": FLUX_2, "black-forest-labs/FLUX.2-flex": FLUX_2,
    "black-forest-labs/FLUX.2-max": FLUX_2,
}


def failure(status, message, code=None, kind="invalid_request_error"):
    return error(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


class Together(Service):
    name = "together"
    routes = [
        route("POST", "/v1/images/generations", "create", "create"),
        route("GET", "/v1/models", "models", "models"),
    ]
    errors = {
        "bad_key": failure(401, "Invalid API key provided", "invalid_api_key"),
        "no_credit": failure(402, "You have run out of credits", "insufficient_credits"),
        "model_not_found": failure(404, "The model does not exist", "model_not_found"),
        "invalid_input": failure(400, "Input validation error", "invalid_input"),
        "refused": failure(422, "The content was flagged by the safety checker", "content_policy_violation"),
        "rate_limited": failure(429, "You have reached the rate limit", "rate_limit_exceeded", "rate_limit"),
        "internal": failure(500, "Internal server error", None, "server_error"),
        "unavailable": failure(503, "The service is overloaded", None, "server_error"),
    }
    shapes = {
        "no_output": lambda value: {**value, "data": []} if "data" in value else value,
        "output_object": lambda value: {**value, "data": value["data"][0]} if value.get("data") else value,
        "no_id": lambda value: {key: entry for key, entry in value.items() if key != "id"},
    }

    def problem(self, status, text, problem=None):
        return json_reply(status, {"error": {"message": text, "type": "invalid_request_error",
                                             "param": problem.name if problem else None, "code": None}})

    def bad_key(self):
        return self.errors["bad_key"]()

    def create(self, call):
        asked = self.json_body(call)
        table = MODELS.get(asked.get("model"))
        if not table:
            raise Refused(self.errors["model_not_found"]())
        self.checked(table, asked)
        model = asked["model"]
        uploads = [self.picture_of_uri(url, model, "image_url") for url in asked.get("reference_images") or [asked["image_url"]]]
        if "width" not in asked or "height" not in asked:
            self.refuse("width and height are required", why="without width and height the result is square")
        size = asked["width"], asked["height"]
        if "image_url" in asked and size != (uploads[0].width, uploads[0].height):
            self.refuse("width and height are not the image's", why=f"{size} is asked for a picture of another size")
        copies = asked.get("n", 1)
        prediction = self.accept(call, model=model, prompt=asked["prompt"], seed=asked.get("seed"), input={}, upload=uploads[0],
                                 size=size, form=asked.get("output_format", "jpeg"), copies=copies)
        self.run_now(prediction)
        return json_reply(200, {"id": prediction.id, "model": model, "object": "list",
                                "data": [self.entry(call, prediction, asked, index) for index in range(copies)]})

    def entry(self, call, prediction, asked, index):
        if asked.get("response_format", "url") == "url":
            return {"index": index, "url": self.world.result_url(prediction, index), "type": "url"}
        call.delivers = prediction.id
        return {"index": index, "b64_json": base64.b64encode(self.world.file_of(prediction)).decode(), "type": "b64_json"}

    def models(self, call):
        return json_reply(200, [{"id": model, "object": "model", "created": 0, "type": "image"} for model in MODELS])
