"""The checks in GIMP 3.0 and 3.2: run by python-fu-eval inside a GIMP without a display; report in a file."""
import json
import os
import random
import signal
import struct
import threading
import time
import unittest

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio

FOLDER = os.environ["KONTEXT_CHECKS_FOLDER"]
PROMPT = "a bit warmer, lift the shadows, soft vignette and exposure +0"
RGB, GREY = Gimp.ImageBaseType.RGB, Gimp.ImageBaseType.GRAY
P = Gimp.Precision
WHOLE = (0, 0, 150, 140)  # more than one tile each way


def write(base, name, text):
    folder = os.path.join(os.environ[base], "gimp-kontext")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def new_image(width=150, height=140, kind=RGB, precision=P.U8_NON_LINEAR):
    return Gimp.Image.new_with_precision(width, height, kind, precision)


def raw(drawable):
    """Every bit of it, in its own format."""
    area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return bytes(drawable.get_buffer().get(area, 1.0, None, Gegl.AbyssPolicy.NONE))


def fill(drawable, name, samples):
    area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    buffer = drawable.get_buffer()
    buffer.set(area, name, samples)
    buffer.flush()


def layer_type(image, alpha):
    if image.get_base_type() == GREY:
        return Gimp.ImageType.GRAYA_IMAGE if alpha else Gimp.ImageType.GRAY_IMAGE
    return Gimp.ImageType.RGBA_IMAGE if alpha else Gimp.ImageType.RGB_IMAGE


def add_layer(image, place=WHOLE, alpha=False, parent=None, noise=True):
    x, y, width, height = place
    layer = Gimp.Layer.new(image, "photo", width, height, layer_type(image, alpha), 100, Gimp.LayerMode.NORMAL)
    layer.set_offsets(x, y)
    image.insert_layer(layer, parent, 0)
    if noise:
        samples = random.Random(1).randbytes(width * height * 4 * 2)
        fill(layer, "R'G'B'A u16", samples)
    return layer


def place(layer):
    _, x, y = layer.get_offsets()
    return x, y, layer.get_width(), layer.get_height()


def record(layer):
    parasite = layer.get_parasite("kontext-edit")
    return json.loads(bytes(parasite.get_data()).decode()) if parasite else None


class Reply:
    def __init__(self, values):
        self.done = int(values.index(0)) == int(Gimp.PDBStatusType.SUCCESS)
        self.message = "" if self.done else Gimp.get_pdb().get_last_error()
        self.layers = list(values.get_core_object_array(1)) if self.done else []


def run_without_image(name, mode):
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    return procedure.run(config)


def edit(image, drawables, mode=Gimp.RunMode.NONINTERACTIVE, **arguments):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-kontext-edit")
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables if isinstance(drawables, list) else [drawables])
    for name, value in {"prompt": "exposure +0", "seed": 1, **arguments}.items():
        config.set_property(name.replace("_", "-"), value)
    return Reply(procedure.run(config))


class Checks(unittest.TestCase):
    def setUp(self):
        self.images = []

    def tearDown(self):
        for image in self.images:
            if image.is_valid():
                image.delete()

    def image(self, *arguments, **named):
        self.images.append(new_image(*arguments, **named))
        return self.images[-1]

    def done(self, image, drawable, **arguments):
        reply = edit(image, drawable, **arguments)
        self.assertTrue(reply.done, reply.message)
        for layer in reply.layers:
            if layer.get_image().get_id() != image.get_id():
                self.images.append(layer.get_image())
        return reply.layers

    def refused(self, word, image, drawables, **arguments):
        before = len(image.get_layers())
        reply = edit(image, drawables, **arguments)
        self.assertFalse(reply.done)
        self.assertIn(word, reply.message.lower())
        self.assertEqual(len(image.get_layers()), before)

    def null_edit(self, image, source):
        """What holds for every edit: one new layer directly above, of the source's size, place and kind."""
        before = raw(source)
        layers = self.done(image, source)
        self.assertEqual(len(layers), 1)
        layer = layers[0]
        self.assertEqual(layer.get_parent(), source.get_parent())
        self.assertEqual(image.get_item_position(layer) + 1, image.get_item_position(source))
        self.assertEqual(place(layer), place(source))
        self.assertEqual(raw(layer), before)
        self.assertEqual(raw(source), before)
        self.assertEqual(layer.has_alpha(), source.has_alpha())
        self.assertEqual(layer.get_opacity(), 100)
        self.assertEqual(layer.get_mode(), Gimp.LayerMode.NORMAL)
        self.assertEqual([each.get_id() for each in image.get_selected_layers()], [layer.get_id()])
        self.assertFalse(layer.get_edit_mask())
        self.assert_white(layer)
        return layer

    def assert_white(self, layer):
        mask = layer.get_mask()
        self.assertIsNotNone(mask)
        area = Gegl.Rectangle.new(0, 0, mask.get_width(), mask.get_height())
        self.assertEqual(set(mask.get_buffer().get(area, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)), {255})


class Layers(Checks):
    def test_go_above_the_source(self):
        image = self.image()
        source = add_layer(image)
        add_layer(image, alpha=True)
        self.null_edit(image, source)
        self.assertEqual(len(image.get_layers()), 3)

    def test_may_reach_beyond_the_canvas(self):
        image = self.image(100, 90)
        self.null_edit(image, add_layer(image, (-60, 40, 150, 140), alpha=True))

    def test_may_lie_outside_the_canvas(self):
        image = self.image(100, 90)
        self.null_edit(image, add_layer(image, (300, -500, 50, 40)))

    def test_of_one_pixel(self):
        image = self.image(100, 90)
        self.null_edit(image, add_layer(image, (5, 6, 1, 1)))

    def test_stay_in_their_group(self):
        image = self.image()
        outer = Gimp.GroupLayer.new(image, "outer")
        image.insert_layer(outer, None, 0)
        inner = Gimp.GroupLayer.new(image, "inner")
        image.insert_layer(inner, outer, 0)
        source = add_layer(image, (10, 20, 60, 50), True, inner)
        add_layer(image, parent=inner)
        self.null_edit(image, source)

    def test_may_be_a_group(self):
        image = self.image()
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        add_layer(image, (10, 20, 60, 50), parent=group)
        self.null_edit(image, group)

    def test_may_be_text(self):
        image = self.image()
        layer = Gimp.TextLayer.new(image, "Text", Gimp.context_get_font(), 40, Gimp.Unit.pixel())
        image.insert_layer(layer, None, 0)
        self.null_edit(image, layer)

    def test_may_be_hidden_and_locked(self):
        image = self.image()
        source = add_layer(image, alpha=True)
        source.set_visible(False)
        source.set_lock_content(True)
        source.set_lock_position(True)
        self.null_edit(image, source)

    def test_in_a_locked_group_get_their_result_anyway(self):
        image = self.image()
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        source = add_layer(image, parent=group)
        group.set_lock_content(True)
        group.set_lock_position(True)
        (layer,) = self.done(image, source)
        self.assertEqual(raw(layer), raw(source))
        self.assertEqual(layer.get_image().get_id(), image.get_id())

    def test_whose_mask_is_active_are_meant(self):
        image = self.image()
        source = add_layer(image, alpha=True)
        mask = source.create_mask(Gimp.AddMaskType.BLACK)
        source.add_mask(mask)
        source.set_edit_mask(True)
        (layer,) = self.done(image, mask)
        self.assertEqual(raw(layer), raw(source))
        self.assert_white(layer)
        self.assertFalse(layer.get_edit_mask())

    def test_are_not_channels(self):
        image = self.image()
        add_layer(image)
        channel = Gimp.Channel.new(image, "c", 150, 140, 50, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        self.refused("channel", image, channel)

    def test_are_refused_under_a_floating_selection(self):
        image = self.image()
        source = add_layer(image, alpha=True)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 50, 50)
        floating = Gimp.Selection.float(image, [source], 5, 5)
        self.refused("floating", image, floating)

    def test_are_edited_one_at_a_time(self):
        image = self.image()
        self.refused("several layers", image, [add_layer(image), add_layer(image)])
        self.refused("no layer", image, [])

    def test_with_a_palette_get_their_result_in_an_rgb_copy(self):
        image = self.image()
        source = add_layer(image, alpha=True)
        add_layer(image)
        self.assertTrue(image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False,
                                              False, ""))
        before = raw(source)
        (layer,) = self.done(image, source)
        copy = layer.get_image()
        self.assertNotEqual(copy.get_id(), image.get_id())
        self.assertEqual(image.get_base_type(), Gimp.ImageBaseType.INDEXED)
        self.assertEqual(len(image.get_layers()), 2)
        self.assertEqual(raw(source), before)
        self.assertEqual(copy.get_base_type(), RGB)
        self.assertEqual([each.get_id() for each in copy.get_layers()][1], layer.get_id())
        self.assertEqual(raw(layer), raw(copy.get_layers()[2]))

    def test_of_several_variations_come_in_order(self):
        image = self.image()
        source = add_layer(image)
        layers = self.done(image, source, seed=7, variations=3)
        self.assertEqual([each.get_id() for each in image.get_layers()],
                         [each.get_id() for each in [*layers, source]])
        self.assertEqual([record(layer)["seed"] for layer in layers], [7, 8, 9])


class Filters(Checks):
    """What the person sees is edited: the layer after its filters."""

    def seen(self, image):
        copy = image.duplicate()
        self.images.append(copy)
        return raw(copy.flatten())

    def add_filter(self, layer, operation, visible=True):
        new = Gimp.DrawableFilter.new(layer, operation, operation)
        layer.append_filter(new)
        if not visible:
            new.set_visible(False)
        return new

    def test_are_part_of_what_is_edited(self):
        image = self.image(precision=P.U16_NON_LINEAR)
        source = add_layer(image)
        self.add_filter(source, "gegl:invert-gamma")
        self.add_filter(source, "gegl:gaussian-blur", visible=False)
        own = raw(source)
        expected = self.seen(image)
        self.assertNotEqual(own, expected)
        image.clean_all()
        self.refused("nonesuch", image, source, engine="nonesuch")
        self.assertFalse(image.is_dirty())
        (layer,) = self.done(image, source)
        self.assertEqual(raw(layer), expected)
        self.assertEqual(raw(source), own)
        self.assertEqual(len(source.get_filters()), 2)
        self.assertEqual(len(layer.get_filters()), 0)
        self.assertEqual(len(image.get_layers()), 2)

    def test_that_reach_beyond_the_layer_keep_its_place(self):
        image = self.image()
        source = add_layer(image, (20, 30, 60, 50), alpha=True)
        self.add_filter(source, "gegl:dropshadow")
        shown = Gimp.Layer.new_from_visible(image, image, "shown")
        image.insert_layer(shown, None, 0)
        shown.resize(60, 50, -20, -30)
        expected = raw(shown)
        image.remove_layer(shown)
        (layer,) = self.done(image, source)
        self.assertEqual(place(layer), place(source))
        self.assertEqual(raw(layer), expected)

    def test_of_a_group_too(self):
        image = self.image()
        group = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(group, None, 0)
        add_layer(image, parent=group)
        self.add_filter(group, "gegl:invert-gamma")
        expected = self.seen(image)
        (layer,) = self.done(image, group)
        copy = image.duplicate()
        self.images.append(copy)
        for other in copy.get_layers()[1:]:
            copy.remove_layer(other)
        self.assertEqual(raw(copy.flatten()), expected)


TOLERANCES = {"B": 0, "H": 0, "e": 0, "f": 1e-6, "I": 1e-6 * 2**32, "d": 1e-6}
SAMPLES = {1: "B", 2: "H", 3: "I", 5: "e", 6: "f", 7: "d"}


class Pixels(Checks):
    def test_of_every_precision_are_kept(self):
        for name in [name for name in dir(P) if name.endswith(("LINEAR", "PERCEPTUAL"))]:
            precision = getattr(P, name)
            sample = SAMPLES[int(precision) // 100]
            odd = int(precision) % 100 == 50
            for kind, alpha, wide in [(RGB, odd, False), (RGB, not odd, True), (GREY, odd, False)]:
                with self.subTest(precision=name, kind=kind, alpha=alpha, wide=wide):
                    image = self.image(60, 50, kind, precision)
                    if wide:
                        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
                    source = add_layer(image, (0, 0, 60, 50), alpha)
                    (layer,) = self.done(image, source)
                    before = struct.unpack(f"={len(raw(source)) // struct.calcsize(sample)}{sample}", raw(source))
                    after = struct.unpack(f"={len(before)}{sample}", raw(layer))
                    worst = max(abs(a - b) for a, b in zip(before, after))
                    self.assertLessEqual(worst, TOLERANCES[sample])
                    image.delete()

    def exposed(self, image):
        """A grey before and after one stop more, as raw samples."""
        source = add_layer(image, (0, 0, 2, 1), noise=False)
        fill(source, "R'G'B' float", struct.pack("=6f", *[0.08] * 6))
        (layer,) = self.done(image, source, prompt="exposure +1")
        return struct.unpack("=6f", raw(source))[0], struct.unpack("=6f", raw(layer))[0]

    def test_that_are_linear_double_with_a_stop(self):
        before, after = self.exposed(self.image(10, 10, precision=P.FLOAT_LINEAR))
        self.assertAlmostEqual(after, 2 * before, delta=1e-4)

    def test_that_are_perceptual_follow_srgb(self):
        image = self.image(10, 10, precision=P.FLOAT_PERCEPTUAL)
        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
        before, after = self.exposed(image)
        linear = ((before + 0.055) / 1.055) ** 2.4
        self.assertAlmostEqual(after, 1.055 * (2 * linear) ** (1 / 2.4) - 0.055, delta=1e-3)

    def test_that_are_not_linear_follow_the_profile(self):
        image = self.image(10, 10, precision=P.FLOAT_NON_LINEAR)
        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
        before, after = self.exposed(image)
        self.assertAlmostEqual(after, before * 2 ** (256 / 563), delta=1e-3)


class Selection(Checks):
    def mask(self, drawable):
        area = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
        return bytes(drawable.get_buffer().get(area, 1.0, "Y u8", Gegl.AbyssPolicy.NONE))

    def test_becomes_the_mask_in_the_layers_coordinates(self):
        image = self.image()
        source = add_layer(image, (-20, 30, 120, 150), alpha=True)
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(10, 10)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 20, 20, 70, 70)
        Gimp.context_set_feather(False)
        selection = self.mask(image.get_selection())
        self.assertTrue(any(0 < value < 255 for value in selection))
        (layer,) = self.done(image, source)
        expected = bytes(selection[(y + 30) * 150 + x - 20] if x >= 20 and y < 110 else 0
                         for y in range(150) for x in range(120))
        self.assertEqual(self.mask(layer.get_mask()), expected)
        self.assertEqual(self.mask(image.get_selection()), selection)

    def test_is_ignored_for_the_whole_layer(self):
        image = self.image()
        source = add_layer(image)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 70, 70)
        (layer,) = self.done(image, source, options='{"region": "layer"}')
        self.assert_white(layer)

    def test_beside_the_layer_is_refused(self):
        image = self.image()
        source = add_layer(image, (0, 0, 50, 50))
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 60, 60, 20, 20)
        self.refused("selection", image, source)
        image.select_rectangle(Gimp.ChannelOps.ADD, 100, 0, 20, 20)
        image.select_rectangle(Gimp.ChannelOps.ADD, 0, 100, 20, 20)
        self.refused("selection", image, source)


class Procedure(Checks):
    def test_runs_without_a_display(self):
        self.assertNotIn("DISPLAY", os.environ)  # as do all the checks beside this one

    def test_names_and_records_what_it_did(self):
        image = self.image()
        (layer,) = self.done(image, add_layer(image), prompt=PROMPT, seed=4294967295)
        self.assertEqual(layer.get_name(), "a bit warmer, lift the shadows, soft… — Darkroom")
        made = record(layer)
        self.assertEqual((made["version"], made["seed"]), (1, 4294967295))
        self.assertEqual((made["request"]["prompt"], made["request"]["engine"]), (PROMPT, "darkroom"))
        self.assertTrue(made["summary"])
        self.assertEqual(len(made["time"]), 20)

    def test_draws_a_seed_for_minus_one(self):
        image = self.image()
        source = add_layer(image)
        seeds = [record(self.done(image, source, seed=-1)[0])["seed"] for _ in range(2)]
        self.assertNotEqual(*seeds)

    def test_explains_what_it_refuses(self):
        image = self.image()
        source = add_layer(image)
        for word, arguments in [("prompt", {"prompt": ""}), ("character", {"prompt": "x" * 100_000}),
                                ("darkroom", {"prompt": "add a beach with palm trees"}),
                                ("nonesuch", {"engine": "nonesuch"}), ("nonesuch", {"model": "nonesuch"}),
                                ("wide", {"aspect_ratio": "wide"}), ("seed", {"seed": 4294967296}),
                                ("seed", {"seed": 0.5}), ("variations", {"variations": 64}),
                                ("best", {"fidelity": "best"}), ("option", {"options": "[1"})]:
            with self.subTest(word=word):
                self.refused(word, image, source, **arguments)

    def test_needs_a_display_for_its_dialog(self):
        image = self.image()
        self.refused("display", image, add_layer(image), mode=Gimp.RunMode.INTERACTIVE)

    def test_repeats_the_last_edit(self):
        image = self.image()
        source = add_layer(image)
        self.refused("repeat", image, source, mode=Gimp.RunMode.WITH_LAST_VALS)
        write("XDG_STATE_HOME", "last_edit.json", '{"prompt": "invert", "engine": "darkroom", "seed": 5}')
        (layer,) = self.done(image, source, mode=Gimp.RunMode.WITH_LAST_VALS)
        self.assertEqual(record(layer)["request"]["prompt"], "invert")
        self.assertNotEqual(raw(layer), raw(source))

    def test_stops_over_broken_settings_before_it_costs(self):
        image = self.image()
        write("XDG_CONFIG_HOME", "settings.json", "[]")
        self.refused("settings.json", image, add_layer(image))
        write("XDG_CONFIG_HOME", "settings.json", "{}")


class Xcf(Checks):
    def save(self, image, name):
        file = os.path.join(FOLDER, name)
        self.assertTrue(Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(file), None))
        return file

    def test_keeps_layer_mask_and_record(self):
        image = self.image()
        source = add_layer(image)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 5, 5, 90, 90)
        (layer,) = self.done(image, source, prompt=PROMPT)
        file = self.save(image, "kept.xcf")
        loaded = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(file))
        self.images.append(loaded)
        kept = loaded.get_layers()[0]
        self.assertEqual(record(kept), record(layer))
        self.assertEqual(raw(kept), raw(layer))
        self.assertEqual(raw(kept.get_mask()), raw(layer.get_mask()))
        self.assertFalse([name for name in loaded.get_parasite_list() if "kontext" in name])

    def test_holds_no_prompt_when_it_is_to_stay_out(self):
        image = self.image()
        write("XDG_CONFIG_HOME", "settings.json", '{"keep_prompt_in_image": false}')
        self.done(image, add_layer(image), prompt=PROMPT)
        write("XDG_CONFIG_HOME", "settings.json", "{}")
        with open(self.save(image, "private.xcf"), "rb") as file:
            data = file.read()
        self.assertIn(b"kontext-edit", data)
        for trace in (b"warmer", b"Warmer", b"shadows", b"vignette"):
            self.assertNotIn(trace, data)


def processes_of_ours():
    """The plug-in of this very run, as others may run theirs."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/environ", "rb") as file:
                ours = FOLDER.encode() in file.read()
            if ours and os.path.basename(os.readlink(f"/proc/{process}/exe")) == "gimp-kontext":
                yield int(process)
        except OSError:
            pass


def is_developing(process):
    """Its pictures are scratch files without a name: the layer's and, once the engine works, the result's."""
    files = []
    for number in os.listdir(f"/proc/{process}/fd"):
        try:
            files.append(os.readlink(f"/proc/{process}/fd/{number}"))
        except OSError:
            pass
    return sum("(deleted)" in file and "gimp-kontext" in file for file in files) >= 2


def meddle(command):
    file = os.path.join(FOLDER, "meddle")
    with open(file + ".new", "w", encoding="utf-8") as new:
        new.write(command)
    os.rename(file + ".new", file)
    while os.path.exists(file):
        time.sleep(0.002)


def edit_while(act, image, source, **arguments):
    """Calls `act` with the plug-in's process, which is held for as long, once it develops."""
    over = threading.Event()

    def watch():
        while not over.is_set():
            for process in processes_of_ours():
                if is_developing(process):
                    os.kill(process, signal.SIGSTOP)
                    act(process)
                    os.kill(process, signal.SIGCONT)
                    return
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return edit(image, source, prompt="oil painting", **arguments)
    finally:
        over.set()
        watcher.join()


class Meanwhile(Checks):
    """What happens to image, layer and plug-in while an edit runs. The layer is large enough to take a while."""

    def setUp(self):
        super().setUp()
        self.photo = self.image(3000, 2000)
        self.source = add_layer(self.photo, (7, 8, 3000, 2000), noise=False)
        self.source.fill(Gimp.FillType.WHITE)

    def test_the_layer_is_deleted_the_result_goes_to_the_top(self):
        add_layer(self.photo, (0, 0, 10, 10))
        number = self.source.get_id()
        reply = edit_while(lambda _: meddle(f"delete-layer {number}"), self.photo, self.source)
        self.assertTrue(reply.done, reply.message)
        self.assertEqual(self.photo.get_layers()[0].get_id(), reply.layers[0].get_id())
        self.assertEqual(len(self.photo.get_layers()), 2)
        self.assertEqual(place(reply.layers[0]), (7, 8, 3000, 2000))

    def test_the_plugin_is_killed_nothing_is_left_behind(self):
        """GIMP's own Cancel button kills the plug-in."""
        def files():
            return [file for _, _, files in os.walk(os.environ["XDG_CACHE_HOME"]) for file in files]

        before = files()
        reply = edit_while(lambda process: os.kill(process, signal.SIGKILL), self.photo, self.source)
        self.assertFalse(reply.done)
        self.assertEqual(files(), before)
        self.assertEqual(len(self.photo.get_layers()), 1)
        self.done(self.photo, self.source)


class Dialog(Checks):
    """With GIMP's window and our dialog, in the order that drive_gimp.py goes along with."""

    def shown_image(self):
        image = self.image(300, 200)
        source = add_layer(image, (0, 0, 300, 200))
        return image, source, Gimp.Display.new(image)

    def test_1_edits_and_repeats(self):
        image, source, _ = self.shown_image()
        (layer,) = self.done(image, source, mode=Gimp.RunMode.INTERACTIVE)
        self.assertEqual(record(layer)["request"]["prompt"], "invert")
        self.assertNotEqual(raw(layer), raw(source))
        (again,) = self.done(image, source, mode=Gimp.RunMode.WITH_LAST_VALS)
        self.assertEqual(raw(again), raw(layer))
        file = os.path.join(FOLDER, "repeated.xcf")
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(file), None)
        with open(file, "rb") as saved:
            self.assertEqual(saved.read().count(b'"prompt":"invert"'), 2)  # the two records, and GIMP's own nowhere
        for folder, _, files in os.walk(os.path.join(os.environ["GIMP3_DIRECTORY"], "plug-in-settings")):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8") as settings:
                    self.assertNotIn("invert", settings.read())

    def test_2_is_cancelled(self):
        image, source, _ = self.shown_image()
        reply = edit(image, source, mode=Gimp.RunMode.INTERACTIVE)
        self.assertFalse(reply.done)
        self.assertEqual(len(image.get_layers()), 1)

    def test_3_ends_in_a_new_image_when_the_image_was_closed(self):
        image = new_image(3000, 2000)
        source = add_layer(image, (0, 0, 3000, 2000), noise=False)
        display = Gimp.Display.new(image).get_id()
        reply = edit_while(lambda _: meddle(f"close-display {display}"), image, source, mode=Gimp.RunMode.INTERACTIVE)
        self.assertTrue(reply.done, reply.message)
        self.assertNotEqual(reply.layers[0].get_image().get_id(), image.get_id())
        self.assertEqual(place(reply.layers[0]), (0, 0, 3000, 2000))

    def test_4_is_one_undo_step(self):
        image, source, _ = self.shown_image()
        before = raw(source)
        self.done(image, source, mode=Gimp.RunMode.INTERACTIVE)
        self.assertEqual(len(image.get_layers()), 2)
        with open(os.path.join(FOLDER, "undo-once"), "w", encoding="utf-8"):
            pass  # drive_gimp.py waits for it and chooses Undo in GIMP's menu
        deadline = time.monotonic() + 60
        while len(image.get_layers()) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([layer.get_id() for layer in image.get_layers()], [source.get_id()])
        self.assertEqual([layer.get_id() for layer in image.get_selected_layers()], [source.get_id()])
        self.assertEqual(raw(source), before)
        self.assertIsNone(source.get_mask())
        self.assertEqual(source.get_parasite_list(), [])


    def test_5_settings_and_recovery_need_no_image(self):
        for name in ["plug-in-kontext-settings", "plug-in-kontext-recover"]:
            reply = run_without_image(name, Gimp.RunMode.INTERACTIVE)
            self.assertEqual(reply.index(0), Gimp.PDBStatusType.SUCCESS)


class Account(Checks):
    """The settings and what was paid for, as a script calls them."""

    def test_nothing_is_recovered_where_nothing_is_waiting(self):
        reply = run_without_image("plug-in-kontext-recover", Gimp.RunMode.NONINTERACTIVE)
        self.assertEqual(reply.index(0), Gimp.PDBStatusType.SUCCESS)
        image = self.image()
        source = add_layer(image)
        procedure = Gimp.get_pdb().lookup_procedure("plug-in-kontext-recover")
        config = procedure.create_config()
        config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
        config.set_property("image", image)
        config.set_core_object_array("drawables", [source])
        self.assertEqual(procedure.run(config).index(0), Gimp.PDBStatusType.SUCCESS)
        self.assertEqual(len(image.get_layers()), 1)

    def test_settings_are_for_people_alone(self):
        reply = run_without_image("plug-in-kontext-settings", Gimp.RunMode.NONINTERACTIVE)
        self.assertEqual(reply.index(0), Gimp.PDBStatusType.EXECUTION_ERROR)


if hasattr(Gimp, "LinkLayer"):

    class Layers32(Checks):
        """The kinds of layers that came with GIMP 3.2."""

        def test_may_be_links(self):
            image = self.image()
            add_layer(image)
            file = os.path.join(FOLDER, "linked.xcf")
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(file), None)
            link = Gimp.LinkLayer.new(image, Gio.File.new_for_path(file))
            image.insert_layer(link, None, 0)
            self.null_edit(image, link)

        def test_may_be_vectors(self):
            image = self.image()
            path = Gimp.Path.new(image, "path")
            image.insert_path(path, None, 0)
            path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, [10, 10] * 3 + [90, 10] * 3 + [50, 90] * 3, True)
            layer = Gimp.VectorLayer.new(image, path)
            image.insert_layer(layer, None, 0)
            layer.refresh()
            self.null_edit(image, layer)


def run(cases):
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)
    with open(os.path.join(FOLDER, "report.txt"), "w", encoding="utf-8") as report:
        result = unittest.TextTestRunner(report, verbosity=2).run(suite)
        report.write(f"GIMP {Gimp.version()}: {result.testsRun} checks, "
                     f"{len(result.failures) + len(result.errors)} failed\n")
        if result.wasSuccessful() and not result.skipped:
            report.write("PASSED\n")


if __name__ == "__main__":
    run([case for case in Checks.__subclasses__()
         if (case is Dialog) == (os.environ["KONTEXT_CHECKS_MODE"] == "gui")])
