#!/usr/bin/env python3
"""`kontext edit` with an engine that returns pictures as models do (tests/support/drift_engine.h).

usage: drift_test.py KONTEXT [unittest's arguments]
"""

import json
import sys
import unittest
from pathlib import Path

import cli_test
import fit_test
from cli_test import USAGE, CliTest, png, png_samples
from fit_test import HEIGHT, WIDTH, differing_box, mask_of

BAD_REPLY = 5
MODELS = {
    "version": 1,
    "models": [{"engine": "drift", "id": "drift", "name": "Drift", "pixels": 150000,
                "aspect_ratios": ["match", "2:1"], "seed_max": 99, "variations_max": 4, "price_usd": 0.04}],
}
ELLIPSE = "ellipse 0.5 0.5 0.1 0.15"
BOX = (192, 112, 288, 208)  # around it: left, top, right, bottom
REACH = 16  # how far outside of it the edit may show
TEXTURE = fit_test.texture()


class Drift(CliTest):
    def setUp(self):
        super().setUp()
        folder = self.folder / ".config" / "gimp-kontext"
        folder.mkdir(parents=True)
        (folder / "models.json").write_text(json.dumps(MODELS))
        self.photo = self.write("photo.png", png(WIDTH, HEIGHT, TEXTURE))

    def drift(self, *arguments, prompt=ELLIPSE):
        return self.edit("--engine", "drift", *arguments, prompt=prompt)

    def report(self):
        return json.loads((self.folder / "r.json").read_text())

    def samples(self, name):
        width, height, rows = png_samples(self.folder / name)
        return (width, height), rows

    def assert_near(self, box, expected, reach=REACH):
        for value, wanted in zip(box, expected):
            self.assertAlmostEqual(value, wanted, delta=reach)

    def test_changes_what_was_painted_and_no_other_sample(self):
        self.expect(self.drift("-o", "out.png", "--report", "r.json"), 0)
        size, rows = self.samples("out.png")
        self.assertEqual(size, (WIDTH, HEIGHT))
        self.assert_near(differing_box(rows, TEXTURE), BOX)
        red, green, blue = rows[160][3 * 240 : 3 * 240 + 3]
        self.assertGreater(red - green, 100)
        self.assertGreater(blue - green, 80)
        self.assertGreater(self.report()["unchanged_identical"], 0.85)

    def test_reports_what_it_did(self):
        self.expect(self.drift("-o", "out.png", "--report", "r.json", "--seed", "7"), 0)
        report = self.report()
        self.assertEqual((report["engine"], report["model"], report["seed"]), ("drift", "drift", 7))
        self.assertEqual((report["mode"], report["decision"]), ("keep", "local"))
        self.assertEqual((report["cost_usd"], report["request_id"]), (0.04, "drift-7"))
        self.assertGreater(report["confidence"], 0.8)
        self.assertEqual(report["framing"]["layer"], [WIDTH, HEIGHT])
        self.assertEqual(report["layer"], [0, 0, WIDTH, HEIGHT])
        scale = report["framing"]["canvas"][0] / report["framing"]["crop"][2]
        self.assertAlmostEqual(report["transform"][0][0] / scale, 1.008, delta=0.002)
        self.assertAlmostEqual(report["scale"], 1.008, delta=0.002)
        self.assertAlmostEqual(report["shift_px"], (3.3**2 + 2.6**2) ** 0.5, delta=0.5)
        self.assertAlmostEqual(report["changed_fraction"], 0.05, delta=0.03)
        for stage in ("read", "frame", "engine", "plan", "place", "total"):
            self.assertGreaterEqual(report["timings_ms"][stage], 0)
        self.assertGreater(report["peak_rss_mb"], 1)

    def test_writes_layer_and_mask_that_make_the_picture(self):
        self.expect(self.drift("-o", "out.png", "--layer", "layer.png", "--mask", "mask.png"), 0)
        _, composed = self.samples("out.png")
        size, layer = self.samples("layer.png")
        _, mask = self.samples("mask.png")
        self.assertEqual(size, (WIDTH, HEIGHT))
        for y in range(0, HEIGHT, 7):
            for x in range(WIDTH):
                share = mask[y][x] / 255
                for c in range(3):
                    at = 3 * x + c
                    expected = TEXTURE[y][at] + share * (layer[y][at] - TEXTURE[y][at])
                    self.assertAlmostEqual(composed[y][at], expected, delta=1)

    def test_stays_within_the_selection(self):
        self.write("select.png", png(WIDTH, HEIGHT, mask_of((200, 60, 320, 180)), color=0))
        everywhere = "ellipse 0.5 0.5 0.7 0.7"
        self.expect(self.drift("-o", "out.png", "--select", "select.png", prompt=everywhere), 0)
        box = differing_box(self.samples("out.png")[1], TEXTURE)
        self.assertGreaterEqual(box[0], 200)
        self.assertGreaterEqual(box[1], 60)
        self.assertLessEqual(box[2], 320)
        self.assertLessEqual(box[3], 180)

    def test_shows_all_of_the_selection_on_request(self):
        self.write("select.png", png(WIDTH, HEIGHT, mask_of((200, 60, 320, 180)), color=0))
        self.expect(self.drift("--mask", "mask.png", "--layer", "layer.png", "--select", "select.png",
                               "--report", "r.json", "--extent", "selection", prompt="drift"), 0)
        x, y, width, _ = self.report()["layer"]
        size, mask = self.samples("mask.png")
        self.assertEqual(size[0], width)
        self.assertEqual(mask[120 - y][260 - x], 255)
        self.expect(self.drift("-o", "out.png", "--extent", "everything"), USAGE, "changes or selection")

    def test_keeps_what_is_protected(self):
        protected = (192, 112, 240, 208)
        self.write("protect.png", png(WIDTH, HEIGHT, mask_of(protected), color=0))
        self.expect(self.drift("-o", "out.png", "--protect", "protect.png"), 0)
        _, rows = self.samples("out.png")
        for y in range(protected[1], protected[3]):
            self.assertEqual(rows[y][3 * 192 : 3 * 240], TEXTURE[y][3 * 192 : 3 * 240])
        self.assertNotEqual(rows[160][3 * 250 : 3 * 260], TEXTURE[160][3 * 250 : 3 * 260])

    def test_crops_layer_and_mask_on_request(self):
        self.expect(self.drift("-o", "out.png", "--layer", "layer.png", "--mask", "mask.png", "--report", "r.json",
                               "--crop"), 0)
        x, y, width, height = self.report()["layer"]
        self.assert_near((x, y, x + width, y + height), BOX)
        self.assertEqual(self.samples("layer.png")[0], (width, height))
        self.assertEqual(self.samples("mask.png")[0], (width, height))
        size, rows = self.samples("out.png")
        self.assertEqual(size, (WIDTH, HEIGHT))
        self.assert_near(differing_box(rows, TEXTURE), BOX)

    def test_grows_to_another_ratio(self):
        self.expect(self.drift("-o", "out.png", "--aspect", "2:1", prompt="grow"), 0)
        size, rows = self.samples("out.png")
        self.assertEqual(size, (640, HEIGHT))
        self.assertEqual(rows[160][3 * 200 : 3 * 400], TEXTURE[160][3 * 120 : 3 * 320])
        red, green, _ = rows[160][3 * 30 : 3 * 30 + 3]
        self.assertGreater(green - red, 70)

    def test_carries_a_look_and_shows_the_reply_as_it_is(self):
        for mode in ("look", "raw"):
            self.expect(self.drift("-o", "out.png", "--report", "r.json", "--fidelity", mode, prompt="drift"), 0)
            self.assertEqual(self.report()["mode"], mode)
            self.assertLess(self.report()["unchanged_identical"], 0.5)

    def test_says_that_nothing_changed(self):
        self.expect(self.drift("-o", "out.png", prompt="drift"), 0, "Nothing changed")
        self.assertEqual(self.samples("out.png")[1], TEXTURE)

    def test_says_that_it_is_another_picture(self):
        self.expect(self.drift("-o", "out.png", prompt="another"), 0, "not recognised")

    def test_refuses_what_is_no_picture(self):
        self.expect(self.drift("-o", "out.png", prompt="garbage"), BAD_REPLY, "no picture")
        self.assertFalse((self.folder / "out.png").exists())

    def test_numbers_its_variations(self):
        self.expect(self.drift("-o", "out.png", "--variations", "2", "--seed", "3", "--report", "r.json"), 0)
        for index in (1, 2):
            self.assertTrue((self.folder / f"out-{index}.png").exists())
            report = json.loads((self.folder / f"r-{index}.json").read_text())
            self.assertEqual(report["seed"], 2 + index)


if __name__ == "__main__":
    cli_test.KONTEXT = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
