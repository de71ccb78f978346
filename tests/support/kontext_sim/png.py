"""PNG without a library: strict reading, 8-bit RGB and RGBA to rows and back."""

import struct
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


class PictureError(Exception):
    """The bytes are not the picture that they should be."""


@dataclass
class Png:
    width: int
    height: int
    depth: int
    color: int
    interlaced: bool
    chunks: list  # (kind, body) in file order

    def simple(self):
        """8-bit RGB or RGBA, not interlaced: what rows_of() takes."""
        return self.depth == 8 and self.color in (2, 6) and not self.interlaced


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def read(data):
    """The chunks of a PNG file; every length, order and checksum is checked."""
    if not data.startswith(SIGNATURE):
        raise PictureError("no PNG signature")
    at, chunks = len(SIGNATURE), []
    while at < len(data):
        if at + 12 > len(data):
            raise PictureError("PNG ends inside a chunk")
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        check = data[at + 8 + size : at + 12 + size]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + body):
            raise PictureError(f"PNG chunk {kind!r} is cut or has a wrong checksum")
        chunks.append((kind, body))
        at += size + 12
        if kind == b"IEND":
            break
    kinds = [kind for kind, _ in chunks]
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise PictureError("PNG without IHDR, IDAT or IEND")
    if at != len(data):
        raise PictureError("bytes after the PNG's end")
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if not width or not height or color not in CHANNELS:
        raise PictureError("PNG header out of range")
    return Png(width, height, depth, color, interlaced != 0, chunks)


def write(width, height, rows, depth=8, color=2, extra=()):
    """A PNG file of unfiltered `rows`; `extra` chunks (kind, body) stand before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    middle = b"".join(chunk(kind, body) for kind, body in extra)
    return SIGNATURE + chunk(b"IHDR", header) + middle + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def rows_of(picture):
    """The rows of a simple() picture as bytes, its filters undone."""
    pixel = CHANNELS[picture.color]
    stride = picture.width * pixel
    try:
        raw = zlib.decompress(b"".join(body for kind, body in picture.chunks if kind == b"IDAT"))
    except zlib.error as error:
        raise PictureError(f"PNG pixels: {error}") from error
    if len(raw) != picture.height * (stride + 1):
        raise PictureError("PNG has too few or too many pixels")
    rows, above = [], bytes(stride)
    for start in range(0, len(raw), stride + 1):
        above = undo(raw[start], raw[start + 1 : start + 1 + stride], above, pixel)
        rows.append(above)
    return rows


def undo(kind, row, above, pixel):
    if kind == 0:
        return row
    if kind == 2:
        return add(row, above)
    if kind == 1 or (kind == 4 and not any(above)):
        return running_sum(row, pixel)
    if kind not in (3, 4):
        raise PictureError(f"PNG filter {kind}")
    out = bytearray(len(row))
    follow = average if kind == 3 else paeth
    for channel in range(pixel):
        out[channel::pixel] = bytes(follow(row[channel::pixel], above[channel::pixel]))
    return bytes(out)


def average(values, above):
    left = 0
    for value, up in zip(values, above):
        left = (value + ((left + up) >> 1)) & 255
        yield left


def paeth(values, above):
    left = corner = 0
    for value, up in zip(values, above):
        to_left, to_up, to_corner = up - corner, left - corner, left + up - corner - corner
        if to_left < 0:
            to_left = -to_left
        if to_up < 0:
            to_up = -to_up
        if to_corner < 0:
            to_corner = -to_corner
        if to_left <= to_up and to_left <= to_corner:
            left = (value + left) & 255
        elif to_up <= to_corner:
            left = (value + up) & 255
        else:
            left = (value + corner) & 255
        corner = up
        yield left


def add_numbers(a, b, low, high):
    """Adds byte by byte: the carry of each byte is kept from the next."""
    return ((a & low) + (b & low)) ^ ((a ^ b) & high)


def masks(size):
    return int.from_bytes(b"\x7f" * size, "little"), int.from_bytes(b"\x80" * size, "little")


def add(a, b):
    low, high = masks(len(a))
    return add_numbers(int.from_bytes(a, "little"), int.from_bytes(b, "little"), low, high).to_bytes(len(a), "little")


def running_sum(row, pixel):
    """Each byte plus all those of its channel before it, in log2(width) steps over the whole row."""
    size = len(row)
    low, high = masks(size)
    every = low | high
    value, step = int.from_bytes(row, "little"), pixel
    while step < size:
        value = add_numbers(value, (value << (8 * step)) & every, low, high)
        step *= 2
    return value.to_bytes(size, "little")
