"""Edits whose engine returns a picture of a model's size (tests/support/drift_engine.h), as GIMP 3.0 and 3.2 show them."""
import json
import os
import random
import struct

import gimp3_checks
from gimp3_checks import Checks, Gegl, Gimp, GREY, P, add_layer, edit, fill, place, raw, record, write
from gi.repository import Gio

WHOLE = (0, 0, 420, 280)
ELLIPSE = "ellipse 0.4 0.5 0.1 0.15"  # in shares of what was sent
MODELS = {"version": 1, "models": [{
    "engine": "drift", "id": "drift", "name": "Drift", "pixels": 120000, "aspect_ratios": ["match", "2:1"],
    "seed_max": 99, "variations_max": 4, "price_usd": 0.04}]}


def scene(width, height):
    """Rows of RGBA floats that look like something: smooth noise of three sizes, half of it transparent."""
    source = random.Random(1)
    picture = [[0.5] * width for _ in range(height)]
    for step, strength in ((4, 0.04), (16, 0.12), (64, 0.2)):
        columns, rows = width // step + 2, height // step + 2
        grid = [[source.uniform(-strength, strength) for _ in range(columns)] for _ in range(rows)]
        for y in range(height):
            above, below, down = grid[y // step], grid[y // step + 1], (y % step) / step
            line = [a + (b - a) * down for a, b in zip(above, below)]
            for x in range(width):
                at = x // step
                picture[y][x] += line[at] + (line[at + 1] - line[at]) * (x % step) / step
    samples = []
    for row in picture:
        for x, value in enumerate(row):
            value = min(0.9, max(0.1, value))
            samples += value + 0.05, value, value - 0.08, 1 if x < width / 2 else (x % 16 + 1) / 16
    return struct.pack(f"={len(samples)}f", *samples)


PHOTO = scene(*WHOLE[2:])


def add_photo(image, where=WHOLE, alpha=False, parent=None):
    layer = add_layer(image, where, alpha, parent, noise=False)
    fill(layer, "R'G'B'A float", PHOTO if where[2:] == WHOLE[2:] else scene(*where[2:]))
    return layer


def floats(drawable, name):
    area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    data = bytes(drawable.get_buffer().get(area, 1.0, name, Gegl.AbyssPolicy.NONE))
    return struct.unpack(f"={len(data) // 4}f", data)


class View:
    """What the person sees of the image's canvas: every bit of it."""

    def __init__(self, image):
        seen = Gimp.Layer.new_from_visible(image, image, "seen")
        image.insert_layer(seen, None, 0)
        self.width, self.height = image.get_width(), image.get_height()
        self.bytes = raw(seen)
        self.pixel = len(self.bytes) // (self.width * self.height)
        self.rgb = floats(seen, "R'G'B' float")
        image.remove_layer(seen)

    def differs(self, other, at):
        here = slice(at * self.pixel, (at + 1) * self.pixel)
        return self.bytes[here] != other.bytes[here]

    def differs_by_more(self, other, at):
        return max(abs(a - b) for a, b in zip(self.rgb[3 * at : 3 * at + 3], other.rgb[3 * at : 3 * at + 3])) > 2e-6


class Fitted(Checks):
    def setUp(self):
        super().setUp()
        write("XDG_CONFIG_HOME", "models.json", json.dumps(MODELS))
        write("XDG_CONFIG_HOME", "settings.json", "{}")

    def drift(self, image, source, prompt=ELLIPSE, **arguments):
        return self.done(image, source, prompt=prompt, engine="drift", **arguments)

    def assert_nothing_outside(self, before, after, layer, exact=True):
        """Returns the box around what looks different, which is all within the mask."""
        left, top, width, height = place(layer)
        mask = floats(layer.get_mask(), "Y float")
        differs = before.differs if exact else before.differs_by_more
        changed = [(at % before.width, at // before.width) for at in range(before.width * before.height)
                   if before.differs(after, at) and differs(after, at)]
        for x, y in changed:
            self.assertTrue(left <= x < left + width and top <= y < top + height)
            self.assertGreater(mask[(y - top) * width + x - left], 0)
        xs, ys = [x for x, _ in changed], [y for _, y in changed]
        return (min(xs), min(ys), max(xs) + 1, max(ys) + 1) if changed else None

    def assert_magenta(self, view, x, y):
        red, green, blue = view.rgb[3 * (y * view.width + x) : 3 * (y * view.width + x) + 3]
        self.assertGreater(red - green, 0.3)
        self.assertGreater(blue - green, 0.2)

    def ellipse(self, image, source, exact=True):
        """Whatever the layer: the ellipse is where it belongs, and no other sample of the picture has changed."""
        pixels, where = raw(source), place(source)
        before = View(image)
        (layer,) = self.drift(image, source)
        self.assertEqual(place(layer), where)
        self.assertEqual(layer.get_parent(), source.get_parent())
        self.assertEqual(layer.has_alpha(), source.has_alpha())
        self.assertEqual(raw(source), pixels)
        after = View(image)
        x, y = where[0] + 0.4 * where[2], where[1] + 0.5 * where[3]
        expected = (x - 0.1 * where[2], y - 0.15 * where[3], x + 0.1 * where[2], y + 0.15 * where[3])
        for value, wanted in zip(self.assert_nothing_outside(before, after, layer, exact), expected):
            self.assertAlmostEqual(value, wanted, delta=14)
        if not source.is_gray():
            self.assert_magenta(after, int(x), int(y))

    def test_changes_nothing_outside_the_mask_whatever_the_precision(self):
        for precision in (P.U8_NON_LINEAR, P.U16_NON_LINEAR, P.FLOAT_LINEAR, P.FLOAT_NON_LINEAR):
            for alpha in (False, True):
                with self.subTest(precision=precision, alpha=alpha):
                    image = self.image(*WHOLE[2:], precision=precision)
                    # GIMP lays layers over one another in linear light, where floats on a tone curve are rounded
                    self.ellipse(image, add_photo(image, alpha=alpha), exact=precision != P.FLOAT_NON_LINEAR)

    def test_changes_nothing_outside_the_mask_of_a_grey_photo(self):
        image = self.image(*WHOLE[2:], kind=GREY, precision=P.U16_NON_LINEAR)
        self.ellipse(image, add_photo(image))

    def test_lies_over_a_layer_that_is_somewhere_else(self):
        image = self.image(600, 500)
        add_layer(image, (0, 0, 600, 500))
        self.ellipse(image, add_photo(image, (90, 120, *WHOLE[2:])))

    def test_stays_in_its_group(self):
        image = self.image(600, 500)
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        self.ellipse(image, add_photo(image, (90, 120, *WHOLE[2:]), True, group))

    def test_covers_the_selections_surroundings_and_shows_in_the_selection(self):
        image = self.image(900, 700)
        source = add_photo(image, (10, 20, 880, 660))
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 500, 300, 120, 100)
        before = View(image)
        (layer,) = self.drift(image, source, "ellipse 0.5 0.5 0.3 0.3")
        self.assertLess(layer.get_width(), 880)
        after = View(image)
        left, top, right, bottom = self.assert_nothing_outside(before, after, layer)
        self.assertGreaterEqual((left, top), (500, 300))
        self.assertLessEqual(right, 620)
        self.assertLessEqual(bottom, 400)
        self.assert_magenta(after, 560, 350)

    def test_shows_all_of_the_selection_on_request(self):
        image = self.image(*WHOLE[2:])
        source = add_photo(image)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 160, 120)
        (layer,) = self.drift(image, source, "drift", options='{"extent": "selection"}')
        left, top, width, _ = place(layer)
        self.assertEqual(floats(layer.get_mask(), "Y float")[(140 - top) * width + 180 - left], 1)

    def test_is_no_larger_than_what_changed_if_that_is_set(self):
        image = self.image(*WHOLE[2:])
        source = add_photo(image)
        before = View(image)
        write("XDG_CONFIG_HOME", "settings.json", '{"crop_to_changes": true}')
        (layer,) = self.drift(image, source)
        for value, wanted in zip(place(layer), (126, 98, 84, 84)):
            self.assertAlmostEqual(value, wanted, delta=28)
        self.assertEqual((layer.get_mask().get_width(), layer.get_mask().get_height()), place(layer)[2:])
        after = View(image)
        self.assert_nothing_outside(before, after, layer)
        self.assert_magenta(after, 168, 140)

    def test_reaches_beyond_the_image_where_it_grows(self):
        image = self.image(*WHOLE[2:])
        source = add_photo(image)
        before = View(image)
        (layer,) = self.drift(image, source, "grow", aspect_ratio="2:1")
        self.assertEqual(place(layer), (-70, 0, 560, 280))
        self.assertEqual((image.get_width(), image.get_height()), WHOLE[2:])
        self.assert_nothing_outside(before, View(image), layer)
        mask = floats(layer.get_mask(), "Y float")
        self.assertEqual([mask[140 * 560 + x] for x in (20, 540, 280)], [1, 1, 0])

    def test_records_how_it_was_made_and_keeps_that_in_the_file(self):
        image = self.image(*WHOLE[2:])
        (layer,) = self.drift(image, add_photo(image), seed=7)
        made = record(layer)
        self.assertEqual((made["request"]["engine"], made["seed"], made["request_id"]), ("drift", 7, "drift-7"))
        self.assertEqual(made["framing"]["layer"], list(WHOLE[2:]))
        self.assertEqual((made["fit"]["decision"], made["fit"]["mode"]), ("local", "keep"))
        self.assertAlmostEqual(made["fit"]["scale"], 1.008, delta=0.003)
        self.assertEqual(made["plan"]["version"], 1)
        file = Gio.File.new_for_path(os.path.join(gimp3_checks.FOLDER, "fitted.xcf"))
        self.assertTrue(Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None))
        loaded = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
        self.images.append(loaded)
        self.assertEqual(record(loaded.get_layers()[0]), made)

    def test_has_an_empty_mask_where_nothing_changed(self):
        image = self.image(*WHOLE[2:])
        source = add_photo(image)
        before = View(image)
        (layer,) = self.drift(image, source, "drift")
        self.assertEqual(set(floats(layer.get_mask(), "Y float")), {0})
        self.assertEqual(View(image).bytes, before.bytes)
        self.assertEqual(record(layer)["fit"]["decision"], "none")

    def test_has_a_layer_for_each_variation(self):
        image = self.image(*WHOLE[2:])
        layers = self.drift(image, add_photo(image), seed=3, variations=2)
        self.assertEqual([record(layer)["seed"] for layer in layers], [3, 4])

    def test_refuses_a_reply_that_is_no_picture(self):
        image = self.image(*WHOLE[2:])
        self.refused("no picture", image, add_photo(image), prompt="garbage", engine="drift")


gimp3_checks.run([Fitted])
