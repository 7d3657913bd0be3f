#!/usr/bin/env python3
"""fake - a registry that does what a registry should not

    fake.py DIR [switch=value]...

Two origins on free loopback ports, the registry A and a stranger B; prints both ports. Keeps
blobs and manifests in memory. Each request is one JSON line of DIR/log, written before it is
answered: origin, host, method, target, auth, length, sha256 of the body. Switches, each off by
default; {A} and {B} in a value are the origins, such as http://127.0.0.1:1234:

    auth=basic|bearer       user "user", password "pass:word"; tokens t1, t2, ...
    challenge=TEXT          the WWW-Authenticate field as it is, instead
    realm=URL               where tokens are had; {A}/token otherwise
    token=STATUS|access|none|text|big|crlf|empty|redirect
    form=STATUS             answer to a token asked for by POST
    refuse-scopes=1         the token server refuses more than one scope
    spent=N                 a token is good for N requests
    never=1                 no token is ever good
    location=TEMPLATE       of an upload: {A}{path} otherwise, {path} is its place
    upload=STATUS           answer to the PUT of a blob; then nothing is kept
    start=STATUS            answer to a POST that starts an upload
    mount=STATUS            201 otherwise, where the other repository has the blob, else 202
    mount-location=URL      with mount=202; "none" for none
    head=STATUS             answer to HEAD of a blob
    head-size=N             its Content-Length, also at {B}/storage/ where it may be sent
    head-location=URL       with head=307
    manifest=STATUS         answer to PUT of a manifest
    manifest-digest=TEXT    Docker-Content-Digest of that answer; "off" for none
    body=TEXT               of every error; python escapes
    warning=TEXT            of every answer
    retry-after=TEXT
    raw=TEXT                the bytes of the answer to the PUT of a manifest, python escapes,
                            {N*x} is x N times; then the connection ends
    at=PLACE                instead to what is asked there: ping token head start upload
    drip=SECONDS            between two bytes of raw
    hang=1                  after raw nothing more comes, and no end
    die=N                   every connection ends instead of answer number N and those after
                            it, until somebody begins again with /v2/
    hiccup=N                a connection ends instead of answer number N
    proxy=407               a proxy's answer to what is meant for other hosts; they are A too
    drop=1                  an upload's connection ends after 1000 bytes
    have=FILE               a blob of repository "other/base" from the start; may be repeated
    cert=FILE key=FILE      TLS at A
    low=1                   TLS 1.0 only
"""
import base64
import hashlib
import http.server
import json
import os
import re
import signal
import ssl
import sys
import threading
import time
import urllib.parse

LIFETIME = 300
BASIC = "Basic " + base64.b64encode(b"user:pass:word").decode()
REPO = r"/v2/((?:[a-z0-9._-]+/)*[a-z0-9._-]+)"


class State:
    def __init__(self, folder, opt, have):
        self.log = open(os.path.join(folder, "log"), "w")
        self.lock = threading.Lock()
        self.opt, self.blobs, self.manifests = opt, {}, {}
        self.requests = self.tokens = self.uploads = 0
        self.uses, self.dead = {}, False
        for path in have:
            with open(path, "rb") as f:
                data = f.read()
            self.blobs["other/base", "sha256:" + hashlib.sha256(data).hexdigest()] = data

    def fill(self, text, **more):
        for key, value in {**self.origins, **more}.items():
            text = text.replace("{" + key + "}", value)
        return text


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    # --- one request ---

    def handle_one(self):
        state, opt = self.server.state, self.server.state.opt
        origin = "A" if self.server is state.a else "B"
        length = int(self.headers.get("Content-Length", 0))
        put_blob = self.command == "PUT" and "/uploads/" in self.path
        try:
            body = self.rfile.read(1000 if "drop" in opt and put_blob else length)
        except OSError:
            body = b""
        auth = self.headers.get("Authorization")
        proxied = self.path.startswith("http://")
        host = self.headers.get("Host")
        if proxied:
            self.path = "/" + self.path.split("/", 3)[3]
        with state.lock:
            state.requests += 1
            number = state.requests
            state.log.write(json.dumps({
                "origin": origin, "host": host, "method": self.command, "target": self.path, "auth": auth,
                "cookie": self.headers.get("Cookie"), "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest()}) + "\n")
            state.log.flush()
            if opt.get("die") == str(number):
                state.dead = True
            elif self.path == "/v2/":
                state.dead = False
            if state.dead or opt.get("hiccup") == str(number) or ("drop" in opt and put_blob):
                self.close_connection = True
                self.connection.close()
                return
            place = self.place()
            if "raw" in opt and place == opt.get("at", "manifest"):
                pass
            elif proxied and "proxy" in opt:
                self.answer(int(opt["proxy"]))
            elif self.path.startswith("/token"):
                self.token(body)
            elif self.allowed(auth, origin):
                self.route(body)
        if "raw" in opt and place == opt.get("at", "manifest"):
            self.answer_raw()

    def place(self):
        path = self.path.split("?")[0]
        if path == "/v2/" or path == "/token":
            return "ping" if path == "/v2/" else "token"
        if "/manifests/" in path:
            return "manifest" if self.command == "PUT" else "lookup"
        return {"HEAD": "head", "POST": "start", "PUT": "upload"}.get(self.command)

    def answer_raw(self):
        opt = self.server.state.opt
        text = re.sub(r"\{(\d+)\*([^}]+)\}", lambda m: int(m[1]) * m[2], opt["raw"])
        data = text.encode().decode("unicode_escape").encode("latin-1")
        step = 1 if "drip" in opt else len(data) or 1
        try:
            for i in range(0, len(data), step):
                self.wfile.write(data[i:i + step])
                time.sleep(float(opt.get("drip", 0)))
            while "hang" in opt:
                time.sleep(1)
        except OSError:
            pass    # it lost patience
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_one

    def answer(self, status, body=b"", **fields):
        opt = self.server.state.opt
        if status >= 400 and "body" in opt:
            body = opt["body"].encode().decode("unicode_escape").encode("latin-1")
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        if "warning" in opt:
            self.send_header("Warning", opt["warning"])
        if "retry-after" in opt and status >= 400:
            self.send_header("Retry-After", opt["retry-after"])
        if "Content_Length" not in fields:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

    # --- who is there ---

    def allowed(self, auth, origin):
        state, opt = self.server.state, self.server.state.opt
        kind = opt.get("auth")
        if origin == "B" or (kind is None and "challenge" not in opt):
            return True
        if kind == "basic" and auth == BASIC:
            return True
        if kind == "bearer" and auth is not None and auth.startswith("Bearer t") and \
                "never" not in opt:
            state.uses[auth] = state.uses.get(auth, 0) + 1
            if state.uses[auth] <= int(opt.get("spent", 1 << 30)):
                return True
        name = re.match(REPO + "/(blobs|manifests)/", self.path)
        if "challenge" in opt:
            challenge = state.fill(opt["challenge"])
        elif kind == "basic":
            challenge = 'BASIC realm="test, one"'
        else:
            challenge = 'Bearer realm="%s",service="fake",scope="repository:%s:pull"' % (
                state.fill(opt.get("realm", "{A}/token")), name.group(1) if name else "")
        self.answer(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"who is there"}]}',
                    WWW_Authenticate=challenge)
        return False

    def token(self, body):
        state, opt = self.server.state, self.server.state.opt
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        kind = opt.get("token", "")
        state.tokens += 1
        token = "t%d" % state.tokens
        if "form" in opt and self.command == "POST":
            self.answer(int(opt["form"]))
        elif "refuse-scopes" in opt and len(query.get("scope", [])) > 1:
            self.answer(403)
        elif kind == "redirect":
            self.answer(302, Location=state.fill("{B}/token"))
        elif kind.isdigit():
            self.answer(int(kind))
        elif kind == "text":
            self.answer(200, b"token=t")
        elif kind == "big":
            self.answer(200, b'{"token":"' + b"t" * (2 << 20) + b'"}')
        else:
            self.answer(200, json.dumps({
                "access": {"access_token": token}, "none": {}, "empty": {"token": ""},
                "crlf": {"token": "t\r\nX-Evil: 1"},
            }.get(kind, {"token": token})).encode())

    # --- the registry ---

    def route(self, body):
        opt = self.server.state.opt
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        path = url.path
        if path == "/v2/":
            return self.answer(200)
        if path.startswith("/storage/"):
            return self.answer(200, Content_Length=opt.get("head-size", "0"))
        upload = re.fullmatch(REPO + r"/blobs/uploads/(.*)", path)
        if upload:
            return self.upload(upload.group(1), upload.group(2), query, body)
        blob = re.fullmatch(REPO + r"/blobs/(sha256:[0-9a-f]{64})", path)
        if blob:
            return self.blob(blob.group(1), blob.group(2))
        manifest = re.fullmatch(REPO + r"/manifests/(.+)", path)
        if manifest:
            return self.manifest(manifest.group(1), manifest.group(2), body)
        return self.answer(404, b"404 page not found")

    def blob(self, repo, digest):
        state, opt = self.server.state, self.server.state.opt
        if "head" in opt:
            more = {"Location": state.fill(opt["head-location"])} if "head-location" in opt else {}
            return self.answer(int(opt["head"]), Content_Length=opt.get("head-size", "0"), **more)
        if (repo, digest) not in state.blobs:
            return self.answer(404)
        size = opt.get("head-size", str(len(state.blobs[repo, digest])))
        return self.answer(200, Content_Length=size)

    def upload(self, repo, place, query, body):
        state, opt = self.server.state, self.server.state.opt
        if self.command == "POST":
            mounted = state.blobs.get((query.get("from"), query.get("mount")))
            if "mount" in query and opt.get("mount", "201") != "201":
                if opt["mount"] != "202":
                    return self.answer(int(opt["mount"]))
            elif mounted is not None:
                state.blobs[repo, query["mount"]] = mounted
                return self.answer(201, Location="/")
            elif "start" in opt:
                return self.answer(int(opt["start"]), b'{"errors":[{"code":"DENIED"}]}')
            state.uploads += 1
            path = "/v2/%s/blobs/uploads/u%d" % (repo, state.uploads)
            location = state.fill(opt.get("location", "{A}{path}"), path=path)
            if "mount" in query:
                location = opt.get("mount-location", location)
            if location == "none":
                return self.answer(202)
            return self.answer(202, Location=location.encode().decode("unicode_escape"))
        if self.command == "DELETE":
            return self.answer(204)
        if "upload" in opt:
            return self.answer(int(opt["upload"]))
        if query.get("digest") != "sha256:" + hashlib.sha256(body).hexdigest():
            return self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
        state.blobs[repo, query["digest"]] = body
        return self.answer(201, Location="/")

    def manifest(self, repo, name, body):
        state, opt = self.server.state, self.server.state.opt
        if self.command == "PUT":
            if "manifest" in opt:
                return self.answer(int(opt["manifest"]),
                                   b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}')
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            state.manifests[repo, name] = state.manifests[repo, digest] = body
            told = opt.get("manifest-digest", digest)
            return self.answer(201, Location="/",
                               **({} if told == "off" else {"Docker_Content_Digest": told}))
        body = state.manifests.get((repo, name))
        if body is None:
            return self.answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        more = {} if opt.get("manifest-digest") == "off" else {"Docker_Content_Digest": digest}
        if self.command == "HEAD":
            return self.answer(200, Content_Length=str(len(body)), **more)
        return self.answer(200, body, **more)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass    # a client that goes away is what is tested


def main(argv):
    folder = argv[1]
    pairs = [a.split("=", 1) for a in argv[2:]]
    opt = dict(pairs)
    state = State(folder, opt, [v for k, v in pairs if k == "have"])
    state.a = Server(("127.0.0.1", 0), Handler)
    state.b = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if "cert" in opt:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if "low" in opt:
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(opt["cert"], opt["key"])
        state.a.socket = context.wrap_socket(state.a.socket, server_side=True,
                                             do_handshake_on_connect=False)
        scheme = "https"
    ports = [s.server_address[1] for s in (state.a, state.b)]
    state.origins = {"A": "%s://127.0.0.1:%d" % (scheme, ports[0]),
                     "B": "http://127.0.0.1:%d" % ports[1],
                     "hostB": "127.0.0.1:%d" % ports[1]}
    state.a.state = state.b.state = state
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(LIFETIME)
    threading.Thread(target=state.b.serve_forever, daemon=True).start()
    print(*ports, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    state.a.serve_forever()


if __name__ == "__main__":
    main(sys.argv)
