"""The foreign hosts: the store that takes presigned uploads, and the one that serves uploads and results."""

import re

from .pictures import PictureError, check_upload, media_type
from .service import PICTURE_FAULTS, Refused
from .wire import Reply, json_reply, xml_reply

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}  # what may be uploaded
PUT = re.compile(r"/s3/(?P<service>[a-z]+)/(?P<id>[0-9a-f-]+)\.\w+")
UPLOAD = re.compile(r"/cdn/(?P<service>[a-z]+)/uploads/(?P<id>[0-9a-f-]+)\.\w+")
RESULT = re.compile(r"/cdn/(?P<service>[a-z]+)/results/(?P<id>[\w-]+)-\d+\.\w+")


class Hosts:
    def __init__(self, world, services):
        self.world = world
        self.services = services

    def find_route(self, request):
        """(service, (step, handler, words, keyed)) of a path of these hosts; Refused without."""
        if request.listener != "cdn" and not request.redirected:
            raise Refused(json_reply(404, {"error": "Not Found"}), "a file host's path on the API's host")
        for method, pattern, step, handler in (("PUT", PUT, "put", self.put), ("GET", UPLOAD, "read_upload", self.read_upload),
                                               ("GET", RESULT, "download", self.download)):
            match = pattern.fullmatch(request.path)
            if match and request.method == method and match["service"] in self.services:
                return self.services[match["service"]], (step, handler, match.groupdict(), False)
        raise Refused(xml_reply(404, "NoSuchKey", "The specified key does not exist."), "no such file or method")

    def put(self, call):
        request, file = call.request, self.world.files.get(call.words["id"])
        mismatch = xml_reply(403, "SignatureDoesNotMatch",
                             "The request signature we calculated does not match the signature you provided.")
        if not file or file.deleted:  # a repeated PUT is fine: its answer may have been lost
            raise Refused(xml_reply(404, "NoSuchKey", "The specified key does not exist."), "a PUT that was not presigned")
        if request.target != file.put_target:
            raise Refused(mismatch, "the presigned URL was changed")
        if request.header("expect") is not None:
            raise Refused(xml_reply(417, "ExpectationFailed", "Expect is not signed."), "Expect on the PUT")
        if request.header("transfer-encoding") is not None or request.header("content-length") is None:
            raise Refused(xml_reply(411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
                          "a PUT without Content-Length")
        if request.header("content-type") != file.media_type:
            raise Refused(mismatch, f"Content-Type {request.header('content-type')!r} was not presigned: {file.media_type!r}")
        for name, value in file.put_headers.items():
            if request.header(name) != value:
                raise Refused(mismatch, f"the PUT lacks {name}: {value}")
        for name, _ in request.headers:
            if name.startswith("x-amz-") and name not in file.put_headers:
                raise Refused(mismatch, f"{name} was not presigned")
        try:
            upload = check_upload(request.body)
        except PictureError as error:
            raise Refused(xml_reply(400, "InvalidRequest", "not a picture"), f"upload: {error}") from error
        if file.media_type != f"image/{upload.kind}":
            raise Refused(xml_reply(400, "InvalidRequest", "not a picture"), f"{file.media_type} was declared, {upload.kind} sent")
        file.upload = upload
        self.world.log("uploaded", service=file.service, id=file.id, body_bytes=len(request.body),
                       width=upload.width, height=upload.height, kind=upload.kind)
        return Reply(200, [("ETag", '"simulated"')])

    def read_upload(self, call):
        file = self.world.files.get(call.words["id"])
        if not file or file.deleted or not file.upload:
            raise Refused(xml_reply(404, "NoSuchKey", "The specified key does not exist."))
        return Reply(200, [("Content-Type", file.media_type)], file.upload.data)

    def download(self, call):
        with self.world.lock:
            target, prediction = self.world.results.get(call.request.path, (None, None))
        if not prediction:
            raise Refused(xml_reply(404, "BlobNotFound", "The specified blob does not exist."), "a result that nobody named")
        if call.request.target != target:
            raise Refused(xml_reply(403, "AuthenticationFailed", "Signature did not match."), f"the URL was changed: {target}")
        data = self.world.file_of(prediction, call.fault_among(PICTURE_FAULTS) or "")
        call.delivers = prediction.id
        kind = media_type(data)
        return Reply(200, [("Content-Type", kind if kind.startswith("image/") else f"image/{prediction.form}")], data)
