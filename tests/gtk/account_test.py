#!/usr/bin/python3
"""account_test.py RUNNERS CATALOGUES: the settings, what is waiting, and what the edit dialog says of an account."""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from kontext_sim.client import Sim  # noqa: E402

from dialog_driver import Atspi, Dialog, has_state, is_showing, label_of, press, wait_for, walk

RUNNERS = pathlib.Path(sys.argv.pop(1))
CATALOGUES = sys.argv.pop(1)
CLOUD = "--engine=cloud"


class AccountTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.env = dict(os.environ, XDG_STATE_HOME=str(self.home / "state"),
                        XDG_CONFIG_HOME=str(self.home / "config"))

    def open(self, runner, *switches, **env):
        return Dialog(RUNNERS / runner, *switches, env=dict(self.env, **env))

    def edit(self, *switches, **env):
        return self.open("dialog_runner", CLOUD, "--prompt=warmer", *switches, **env)

    def settings(self, *switches, **env):
        return self.open("account_runner", "settings", *switches, **env)

    def recovery(self, *switches, **env):
        return self.open("account_runner", "recovery", *switches, **env)

    def saved(self):
        return json.loads((self.home / "config/gimp-kontext/settings.json").read_text())

    def assert_all_named(self, dialog):
        nameless = [node.get_role_name() for node in walk(dialog.window)
                    if has_state(node, Atspi.StateType.FOCUSABLE) and is_showing(node) and not node.get_name()
                    and node.get_role() != Atspi.Role.SCROLL_PANE]
        self.assertEqual(nameless, [])


class EditTerms(AccountTest):
    def test_service_host_price_and_what_is_kept_are_said_before_the_click(self):
        with self.edit("--account=good") as dialog:
            dialog.wait_text("The picture and the prompt are sent to Cloud Pictures (api.cloud.example).")
            dialog.wait_text("The picture is stored in the US under a secret address until the edit is done.")
            dialog.wait_text("About $0.04")
            dialog.get("Variations").get_selection_iface().select_child(2)
            dialog.wait_text("About $0.12")
            dialog.wait_sensitive("Edit")
            self.assertIsNone(dialog.find("Set Up…"))

    def test_without_a_key_there_is_a_sentence_and_a_way_to_set_it_up(self):
        with self.edit("--account=none") as dialog:
            dialog.wait_text("Cloud Pictures needs a key of your own, and none is set up yet.")
            dialog.wait_sensitive("Edit", False)
            dialog.click("Set Up…")
            edit, dialog.window = dialog.window, wait_for(
                lambda: next((child for child in (dialog.app.get_child_at_index(index)
                                                  for index in range(dialog.app.get_child_count()))
                              if child.get_name() == "Settings for Edit by Prompt"), None), "the settings")
            dialog.set_text("New key", "good")
            dialog.click("Save")
            dialog.wait_text("The key is saved.")
            dialog.click("Close")
            dialog.wait_event("settings closed")
            dialog.window = edit
            dialog.wait_sensitive("Edit")
            self.assertNotIn("Cloud Pictures needs a key of your own, and none is set up yet.",
                             dialog.shown_texts())

    def test_what_is_left_of_the_ceiling_is_said(self):
        with self.edit("--account=good", "--ceiling=10", "--spent=2.66") as dialog:
            dialog.wait_text("$7.34 of $10.00 left this month")
            dialog.wait_sensitive("Edit")

    def test_no_edit_beyond_the_ceiling(self):
        with self.edit("--account=good", "--ceiling=2.70", "--spent=2.66") as dialog:
            dialog.wait_text("$0.04 of $2.70 left this month")
            dialog.wait_sensitive("Edit")
            dialog.get("Variations").get_selection_iface().select_child(1)
            dialog.wait_text("This edit costs $0.08, and $0.04 are left of this month's ceiling of $2.70.")
            dialog.wait_sensitive("Edit", False)

    def test_what_was_paid_for_is_announced(self):
        with self.edit("--account=good", "--waiting=1") as dialog:
            dialog.wait_text("A picture you paid for is ready.")
            self.assertIsNotNone(dialog.get("Show"))

    def test_mnemonics_stay_apart_in_both_languages(self):
        for env in [{}, {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}]:
            with self.edit("--account=none", "--waiting=2", f"--locale={CATALOGUES}", **env) as dialog:
                pairs = [event.split(" ", 2)[1:] for event in dialog.events if event.startswith("mnemonic ")]
                self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)


class OwnServer(AccountTest):
    """ComfyUI's page, over a made-up ComfyUI."""

    def setUp(self):
        super().setUp()
        self.sim = Sim()
        self.addCleanup(self.sim.close)
        self.address = f"http://127.0.0.1:{self.sim.ports['port']}/comfyui"

    def test_everything_that_takes_the_focus_has_a_name(self):
        with self.settings("--page=comfyui") as dialog:
            self.assert_all_named(dialog)

    def test_what_is_typed_is_saved_and_looked_at(self):
        with self.settings("--page=comfyui") as dialog:
            dialog.set_text("Address", self.address)
            dialog.click("Check")
            dialog.wait_text(f"ComfyUI 0.3.64 answers at {self.address}.")
            dialog.wait_text("FLUX.2 klein 4B uses qwen_3_4b.safetensors.")
            self.assertEqual(self.saved()["engine_settings"], {"comfyui": {"url": self.address}})

    def test_what_is_missing_is_named(self):
        self.sim.settings(comfyui={"files": {}})
        with self.settings("--page=comfyui") as dialog:
            dialog.set_text("Address", self.address)
            dialog.click("Check")
            wait_for(lambda: any("models/vae" in text for text in dialog.shown_texts()), "the folder")

    def test_an_edit_can_be_tried(self):
        with self.settings("--page=comfyui") as dialog:
            dialog.set_text("Address", self.address)
            dialog.click("Try an Edit")
            wait_for(lambda: any("a picture of 512 × 512 pixels came back" in text for text in dialog.shown_texts()),
                     "the result")
            self.assertEqual(self.sim.violations(), [])

    def test_an_edit_can_be_stopped(self):
        self.sim.settings(run_seconds=3600)
        with self.settings("--page=comfyui") as dialog:
            dialog.set_text("Address", self.address)
            dialog.click("Try an Edit")
            wait_for(lambda: self.sim.log("created"), "the edit to begin")
            dialog.click("Stop")
            dialog.wait_sensitive("Try an Edit")
            self.assertEqual(self.sim.log("cancel")[0]["state"], "running")


class Settings(AccountTest):
    def test_everything_that_takes_the_focus_has_a_name(self):
        for page in ["", "--page=cloud"]:
            with self.settings(page or "--page=general", "--key=good") as dialog:
                self.assert_all_named(dialog)

    def test_fields_are_labelled(self):
        with self.settings("--page=cloud") as dialog:
            self.assertEqual(label_of(dialog.get("New key")), "New key")
            self.assertEqual(label_of(dialog.get("Send pictures to")), "Send pictures to")

    def test_a_key_is_saved_and_removed(self):
        with self.settings("--page=cloud") as dialog:
            dialog.wait_text("No key is set.")
            dialog.wait_sensitive("Save", False)
            dialog.set_text("New key", "good")
            dialog.click("Save")
            dialog.wait_text("The key is saved.")
            dialog.wait_text("A key is kept in the system's key store.")
            self.assertEqual(dialog.text_of("New key"), "")
            dialog.click("Remove")
            dialog.wait_text("No key is set.")
            press("Escape")
            dialog.wait_event("key none")

    def test_the_key_is_hidden_until_it_is_to_be_shown(self):
        with self.settings("--page=cloud") as dialog:
            dialog.set_text("New key", "good")
            self.assertNotEqual(dialog.text_of("New key"), "good")
            dialog.click("Show")
            wait_for(lambda: dialog.text_of("New key") == "good", "the key")
            dialog.get("New key").get_text_iface().add_selection(0, 4)
            self.assertEqual(dialog.get("New key").get_text_iface().get_n_selections(), 0)

    def test_a_key_that_the_service_refuses_is_told(self):
        with self.settings("--page=cloud") as dialog:
            dialog.set_text("New key", "bad")
            dialog.click("Test This Key")
            dialog.wait_text("Cloud Pictures does not accept this key.")

    def test_the_kept_key_is_tested_and_the_answer_shown(self):
        with self.settings("--page=cloud", "--key=good") as dialog:
            dialog.wait_sensitive("Test This Key")
            dialog.click("Test This Key")
            dialog.wait_text("The service takes this key. Balance: $3.20")

    def test_a_test_can_be_stopped(self):
        with self.settings("--page=cloud") as dialog:
            dialog.set_text("New key", "slow")
            dialog.click("Test This Key")
            dialog.click("Stop the test")
            dialog.wait_sensitive("Test This Key")

    def test_closing_ends_a_test(self):
        with self.settings("--page=cloud") as dialog:
            dialog.set_text("New key", "slow")
            dialog.click("Test This Key")
            dialog.get("Stop the test")
            press("Escape")
            self.assertEqual(dialog.wait_exit(), 0)

    def test_what_cannot_be_saved_is_told_and_the_key_stays(self):
        with self.settings("--page=cloud", "--full-disk") as dialog:
            dialog.set_text("New key", "good")
            dialog.click("Save")
            dialog.wait_text("The key store is full.")
            self.assertEqual(len(dialog.text_of("New key")), 4)

    def test_a_file_is_used_only_after_consent(self):
        with self.settings("--page=cloud", "--no-key-store") as dialog:
            dialog.wait_text("No key is set.")
            dialog.set_text("New key", "good")
            dialog.wait_sensitive("Save", False)
            dialog.click("Keep keys in a file")
            dialog.wait_sensitive("Save")
            self.assertTrue(self.saved()["keys"]["in_file"])
            dialog.click("Save")
            dialog.wait_text("A key is kept in a file that only you can read.")

    def test_a_key_of_the_environment_is_named_and_not_removed(self):
        with self.settings("--page=cloud", KONTEXT_TEST_KEY="good") as dialog:
            dialog.wait_text("A key is set in the environment variable KONTEXT_TEST_KEY, which comes first.")
            self.assertIsNone(dialog.find("Remove"))

    def test_changes_are_saved_at_once(self):
        with self.settings("--spent=2.66") as dialog:
            dialog.wait_text("Spent this month: $2.66")
            dialog.click("Keep the prompt in the image")
            dialog.click("Crop to what changed")
            dialog.click("Add grain to what is new")
            dialog.get("Engine to start with").get_selection_iface().select_child(1)
            dialog.click("Monthly ceiling")
            wait_for(lambda: self.saved()["budget"]["monthly_usd"] == 10, "the ceiling")
            saved = self.saved()
            self.assertFalse(saved["keep_prompt_in_image"])
            self.assertTrue(saved["crop_to_changes"])
            self.assertTrue(saved["add_grain"])
            self.assertEqual(saved["default_engine"], "cloud")
            dialog.click("Unknown prices count as")
            wait_for(lambda: self.saved()["budget"]["unknown_usd"] == 0.25, "what they count as")
            dialog.set_text("What a picture of unknown price counts as, in US dollars", "0,125")
            dialog.set_text("Monthly ceiling in US dollars", "12,5")
            dialog.click("Close")
            dialog.wait_event("closed")
            self.assertEqual(self.saved()["budget"], {"monthly_usd": 12.5, "unknown_usd": 0.125})

    def test_the_address_is_chosen(self):
        with self.settings("--page=cloud") as dialog:
            dialog.get("Send pictures to").get_selection_iface().select_child(1)
            wait_for(lambda: (self.home / "config/gimp-kontext/settings.json").exists(), "the settings")
            self.assertEqual(self.saved()["engine_options"]["cloud"]["host"], "eu")
        with self.edit("--account=good") as dialog:
            dialog.wait_text("The picture and the prompt are sent to Cloud Pictures (api.eu.cloud.example).")


class Recovery(AccountTest):
    def test_nothing_is_waiting(self):
        with self.recovery() as dialog:
            dialog.wait_text("Nothing is waiting.")
            self.assertIsNone(dialog.find("Insert All"))
            dialog.click("Close")
            dialog.wait_event("inserted in all 0")

    def test_what_is_waiting_is_told_in_plain_words(self):
        with self.recovery("--waiting=1", "--at-service") as dialog:
            dialog.wait_text("Ready on this computer")
            dialog.wait_text("Taken by the service, not fetched yet")
            self.assertTrue(any("Eachlabs" in text and "$0.04" in text for text in dialog.shown_texts()))
            self.assert_all_named(dialog)

    def test_one_is_inserted(self):
        with self.recovery("--waiting=2") as dialog:
            dialog.click("Insert “remove the power lines”")
            dialog.wait_event("inserted remove the power lines")
            dialog.wait_text("It is a new image.")
            press("Escape")
            dialog.wait_event("left 1")

    def test_all_are_inserted_but_for_what_cannot_be_fetched(self):
        with self.recovery("--waiting=2", "--at-service") as dialog:
            dialog.click("Insert All")
            dialog.wait_event("inserted make the sky")
            dialog.wait_event("inserted remove")
            wait_for(lambda: any("key" in text for text in dialog.shown_texts()), "why the third is not there")
            dialog.wait_sensitive("Insert “turn the meadow into a lake at dusk”")
            press("Escape")
            dialog.wait_event("left 1")

    def test_what_could_not_be_inserted_is_waiting_still(self):
        with self.recovery("--waiting=1", "--failing-insert") as dialog:
            dialog.click("Insert “make the sky a dramatic sunset and keep the house as it is”")
            dialog.wait_text("There is no room for the picture.")
            press("Escape")
            dialog.wait_event("left 1")

    def test_dismissing_asks_first(self):
        for answer, left in [("Keep", 1), ("Dismiss", 0)]:
            with self.recovery("--waiting=1" if answer == "Keep" else "--waiting=0") as dialog:
                dialog.click("Dismiss “make the sky a dramatic sunset and keep the house as it is”")
                listing, dialog.window = dialog.window, wait_for(
                    lambda: next((child for child in (dialog.app.get_child_at_index(index)
                                                      for index in range(dialog.app.get_child_count()))
                                  if child.get_role() == Atspi.Role.ALERT), None), "the question")
                dialog.click(answer)
                dialog.window = listing
                if answer == "Dismiss":
                    dialog.wait_text("Nothing is waiting.")
                else:
                    dialog.wait_text("Ready on this computer")
                dialog.click("Close")
                dialog.wait_event(f"left {left}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
