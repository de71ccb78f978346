#!/usr/bin/env python3
"""`kontext fit` as a script sees it.

usage: fit_test.py KONTEXT [unittest's arguments]
"""

import json
import random
import statistics
import sys
import unittest
from pathlib import Path

import cli_test
from cli_test import BAD_INPUT, USAGE, CliTest, png, png_samples

WIDTH, HEIGHT = 480, 320
SQUARE = (180, 100, 280, 200)  # what the edit paints over: left, top, right, bottom
REACH = 24  # how far outside of it the edit may show


def texture(seed=1):
    """Rows of RGB bytes that look like something: smooth noise of three sizes."""
    source = random.Random(seed)
    picture = [[128.0] * WIDTH for _ in range(HEIGHT)]
    for step, strength in ((4, 12), (16, 30), (64, 45)):
        columns, rows = WIDTH // step + 2, HEIGHT // step + 2
        grid = [[source.uniform(-strength, strength) for _ in range(columns)] for _ in range(rows)]
        for y in range(HEIGHT):
            above, below, down = grid[y // step], grid[y // step + 1], (y % step) / step
            line = [a + (b - a) * down for a, b in zip(above, below)]
            row = picture[y]
            for x in range(WIDTH):
                at = x // step
                row[x] += line[at] + (line[at + 1] - line[at]) * (x % step) / step
    return [
        bytes(max(0, min(255, int(value + tint))) for value in row for tint in (14, 0, -20)) for row in picture
    ]


def painted(rows):
    left, top, right, bottom = SQUARE
    return [
        row[: 3 * left] + bytes((230, 40, 60)) * (right - left) + row[3 * right :] if top <= y < bottom else row
        for y, row in enumerate(rows)
    ]


def mask_of(box):
    left, top, right, bottom = box
    return [
        b"\0" * left + b"\xff" * (right - left) + b"\0" * (WIDTH - right) if top <= y < bottom else b"\0" * WIDTH
        for y in range(HEIGHT)
    ]


def differing_box(rows, others):
    """The box around all pixels that differ, or None."""
    places = [
        (x, y)
        for y, (row, other) in enumerate(zip(rows, others))
        if row != other
        for x in range(WIDTH)
        if row[3 * x : 3 * x + 3] != other[3 * x : 3 * x + 3]
    ]
    if not places:
        return None
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return min(xs), min(ys), max(xs) + 1, max(ys) + 1


TEXTURE = texture()


class Fit(CliTest):
    def setUp(self):
        super().setUp()
        self.original = self.write("original.png", png(WIDTH, HEIGHT, TEXTURE))
        self.edited = self.write("edited.png", png(WIDTH, HEIGHT, painted(TEXTURE)))

    def fit(self, *arguments, original=None, edited=None):
        return self.run_kontext("fit", original or self.original, edited or self.edited, *arguments)

    def expect_change_within(self, file, box):
        width, height, rows = png_samples(self.folder / file)
        self.assertEqual((width, height), (WIDTH, HEIGHT))
        changed = differing_box(TEXTURE, rows)
        self.assertIsNotNone(changed)
        self.assertGreaterEqual(changed[0], box[0] - REACH)
        self.assertGreaterEqual(changed[1], box[1] - REACH)
        self.assertLessEqual(changed[2], box[2] + REACH)
        self.assertLessEqual(changed[3], box[3] + REACH)
        return rows

    def test_takes_over_the_edit_and_nothing_else(self):
        result = self.fit("-o", "out.png")
        self.expect(result, 0)
        self.assertEqual(result.stdout, "out.png\n")
        rows = self.expect_change_within("out.png", SQUARE)
        red, green, blue = rows[150][3 * 230 : 3 * 231]
        self.assertGreater(red, 200)
        self.assertLess(max(green, blue), 90)

    def test_names_the_output_after_the_original(self):
        self.expect(self.fit(), 0)
        self.assertTrue((self.folder / "original-fitted.png").exists())

    def test_reports_in_json(self):
        self.expect(self.fit("-o", "out.png", "--report", "r.json"), 0)
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual((report["mode"], report["decision"]), ("keep", "local"))
        self.assertGreater(report["confidence"], 0.9)
        self.assertLess(abs(report["shift_px"]), 0.5)
        self.assertAlmostEqual(report["scale"], 1, places=2)
        for row, wanted in zip(report["transform"], ((1, 0, 0), (0, 1, 0), (0, 0, 1))):
            for value, number in zip(row, wanted):
                self.assertAlmostEqual(value, number, delta=0.5)
        _, _, rows = png_samples(self.folder / "out.png")
        same = sum(a == b for row, other in zip(TEXTURE, rows) for a, b in zip(row, other))
        self.assertAlmostEqual(report["unchanged_identical"], same / (3 * WIDTH * HEIGHT), places=9)
        self.assertGreater(report["changed_fraction"], 0.05)
        self.assertLessEqual({"timings_ms", "peak_rss_mb", "framing", "regions"}, set(report))

    def test_keeps_a_picture_in_which_nothing_changed(self):
        self.expect(self.fit("-o", "out.png", "--mask", "mask.png", edited=self.original), 0, "Nothing changed")
        self.assertEqual(png_samples(self.folder / "out.png")[2], TEXTURE)
        self.assertEqual(png_samples(self.folder / "mask.png")[2], [bytes(WIDTH)] * HEIGHT)

    def test_writes_the_mask_where_the_edit_shows(self):
        self.expect(self.fit("--mask", "mask.png"), 0)
        self.assertFalse((self.folder / "original-fitted.png").exists())
        _, _, rows = png_samples(self.folder / "mask.png")
        self.assertEqual(rows[150][230], 255)
        self.assertEqual(rows[10][10], 0)

    def test_never_touches_what_is_protected(self):
        left, top, right, bottom = SQUARE
        protect = self.write("protect.png", png(WIDTH, HEIGHT, mask_of((0, 0, left + 40, HEIGHT)), color=0))
        self.expect(self.fit("-o", "out.png", "--protect", protect), 0)
        rows = self.expect_change_within("out.png", SQUARE)
        self.assertTrue(all(row[: 3 * (left + 40)] == own[: 3 * (left + 40)] for row, own in zip(rows, TEXTURE)))

    def test_changes_only_what_is_selected(self):
        select = self.write("select.png", png(WIDTH, HEIGHT, mask_of((200, 120, 240, 160)), color=0))
        self.expect(self.fit("-o", "out.png", "--select", select), 0)
        _, _, rows = png_samples(self.folder / "out.png")
        left, top, right, bottom = differing_box(TEXTURE, rows)
        self.assertTrue(left >= 200 and top >= 120 and right <= 240 and bottom <= 160)

    def test_gives_what_is_new_the_originals_grain_on_request(self):
        source = random.Random(5)
        grainy = [bytes(max(0, min(255, value + source.randint(-9, 9))) for value in row) for row in TEXTURE]
        original = self.write("grainy.png", png(WIDTH, HEIGHT, grainy))
        strengths = []
        for arguments in ((), ("--grain",)):
            self.expect(self.fit("-o", "out.png", *arguments, original=original), 0)
            _, _, rows = png_samples(self.folder / "out.png")
            greens = [row[3 * x + 1] for row in rows[120:180] for x in range(200, 260)]
            strengths.append(statistics.pstdev(greens))
            self.assertEqual(rows[20], grainy[20])
        self.assertLess(strengths[0], 1.5)
        self.assertGreater(strengths[1], 3)
        self.assertLess(strengths[1], 8)  # the noise above is of 5.5

    def test_keeps_sixteen_bits(self):
        rows = [bytes(b for value in row for b in (value, (value * 7) & 255)) for row in TEXTURE]
        original = self.write("deep.png", png(WIDTH, HEIGHT, rows, depth=16))
        self.expect(self.fit("-o", "out.png", original=original), 0)
        _, _, result = png_samples(self.folder / "out.png")
        self.assertEqual(len(result[0]), 6 * WIDTH)
        self.assertEqual([row[:300] for row in result], [row[:300] for row in rows])

    def test_places_a_part_where_the_framing_says(self):
        left, top, width, height = 80, 40, 320, 240
        framing = {
            "version": 1, "layer": [WIDTH, HEIGHT], "canvas": [width, height],
            "region": [left, top, width, height], "crop": [left, top, width, height], "outside": "mirrored",
        }
        self.write("framing.json", json.dumps(framing).encode())
        part = [row[3 * left : 3 * (left + width)] for row in painted(TEXTURE)[top : top + height]]
        edited = self.write("part.png", png(width, height, part))
        self.expect(self.fit("-o", "out.png", "--framing", "framing.json", "--report", "r.json", edited=edited), 0)
        self.expect_change_within("out.png", SQUARE)
        transform = json.loads((self.folder / "r.json").read_text())["transform"]
        self.assertAlmostEqual(transform[0][2], -left, delta=0.5)
        self.assertAlmostEqual(transform[1][2], -top, delta=0.5)

    def test_makes_room_where_the_framing_grows(self):
        border = 80
        size = [WIDTH + 2 * border, HEIGHT]
        framing = {
            "version": 1, "layer": [WIDTH, HEIGHT], "canvas": size, "region": [-border, 0, *size],
            "crop": [-border, 0, *size], "outside": "neutral",
        }
        self.write("framing.json", json.dumps(framing).encode())
        rows = [bytes((20, 90, 200)) * border + row + bytes((20, 90, 200)) * border for row in TEXTURE]
        edited = self.write("wide.png", png(*size, rows))
        self.expect(self.fit("-o", "out.png", "--framing", "framing.json", edited=edited), 0)
        width, height, result = png_samples(self.folder / "out.png")
        self.assertEqual([width, height], size)
        middle = [row[3 * (border + REACH) : 3 * (border + WIDTH - REACH)] for row in result]
        self.assertEqual(middle, [row[3 * REACH : 3 * (WIDTH - REACH)] for row in TEXTURE])
        self.assertLess(result[100][3 * 20], 60)
        self.assertGreater(result[100][3 * 20 + 2], 150)

    def test_says_when_it_is_another_picture(self):
        other = self.write("other.png", png(WIDTH, HEIGHT, texture(2)))
        self.expect(self.fit("-o", "out.png", "--report", "r.json", edited=other), 0, "not recognised")
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["decision"], "unregistered")

    def test_fits_pictures_of_any_size(self):
        for original, edited in (((1, 1), (1, 1)), ((1, 1), (300, 200)), ((700, 1), (64, 64)), ((64, 64), (1, 500))):
            with self.subTest(original=original, edited=edited):
                first = self.write("a.png", png(*original))
                second = self.write("b.png", png(*edited))
                self.expect(self.fit("-o", "out.png", original=first, edited=second), 0)
                self.assertEqual(png_samples(self.folder / "out.png")[:2], original)


class BadFit(CliTest):
    def test_refuses_inputs_that_are_no_pictures(self):
        self.expect(self.run_kontext("fit", self.photo, "gone.png"), BAD_INPUT, "gone.png")
        damaged = self.write("damaged.png", png(8, 6)[:40])
        self.expect(self.run_kontext("fit", self.photo, damaged), BAD_INPUT, "damaged.png")
        self.expect(self.run_kontext("fit", damaged, self.photo), BAD_INPUT, "damaged.png")

    def test_refuses_masks_and_framings_that_do_not_belong(self):
        mask = self.write("mask.png", png(5, 5, color=0))
        for option in ("--select", "--protect"):
            self.expect(self.run_kontext("fit", self.photo, self.photo, option, mask), BAD_INPUT, "mask.png")
        for text in (b"", b"{}", b'{"version": 1, "layer": [9, 9], "canvas": [16, 16], "region": [0, 0, 9, 9],'
                                 b' "crop": [0, 0, 9, 9], "outside": "mirrored"}'):
            framing = self.write("framing.json", text)
            result = self.run_kontext("fit", self.photo, self.photo, "--framing", framing)
            self.expect(result, BAD_INPUT, "framing.json")

    def test_never_writes_over_an_input(self):
        other = self.write("other.png", png(8, 6))
        self.expect(self.run_kontext("fit", self.photo, other, "-o", self.photo), USAGE, "never overwritten")
        self.expect(self.run_kontext("fit", self.photo, other, "-o", other), USAGE, "never overwritten")
        self.expect(self.run_kontext("fit", self.photo, other, "--mask", other), USAGE, "never overwritten")

    def test_refuses_words_that_it_does_not_know(self):
        self.expect(self.run_kontext("fit", self.photo, self.photo, "--fidelity", "best"), USAGE, "keep")
        self.expect(self.run_kontext("fit", self.photo), USAGE)
        self.expect(self.run_kontext("fit", self.photo, self.photo, "-o", "out.gif"), USAGE)


if __name__ == "__main__":
    cli_test.KONTEXT = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
