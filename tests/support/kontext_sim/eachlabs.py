"""Eachlabs: presign, PUT, create, poll; one envelope for all models."""

import time

from .eachlabs_models import MODELS, output_size, request_schema
from .fields import Field, choice, integer, string
from .hosts import ENDINGS
from .service import Refused, Service, error, route
from .wire import Reply, json_reply
from .world import HostedFile

PRESIGN = {
    "content_type": string(required=True),
    "file_type": choice("image", "video", "audio", "other"),
    "expires_in_seconds": integer(60, 31536000),
}
CREATE = {"model": string(required=True), "version": string(pattern=r"\d+\.\d+\.\d+"), "input": Field("object", required=True)}
NO_CREDIT = ("the estimated cost of your in-flight executions exceeds your current balance ($0.02). please wait for an active "
             "execution to finish or top up your balance")
LIMITED = "Account rate limited: accounts with a balance of $10.00 or less are limited to 10 concurrent executions."


def envelope(code, message, category, retryable=False, **more):
    """A failed prediction's output; `more` overrides keys of it."""
    output = {"classification": {"category": category}, "error": "Execution failed", "error_code": code, "error_message": message,
              "error_step": "poll", "model_slug": "flux-kontext-pro", "provider": "bfl", "retryable": retryable,
              "status": "ERROR", "success": False, **more}
    return "error", output


def with_output(change):
    def changed(value):
        if value.get("status") == "success" and value.get("output"):
            value["output"] = change(value["output"])
        return value

    return changed


def without(name):
    return lambda value: {key: entry for key, entry in value.items() if key != name}


class Eachlabs(Service):
    name = "eachlabs"
    routes = [
        route("POST", "/v1/upload/presign", "presign", "presign"),
        route("POST", "/v1/prediction", "create", "create"),
        route("GET", "/v1/prediction/(?P<id>[^/]+)", "poll", "poll"),
        route("POST", "/v1/prediction/(?P<id>[^/]+)/cancel", "cancel", "cancel"),
        route("DELETE", "/v1/files/(?P<id>[^/]+)", "delete", "delete"),
        route("GET", "/v1/executions", "history", "history"),
        route("GET", "/v1/models", "models", "models", keyed=False),
        route("GET", "/v1/models/(?P<slug>[^/]+)", "schema", "schema", keyed=False),
        route("GET", "/v1/models/(?P<slug>[^/]+)/schemas/openapi", "schema", "schema", keyed=False),
        route("GET", "/v1/model", "schema", "schema", keyed=False),
    ]
    errors = {
        "bad_key": error(401, {"error": "Invalid or missing API key"}),
        "invalid_input": error(400, {"status": 400, "error": "Invalid input for model",
                                     "details": "image_url: additional property not allowed"}),
        "model_required": error(400, {"error": "model field is required"}),
        "content_type_required": error(400, {"error": "content_type is required"}),
        "presign_failed": error(500, {"error": "Failed to generate presigned URL"}),
        "no_credit": error(402, {"status": 402, "error": "payment required", "details": NO_CREDIT}),
        "no_credit_short": error(402, {"error": "insufficient balance"}),
        "forbidden": error(403, {"error": "forbidden"}),
        "not_found": error(404, {"error": "Prediction not found"}),
        "model_not_found": error(404, {"error": "Failed to fetch model: model not found"}),
        "invalid_body": error(422, {"error": "invalid request body"}),
        "rate_limited": error(429, {"status": 429, "error": "too many requests", "details": LIMITED}),
        "internal": error(500, {"error": "create prediction: internal error"}),
        "file_conflict": error(409, {"error": "file is in use"}),
    }
    fates = {
        "refused": envelope("PROVIDER_REJECTED", "The input or output was flagged as sensitive.", "PROVIDER"),
        "input_download_error": envelope("INPUT_DOWNLOAD_ERROR", "could not download input_image", "VALIDATION"),
        "input_invalid": envelope("INPUT_VALIDATION_ERROR", "input_image: unknown field", "VALIDATION"),
        "provider_failed": envelope("PROVIDER_FAILED", "the provider failed", "PROVIDER", True),
        "provider_bad_request": envelope("PROVIDER_BAD_REQUEST", "the provider refused the request", "PROVIDER"),
        "provider_rate_limit": envelope("PROVIDER_RATE_LIMIT", "the provider is busy", "RATE_LIMIT", True),
        "provider_auth_error": envelope("PROVIDER_AUTH_ERROR", "the provider's key is wrong", "AUTH"),
        "provider_server_error": envelope("PROVIDER_SERVER_ERROR", "the provider answered 500", "PROVIDER", True),
        "network_error": envelope("NETWORK_ERROR", "the provider was not reached", "NETWORK", True),
        "execution_timeout": envelope("EXECUTION_TIMEOUT", "the run took too long", "TIMEOUT", True),
        "unknown_error_code": envelope("SOMETHING_NEW", "something new went wrong", "UNKNOWN", True),
        "dispatch_failed": ("error", {"error": "dispatch failed: no provider available"}),
        "failed": ("failed", None),
        "error_text": ("error", "the run failed"),
        "cancelled": ("cancelled", None),
    }
    shapes = {
        "no_id": without("predictionID"),
        "output_array": with_output(lambda url: [url]),
        "output_two": with_output(lambda url: [url, url]),
        "output_object": with_output(lambda url: {"url": url}),
        "output_image_object": with_output(lambda url: {"image": url}),
        "output_images": with_output(lambda url: {"images": [{"url": url}]}),
        "output_image_nested": with_output(lambda url: {"image": {"url": url}}),
        "no_output": with_output(lambda url: ""),
        "output_null": with_output(lambda url: None),
        "output_empty_array": with_output(lambda url: []),
        "output_no_url": with_output(lambda url: "no URL at all"),
        "output_http_foreign": with_output(lambda url: "http://192.0.2.1/out.png"),
        "completed": lambda value: {**value, "status": "completed" if value.get("status") == "success" else value.get("status")},
        "no_required_headers": lambda value: {**without("required_headers")(value)},
        "null_required_headers": lambda value: {**value, "required_headers": None},
        "no_metrics": without("metrics"),
        "no_presigned_url": without("presigned_url"),
        "no_public_url": without("public_url"),
    }

    def problem(self, status, text, problem=None):
        if problem and problem.kind == "missing" and problem.name in ("model", "content_type"):
            return json_reply(400, {"error": f"{problem.name} {'field ' if problem.name == 'model' else ''}is required"})
        if problem:
            return json_reply(status, {"status": status, "error": "Invalid input for model", "details": text})
        return json_reply(status, {"error": text})

    def request_id(self, call):
        return [("X-Request-Id", call.request.header("x-request-id") or self.world.new_id())]

    def not_found(self):
        return json_reply(404, {"error": "Prediction not found"})

    def presign(self, call):
        asked = self.checked_json(call, PRESIGN)
        media_type = asked["content_type"]
        if media_type not in ENDINGS:
            self.refuse("content_type is not supported", why=f"content_type {media_type!r}")
        id = self.world.new_id()
        file = HostedFile(id, self.name, media_type, f"/cdn/eachlabs/uploads/{id}.{ENDINGS[media_type]}")
        file.put_target = (f"/s3/eachlabs/{id}.{ENDINGS[media_type]}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=sim%2F20261122"
                           f"%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Expires=900&X-Amz-Signature={id.replace('-', '')}")
        headers_asked = self.world.settings["required_headers"] and not call.fault_among(
            ("no_required_headers", "null_required_headers"))
        file.put_headers = {"x-amz-meta-file-id": id} if headers_asked else {}
        self.world.files[id] = file
        self.world.log("presigned", service=self.name, id=id, expires_in_seconds=asked.get("expires_in_seconds"))
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + asked.get("expires_in_seconds", 15552000)))
        return json_reply(200, {
            "id": id, "presigned_url": self.world.origin("cdn") + file.put_target,
            "public_url": self.world.origin("cdn") + file.target, "expires_at": expires, "required_headers": file.put_headers,
        }, self.request_id(call))

    def create(self, call):
        asked = self.checked_json(call, CREATE)
        model = MODELS.get(asked["model"])
        if not model:
            raise Refused(json_reply(404, {"error": "Failed to fetch model: model not found"}))
        given = self.checked(model.fields, asked["input"], "input.")
        uploads = []
        for name, field in model.fields.items():
            if field.image and given.get(name) is not None:
                for url in given[name] if field.kind == "strings" else [given[name]]:
                    uploads.append(self.picture_of_url(url, asked["model"], name))
        if not uploads:
            self.refuse("input_image is required", why="no picture: billed as text to image")
        prediction = self.accept(call, model=asked["model"], prompt=given["prompt"], seed=given.get("seed"), input=given,
                                 upload=uploads[0], size=output_size(model, given, uploads[0]), form=model.form_of(given))
        return json_reply(200, {"status": "success", "message": "Prediction created successfully", "predictionID": prediction.id},
                          self.request_id(call))

    def picture_of_url(self, url, model, name):
        if not url.startswith(("http://", "https://")):
            self.refuse(f"{name}: must be a URL", why=f"{name}: only URLs are taken, not data")
        return self.picture_of_uri(url, model, name)

    def view(self, prediction):
        """A prediction as the poll shows it."""
        state, output, cost = self.world.advance(prediction), None, 0
        metrics = {"predict_time": 0, "cost": 0}
        if state == "running":
            state = "starting" if prediction.polls <= 1 else "processing"
            metrics = {} if state == "starting" else metrics
        elif state == "done":
            state, output, cost = "success", self.world.result_url(prediction), prediction.cost
            metrics = {"predict_time": 12.5, "cost": cost}
        else:
            state, output = self.fates[state]
            if isinstance(output, dict) and "error_code" in output:
                output = {**output, "execution_id": prediction.id, "model_slug": prediction.model}
        base = f"{self.world.origin('main')}/eachlabs/v1/prediction/{prediction.id}"
        return {"id": prediction.id, "input": prediction.input, "status": state, "output": output, "logs": None,
                "metrics": metrics, "urls": {"get": base, "cancel": base + "/cancel"}}

    def poll(self, call):
        prediction = self.known(call, call.words["id"])
        self.doom(call, prediction)
        view = self.view(prediction)
        headers = self.running_headers() if view["status"] in ("starting", "processing") else []
        return json_reply(200, view, headers + self.request_id(call))

    def cancel(self, call):
        prediction = self.known(call, call.words["id"])
        if call.request.body:
            self.refuse("invalid request body", why="cancel with a body")
        if prediction.state == "running":
            self.world.finish(prediction, "cancelled")
        self.world.log("cancel", service=self.name, id=prediction.id, state=prediction.state)
        return json_reply(200, {"status": "cancelled", "message": "Prediction canceled successfully",
                                "predictionID": prediction.id}, self.request_id(call))

    def delete(self, call):
        file = self.world.files.get(call.words["id"])
        if not file:
            raise Refused(json_reply(404, {"error": "file not found"}), "deletes a file that was never uploaded")
        file.deleted = True
        self.world.log("deleted", service=self.name, id=file.id)
        return Reply(204)

    def history(self, call):
        unknown = set(call.request.parameters) - {"limit", "offset", "status", "model"}
        limit, offset = call.request.parameters.get("limit", "20"), call.request.parameters.get("offset", "0")
        if unknown or not limit.isdigit() or not 1 <= int(limit) <= 100 or not offset.isdigit():
            self.refuse("invalid query", why=f"query {call.request.query!r}")
        with self.world.lock:
            mine = [entry for entry in self.world.predictions.values() if entry.service == self.name]
        mine = list(reversed(mine))[int(offset) : int(offset) + int(limit)]
        return json_reply(200, {"executions": [self.execution(entry) for entry in mine]}, self.request_id(call))

    def execution(self, prediction):
        self.world.advance(prediction, polled=False)
        states = {"running": "processing", "done": "success", "cancelled": "cancelled"}
        return {"id": prediction.id, "status": states.get(prediction.state, "error"), "model": prediction.model,
                "created_at": prediction.created_at, "input": prediction.input}

    def models(self, call):
        wanted = call.request.parameters.get("name", "")
        return json_reply(200, [{"title": slug, "slug": slug, "version": "0.0.1", "output_type": "string"}
                                for slug in MODELS if wanted in slug])

    def schema(self, call):
        slug = call.words.get("slug") or call.request.parameters.get("slug")
        if slug not in MODELS:
            raise Refused(json_reply(404, {"error": "Failed to fetch model: model not found"}))
        return json_reply(200, {"title": slug, "slug": slug, "version": "0.0.1", "output_type": "string",
                                "request_schema": request_schema(MODELS[slug])})
