"""A server of the person's own that speaks OpenAI's language, as Lemonade, vLLM and SGLang do; no key. Each copy says in
its own way what went wrong."""

from . import fields
from .fields import choice, integer, string
from .openai import Openai
from .service import error, route
from .wire import json_reply

TEXTS = {
    "prompt": string(required=True), "model": string(), "n": integer(1, 8), "size": string(pattern=r"\d+x\d+"),
    "response_format": choice("b64_json", "url"), "output_format": choice("png", "jpeg"), "seed": integer(0), "steps": integer(1, 200),
}
MODELS = ["Flux-2-Klein-4B", "SDXL-Turbo"]


class OwnServer(Openai):
    name = "own"
    routes = [
        route("POST", "/v1/images/edits", "create", "create", keyed=False),
        route("GET", "/v1/models", "models", "models", keyed=False),
    ]
    errors = {
        "error_text": error(500, {"error": "out of memory"}),
        "error_and_message": error(500, {"error": "server_error", "message": "no such model loaded"}),
        "detail": error(422, {"detail": [{"loc": ["body", "image"], "msg": "field required", "type": "missing"}]}),
        "wants_key": error(401, {"error": {"message": "Invalid API key"}}),
        "no_models": error(404, {"detail": "Not Found"}),
    }

    def read_form(self, call):
        try:
            parts = fields.read_multipart(call.request.header("content-type"), call.request.body)
        except fields.Unreadable as problem:
            self.refuse("Could not parse multipart form", why=str(problem))
        texts, images = {}, []
        for part in parts:
            if part.name in ("image", "image[]"):
                images.append(self.file_of(part))
            else:
                text = part.body.decode("utf-8", "replace")
                texts[part.name] = int(text) if TEXTS.get(part.name, string()).kind == "integer" and text.isdigit() else text
        if not images:
            self.refuse("Missing required parameter: 'image'.")
        return {"model": "", **self.checked(TEXTS, texts)}, images

    def size_of(self, asked, upload):
        return tuple(map(int, asked["size"].split("x"))) if "size" in asked else (512, 512)

    def accept(self, call, **more):
        self.world.log("asked", service=self.name, model=more["model"], seed=more["seed"])
        return super().accept(call, **{**more, "model": ""})

    def models(self, call):
        return json_reply(200, {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "lemonade"}
                                                           for model in MODELS]})
