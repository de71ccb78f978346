#!/usr/bin/env python3
"""The command line program as a script sees it: exit codes, messages, files.

usage: cli_test.py KONTEXT [unittest's arguments]
"""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

KONTEXT = ""

USAGE, REFUSED, BAD_INPUT, OVER_BUDGET, NOT_READY, CANCELLED = 2, 3, 7, 8, 9, 130


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, rows=None, depth=8, color=2):
    """A PNG file's bytes. `rows`: a list of rows of raw sample bytes; mid-grey without."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    if rows is None:
        rows = [b"\x80" * (width * channels * depth // 8)] * height
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_samples(file):
    """Width, height and raw rows of an unfiltered-again PNG; enough for what we write ourselves."""
    data = Path(file).read_bytes()
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", data[at + 8 : at + 18])
        if kind == b"IDAT":
            body += data[at + 8 : at + 8 + size]
        at += size + 12
    pixel = {0: 1, 2: 3, 4: 2, 6: 4}[color] * depth // 8
    raw, stride, rows, above = zlib.decompress(body), width * pixel, [], bytes(width * pixel)
    for y in range(height):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            left = row[x - pixel] if x >= pixel else 0
            corner = above[x - pixel] if x >= pixel else 0
            row[x] = (row[x] + predict(kind, left, above[x], corner)) & 255
        rows.append(bytes(row))
        above = rows[-1]
    return width, height, rows


def predict(kind, left, up, corner):
    if kind == 4:
        guess = left + up - corner
        return min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
    return (0, left, up, (left + up) // 2)[kind]


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kontext-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.environment = {"HOME": folder.name, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self.environment.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
        self.photo = self.write("photo.png", png(8, 6))

    def write(self, name, data):
        file = self.folder / name
        file.write_bytes(data)
        return file

    def run_kontext(self, *arguments):
        return subprocess.run(
            [KONTEXT, *map(str, arguments)], cwd=self.folder, env=self.environment, capture_output=True,
            text=True, timeout=60, check=False,
        )

    def edit(self, *arguments, file=None, prompt="one stop brighter"):
        return self.run_kontext("edit", file or self.photo, "--prompt", prompt, *arguments)

    def expect(self, result, code, words=""):
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertIn(words, result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)


class Edit(CliTest):
    def test_writes_the_edited_picture_and_prints_its_path(self):
        result = self.edit("-o", "out.png")
        self.expect(result, 0)
        self.assertEqual(result.stdout, "out.png\n")
        width, height, rows = png_samples(self.folder / "out.png")
        self.assertEqual((width, height), (8, 6))
        self.assertGreater(rows[0][0], 0x80)

    def test_an_offline_edit_needs_no_place_for_a_journal(self):
        self.environment["XDG_STATE_HOME"] = str(self.folder / "state")
        self.expect(self.edit(), 0)
        self.assertFalse((self.folder / "state").exists())

    def test_names_the_output_after_the_input(self):
        self.expect(self.edit(), 0)
        self.assertTrue((self.folder / "photo-edited.png").exists())

    def test_leaves_a_null_edit_bit_identical(self):
        photo = self.write("noise.png", png(64, 4, [os.urandom(64 * 6) for _ in range(4)], depth=16))
        self.expect(self.edit("-o", "out.png", file=photo, prompt="exposure +0"), 0)
        self.assertEqual(png_samples(self.folder / "out.png"), png_samples(photo))

    def test_numbers_variations(self):
        result = self.edit("--variations", "2", "-o", "out.png", prompt="strong film grain")
        self.expect(result, 0)
        self.assertEqual(result.stdout, "out-1.png\nout-2.png\n")

    def test_gives_the_same_bytes_for_the_same_seed(self):
        for name in ("a.png", "b.png"):
            self.expect(self.edit("--seed", "7", "-o", name, prompt="strong film grain"), 0)
        self.expect(self.edit("--seed", "8", "-o", "c.png", prompt="strong film grain"), 0)
        first, second, third = (self.folder / name for name in ("a.png", "b.png", "c.png"))
        self.assertEqual(first.read_bytes(), second.read_bytes())
        self.assertNotEqual(first.read_bytes(), third.read_bytes())

    def test_changes_only_what_is_selected_and_not_protected(self):
        select = self.write("select.png", png(8, 6, [b"\xff" * 4 + b"\0" * 4] * 6, color=0))
        protect = self.write("protect.png", png(8, 6, [b"\xff" * 2 + b"\0" * 6] * 6, color=0))
        self.expect(self.edit("--select", select, "--protect", protect, "-o", "out.png", "--mask", "mask.png"), 0)
        row = png_samples(self.folder / "out.png")[2][3]
        changed = [row[x * 3] != 0x80 for x in range(8)]
        self.assertEqual(changed, [False, False, True, True, False, False, False, False])
        self.assertEqual(png_samples(self.folder / "mask.png")[2][0], b"\0\0\xff\xff\0\0\0\0")

    def test_writes_layer_and_mask_instead_of_the_composed_picture(self):
        select = self.write("select.png", png(8, 6, [b"\xff" * 4 + b"\0" * 4] * 6, color=0))
        result = self.edit("--select", select, "--layer", "layer.png", "--mask", "mask.png")
        self.expect(result, 0)
        self.assertFalse((self.folder / "photo-edited.png").exists())
        self.assertNotEqual(png_samples(self.folder / "layer.png")[2][0][-1], 0x80)

    def test_reports_in_json(self):
        select = self.write("select.png", png(8, 6, [b"\xff" * 2 + b"\0" * 6] * 6, color=0))
        self.expect(self.edit("--select", select, "--seed", "5", "-o", "out.png", "--report", "r.json"), 0)
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(report["changed_fraction"], 0.25)
        self.assertEqual(report["unchanged_identical"], 0.75)
        self.assertEqual((report["engine"], report["model"], report["seed"]), ("darkroom", "darkroom", 5))
        self.assertEqual(report["transform"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
        self.assertLessEqual(
            {"mode", "confidence", "shift_px", "scale", "timings_ms", "peak_rss_mb", "cost_usd", "request_id",
             "framing"},
            set(report),
        )

    def test_stops_at_ctrl_c_and_leaves_no_half_file(self):
        photo = self.write("large.png", png(6000, 4000))
        process = subprocess.Popen(
            [KONTEXT, "edit", photo, "--prompt", "oil painting", "-o", "out.png"], cwd=self.folder,
            env=self.environment, stderr=subprocess.PIPE, text=True,
        )
        with process:
            process.stderr.readline()  # it is at work
            process.send_signal(signal.SIGINT)
            self.assertIn("cancelled", process.communicate(timeout=60)[1])
        self.assertEqual(process.returncode, CANCELLED)
        self.assertEqual(sorted(path.name for path in self.folder.glob("*.png*")), ["large.png", "photo.png"])


class BadInput(CliTest):
    def test_refuses_what_is_no_picture(self):
        for name, data in {
            "empty.png": b"",
            "text.png": b"this is not a picture\n" * 100,
            "truncated.png": png(64, 64, [os.urandom(192) for _ in range(64)])[:6000],
            "header.png": png(64, 64)[:20],
        }.items():
            with self.subTest(name):
                self.expect(self.edit(file=self.write(name, data)), BAD_INPUT, name)

    def test_refuses_a_missing_file_and_a_folder(self):
        self.expect(self.edit(file="missing.png"), BAD_INPUT, "missing.png")
        self.expect(self.edit(file=self.folder), BAD_INPUT)

    def test_refuses_a_bomb_without_taking_memory(self):
        bomb = self.write("bomb.png", png(65535, 65535, [b""]))
        self.expect(self.edit(file=bomb), BAD_INPUT, "65535")

    def test_edits_a_single_pixel(self):
        self.expect(self.edit("-o", "out.png", file=self.write("one.png", png(1, 1))), 0)

    def test_refuses_a_mask_of_another_size(self):
        mask = self.write("mask.png", png(4, 4, color=0))
        self.expect(self.edit("--select", mask), BAD_INPUT, "mask.png")


class BadRequest(CliTest):
    def test_refuses_prompts_that_are_empty_or_too_long(self):
        self.expect(self.edit(prompt=""), USAGE, "empty")
        self.expect(self.edit(prompt="  \n "), USAGE, "empty")
        self.expect(self.edit(prompt="warmer " * 14286), USAGE, "100002")

    def test_refuses_seeds_out_of_range(self):
        for seed in ("-1", "4294967296", "99999999999999999999", "abc", "1.5"):
            with self.subTest(seed):
                self.expect(self.edit(f"--seed={seed}"), USAGE, seed)

    def test_refuses_unknown_engines_and_models(self):
        self.expect(self.edit("--engine", "nonesuch"), NOT_READY, "nonesuch")
        self.expect(self.edit("--model", "nonesuch"), NOT_READY, "nonesuch")

    def test_refuses_what_the_engine_cannot_do(self):
        self.expect(self.edit(prompt="add a beach"), REFUSED, "beach")
        self.expect(self.edit("--aspect", "16:9"), USAGE, "16:9")
        self.expect(self.edit("--variations", "99"), USAGE, "99")
        self.expect(self.edit("--reference", "other.png"), USAGE)

    def test_refuses_malformed_options(self):
        for arguments in (["--option", "novalue"], ["--option", "no-such=1"], ["--fidelity", "best"],
                          ["--aspect", "wide"], ["--no-such-option"], ["--variations", "x"]):
            with self.subTest(arguments):
                self.expect(self.edit(*arguments), USAGE)

    def test_refuses_outputs_that_cannot_be_before_it_works(self):
        self.expect(self.edit("-o", "out.xyz"), USAGE, "out.xyz")
        self.expect(self.edit("-o", "no/such/folder/out.png"), USAGE, "no/such/folder")
        self.expect(self.edit("-o", self.photo), USAGE, "photo.png")

    def test_refuses_a_price_above_the_ceiling_but_the_darkroom_is_free(self):
        self.expect(self.edit("--max-cost", "0", "-o", "out.png"), 0)
        models = self.folder / ".config/gimp-kontext/models.json"
        models.parent.mkdir(parents=True, exist_ok=True)
        row = {"engine": "darkroom", "id": "paid", "name": "Paid", "seed_max": 9, "price_usd": 0.04}
        models.write_text(json.dumps({"version": 1, "models": [row]}))
        self.expect(self.edit("--model", "paid", "--max-cost", "0.03"), OVER_BUDGET, "$0.04")

    def test_needs_a_command_and_a_prompt(self):
        self.assertEqual(self.run_kontext().returncode, USAGE)
        self.assertEqual(self.run_kontext("edit", self.photo).returncode, USAGE)
        self.assertEqual(self.run_kontext("nonesuch").returncode, USAGE)

    def test_names_a_broken_settings_or_model_file(self):
        folder = self.folder / ".config/gimp-kontext"
        folder.mkdir(parents=True)
        (folder / "models.json").write_text('{"version": 1, "models": [{"engine": "darkroom"}]}')
        self.expect(self.edit(), USAGE, "models.json")


class Engines(CliTest):
    def test_are_listed(self):
        result = self.run_kontext("engines")
        self.assertEqual(result.returncode, 0)
        self.assertIn("darkroom", result.stdout)

    def test_are_listed_as_json(self):
        listing = json.loads(self.run_kontext("engines", "--json").stdout)
        darkroom = next(engine for engine in listing["engines"] if engine["id"] == "darkroom")
        self.assertFalse(darkroom["leaves_machine"])
        self.assertEqual(darkroom["models"][0]["price_usd"], 0)


if __name__ == "__main__":
    KONTEXT = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
