"""ComfyUI: upload, a graph of nodes, its history; no key. It checks a graph as the program does, and more strictly: an
input that a node does not have is a violation here, where ComfyUI would not look at it."""

import base64
import hashlib
import json
import struct
import time

from . import fields
from .fields import integer, number, string
from .service import PICTURE_FAULTS, Refused, Service, route
from .wire import Reply, json_reply

FILES = {
    "diffusion_models": ["flux/FLUX-2-Klein-4B-fp8.safetensors", "flux1-dev-kontext_fp8_scaled.safetensors",
                         "qwen_image_edit_2509_fp8.safetensors", "qwen_image_edit_2511_fp8mixed.safetensors"],
    "text_encoders": ["clip_l.safetensors", "qwen_2.5_vl_7b_fp8_scaled.safetensors", "qwen_3_4b.safetensors",
                      "t5xxl_fp8_e4m3fn_scaled.safetensors"],
    "vae": ["ae.safetensors", "flux2-vae.safetensors", "qwen_image_vae.safetensors"],
}


class Choice:
    """An input with a list: of files in a folder, or of words."""

    def __init__(self, *words, folder=None):
        self.words, self.folder = list(words), folder


class Link:
    def __init__(self, kind):
        self.kind = kind


# class -> (inputs, what comes out). A "?" at an input's end: may be left out.
NODES = {
    "UNETLoader": ({"unet_name": Choice(folder="diffusion_models"), "weight_dtype": Choice("default", "fp8_e4m3fn")}, ["MODEL"]),
    "CLIPLoader": ({"clip_name": Choice(folder="text_encoders"), "type": Choice("flux2", "qwen_image", "sd3"),
                    "device?": Choice("default", "cpu")}, ["CLIP"]),
    "DualCLIPLoader": ({"clip_name1": Choice(folder="text_encoders"), "clip_name2": Choice(folder="text_encoders"),
                        "type": Choice("flux", "sdxl"), "device?": Choice("default", "cpu")}, ["CLIP"]),
    "VAELoader": ({"vae_name": Choice(folder="vae")}, ["VAE"]),
    "LoadImage": ({"image": string()}, ["IMAGE", "MASK"]),
    "VAEEncode": ({"pixels": Link("IMAGE"), "vae": Link("VAE")}, ["LATENT"]),
    "VAEDecode": ({"samples": Link("LATENT"), "vae": Link("VAE")}, ["IMAGE"]),
    "CLIPTextEncode": ({"text": string(), "clip": Link("CLIP")}, ["CONDITIONING"]),
    "TextEncodeQwenImageEditPlus": ({"clip": Link("CLIP"), "prompt": string(), "vae?": Link("VAE"), "image1?": Link("IMAGE"),
                                     "image2?": Link("IMAGE"), "image3?": Link("IMAGE")}, ["CONDITIONING"]),
    "ReferenceLatent": ({"conditioning": Link("CONDITIONING"), "latent?": Link("LATENT")}, ["CONDITIONING"]),
    "FluxGuidance": ({"conditioning": Link("CONDITIONING"), "guidance": number(0, 100)}, ["CONDITIONING"]),
    "ConditioningZeroOut": ({"conditioning": Link("CONDITIONING")}, ["CONDITIONING"]),
    "ModelSamplingAuraFlow": ({"model": Link("MODEL"), "shift": number(0, 100)}, ["MODEL"]),
    "CFGNorm": ({"model": Link("MODEL"), "strength": number(0, 100)}, ["MODEL"]),
    "KSampler": ({"model": Link("MODEL"), "seed": integer(0, (1 << 64) - 1), "steps": integer(1, 10000), "cfg": number(0, 100),
                  "sampler_name": Choice("euler", "dpmpp_2m"), "scheduler": Choice("simple", "normal"),
                  "positive": Link("CONDITIONING"), "negative": Link("CONDITIONING"), "latent_image": Link("LATENT"),
                  "denoise": number(0, 1)}, ["LATENT"]),
    "CFGGuider": ({"model": Link("MODEL"), "positive": Link("CONDITIONING"), "negative": Link("CONDITIONING"),
                   "cfg": number(0, 100)}, ["GUIDER"]),
    "Flux2Scheduler": ({"steps": integer(1, 4096), "width": integer(16, 16384), "height": integer(16, 16384)}, ["SIGMAS"]),
    "EmptyFlux2LatentImage": ({"width": integer(16, 16384), "height": integer(16, 16384), "batch_size": integer(1, 4096)},
                              ["LATENT"]),
    "KSamplerSelect": ({"sampler_name": Choice("euler", "dpmpp_2m")}, ["SAMPLER"]),
    "RandomNoise": ({"noise_seed": integer(0, (1 << 64) - 1)}, ["NOISE"]),
    "SamplerCustomAdvanced": ({"noise": Link("NOISE"), "guider": Link("GUIDER"), "sampler": Link("SAMPLER"),
                               "sigmas": Link("SIGMAS"), "latent_image": Link("LATENT")}, ["LATENT", "LATENT"]),
    "ImageInvert": ({"image": Link("IMAGE")}, ["IMAGE"]),
    "SaveImage": ({"images": Link("IMAGE"), "filename_prefix": string()}, []),
    "PreviewImage": ({"images": Link("IMAGE")}, []),
}
OUTPUTS = {"SaveImage": "output", "PreviewImage": "temp"}
UPLOAD = {"image": True, "type": False, "subfolder": False, "overwrite": False}  # name -> is a file


class GraphError(Exception):
    def __init__(self, message, node=None, kind="", details=""):
        super().__init__(message)
        self.node, self.kind, self.details = node, kind, details


class Comfyui(Service):
    name = "comfyui"
    routes = [
        route("GET", "/system_stats", "models", "stats", keyed=False),
        route("GET", "/object_info/(?P<node>.+)", "schema", "object_info", keyed=False),
        route("POST", "/upload/image", "upload", "upload", keyed=False),
        route("POST", "/prompt", "create", "create", keyed=False),
        route("GET", "/queue", "poll", "queue", keyed=False),
        route("GET", "/history/(?P<id>[^/]+)", "poll", "history", keyed=False),
        route("POST", "/history", "delete", "forget", keyed=False),
        route("POST", "/queue", "cancel", "drop", keyed=False),
        route("POST", "/interrupt", "cancel", "interrupt", keyed=False),
        route("GET", "/view", "download", "view", keyed=False),
        route("GET", "/ws", "socket", "socket", keyed=False),
    ]
    errors = {
        "internal": lambda: Reply(500, [("Content-Type", "text/plain; charset=utf-8")], b"500 Internal Server Error"),
        "not_comfyui": lambda: Reply(200, [("Content-Type", "text/html")], b"<html>It works!</html>"),
    }
    fates = {"out_of_memory", "failed", "interrupted", "forgotten"}
    shapes = {
        "no_output": lambda value: {id: {**entry, "outputs": {}} for id, entry in value.items()}
        if all(isinstance(entry, dict) and "outputs" in entry for entry in value.values()) else value,
    }

    def problem(self, status, text, problem=None):
        return json_reply(status, {"error": {"type": "invalid_prompt", "message": text, "details": "", "extra_info": {}},
                                   "node_errors": {}})

    @property
    def settings(self):
        return self.world.settings["comfyui"]

    def files(self, folder):
        return self.settings.get("files", FILES).get(folder, [])

    def has(self, node):
        return node in NODES and node not in self.settings.get("missing_nodes", [])

    # What there is.

    def stats(self, call):
        device = self.settings.get("device", "cuda")
        return json_reply(200, {"system": {"os": "posix", "comfyui_version": self.settings.get("version", "0.3.64"),
                                           "python_version": "3.13", "argv": ["main.py"]},
                                "devices": [{"name": "cpu" if device == "cpu" else "cuda:0 NVIDIA GeForce RTX 4090", "type": device,
                                             "index": None if device == "cpu" else 0, "vram_total": 25282281472}]})

    def object_info(self, call):
        node = call.words["node"]
        if not self.has(node):
            return json_reply(200, {})
        inputs = {"required": {}, "optional": {}}
        for name, form in NODES[node][0].items():
            inputs["optional" if name.endswith("?") else "required"][name.rstrip("?")] = self.described(form)
        return json_reply(200, {node: {"input": inputs, "output": NODES[node][1], "name": node}})

    def described(self, form):
        if not isinstance(form, Choice):
            return [form.kind.upper(), {}]
        words = self.files(form.folder) if form.folder else form.words
        return ["COMBO", {"options": words}] if self.settings.get("combo") else [words, {}]

    def upload(self, call):
        try:
            parts = fields.read_multipart(call.request.header("content-type"), call.request.body)
        except fields.Unreadable as problem:
            self.refuse("no form", why=str(problem))
        found = {part.name: part for part in parts}
        for part in parts:
            if part.name not in UPLOAD or bool(part.filename) != UPLOAD[part.name]:
                self.refuse("no such field", why=f"upload: {part.name}")
        if "image" not in found:
            return Reply(400)
        upload = self.picture(found["image"].body, found["image"].media_type, "", "image")
        text = {name: part.body.decode() for name, part in found.items() if name != "image"}
        folder, kind, name = text.get("subfolder", ""), text.get("type", "input"), found["image"].filename
        with self.world.lock:
            self.world.comfyui_files[(kind, folder, name)] = upload
        return json_reply(200, {"name": name, "subfolder": folder, "type": kind})

    # A graph.

    def create(self, call):
        body = self.json_body(call)
        unknown = set(body) - {"prompt", "client_id", "prompt_id", "extra_data", "front", "number"}
        if unknown:
            self.refuse("unknown field", why=f"/prompt: {sorted(unknown)}")
        graph = body.get("prompt")
        try:
            upload, output = self.check(graph)
        except GraphError as error:
            return self.graph_error(graph, error)
        texts = [node["inputs"].get(name, "") for node in graph.values() for name in ("text", "prompt")]
        seeds = [node["inputs"][name] for node in graph.values() for name in ("seed", "noise_seed") if name in node["inputs"]]
        prediction = self.accept(call, model="", prompt=next((text for text in texts if text), ""),
                                 seed=seeds[0] if seeds else None, input=graph, upload=upload, size=(upload.width, upload.height),
                                 form="png", id=body.get("prompt_id"))
        prediction.output, prediction.client = output, body.get("client_id")
        return json_reply(200, {"prompt_id": prediction.id, "number": 1, "node_errors": {}})

    def check(self, graph):
        """The Upload that it loads, and (node, type) of its output."""
        if not isinstance(graph, dict) or not graph:
            raise GraphError("No prompt provided")
        upload = output = None
        for id, node in graph.items():
            kind = node.get("class_type") if isinstance(node, dict) else None
            if not self.has(kind):
                raise GraphError(f"Cannot execute because node {kind} does not exist.", kind="invalid_prompt")
            inputs = NODES[kind][0]
            known = {name.rstrip("?") for name in inputs}
            if set(node["inputs"]) - known:
                raise Refused(self.problem(400, "unknown input"), f"{kind} has no {sorted(set(node['inputs']) - known)}")
            for name, form in inputs.items():
                if name.rstrip("?") in node["inputs"]:
                    self.check_input(graph, id, name.rstrip("?"), form)
                elif not name.endswith("?"):
                    raise GraphError("Required input is missing", id, "required_input_missing", name)
            if kind == "LoadImage":
                upload = self.loaded(id, node["inputs"]["image"])
            output = (id, OUTPUTS[kind]) if kind in OUTPUTS else output
        if not output:
            raise GraphError("Prompt has no outputs", kind="prompt_no_outputs")
        return upload, output

    def check_input(self, graph, id, name, form):
        value = graph[id]["inputs"][name]
        if isinstance(form, Link):
            source = graph.get(value[0]) if isinstance(value, list) and len(value) == 2 else None
            given = NODES[source["class_type"]][1] if source and self.has(source["class_type"]) else []
            if not isinstance(value[1], int) or value[1] >= len(given) or given[value[1]] != form.kind:
                raise GraphError("Return type mismatch between linked nodes", id, "return_type_mismatch", name)
        elif isinstance(form, Choice):
            words = self.files(form.folder) if form.folder else form.words
            if value not in words:
                raise GraphError("Value not in list", id, "value_not_in_list", f"{name}: '{value}' not in {words}")
        elif fields.problem_of(name, form, value):
            raise GraphError("Failed to convert an input value", id, "invalid_input_type", f"{name}: {value!r}")

    def loaded(self, id, image):
        kind, name = "input", image
        for word in ("temp", "output", "input"):
            if image.endswith(f" [{word}]"):
                kind, name = word, image[: -len(word) - 3]
        folder, _, file = name.rpartition("/")
        upload = self.world.comfyui_files.get((kind, folder, file))
        if not upload:
            raise GraphError("Custom validation failed for node", id, "custom_validation_failed", f"image - Invalid image file: {image}")
        return upload

    def graph_error(self, graph, error):
        nodes = {}
        if error.node:
            nodes[error.node] = {"errors": [{"type": error.kind, "message": str(error), "details": error.details, "extra_info": {}}],
                                 "dependent_outputs": [], "class_type": graph[error.node]["class_type"]}
        message = "Prompt outputs failed validation" if error.node else str(error)
        return json_reply(400, {"error": {"type": "prompt_outputs_failed_validation" if error.node else error.kind,
                                          "message": message, "details": "", "extra_info": {}}, "node_errors": nodes})

    # A run.

    def mine(self):
        with self.world.lock:
            return [one for one in self.world.predictions.values() if one.service == self.name]

    def queue(self, call):
        entry = lambda one: [1, one.id, one.input, {"client_id": one.client}, [one.output[0]]]
        running = [one for one in self.mine() if self.world.advance(one, polled=False) == "running" and one.fate != "forgotten"]
        return json_reply(200, {"queue_running": [entry(one) for one in running[:1]],
                                "queue_pending": [entry(one) for one in running[1:]]})

    def history(self, call):
        one = self.world.find(self.name, call.words["id"])
        if not one or self.world.advance(one) in ("running", "forgotten", "dropped"):
            return json_reply(200, {})
        messages = [["execution_start", {"prompt_id": one.id}]]
        if one.state == "done":
            call.delivers = one.id
            name = f"ComfyUI_{'temp_' if one.output[1] == 'temp' else ''}{one.id[:8]} &_00001_.png"
            with self.world.lock:
                self.world.comfyui_results[(one.output[1], "", name)] = one
            messages.append(["execution_success", {"prompt_id": one.id}])
            outputs = {one.output[0]: {"images": [{"filename": name, "subfolder": "", "type": one.output[1]}]}}
        else:
            outputs = {}
            messages.append(self.end_message(one))
        done = one.state == "done"
        return json_reply(200, {one.id: {"prompt": [1, one.id, one.input, {}, []], "outputs": outputs,
                                         "status": {"status_str": "success" if done else "error", "completed": done,
                                                    "messages": messages}, "meta": {}}})

    def end_message(self, one):
        where = {"prompt_id": one.id, "node_id": "10", "node_type": "KSampler", "executed": []}
        if one.state == "interrupted":
            return ["execution_interrupted", where]
        memory = one.state == "out_of_memory"
        return ["execution_error", {**where, "exception_message": "Allocation on device 0 would exceed allowed memory." if memory
                                    else "mat1 and mat2 shapes cannot be multiplied",
                                    "exception_type": "torch.OutOfMemoryError" if memory else "RuntimeError", "traceback": []}]

    def ids_of(self, call):
        ids = self.json_body(call).get("delete", [])
        return [one for one in map(lambda id: self.world.find(self.name, id), ids) if one]

    def forget(self, call):
        for one in self.ids_of(call):
            self.world.log("deleted", service=self.name, id=one.id)
        return Reply(200)

    def drop(self, call):
        for one in self.ids_of(call):
            waiting = [other for other in self.mine() if other.state == "running"][1:]
            if one in waiting:
                self.world.log("cancel", service=self.name, id=one.id, state="waiting")
                self.world.finish(one, "dropped")
        return Reply(200)

    def interrupt(self, call):
        one = self.world.find(self.name, self.json_body(call).get("prompt_id"))
        if one and one.state == "running":
            self.world.log("cancel", service=self.name, id=one.id, state="running")
            self.world.finish(one, "interrupted")
        return Reply(200)

    def view(self, call):
        asked = call.request.parameters
        one = self.world.comfyui_results.get((asked.get("type", "output"), asked.get("subfolder", ""), asked.get("filename")))
        if not one:
            return Reply(404)
        return Reply(200, [("Content-Type", "image/png")], self.world.file_of(one, call.fault_among(PICTURE_FAULTS) or ""))

    # Progress, as the page of ComfyUI gets it.

    def socket(self, call):
        key = call.request.header("sec-websocket-key")
        client = call.request.parameters.get("clientId")
        if not key or call.request.header("sec-websocket-version") != "13" or not client:
            self.refuse("no WebSocket", why="a handshake without key, version or clientId")
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", base64.b64encode(digest).decode())]
        self.world.log("socket", service=self.name, client=client)
        return Reply(101, headers, length=None, send=lambda stream, head, body: self.tell(stream, head, client))

    def tell(self, stream, head, client):
        stream.send(head)
        self.say(stream, "status", {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client})
        said = set()
        while True:
            for one in self.mine():
                if one.client == client and one.id not in said:
                    said.add(one.id)
                    self.tell_run(stream, one)
            time.sleep(0.005)

    def tell_run(self, stream, one):
        self.say(stream, "execution_start", {"prompt_id": one.id})
        self.say(stream, "execution_cached", {"nodes": [], "prompt_id": one.id})
        for id, node in one.input.items():
            self.say(stream, "executing", {"node": id, "display_node": id, "prompt_id": one.id})
            if "ampler" in node["class_type"]:
                for step in range(1, 5):
                    self.say(stream, "progress", {"value": step, "max": 4, "prompt_id": one.id, "node": id})
                    stream.send(self.frame(b"\0\0\0\1\0\0\0\1" + bytes(70000), opcode=2))  # a preview
        while self.world.advance(one, polled=False) == "running":
            time.sleep(0.005)
        ending = self.end_message(one) if one.state != "done" else ["execution_success", {"prompt_id": one.id}]
        self.say(stream, *ending)

    def say(self, stream, kind, data):
        stream.send(self.frame(json.dumps({"type": kind, "data": data}).encode()))

    def frame(self, payload, opcode=1):
        size = len(payload)
        head = bytes([0x80 | opcode])
        head += bytes([size]) if size < 126 else struct.pack("!BH", 126, size) if size < 1 << 16 else struct.pack("!BQ", 127, size)
        return head + payload
