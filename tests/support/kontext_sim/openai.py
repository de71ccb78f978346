"""OpenAI's /v1/images/edits: multipart with files, or JSON with data URIs; the answer holds the picture."""

import base64
import re

from . import fields
from .fields import Field, choice, integer, string
from .service import Service, error, route
from .wire import json_reply

THREE = [(1024, 1024), (1536, 1024), (1024, 1536)]
FIXED = {"gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"}
FREE = {"gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-2.5-flare", "gpt-image-2.5-flare-2026-09-08",
        "gpt-image-2.5-sunburst", "gpt-image-2.5-sunburst-2026-09-08"}
TEXTS = {
    "prompt": string(required=True), "model": choice(*sorted(FIXED | FREE), required=True), "n": integer(1, 10),
    "size": string(pattern=r"auto|\d+x\d+"), "quality": choice("low", "medium", "high", "auto", "xhigh", "max"),
    "background": choice("transparent", "opaque", "auto"), "output_format": choice("png", "jpeg", "webp"),
    "output_compression": integer(0, 100), "input_fidelity": choice("high", "low"), "user": string(),
}
JSON_FORM = {**TEXTS, "images": Field("any", required=True)}
MASK_LIMIT, IMAGE_LIMIT = 4 << 20, 50 << 20


def failure(status, message, code, kind="invalid_request_error", param=None):
    return error(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


def as_url(value):
    return value  # the handler does it: an URL needs a file behind it


class Openai(Service):
    name = "openai"
    routes = [
        route("POST", "/v1/images/edits", "create", "create"),
        route("GET", "/v1/models", "models", "models"),
    ]
    errors = {
        "bad_key": failure(401, "Incorrect API key provided.", "invalid_api_key"),
        "no_credit": failure(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
        "rate_limited": failure(429, "Rate limit reached.", "rate_limit_exceeded", "rate_limit_error"),
        "forbidden": failure(403, "Your organization must be verified to use the model.", None),
        "model_not_found": failure(404, "The model does not exist.", "model_not_found"),
        "unknown_parameter": failure(400, "Unknown parameter: 'response_format'.", "unknown_parameter", param="response_format"),
        "refused": failure(400, "Your request was rejected by the safety system.", "moderation_blocked",
                           "image_generation_user_error"),
        "content_filter": failure(400, "The response was filtered.", "contentFilter"),
        "internal": failure(500, "The server had an error.", None, "server_error"),
    }
    shapes = {
        "deliver_url": as_url,
        "no_output": lambda value: {**value, "data": []} if "data" in value else value,
        "output_empty": lambda value: {**value, "data": [{}]} if "data" in value else value,
        "broken_base64": lambda value: {**value, "data": [{"b64_json": "!not base64!"}]} if "data" in value else value,
        "only_data": lambda value: {"data": value["data"]} if "data" in value else value,
    }

    def problem(self, status, text, problem=None):
        code = None
        if problem and problem.kind == "unknown":
            text, code = f"Unknown parameter: '{problem.name}'.", "unknown_parameter"
        return json_reply(status, {"error": {"message": text, "type": "invalid_request_error",
                                             "param": problem.name if problem else None, "code": code}})

    def bad_key(self):
        return self.errors["bad_key"]()

    def create(self, call):
        kind = call.request.media_type()
        if kind == "multipart/form-data":
            asked, uploads = self.read_form(call)
        elif kind == "application/json":
            asked, uploads = self.read_json_form(call)
        else:
            self.refuse("Unsupported content type", why=f"Content-Type {call.request.header('content-type')!r}")
        if len(asked["prompt"]) > 32000:
            self.refuse("prompt is too long")
        size, copies, form = self.size_of(asked, uploads[0]), asked.get("n", 1), asked.get("output_format", "png")
        prediction = self.accept(call, model=asked["model"], prompt=asked["prompt"], seed=None, input={}, upload=uploads[0],
                                 size=size, form=form, copies=copies)
        self.run_now(prediction)
        if call.fault_among(["deliver_url"]):
            data = [{"url": self.world.result_url(prediction, index)} for index in range(copies)]
        else:
            call.delivers = prediction.id
            data = [{"b64_json": base64.b64encode(self.world.file_of(prediction)).decode()}] * copies
        return json_reply(200, {"created": 1763800000, "data": data, "background": "opaque", "output_format": form,
                                "size": f"{prediction.size[0]}x{prediction.size[1]}", "quality": "high",
                                "usage": {"total_tokens": 2700, "input_tokens": 1200, "output_tokens": 1500}})

    def read_form(self, call):
        try:
            parts = fields.read_multipart(call.request.header("content-type"), call.request.body)
        except fields.Unreadable as problem:
            self.refuse("Could not parse multipart form", why=str(problem))
        texts, images, masks = {}, [], []
        for part in parts:
            if part.name in ("image", "image[]", "mask"):
                (masks if part.name == "mask" else images).append(self.file_of(part))
                continue
            if part.filename is not None or part.name in texts:
                self.refuse(f"Invalid value for '{part.name}'", why=f"{part.name} is a file, or comes twice")
            text = part.body.decode("utf-8", "replace")
            texts[part.name] = int(text) if text.isdigit() and TEXTS.get(part.name, string()).kind == "integer" else text
        if len({part.name for part in parts if part.name.startswith("image")}) > 1:
            self.refuse("Duplicate parameter: 'image'")
        if sum(part.name == "image" for part in parts) > 1:
            self.refuse("Duplicate parameter: 'image'", why="several pictures are image[], not image")
        if not 1 <= len(images) <= 16 or len(masks) > 1:
            self.refuse("Missing required parameter: 'image'.", why=f"{len(images)} pictures, {len(masks)} masks")
        for mask in masks:
            if mask.kind != "png" or not mask.alpha or len(mask.data) > MASK_LIMIT:
                self.refuse("Invalid mask", why="the mask is no PNG with alpha of less than 4 MB")
            if (mask.width, mask.height) != (images[0].width, images[0].height):
                self.refuse("Invalid mask", why="the mask has not the first picture's size")
        return self.checked(TEXTS, texts), images

    def file_of(self, part):
        if not part.filename or not part.media_type:
            self.refuse(f"Invalid file '{part.name}'", why=f"{part.name} without a file name or media type")
        if len(part.body) > IMAGE_LIMIT:
            self.refuse("Image too large")
        return self.picture(part.body, part.media_type, "", part.name)

    def read_json_form(self, call):
        asked = self.checked_json(call, JSON_FORM)
        images = asked["images"]
        if not isinstance(images, list) or not 1 <= len(images) <= 16:
            self.refuse("Missing required parameter: 'images'.")
        for image in images:
            if not isinstance(image, dict) or set(image) != {"image_url"} or not isinstance(image["image_url"], str):
                self.refuse("Invalid value for 'images'", why=f"images: {str(image)[:60]}")
        return asked, [self.picture_of_uri(image["image_url"], "", "images") for image in images]

    def size_of(self, asked, upload):
        wanted = asked.get("size", "auto")
        if wanted == "auto":
            ratio = upload.width / upload.height
            nearest = min(THREE, key=lambda size: abs(ratio - size[0] / size[1]))
            return (upload.width, upload.height) if asked["model"] in FREE and self.is_free_size(upload.width, upload.height) else nearest
        width, height = map(int, re.fullmatch(r"(\d+)x(\d+)", wanted).groups())
        if (width, height) not in THREE and not (asked["model"] in FREE and self.is_free_size(width, height)):
            self.refuse(f"Invalid value: '{wanted}'.", why=f"size {wanted} is none of {asked['model']}")
        return width, height

    def is_free_size(self, width, height):
        return (width % 16 == 0 and height % 16 == 0 and max(width, height) <= 3840 and max(width, height) <= 3 * min(width, height)
                and 655360 <= width * height <= 8294400)

    def models(self, call):
        return json_reply(200, {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "system"}
                                                           for model in sorted(FIXED | FREE)]})
