#!/usr/bin/env python3
"""The simulator itself: a good run of every service, what it refuses, and what its faults do."""

import base64
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import unittest
from email.utils import parsedate_to_datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kontext_sim import pictures, png  # noqa: E402
from kontext_sim.client import AUTH, PHOTO, PROGRAM, Sim  # noqa: E402
from kontext_sim.world import KEYS  # noqa: E402

TEXT_64 = base64.b64encode(PHOTO).decode()
DATA_URI = "data:image/png;base64," + TEXT_64
CREDITS = f"GET /bfl/v1/credits HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\nx-key: {KEYS['bfl']}\r\n\r\n"
BFL = "/bfl/v1/flux-kontext-pro"
FAL_STATUS = "/fal/fal-ai/flux-pro/requests/1/status"
FAL = "/fal/fal-ai/flux-pro/kontext"
REPLICATE = "/replicate/v1/models/black-forest-labs/flux-kontext-pro/predictions"
TOGETHER = "/together/v1/images/generations"
GEMINI = "/gemini/v1beta/models/gemini-3.1-flash-image:generateContent"
BFL_BODY = {"prompt": "make it stormy", "input_image": TEXT_64, "seed": 42}
TOGETHER_BODY = {"model": "black-forest-labs/FLUX.1-kontext-pro", "prompt": "make it stormy", "image_url": DATA_URI, "width": 1248,
                 "height": 832, "response_format": "base64", "output_format": "png"}
GEMINI_BODY = {
    "contents": [{"role": "user", "parts": [{"text": "stormy"}, {"inlineData": {"mimeType": "image/png", "data": TEXT_64}}]}],
    "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "3:2"}},
}


def multipart(texts, image=PHOTO, name="image", kind="image/png"):
    lines = [f'--cut\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'.encode() for key, text in texts.items()]
    head = f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="photo.png"\r\nContent-Type: {kind}\r\n\r\n'
    return b"".join(lines) + head.encode() + image + b"\r\n--cut--\r\n"


FORM = {"Content-Type": "multipart/form-data; boundary=cut"}
OPENAI_TEXTS = {"prompt": "make it stormy", "model": "gpt-image-2", "n": "1", "size": "1248x832"}


class WithSim(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Sim("--settings", '{"polls_until_ready": 1}')

    @classmethod
    def tearDownClass(cls):
        cls.sim.close()

    def setUp(self):
        self.sim.ask("POST", "/control/reset")

    def assert_inverted(self, data, size=(1248, 832)):
        picture = png.read(data)
        self.assertEqual((picture.width, picture.height), size)
        before, after = pictures.drawn(*size).rows, png.rows_of(picture)
        middle, corner = (size[1] // 2, size[0] // 2 * 3), (0, 0)
        self.assertEqual(after[middle[0]][middle[1]], 255 - before[middle[0]][middle[1]])
        self.assertEqual(after[corner[0]][corner[1]], before[corner[0]][corner[1]])

    def assert_clean(self):
        self.assertEqual(self.sim.violations(), [])

    def assert_violation(self, word):
        found = self.sim.violations()
        self.assertTrue(any(word in why for why in found), f"{word!r} is not in {found}")

    def bfl_result(self):
        """A whole run of BFL: the download's answer."""
        task = self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
        for _ in range(2):
            polled = self.sim.ask("GET", task["polling_url"], headers=AUTH["bfl"]).json()
        return self.sim.ask("GET", polled["result"]["sample"])


class GoodRuns(WithSim):
    def test_eachlabs(self):
        slot = self.sim.upload()
        created = self.sim.create_eachlabs(slot["public_url"], seed=42).json()
        self.assertEqual(created["status"], "success")
        path = "/eachlabs/v1/prediction/" + created["predictionID"]
        self.assertEqual(self.sim.ask("GET", path, headers=AUTH["eachlabs"]).json()["status"], "starting")
        done = self.sim.ask("GET", path, headers=AUTH["eachlabs"]).json()
        self.assertEqual((done["status"], done["metrics"]["cost"]), ("success", 0.04))
        self.assert_inverted(self.sim.ask("GET", done["output"]).body)
        self.assertEqual(self.sim.ask("DELETE", "/eachlabs/v1/files/" + slot["id"], headers=AUTH["eachlabs"]).status, 204)
        history = self.sim.ask("GET", "/eachlabs/v1/executions?limit=1", headers=AUTH["eachlabs"]).json()
        self.assertEqual(history["executions"][0]["id"], created["predictionID"])
        self.assertEqual([entry["prompt"] for entry in self.sim.log("created")], ["make it stormy"])
        self.assertEqual(len(self.sim.log("delivered")), 1)
        self.assert_clean()

    def test_bfl(self):
        self.assert_inverted(self.bfl_result().body)
        self.assertEqual(self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"]).status, 200)
        self.assertEqual(self.sim.log("created")[0]["seed"], 42)
        self.assert_clean()

    def test_bfl_with_polls_on_another_host(self):
        self.sim.settings(poll_elsewhere=True)
        task = self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
        self.assertIn(str(self.sim.ports["poll_port"]), task["polling_url"])
        self.assertEqual(self.sim.ask("GET", task["polling_url"]).json()["status"], "Pending")
        self.assert_clean()
        self.sim.ask("GET", task["polling_url"], headers=AUTH["bfl"])
        self.assert_violation("the key of bfl")

    def test_fal(self):
        body = {"prompt": "make it stormy", "image_url": DATA_URI, "output_format": "png", "num_images": 2, "safety_tolerance": "2"}
        task = self.sim.ask("POST", FAL, body, AUTH["fal"]).json()
        states = [self.sim.ask("GET", task["status_url"], headers=AUTH["fal"]).json()["status"] for _ in range(2)]
        self.assertEqual(states, ["IN_QUEUE", "COMPLETED"])
        result = self.sim.ask("GET", task["response_url"], headers=AUTH["fal"]).json()
        self.assertEqual(result["has_nsfw_concepts"], [False, False])
        self.assert_inverted(self.sim.ask("GET", result["images"][1]["url"]).body)
        self.assertEqual(self.sim.ask("PUT", task["cancel_url"], headers=AUTH["fal"]).json(), {"status": "ALREADY_COMPLETED"})
        self.assertEqual(self.sim.log("created")[0]["cost"], 0.08)
        self.assert_clean()

    def test_fal_with_an_upload(self):
        slot = self.sim.ask("POST", "/fal/storage/upload/initiate?storage_type=fal-cdn-v3",
                            {"content_type": "image/png", "file_name": "photo.png"}, AUTH["fal"]).json()
        self.assertEqual(self.sim.ask("PUT", slot["upload_url"], PHOTO, {"Content-Type": "image/png"}).status, 200)
        answer = self.sim.ask("POST", FAL, {"prompt": "p", "image_url": slot["file_url"]}, AUTH["fal"])
        self.assertEqual(answer.status, 200)
        self.assert_clean()

    def test_replicate(self):
        file = self.sim.ask("POST", "/replicate/v1/files", multipart({}, name="content"), {**FORM, **AUTH["replicate"]}).json()
        body = {"input": {"prompt": "make it stormy", "input_image": file["urls"]["get"], "output_format": "png"}}
        made = self.sim.ask("POST", REPLICATE, body, AUTH["replicate"])
        self.assertEqual((made.status, made.json()["status"]), (201, "starting"))
        for _ in range(2):
            polled = self.sim.ask("GET", made.json()["urls"]["get"], headers=AUTH["replicate"]).json()
        self.assert_inverted(self.sim.ask("GET", polled["output"]).body)
        self.assertEqual(self.sim.ask("GET", "/replicate/v1/account", headers=AUTH["replicate"]).status, 200)
        self.assert_clean()

    def test_replicate_that_is_waited_for(self):
        self.sim.settings(polls_until_ready=None, run_seconds=0)
        body = {"input": {"prompt": "make it stormy", "input_image": DATA_URI}}
        made = self.sim.ask("POST", REPLICATE, body, {**AUTH["replicate"], "Prefer": "wait=5"})
        self.assertEqual((made.status, made.json()["status"]), (201, "succeeded"))
        self.assert_clean()

    def test_together(self):
        answer = self.sim.ask("POST", TOGETHER, TOGETHER_BODY, AUTH["together"]).json()
        self.assert_inverted(base64.b64decode(answer["data"][0]["b64_json"]))
        answer = self.sim.ask("POST", TOGETHER, {**TOGETHER_BODY, "response_format": "url"}, AUTH["together"]).json()
        self.assert_inverted(self.sim.ask("GET", answer["data"][0]["url"]).body)
        self.assertEqual(self.sim.ask("GET", "/together/v1/models", headers=AUTH["together"]).status, 200)
        self.assertEqual(len(self.sim.log("delivered")), 2)
        self.assert_clean()

    def test_openai(self):
        answer = self.sim.ask("POST", "/openai/v1/images/edits", multipart(OPENAI_TEXTS), {**FORM, **AUTH["openai"]}).json()
        self.assert_inverted(base64.b64decode(answer["data"][0]["b64_json"]))
        self.assertEqual(self.sim.ask("GET", "/openai/v1/models", headers=AUTH["openai"]).status, 200)
        self.assert_clean()

    def test_gemini(self):
        parts = self.sim.ask("POST", GEMINI, GEMINI_BODY, AUTH["gemini"]).json()["candidates"][0]["content"]["parts"]
        self.assert_inverted(base64.b64decode(parts[1]["inlineData"]["data"]))
        self.assertEqual(self.sim.ask("GET", "/gemini/v1beta/models", headers=AUTH["gemini"]).status, 200)
        self.assert_clean()

    def test_a_running_prediction_can_be_cancelled(self):
        created = self.sim.create_eachlabs(self.sim.upload()["public_url"]).json()
        path = "/eachlabs/v1/prediction/" + created["predictionID"]
        self.assertEqual(self.sim.ask("POST", path + "/cancel", headers=AUTH["eachlabs"]).json()["status"], "cancelled")
        self.assertEqual(self.sim.ask("GET", path, headers=AUTH["eachlabs"]).json()["status"], "cancelled")
        self.assertEqual(self.sim.log("finished")[0]["cost"], 0)
        self.assert_clean()


class Violations(WithSim):
    def refuse_bfl(self, word, headers=AUTH["bfl"], **changes):
        answer = self.sim.ask("POST", BFL, {**BFL_BODY, **changes}, headers)
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual(self.sim.log("created"), [])
        self.assert_violation(word)

    def test_an_unknown_field(self):
        self.refuse_bfl("additional property", width=1248)

    def test_a_wrong_type(self):
        self.refuse_bfl("seed", seed="42")

    def test_a_wrong_enum_value(self):
        self.refuse_bfl("output_format", output_format="jpg")

    def test_a_data_uri_where_raw_base64_belongs(self):
        self.refuse_bfl("no base64", input_image=DATA_URI)

    def test_a_missing_key(self):
        self.refuse_bfl("no x-key", headers={})

    def test_a_key_in_another_services_header(self):
        self.refuse_bfl("authorization where none belongs", headers={**AUTH["bfl"], "Authorization": "Bearer x"})

    def test_a_missing_user_agent(self):
        self.refuse_bfl("no User-Agent", headers={**AUTH["bfl"], "User-Agent": ""})

    def test_a_picture_of_no_kontext_size(self):
        odd = base64.b64encode(pictures.write_png(pictures.drawn(1000, 832))).decode()
        self.refuse_bfl("no Kontext size", input_image=odd)

    def test_a_picture_with_metadata(self):
        tagged = pictures.write_png(pictures.drawn(1248, 832), [(b"tEXt", b"Comment\0here I live")])
        self.refuse_bfl("metadata", input_image=base64.b64encode(tagged).decode())
        tagged = pictures.write_jpeg(pictures.drawn(1248, 832), [(0xE1, b"Exif\0\0")])
        self.refuse_bfl("JPEG carries metadata", input_image=base64.b64encode(tagged).decode())

    def test_a_wrong_key_is_an_honest_mistake(self):
        self.assertEqual(self.sim.ask("GET", "/bfl/v1/credits", headers={"x-key": "other"}).status, 403)
        self.assertEqual(self.sim.ask("GET", FAL_STATUS, headers={"Authorization": "Key other"}).status, 401)
        self.assertEqual(self.sim.ask("GET", FAL_STATUS, headers=AUTH["fal"]).status, 404)
        self.assert_clean()

    def test_an_url_that_was_never_uploaded(self):
        url = f"http://127.0.0.1:{self.sim.ports['cdn_port']}/cdn/eachlabs/uploads/1.png"
        self.assertEqual(self.sim.create_eachlabs(url).status, 400)
        self.assert_violation("nothing was ever uploaded")

    def test_data_where_eachlabs_wants_an_url(self):
        self.assertEqual(self.sim.create_eachlabs(DATA_URI).status, 400)
        self.assert_violation("only URLs")

    def test_a_put_that_is_not_as_presigned(self):
        slot = self.sim.ask("POST", "/eachlabs/v1/upload/presign", {"content_type": "image/png"}, AUTH["eachlabs"]).json()
        good = {"Content-Type": "image/png", **slot["required_headers"]}
        for word, headers in (("lacks x-amz-meta-file-id", {"Content-Type": "image/png"}), ("Expect", {**good, "Expect": "100-continue"}),
                              ("was not presigned", {**good, "Content-Type": "image/jpeg"}), ("the key of", {**good, **AUTH["eachlabs"]})):
            self.sim.ask("PUT", slot["presigned_url"], PHOTO, headers)
            self.assert_violation(word)

    def test_a_put_may_be_repeated(self):
        slot = self.sim.upload()
        answer = self.sim.ask("PUT", slot["presigned_url"], PHOTO, {"Content-Type": "image/png", **slot["required_headers"]})
        self.assertEqual(answer.status, 200)
        self.assert_clean()

    def test_a_chunked_put(self):
        slot = self.sim.ask("POST", "/eachlabs/v1/upload/presign", {"content_type": "image/png"}, AUTH["eachlabs"]).json()
        headers = {"Content-Type": "image/png", "Transfer-Encoding": "chunked", **slot["required_headers"]}
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PHOTO), PHOTO)
        answer = self.sim.ask("PUT", slot["presigned_url"], iter([body]), headers)
        self.assertEqual(answer.status, 411)
        self.assert_violation("Content-Length")

    def test_a_poll_before_the_create(self):
        self.assertEqual(self.sim.ask("GET", "/eachlabs/v1/prediction/1", headers=AUTH["eachlabs"]).status, 404)
        self.assert_violation("ever created")

    def test_a_key_on_the_result_host(self):
        task = self.sim.ask("POST", TOGETHER, {**TOGETHER_BODY, "response_format": "url"}, AUTH["together"]).json()
        self.sim.ask("GET", task["data"][0]["url"], headers=AUTH["together"])
        self.assert_violation("the key of together in authorization")

    def test_a_signed_url_that_was_changed(self):
        task = self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
        for _ in range(2):
            polled = self.sim.ask("GET", task["polling_url"], headers=AUTH["bfl"]).json()
        self.assertEqual(self.sim.ask("GET", polled["result"]["sample"].replace("%3A", ":")).status, 403)
        self.assert_violation("the URL was changed")

    def test_parts_that_openai_does_not_know(self):
        answer = self.sim.ask("POST", "/openai/v1/images/edits", multipart({**OPENAI_TEXTS, "response_format": "b64_json"}),
                              {**FORM, **AUTH["openai"]})
        self.assertEqual(answer.json()["error"]["code"], "unknown_parameter")
        broken = multipart(OPENAI_TEXTS)[:-4]
        self.assertEqual(self.sim.ask("POST", "/openai/v1/images/edits", broken, {**FORM, **AUTH["openai"]}).status, 400)
        self.assert_violation("does not end with its boundary")


class Faults(WithSim):
    def test_an_unknown_fault_is_refused(self):
        self.assertEqual(self.sim.ask("POST", "/control/faults", [{"fault": "no such"}]).status, 400)
        self.assertEqual(self.sim.ask("POST", "/control/faults", [{"fault": "close", "stpe": "poll"}]).status, 400)

    def test_named_errors_bill_nothing_and_come_at_their_turn(self):
        self.sim.faults({"service": "bfl", "step": "create", "nth": 2, "fault": "rate_limited", "retry_after": 7})
        answers = [self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]) for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [200, 429, 200])
        self.assertEqual(answers[1].headers["retry-after"], "7")
        self.assertEqual(len(self.sim.log("created")), 2)

    def test_a_create_may_be_billed_and_not_answered(self):
        self.sim.faults({"service": "bfl", "step": "create", "fault": "close"})
        with self.assertRaises(http.client.RemoteDisconnected):
            self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"])
        self.assertEqual(len(self.sim.log("created")), 1)
        self.assertEqual([entry["status"] for entry in self.sim.log("request")], [None])

    def test_a_create_may_be_cut_before_it_is_read(self):
        self.sim.faults({"step": "create", "fault": "close_unread"})
        with self.assertRaises(OSError):
            self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"])
        self.assertEqual(self.sim.log("created"), [])

    def test_answers_may_be_cut(self):
        for fault in ("cut_body", "cut_before_body"):
            self.sim.faults({"step": "credits", "fault": fault})
            with self.assertRaises((http.client.HTTPException, OSError), msg=fault):
                self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"])
        self.sim.faults({"step": "credits", "fault": "cut_head"})
        self.assertNotIn(b"\r\n\r\n", self.raw(CREDITS))
        self.assert_clean()

    def raw(self, text):
        """All that comes back for these bytes until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.sim.ports["port"]), timeout=30) as connection:
            connection.sendall(text.encode())
            return connection.makefile("rb").read()

    def test_answers_may_be_malformed(self):
        forms = {"bom": b'\xef\xbb\xbf{"credits":1234.5}', "truncated_json": b'{"credits', "numbers_as_strings": b'{"credits":"1234.5"}',
                 "empty_body": b"", "http_1_0": b'{"credits":1234.5}', "chunked": b'{"credits":1234.5}'}
        for fault, body in forms.items():
            self.sim.faults({"step": "credits", "fault": fault})
            self.assertEqual(self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"]).body, body, fault)

    def test_moderation_ends_a_prediction_without_cost(self):
        self.sim.faults({"service": "bfl", "step": "create", "fault": "content_moderated_503"})
        task = self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
        answers = [self.sim.ask("GET", task["polling_url"], headers=AUTH["bfl"]) for _ in range(2)]
        self.assertEqual([answer.status for answer in answers], [200, 503])
        self.assertEqual(answers[1].json()["status"], "Content Moderated")
        self.assertEqual(self.sim.log("finished")[0]["cost"], 0)

    def test_polls_may_not_find_the_task_at_first(self):
        self.sim.faults({"service": "bfl", "step": "poll", "times": 3, "fault": "task_not_found_404"})
        task = self.sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
        statuses = [self.sim.ask("GET", task["polling_url"], headers=AUTH["bfl"]).status for _ in range(4)]
        self.assertEqual(statuses, [404, 404, 404, 200])

    def test_results_come_in_odd_forms(self):
        for form, mark in (("jpeg", b"\xff\xd8"), ("jpeg_app11", b"\xff\xd8"), ("png_c2pa", b"\x89PNG"), ("not_a_picture", b"<!DOCTYPE")):
            self.sim.faults({"service": "bfl", "step": "download", "fault": form})
            self.assertTrue(self.bfl_result().body.startswith(mark), form)
        for form, depth, color in (("sixteen_bit", 16, 2), ("palette", 8, 3)):
            self.sim.faults({"service": "bfl", "step": "create", "fault": form})
            picture = png.read(self.bfl_result().body)
            self.assertEqual((picture.depth, picture.color), (depth, color))

    def test_an_ignored_picture_gives_a_square(self):
        self.sim.faults({"service": "bfl", "step": "create", "fault": "image_ignored"})
        picture = png.read(self.bfl_result().body)
        self.assertEqual((picture.width, picture.height), (1024, 1024))

    def test_an_expired_url(self):
        self.sim.faults({"service": "bfl", "step": "download", "nth": 1, "fault": "expired"})
        self.assertEqual(self.bfl_result().status, 403)
        self.assertEqual(self.sim.log("delivered"), [])

    def test_redirects_lead_where_they_say(self):
        self.sim.faults({"service": "bfl", "step": "download", "nth": 1, "fault": "redirect", "to": "foreign", "hops": 2})
        answer = self.bfl_result()
        for _ in range(2):
            self.assertEqual(answer.status, 302)
            answer = self.sim.ask("GET", answer.headers["location"])
        self.assert_inverted(answer.body)
        self.assert_clean()

    def test_a_key_may_follow_a_redirect_on_its_own_host(self):
        self.sim.faults({"step": "credits", "nth": 1, "fault": "redirect", "hops": 2})
        answer = self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"])
        for _ in range(2):
            self.assertEqual(answer.status, 302)
            answer = self.sim.ask("GET", answer.headers["location"], headers=AUTH["bfl"])
        self.assertEqual(answer.json(), {"credits": 1234.5})
        self.assert_clean()

    def test_a_key_that_follows_a_redirect_is_seen(self):
        self.sim.faults({"step": "credits", "nth": 1, "fault": "redirect", "to": "foreign"})
        answer = self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"])
        self.sim.ask("GET", answer.headers["location"], headers=AUTH["bfl"])
        self.assert_violation("the key of bfl in x-key")

    def test_chance_is_the_same_every_time(self):
        rule = {"step": "credits", "fault": "random", "p": 0.5, "among": ["internal", {"fault": "status", "status": 503}], "seed": 7}
        runs = []
        for _ in range(2):
            self.sim.faults(rule)
            runs.append([self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"]).status for _ in range(20)])
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(set(runs[0]), {200, 500, 503})

    def test_every_form_of_eachlabs_output(self):
        url = self.sim.upload()["public_url"]
        for fault, kind in (("output_array", list), ("output_object", dict), ("output_images", dict), ("no_output", str)):
            self.sim.faults({"service": "eachlabs", "step": "poll", "fault": fault})
            path = "/eachlabs/v1/prediction/" + self.sim.create_eachlabs(url).json()["predictionID"]
            answers = [self.sim.ask("GET", path, headers=AUTH["eachlabs"]).json() for _ in range(2)]
            self.assertIsInstance(answers[1]["output"], kind)
        self.sim.faults({"service": "eachlabs", "step": "create", "fault": "no_id"})
        self.assertNotIn("predictionID", self.sim.create_eachlabs(url).json())

    def test_the_date_may_be_wrong(self):
        dates = []
        for skew in (0, -86400):
            self.sim.settings(date_skew=skew)
            dates.append(parsedate_to_datetime(self.sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"]).headers["date"]))
        self.assertGreater((dates[0] - dates[1]).total_seconds(), 80000)

    def test_a_result_may_have_no_end(self):
        for fault in ("endless", "oversized"):
            self.sim.ask("POST", "/control/reset")
            self.sim.faults({"step": "credits", "fault": fault})
            with socket.create_connection(("127.0.0.1", self.sim.ports["port"]), timeout=30) as connection:
                connection.sendall(CREDITS.encode())
                self.assertEqual(len(connection.makefile("rb").read(5 << 20)), 5 << 20)
        self.assert_clean()

    def test_an_answer_may_never_come(self):
        self.sim.faults({"step": "credits", "fault": "hang"})
        with socket.create_connection(("127.0.0.1", self.sim.ports["port"])) as connection:
            connection.sendall(CREDITS.encode())
            while not self.sim.log("request"):
                pass
            connection.setblocking(False)
            with self.assertRaises(BlockingIOError):
                connection.recv(1)


class Program(unittest.TestCase):
    def test_tls_a_log_and_a_script(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, "--make-certificate", folder], check=True)
            script, log = Path(folder, "script.json"), Path(folder, "log")
            script.write_text('[{"step": "credits", "nth": 2, "fault": "cut_tls"}]', encoding="utf-8")
            sim = Sim("--tls", f"{folder}/cert.pem", f"{folder}/key.pem", "--log", str(log), "--script", str(script),
                      authority=f"{folder}/ca.pem")
            self.assertEqual(sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"]).status, 200)
            with self.assertRaises(OSError):
                sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"])
            task = sim.ask("POST", BFL, BFL_BODY, AUTH["bfl"]).json()
            self.assertTrue(task["polling_url"].startswith("https://"))
            sim.faults({"step": "handshake", "nth": 1, "fault": "cut_handshake"})
            with self.assertRaises(OSError):
                sim.ask("GET", "/bfl/v1/credits", headers=AUTH["bfl"])
            self.assertEqual(sim.close(), 0)
            events = [json.loads(line)["event"] for line in log.read_text(encoding="utf-8").splitlines()]
            self.assertEqual(events.count("created"), 1)

    def test_bytes_that_are_no_http(self):
        sim = Sim()
        with socket.create_connection(("127.0.0.1", sim.ports["port"])) as raw:
            raw.sendall(b"HELLO\r\n\r\n")
            self.assertEqual(raw.recv(100), b"")
        self.assertIn("no HTTP", sim.violations()[0])
        self.assertEqual(sim.close(), 0)


class Pictures(unittest.TestCase):
    def test_all_filters_of_png_are_undone(self):
        above = bytes((7 * i + 3) % 256 for i in range(30))
        raw = bytes((11 * i * i + 5) % 256 for i in range(30))
        for kind in range(5):
            filtered = bytes((raw[i] - predicted(kind, raw, above, i)) % 256 for i in range(30))
            self.assertEqual(png.undo(kind, filtered, above, 3), raw, f"filter {kind}")


def predicted(kind, raw, above, at):
    left, corner = (raw[at - 3], above[at - 3]) if at >= 3 else (0, 0)
    up = above[at]
    nearest = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
    return (0, left, up, (left + up) // 2, nearest)[kind]


if __name__ == "__main__":
    unittest.main()
