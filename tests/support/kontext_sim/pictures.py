"""What clients may upload, and what they get back: the same picture with a centred square inverted."""

import struct
import threading
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from . import jpeg, png
from .png import PictureError

PNG_METADATA = {b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"tIME", b"caBX"}
JPEG_METADATA = {0xE1: "APP1", 0xE2: "APP2", 0xED: "APP13", 0xEB: "APP11", 0xFE: "a comment"}
WEBP_METADATA = {b"EXIF", b"XMP ", b"ICCP"}
INVERT = bytes(255 - value for value in range(256))

BUCKETS = [
    (672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104),
    (1024, 1024), (1104, 944), (1184, 880), (1248, 832), (1328, 800), (1392, 752), (1456, 720), (1504, 688),
    (1568, 672),
]


def bucket_of(ratio):
    """The Kontext size whose width/height is nearest to `ratio`."""
    return min(BUCKETS, key=lambda size: abs(ratio - size[0] / size[1]))


@dataclass(frozen=True)
class Upload:
    kind: str  # png, jpeg, webp
    width: int
    height: int
    data: bytes
    alpha: bool = False


@lru_cache(maxsize=32)
def check_upload(data):
    """An Upload of a picture file without metadata; PictureError otherwise."""
    if data.startswith(png.SIGNATURE):
        picture = png.read(data)
        bad = {kind for kind, _ in picture.chunks} & PNG_METADATA
        if bad:
            raise PictureError(f"PNG carries metadata: {sorted(bad)}")
        return Upload("png", picture.width, picture.height, data, picture.color in (4, 6))
    if data.startswith(b"\xff\xd8\xff"):
        try:
            width, height, segments = jpeg.size_of(data)
        except ValueError as error:
            raise PictureError(f"JPEG {error}") from error
        bad = [JPEG_METADATA[marker] for marker, _ in segments if marker in JPEG_METADATA]
        if bad:
            raise PictureError(f"JPEG carries metadata: {bad}")
        return Upload("jpeg", width, height, data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return check_webp(data)
    raise PictureError("neither PNG nor JPEG nor WebP")


def check_webp(data):
    if struct.unpack("<I", data[4:8])[0] + 8 != len(data):
        raise PictureError("WebP length is wrong")
    at, size = 12, None
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        body = data[at + 8 : at + 8 + length]
        if kind in WEBP_METADATA:
            raise PictureError(f"WebP carries metadata: {kind!r}")
        if kind == b"VP8X":
            size = [int.from_bytes(body[i : i + 3], "little") + 1 for i in (4, 7)]
        if kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            size = [(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1]
        if kind == b"VP8 ":
            size = [value & 0x3FFF for value in struct.unpack("<HH", body[6:10])]
        at += 8 + length + length % 2
    if not size:
        raise PictureError("WebP without pixels")
    return Upload("webp", *size, data)


@dataclass
class Raster:
    width: int
    height: int
    channels: int
    rows: list

    def resized(self, width, height):
        """By the nearest pixel."""
        if (width, height) == (self.width, self.height):
            return self
        columns = [x * self.width // width * self.channels for x in range(width)]
        pick = itemgetter(*[at + c for at in columns for c in range(self.channels)])
        rows = [bytes(pick(self.rows[y * self.height // height])) for y in range(height)]
        return Raster(width, height, self.channels, rows)

    def with_square(self):
        """The centred square (a quarter of the sides) inverted; alpha stays."""
        left, right = self.width * 3 // 8 * self.channels, self.width * 5 // 8 * self.channels
        rows = list(self.rows)
        for y in range(self.height * 3 // 8, self.height * 5 // 8):
            row = bytearray(rows[y])
            for channel in range(3):
                row[left + channel : right : self.channels] = row[left + channel : right : self.channels].translate(INVERT)
            rows[y] = bytes(row)
        return Raster(self.width, self.height, self.channels, rows)


def drawn(width, height):
    """A picture that has nothing to do with anybody's photo."""
    across = bytes(x * 255 // width for x in range(width))
    rows = []
    for y in range(height):
        row = bytearray(width * 3)
        row[0::3] = across
        row[1::3] = bytes([y * 255 // height]) * width
        row[2::3] = across[::-1]
        rows.append(bytes(row))
    return Raster(width, height, 3, rows)


class Rendered:
    """Decoded uploads and results, each made once: undoing a PNG's filters here takes a good part of a second."""

    def __init__(self):
        self.lock = threading.Lock()
        self.raster = lru_cache(maxsize=8)(decode)
        self.file = lru_cache(maxsize=32)(self.write)

    def write(self, upload, size, form):
        raster = self.raster(upload) if upload else drawn(*size)
        return WRITERS[form](raster.resized(*size))

    def result(self, upload, size, form):
        """The reply's file: `upload` with its square inverted (None: a drawing), `size` pixels, a form of WRITERS."""
        with self.lock:
            return self.file(upload, size, form)


def decode(upload):
    if upload.kind == "png":
        picture = png.read(upload.data)
        if picture.simple():
            return Raster(picture.width, picture.height, png.CHANNELS[picture.color], png.rows_of(picture)).with_square()
    return drawn(upload.width, upload.height).with_square()


def write_png(raster, extra=()):
    return png.write(raster.width, raster.height, raster.rows, 8, 2 if raster.channels == 3 else 6, extra)


def write_jpeg(raster, extra=()):
    return jpeg.write(raster.width, raster.height, raster.rows, raster.channels, extra)


def write_16_bit(raster):
    rows = []
    for row in raster.rows:
        wide = bytearray(2 * len(row))
        wide[0::2] = wide[1::2] = row
        rows.append(bytes(wide))
    return png.write(raster.width, raster.height, rows, 16, 2 if raster.channels == 3 else 6)


def write_palette(raster):
    levels = [bytes(value & 0xE0 for value in range(256)), bytes(value >> 3 & 0x1C for value in range(256)),
              bytes(value >> 6 for value in range(256))]
    rows = []
    for row in raster.rows:
        planes = [row[channel :: raster.channels].translate(levels[channel]) for channel in range(3)]
        rows.append(bytes(map(sum, zip(*planes))))
    colors = b"".join(bytes([i >> 5 << 5, (i >> 2 & 7) << 5, (i & 3) << 6]) for i in range(256))
    return png.write(raster.width, raster.height, rows, 8, 3, [(b"PLTE", colors)])


JUMBF = struct.pack(">I4s", 40, b"jumb") + struct.pack(">I4s", 32, b"jumd") + b"c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0\0\0"
WRITERS = {
    "png": write_png,
    "jpeg": write_jpeg,
    "webp": write_png,  # nobody can write WebP from the standard library; clients go by magic bytes
    "sixteen_bit": write_16_bit,
    "palette": write_palette,
    "png_c2pa": lambda raster: write_png(raster, [(b"caBX", JUMBF)]),
    "jpeg_app11": lambda raster: write_jpeg(raster, [(0xEB, b"JP\0\1\0\0\0\1" + JUMBF)]),
    "picture_truncated": lambda raster: write_png(raster)[:-200],
    "picture_empty": lambda raster: b"",
    "not_a_picture": lambda raster: b"<!DOCTYPE html><html><body>Sign in to see this picture</body></html>",
}


def media_type(data):
    if data.startswith(png.SIGNATURE):
        return "image/png"
    if data.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "application/octet-stream"
