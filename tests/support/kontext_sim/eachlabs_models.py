"""What each model at Eachlabs takes."""

import re
from dataclasses import dataclass

from .fields import RATIOS_14, Field, boolean, choice, integer, number, string
from .service import size_for

SEED = integer(1, 10**18)
IMAGE = Field("string", image=True)
SIZES = {"square_hd": (1024, 1024), "square": (512, 512), "portrait_4_3": (768, 1024), "portrait_16_9": (576, 1024),
         "landscape_4_3": (1024, 768), "landscape_16_9": (1024, 576)}
RATIO = choice(*RATIOS_14)
KONTEXT = {"prompt": string(required=True), "input_image": IMAGE, "aspect_ratio": RATIO, "safety_tolerance": integer(0, 6),
           "seed": SEED}
TWO_IMAGES = {"prompt": string(required=True), "input_image_1": Field("string", image=True, required=True),
              "input_image_2": Field("string", image=True, required=True), "aspect_ratio": RATIO,
              "output_format": choice("jpg", "png"), "safety_tolerance": integer(0, 2), "seed": SEED}


def images(most, **more):
    return Field("strings", image=True, required=True, most=most, **more)


def flux_2(most, formats, **more):
    return {"prompt": string(required=True), "image_urls": images(most), "image_size": Field("any"), "seed": SEED,
            "output_format": choice(*formats), **more}


@dataclass(frozen=True)
class Model:
    fields: dict
    size: str = "ratio"  # ratio: aspect_ratio, match_input_image when absent; or image_size's default
    form: str = "png"

    def form_of(self, given):
        return {"jpg": "jpeg"}.get(given.get("output_format"), given.get("output_format")) or self.form


OPEN = {"guidance_scale": number(0, 20), "num_inference_steps": integer(4, 50)}
MODELS = {
    "flux-kontext-pro": Model(KONTEXT),
    "flux-kontext-max": Model(KONTEXT),
    "multi-image-kontext-pro": Model(TWO_IMAGES),
    "multi-image-kontext-max": Model(TWO_IMAGES),
    "flux-kontext-dev": Model({"prompt": string(required=True), "image_url": IMAGE, "seed": string(pattern=r"\d+"),
                               "resolution_mode": choice("match_input", "auto", *RATIOS_14[1:]),
                               "output_format": choice("jpeg", "png"), **OPEN}, form="jpeg"),
    "flux-2-pro-edit": Model(flux_2(8, ("jpeg", "png"), safety_tolerance=choice(*"12345")), "auto", "jpeg"),
    "flux-2-max-edit": Model(flux_2(8, ("jpeg", "png"), safety_tolerance=choice(*"12345")), "square_hd", "jpeg"),
    "flux-2-edit": Model(flux_2(4, ("jpeg", "png", "webp"), **OPEN), "square_hd"),
    "flux-2-turbo-edit": Model(flux_2(4, ("jpeg", "png", "webp"), **OPEN), "square_hd"),
    "flux-2-flash-edit": Model(flux_2(4, ("jpeg", "png", "webp"), **OPEN), "square_hd"),
    "flux-2-klein-4b-edit": Model(flux_2(4, ("jpeg", "png", "webp")), "landscape_4_3"),
    "flux-2-klein-9b-base-edit": Model(flux_2(4, ("jpeg", "png", "webp"), **OPEN), "landscape_4_3"),
    **{slug: Model({"prompt": string(required=True), "image_urls": images(10), "aspect_ratio": string(),
                    "resolution": choice("1K", "2K", "4K"), "output_format": choice("png", "jpeg")})
       for slug in ("nano-banana-edit", "nano-banana-pro-edit", "nano-banana-2-edit")},
    **{slug: Model({"prompt": string(required=True), "image_urls": images(10), "image_size": Field("any"), "seed": SEED},
                   "square_hd") for slug in ("seedream-v4-edit", "bytedance-seedream-v4-5-edit")},
    "qwen-image-edit-plus": Model(flux_2(3, ("jpeg", "png"), **OPEN), "square_hd"),
    "gpt-image-v1-5-edit": Model({"prompt": string(required=True), "image_urls": images(16), "background": string(),
                                  "image_size": choice("1024x1024", "1536x1024", "1024x1536"),
                                  "input_fidelity": choice("low", "high"), "output_format": choice("jpeg", "png", "webp")},
                                 "1024x1024"),
    "gpt-image-v2-5-flare-edit": Model({"prompt": string(required=True), "image_urls": images(16), "background": string(),
                                        "image_size": string(pattern=r"\d+x\d+"), "mask_url": IMAGE,
                                        "output_format": choice("jpeg", "png", "webp"), "sync_mode": boolean()}, "1024x1024"),
}


def output_size(model, given, upload):
    """Pixels of the result, as the service would choose them."""
    if model.size == "ratio":
        ratio = given.get("aspect_ratio", given.get("resolution_mode"))
        return size_for(upload, None if ratio == "match_input" else ratio)
    asked = given.get("image_size", model.size)
    if isinstance(asked, dict):
        return asked["width"], asked["height"]
    if found := re.fullmatch(r"(\d+)x(\d+)", asked):
        return int(found[1]), int(found[2])
    return SIZES.get(asked, (upload.width, upload.height))


def request_schema(model):
    """The fields as JSON Schema, as the service shows them."""
    kinds = {"strings": "array", "any": "object"}
    properties = {}
    for name, field in model.fields.items():
        entry = {"type": kinds.get(field.kind, field.kind)}
        if field.enum:
            entry["enum"] = list(field.enum)
        if field.image and field.kind == "string":
            entry["format"] = "uri"
        if field.low is not None:
            entry["minimum"] = field.low
        if field.high is not None:
            entry["maximum"] = field.high
        properties[name] = entry
    required = [name for name, field in model.fields.items() if field.required]
    return {"type": "object", "required": required, "properties": properties}
