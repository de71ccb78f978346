"""A JPEG of one flat colour per 8x8 block: enough to be decoded by everybody, from the standard library alone."""

import struct

# ITU T.81 table K.3; of the AC coefficients only the end of a block is ever coded
DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
DC_VALUES = bytes(range(12))
AC_COUNTS = bytes([1] + [0] * 15)
AC_VALUES = bytes([0])
QUANTUM = 8  # a flat block's DC coefficient is 8 times its level


def codes():
    table, code, values = {}, 0, iter(DC_VALUES)
    for bits, count in enumerate(DC_COUNTS, 1):
        for _ in range(count):
            table[next(values)] = format(code, f"0{bits}b")
            code += 1
        code <<= 1
    return table


def difference_bits(table, difference):
    size = abs(difference).bit_length()
    if not size:
        return table[0]
    return table[size] + format(difference if difference > 0 else difference + (1 << size) - 1, f"0{size}b")


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def to_ycc(red, green, blue):
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luma) - 128, round((blue - luma) / 1.772), round((red - luma) / 1.402)


def write(width, height, rows, channels, extra=()):
    """`rows` of 8-bit samples; `extra` segments (marker, body) stand after JFIF's."""
    table, cache, bits, before = codes(), {}, [], (0, 0, 0)
    for top in range(0, height, 8):
        row = rows[min(top + 4, height - 1)]
        for left in range(0, width, 8):
            at = min(left + 4, width - 1) * channels
            color = to_ycc(row[at], row[at + 1], row[at + 2])
            for now, last in zip(color, before):
                if now - last not in cache:
                    cache[now - last] = difference_bits(table, now - last) + "0"
                bits.append(cache[now - last])
            before = color
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"".join(bytes([c, 0x11, 0]) for c in (1, 2, 3))
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + b"".join(segment(marker, body) for marker, body in extra)
        + segment(0xDB, b"\0" + bytes([QUANTUM] * 64))
        + segment(0xC0, frame)
        + segment(0xC4, b"\x00" + DC_COUNTS + DC_VALUES)
        + segment(0xC4, b"\x10" + AC_COUNTS + AC_VALUES)
        + segment(0xDA, b"\3" + b"".join(bytes([c, 0]) for c in (1, 2, 3)) + b"\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def size_of(data):
    """Width, height and the markers before the pixels with their bodies."""
    at, found, size = 2, [], None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("no marker where one must be")
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        if len(body) != length - 2:
            break
        found.append((marker, body))
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = struct.unpack(">HH", body[1:5])
        if marker == 0xDA:
            if not size or not data.endswith(b"\xff\xd9"):
                raise ValueError("no frame before the pixels, or no end")
            return size[1], size[0], found
        at += 2 + length
    raise ValueError("ends before its pixels")
