#!/usr/bin/env python3
"""Does what a person does while an edit runs, from a process of its own: commands come in a file."""
import os
import sys

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, GLib

COMMANDS = os.path.join(os.environ.get("KONTEXT_CHECKS_FOLDER", "/nonexistent"), "meddle")


def look():
    if os.path.exists(COMMANDS):
        with open(COMMANDS, encoding="utf-8") as file:
            what, number = file.read().split()
        if what == "delete-layer":
            layer = Gimp.Item.get_by_id(int(number))
            layer.get_image().remove_layer(layer)
        elif what == "close-display":
            Gimp.Display.get_by_id(int(number)).delete()
        os.remove(COMMANDS)
    return True


class Meddler(Gimp.PlugIn):
    def do_set_i18n(self, _name):
        return False

    def do_query_procedures(self):
        return ["extension-kontext-meddler"]

    def do_create_procedure(self, name):
        return Gimp.Procedure.new(self, name, Gimp.PDBProcType.PERSISTENT, self.run, None)

    def run(self, procedure, _config, _data):
        procedure.persistent_ready()
        self.persistent_enable()
        GLib.timeout_add(5, look)
        GLib.MainLoop().run()


Gimp.main(Meddler.__gtype__, sys.argv)
