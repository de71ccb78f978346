"""Strict reading of what clients send: JSON by a table of fields, multipart by RFC 7578."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from email.message import Message

RATIOS_14 = ["match_input_image", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21", "2:1", "1:2"]


class Unreadable(Exception):
    """The body is not what its Content-Type says."""


@dataclass(frozen=True)
class Field:
    kind: str  # string, integer, number, boolean, object, strings, any
    required: bool = False
    enum: tuple = ()
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    nullable: bool = False
    image: bool = False
    most: int = 1  # of strings: how many


def string(**more):
    return Field("string", **more)


def integer(low=None, high=None, **more):
    return Field("integer", low=low, high=high, **more)


def number(low=None, high=None, **more):
    return Field("number", low=low, high=high, **more)


def boolean(**more):
    return Field("boolean", **more)


def choice(*values, **more):
    return Field("string", enum=tuple(values), **more)


@dataclass(frozen=True)
class Problem:
    name: str
    message: str
    kind: str  # missing, unknown, type, enum, less_than_equal, greater_than_equal, pattern


IS = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "strings": lambda value: isinstance(value, list) and value and all(isinstance(entry, str) for entry in value),
    "any": lambda value: True,
}


def problem_of(name, field, value):
    if value is None and field.nullable:
        return None
    if not IS[field.kind](value):
        return Problem(name, f"Input should be a valid {field.kind}", "type")
    if field.enum and value not in field.enum:
        return Problem(name, f"Input should be one of {', '.join(map(str, field.enum))}", "enum")
    if field.high is not None and value > field.high:
        return Problem(name, f"Input should be less than or equal to {field.high}", "less_than_equal")
    if field.low is not None and value < field.low:
        return Problem(name, f"Input should be greater than or equal to {field.low}", "greater_than_equal")
    if field.pattern and not re.fullmatch(field.pattern, value):
        return Problem(name, f"String should match pattern '{field.pattern}'", "pattern")
    if field.kind == "strings" and len(value) > field.most:
        return Problem(name, f"List should have at most {field.most} items", "too_long")
    if field.required and value == "":
        return Problem(name, f"{name} is required", "missing")
    return None


def problems(fields, value):
    """What is wrong with `value`, first of all fields that nobody knows."""
    found = [Problem(name, f"{name}: additional property not allowed", "unknown") for name in value if name not in fields]
    for name, field in fields.items():
        if name in value:
            problem = problem_of(name, field, value[name])
            if problem:
                found.append(problem)
        elif field.required:
            found.append(Problem(name, f"{name} is required", "missing"))
    return found


def no_twins(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Unreadable("a JSON name appears twice")
    return dict(pairs)


def no_constant(text):
    raise Unreadable(f"{text} is no JSON")


def read_json(body):
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=no_twins, parse_constant=no_constant)
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unreadable("JSON, but no object")
    return value


def read_base64(text):
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Unreadable("no base64") from error


def read_data_uri(text):
    """Media type and bytes of data:TYPE;base64,…"""
    found = re.match(r"data:([a-z]+/[a-z0-9.+-]+);base64,", text)
    if not found:
        raise Unreadable("no data URI")
    return found[1], read_base64(text[found.end() :])


@dataclass(frozen=True)
class Part:
    name: str
    filename: str | None
    media_type: str | None
    body: bytes


def parameter(header, value, name):
    message = Message()
    message[header] = value
    return message.get_param(name, header=header)


def read_multipart(content_type, body):
    """The parts in order. Nothing may stand before the first or after the last boundary but a line's end."""
    boundary = parameter("content-type", content_type, "boundary")
    if not boundary or len(boundary) > 70:
        raise Unreadable("multipart without boundary")
    mark = b"--" + boundary.encode()
    if not body.startswith(mark + b"\r\n"):
        raise Unreadable("multipart does not start with its boundary")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if pieces[-1] not in (b"--", b"--\r\n"):
        raise Unreadable("multipart does not end with its boundary")
    return [read_part(piece) for piece in pieces[1:-1]]


def read_part(piece):
    if not piece.startswith(b"\r\n"):
        raise Unreadable("bytes after a boundary")
    head, gap, body = piece[2:].partition(b"\r\n\r\n")
    if not gap:
        raise Unreadable("a part without its empty line")
    headers = {}
    for line in head.decode("utf-8").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if set(headers) - {"content-disposition", "content-type"}:
        raise Unreadable(f"a part with the headers {sorted(headers)}")
    disposition = headers.get("content-disposition", "")
    name = parameter("content-disposition", disposition, "name")
    if not disposition.startswith("form-data;") or not name:
        raise Unreadable("a part without a name")
    filename = parameter("content-disposition", disposition, "filename")
    return Part(name, filename, headers.get("content-type"), body)
