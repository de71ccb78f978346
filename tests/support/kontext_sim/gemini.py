"""Gemini: generateContent with parts; a refusal is a 200 without a picture."""

import base64

from .fields import Field, choice, string
from .service import Refused, Service, error, route
from .wire import json_reply

SIZES = {"1:1": (1024, 1024), "2:3": (832, 1248), "3:2": (1248, 832), "3:4": (864, 1184), "4:3": (1184, 864), "4:5": (896, 1152),
         "5:4": (1152, 896), "9:16": (768, 1344), "16:9": (1344, 768), "21:9": (1536, 672)}
LONG = {"1:4": (512, 2048), "4:1": (2048, 512), "1:8": (352, 2816), "8:1": (2816, 352)}
MODELS = ("gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image")
SCALES = {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}
BODY_LIMIT = 20 << 20
REQUEST = {"contents": Field("any", required=True), "generationConfig": Field("object")}
CONTENT = {"role": choice("user"), "parts": Field("any", required=True)}
CONFIG = {"responseModalities": Field("strings", most=2), "imageConfig": Field("object")}
INLINE = {"mimeType": choice("image/png", "image/jpeg", "image/webp", required=True), "data": string(required=True)}


def failure(status, message, code):
    return error(status, {"error": {"code": status, "message": message, "status": code}})


def in_snake_case(value):
    for candidate in value.get("candidates", []):
        for part in candidate.get("content", {}).get("parts", []):
            if "inlineData" in part:
                inline = part.pop("inlineData")
                part["inline_data"] = {"mime_type": inline["mimeType"], "data": inline["data"]}
    return value


def only_pictures(value):
    for candidate in value.get("candidates", []):
        candidate["content"]["parts"] = [part for part in candidate["content"]["parts"] if "text" not in part]
    return value


class Gemini(Service):
    name = "gemini"
    key_header = "x-goog-api-key"
    key_scheme = ""
    routes = [
        route("POST", "/v1beta/models/(?P<model>[^/:]+):generateContent", "create", "create"),
        route("GET", "/v1beta/models", "models", "models"),
    ]
    errors = {
        "bad_key": failure(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
        "forbidden": failure(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED"),
        "no_credit": failure(429, "You exceeded your current quota, please check your plan and billing details.", "RESOURCE_EXHAUSTED"),
        "rate_limited": failure(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"),
        "model_not_found": failure(404, "models/x is not found for API version v1beta.", "NOT_FOUND"),
        "invalid_input": failure(400, "Unable to process input image.", "INVALID_ARGUMENT"),
        "internal": failure(500, "An internal error has occurred.", "INTERNAL"),
        "unavailable": failure(503, "The model is overloaded.", "UNAVAILABLE"),
        "refused": error(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        "blocked": error(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        "text_only": error(200, {"candidates": [{"content": {"role": "model", "parts": [{"text": "I cannot do that."}]},
                                                 "finishReason": "STOP"}]}),
        "image_safety": error(200, {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}),
        "prohibited": error(200, {"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]}),
        "no_image": error(200, {"candidates": [{"finishReason": "NO_IMAGE"}]}),
        "no_output": error(200, {"candidates": []}),
    }
    shapes = {"snake_case": in_snake_case, "no_text": only_pictures}

    def problem(self, status, text, problem=None):
        if problem and problem.kind == "unknown":
            text = f"Invalid JSON payload received. Unknown name \"{problem.name}\": Cannot find field."
        codes = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
        return json_reply(status, {"error": {"code": status, "message": text, "status": codes.get(status, "UNKNOWN")}})

    def bad_key(self):
        return self.errors["bad_key"]()

    def create(self, call):
        model = call.words["model"]
        if model not in MODELS:
            raise Refused(self.errors["model_not_found"]())
        if len(call.request.body) > BODY_LIMIT:
            self.refuse("Request payload size exceeds the limit: 20971520 bytes.")
        asked = self.checked_json(call, REQUEST)
        texts, uploads = self.read_contents(asked["contents"])
        ratio, scale = self.read_config(asked.get("generationConfig", {}), model)
        upload = uploads[0]
        sizes = {**SIZES, **LONG} if "3.1" in model else SIZES
        if not ratio:
            ratio = min(sizes, key=lambda name: abs(upload.width / upload.height - sizes[name][0] / sizes[name][1]))
        size = tuple(int(side * scale) for side in sizes[ratio])
        prediction = self.accept(call, model=model, prompt="\n".join(texts), seed=None, input={}, upload=upload, size=size, form="png")
        self.run_now(prediction)
        call.delivers = prediction.id
        data = base64.b64encode(self.world.file_of(prediction)).decode()
        parts = [{"text": "Here it is."}, {"inlineData": {"mimeType": "image/png", "data": data}}]
        return json_reply(200, {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]})

    def read_contents(self, contents):
        if not isinstance(contents, list) or len(contents) != 1 or not isinstance(contents[0], dict):
            self.refuse("contents is not specified", why="contents are not one object in a list")
        parts = self.checked(CONTENT, contents[0], "contents.")["parts"]
        texts, uploads = [], []
        for part in parts if isinstance(parts, list) else []:
            if not isinstance(part, dict) or len(part) != 1:
                self.refuse("Invalid part", why=f"a part is {str(part)[:60]}")
            kind, value = next(iter(part.items()))
            if kind == "text" and isinstance(value, str):
                texts.append(value)
            elif kind == "inlineData" and isinstance(value, dict):
                self.checked(INLINE, value, "inlineData.")
                uploads.append(self.picture_of_inline(value))
            else:
                self.refuse("Invalid part", why=f"a part named {kind}")
        if not texts or not 1 <= len(uploads) <= 14:
            self.refuse("contents.parts must not be empty.", why=f"{len(texts)} texts, {len(uploads)} pictures")
        return texts, uploads

    def picture_of_inline(self, inline):
        upload = self.picture_of_base64(inline["data"], "", "inlineData")
        if inline["mimeType"] != f"image/{upload.kind}":
            self.refuse("Unable to process input image.", why=f"{inline['mimeType']} was declared, {upload.kind} was sent")
        return upload

    def read_config(self, config, model):
        """Ratio (None: as the source) and scale."""
        self.checked(CONFIG, config, "generationConfig.")
        modalities = config.get("responseModalities")
        if modalities is None or "IMAGE" not in modalities or set(modalities) - {"IMAGE", "TEXT"}:
            self.refuse("responseModalities", why=f"responseModalities {modalities} bring no picture")
        ratios = {**SIZES, **LONG} if "3.1" in model else SIZES
        table = {"aspectRatio": choice(*ratios), "imageSize": choice(*SCALES)}
        if "2.5" in model:
            del table["imageSize"]
        image = self.checked(table, config.get("imageConfig", {}), "imageConfig.")
        return image.get("aspectRatio"), SCALES[image.get("imageSize", "1K")]

    def models(self, call):
        return json_reply(200, {"models": [{"name": f"models/{model}", "supportedGenerationMethods": ["generateContent"]}
                                           for model in MODELS]})
