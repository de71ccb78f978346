#!/usr/bin/python3
"""dialog_test.py RUNNER CATALOGUES: the dialog's labels, keys and life, tried from outside."""

import os
import sys
import unittest

from gi.repository import Atspi

from dialog_driver import Dialog, has_state, is_showing, label_of, press, wait_for, walk

RUNNER = sys.argv.pop(1)
CATALOGUES = sys.argv.pop(1)
SCRIPTED = "--engine=scripted"


def open_dialog(*switches, env=None):
    return Dialog(RUNNER, *switches, env=env)


def mnemonics(dialog):
    """Pairs of key and text."""
    return [event.split(" ", 2)[1:] for event in dialog.events if event.startswith("mnemonic ")]


class Labels(unittest.TestCase):
    def test_everything_that_takes_the_focus_has_a_name(self):
        with open_dialog(SCRIPTED, "--selection", "--seed=7", "--prompt=warmer") as dialog:
            nameless = [node.get_role_name() for node in walk(dialog.window)
                        if has_state(node, Atspi.StateType.FOCUSABLE) and is_showing(node)
                        and not node.get_name()]
            self.assertEqual(nameless, [])

    def test_every_field_is_labelled_by_what_stands_before_it(self):
        with open_dialog(SCRIPTED) as dialog:
            for name in ["Prompt", "Engine", "Model", "Aspect ratio", "Variations", "Seed"]:
                self.assertEqual(label_of(dialog.get(name)), name)

    def test_every_control_has_a_mnemonic_of_its_own(self):
        with open_dialog(SCRIPTED) as dialog:
            pairs = mnemonics(dialog)
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            self.assertEqual(
                {text for _, text in pairs},
                {"Prompt", "Selection", "Whole layer", "Engine", "Model", "Aspect ratio", "Variations", "Seed",
                 "Dice", "New each time", "Cancel", "Edit"})

    def test_the_dialog_speaks_german_with_mnemonics_as_good(self):
        env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="de")
        with open_dialog(SCRIPTED, f"--locale={CATALOGUES}", env=env) as dialog:
            pairs = mnemonics(dialog)
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            self.assertEqual(len(pairs), 12, pairs)
            self.assertEqual(dialog.window.get_name(), "Nach Anweisung bearbeiten")
            self.assertIn("Bild und Anweisung werden an Studio gesendet.", dialog.shown_texts())

    def test_fidelity_is_asked_of_engines_that_return_a_models_picture(self):
        with open_dialog("--engine=drift") as dialog:
            pairs = mnemonics(dialog)
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            self.assertIn("Fidelity", {text for _, text in pairs})
            self.assertEqual(label_of(dialog.get("Fidelity")), "Fidelity")
        with open_dialog() as dialog:
            self.assertNotIn("Fidelity", {text for _, text in mnemonics(dialog)})

    def test_fidelity_in_german_has_a_mnemonic_as_good(self):
        env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="de")
        with open_dialog("--engine=drift", f"--locale={CATALOGUES}", env=env) as dialog:
            pairs = mnemonics(dialog)
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            self.assertEqual(len(pairs), 13, pairs)

    def test_the_prompt_says_what_was_understood_of_it(self):
        with open_dialog("--prompt=a bit warmer") as dialog:
            prompt = dialog.get("Prompt")
            wait_for(lambda: prompt.get_description().startswith("Understood: "), "the description")
            self.assertIn(prompt.get_description(), dialog.shown_texts())


class Keys(unittest.TestCase):
    def test_tab_leaves_the_prompt_and_goes_round_in_reading_order(self):
        with open_dialog(SCRIPTED, "--selection", "--seed=7", "--prompt=warmer") as dialog:
            dialog.wait_focus("Prompt")
            for name in ["Apply to the selection", "Engine", "Model", "Aspect ratio", "Variations", "Seed", "Dice",
                         "New each time", "Cancel", "Edit", "Prompt"]:
                press("Tab")
                self.assertEqual(dialog.wait_event("focus "), f"focus {name}")
            self.assertEqual(dialog.prompt_text(), "warmer")

    def test_ctrl_enter_runs_the_edit_and_success_closes_the_dialog(self):
        for enter in ["Return", "KP_Enter"]:
            with open_dialog(SCRIPTED, "--prompt=warmer", "--seed=7") as dialog:
                press("Control", enter)
                dialog.wait_event("open selection")
                dialog.let_engine_finish()
                self.assertEqual(dialog.wait_event("inserted"), "inserted 1 seed 7 prompt warmer")
                dialog.wait_event("done seed 7")
                self.assertEqual(dialog.wait_exit(), 0)

    def test_enter_starts_a_new_line(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            press("Return")
            wait_for(lambda: dialog.prompt_text() == "\n", "the selected prompt to be replaced by a line break")

    def test_ctrl_z_takes_typing_back(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            press("w")
            wait_for(lambda: dialog.prompt_text() == "w", "the typed letter")
            press("Control", "z")
            wait_for(lambda: dialog.prompt_text() == "warmer", "the earlier prompt")
            press("Control", "Shift", "z")
            wait_for(lambda: dialog.prompt_text() == "w", "the later prompt")

    def test_escape_cancels_the_edit_first_and_closes_then(self):
        for switches in [["--endless-reading"], []]:  # while the layer is read; while the engine works
            with open_dialog(SCRIPTED, "--prompt=warmer", *switches) as dialog:
                press("Control", "Return")
                dialog.wait_text("Reading the layer…" if switches else "Developing…")
                press("Escape")
                dialog.wait_sensitive("Engine")
                dialog.wait_focus("Prompt")
                self.assertEqual(dialog.prompt_text(), "warmer")
                press("Escape")
                dialog.wait_event("closed")
                self.assertEqual(dialog.wait_exit(), 0)

    def test_a_mnemonic_leads_to_its_field(self):
        with open_dialog(SCRIPTED) as dialog:
            press("Alt", "w")
            wait_for(lambda: has_state(dialog.get("Apply to the whole layer"), Atspi.StateType.CHECKED), "the choice")


class Choices(unittest.TestCase):
    def test_the_result_is_laid_onto_the_photo_as_was_chosen(self):
        with open_dialog("--engine=drift", "--prompt=ellipse 0.5 0.5 0.1 0.1", "--seed=7") as dialog:
            press("Alt", "f")
            dialog.wait_event("focus Fidelity")
            press("End")
            press("Control", "Return")
            self.assertTrue(dialog.wait_event("inserted").endswith(" mode raw"))

    def test_edit_waits_for_a_prompt(self):
        with open_dialog(SCRIPTED) as dialog:
            dialog.wait_sensitive("Edit", False)
            press("Control", "Return")
            dialog.set_prompt("warmer")
            dialog.wait_sensitive("Edit")
            dialog.set_prompt(" ")
            dialog.wait_sensitive("Edit", False)
            self.assertNotIn("open selection", dialog.events)

    def test_selection_is_offered_only_where_something_is_selected(self):
        with open_dialog(SCRIPTED) as dialog:
            dialog.wait_sensitive("Apply to the selection", False)
            self.assertTrue(has_state(dialog.get("Apply to the whole layer"), Atspi.StateType.CHECKED))

    def test_the_whole_layer_is_edited_when_told_to(self):
        with open_dialog(SCRIPTED, "--selection", "--prompt=warmer") as dialog:
            dialog.click("Apply to the whole layer")
            dialog.click("Edit")
            dialog.wait_event("open layer")

    def test_dice_fixes_a_seed(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            dialog.wait_sensitive("Seed", False)
            dialog.click("Dice")
            dialog.wait_sensitive("Seed")
            seed = int(dialog.text_of("Seed"))
            self.assertTrue(0 <= seed <= 4294967295)
            dialog.click("Edit")
            dialog.let_engine_finish()
            self.assertEqual(dialog.wait_event("done"), f"done seed {seed}")

    def test_a_seed_is_a_number_in_range(self):
        with open_dialog(SCRIPTED, "--seed=7", "--prompt=warmer") as dialog:
            dialog.set_text("Seed", "99999999999999999999999")
            dialog.get("Seed").get_component_iface().grab_focus()
            dialog.wait_focus("Seed")
            press("Tab")
            wait_for(lambda: dialog.text_of("Seed") == "4294967295", "the largest seed")
            dialog.get("Seed").get_editable_text_iface().insert_text(0, "-x", 2)
            dialog.click("Edit")
            dialog.let_engine_finish()
            self.assertEqual(dialog.wait_event("done"), "done seed 4294967295")

    def test_a_new_seed_each_time_stays_so(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            dialog.click("Edit")
            dialog.let_engine_finish()
            self.assertEqual(dialog.wait_event("done"), "done seed new")

    def test_the_engine_decides_what_can_be_chosen(self):
        with open_dialog("--engine=darkroom") as dialog:
            dialog.wait_sensitive("Aspect ratio", False)
            dialog.wait_sensitive("Model", False)
            self.assertIn("The picture stays on this machine.", dialog.shown_texts())
            self.assertIn("Free", dialog.shown_texts())
            dialog.get("Engine").get_selection_iface().select_child(1)
            dialog.wait_sensitive("Aspect ratio")
            dialog.wait_sensitive("Model")
            dialog.wait_text("The picture and the prompt are sent to Studio.")
            dialog.wait_text("About $0.04")


class Errors(unittest.TestCase):
    def expect_error(self, dialog, title, detail):
        alert = wait_for(dialog.alert, "the message")
        self.assertEqual(alert.get_name(), title)
        self.assertIn(detail, dialog.shown_texts())
        dialog.wait_sensitive("Try Again")
        dialog.wait_sensitive("Engine")

    def test_a_refusal_is_told_in_the_dialog_and_the_prompt_is_kept(self):
        with open_dialog("--engine=darkroom", "--prompt=put a beach behind her") as dialog:
            press("Control", "Return")
            alert = wait_for(dialog.alert, "the message")
            self.assertEqual(alert.get_name(), "The prompt was not carried out")
            self.assertEqual(dialog.prompt_text(), "put a beach behind her")
            dialog.wait_focus("Prompt")
            dialog.set_prompt("a bit warmer")
            dialog.click("Try Again")
            dialog.wait_event("done")

    def test_what_the_engine_throws_is_told_and_can_be_tried_again(self):
        with open_dialog(SCRIPTED, "--prompt=fail, please") as dialog:
            dialog.click("Edit")
            dialog.let_engine_finish()
            self.expect_error(dialog, "The engine is not ready", "The scripted engine was told to fail.")
            dialog.set_prompt("succeed")
            dialog.click("Try Again")
            dialog.wait_event("inserted 1")

    def test_a_layer_that_is_gone_is_told(self):
        with open_dialog(SCRIPTED, "--prompt=warmer", "--layer-gone") as dialog:
            dialog.click("Edit")
            self.expect_error(dialog, "The layer cannot be reached any more", "The layer “Sky” was deleted.")

    def test_a_layer_that_cannot_be_added_is_told_and_tried_again(self):
        with open_dialog(SCRIPTED, "--prompt=warmer", "--failing-insert") as dialog:
            dialog.click("Edit")
            dialog.let_engine_finish()
            self.expect_error(dialog, "The layer cannot be reached any more", "The layer “Sky” is locked.")
            dialog.click("Try Again")
            dialog.wait_event("inserted 1")


class Running(unittest.TestCase):
    def test_progress_is_shown_and_the_fields_wait(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            self.assertIsNone(dialog.find("Progress of the edit"))
            dialog.click("Edit")
            bar = dialog.get("Progress of the edit")
            dialog.wait_text("Developing…")
            wait_for(lambda: abs(bar.get_value_iface().get_current_value() - 0.6) < 0.01, "60 %")
            dialog.wait_sensitive("Engine", False)
            dialog.wait_sensitive("Edit", False)
            self.assertFalse(has_state(dialog.get("Prompt"), Atspi.StateType.EDITABLE))
            wait_for(lambda: "0:01" in dialog.shown_texts(), "the elapsed time")
            dialog.click("Cancel")
            dialog.wait_sensitive("Edit")
            self.assertIsNone(dialog.find("Progress of the edit"))

    def test_closing_the_window_lets_the_edit_go_on(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            dialog.click("Edit")
            dialog.wait_text("Developing…")
            dialog.ask_to_close()
            dialog.wait_event("hidden")
            dialog.let_engine_finish()
            dialog.wait_event("inserted 1")
            self.assertEqual(dialog.wait_exit(), 0)

    def test_an_error_after_closing_is_handed_to_the_editor(self):
        with open_dialog(SCRIPTED, "--prompt=fail") as dialog:
            dialog.click("Edit")
            dialog.wait_text("Developing…")
            press("Control", "w")
            dialog.wait_event("hidden")
            dialog.let_engine_finish()
            dialog.wait_event("error The scripted engine was told to fail.")
            dialog.wait_event("closed")

    def test_closing_an_idle_dialog_does_nothing(self):
        with open_dialog(SCRIPTED, "--prompt=warmer") as dialog:
            dialog.ask_to_close()
            dialog.wait_event("closed")
            self.assertNotIn("open selection", dialog.events)


if __name__ == "__main__":
    unittest.main(verbosity=2)
