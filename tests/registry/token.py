#!/usr/bin/env python3
"""token - a token server for docker's registry, as docs/spec/auth/token.md describes it

    token.py DIR [user=NAME password=WORD] [identity=TOKEN]

Makes the key and certificate that the registry trusts (DIR/issuer.pem), listens on a free
loopback port and prints it. Without a user anybody may pull and push. An identity token is
taken by POST only. Each request is a line of DIR/log: method, path and query, who asked.
"""
import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 300


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    def __init__(self, folder):
        self.key = os.path.join(folder, "issuer.key")
        self.cert = os.path.join(folder, "issuer.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=test", "-keyout", self.key, "-out", self.cert],
                       check=True, capture_output=True)
        der = subprocess.run(["openssl", "x509", "-in", self.cert, "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.chain = [base64.b64encode(der).decode()]

    def token(self, service, scopes, who):
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, rest = scope.split(":", 1)
            name, actions = rest.rsplit(":", 1)
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        head = {"typ": "JWT", "alg": "RS256", "x5c": self.chain}
        body = {"iss": "test", "sub": who, "aud": service, "exp": now + 300, "nbf": now - 10,
                "iat": now, "jti": secrets.token_hex(8), "access": access}
        text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(body).encode())
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key],
                                   input=text.encode(), check=True, capture_output=True).stdout
        return text + "." + b64url(signature)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, who):
        self.server.log.write(f"{self.command} {self.path} {who}\n")
        self.server.log.flush()

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        opt = self.server.opt
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        auth = self.headers.get("Authorization", "")
        who = base64.b64decode(auth[6:]).decode() if auth.startswith("Basic ") else "-"
        self.note(who)
        if "user" in opt and who != opt["user"] + ":" + opt["password"]:
            self.answer(401, {"details": "wrong"})
            return
        self.answer(200, {"token": self.server.issuer.token(
            query["service"][0], query.get("scope", []), who), "expires_in": 300})

    def do_POST(self):
        form = urllib.parse.parse_qs(
            self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.note(form.get("grant_type", ["-"])[0])
        if form.get("refresh_token", [""])[0] != self.server.opt.get("identity"):
            self.answer(401, {"details": "wrong"})
            return
        self.answer(200, {"access_token": self.server.issuer.token(
            form["service"][0], form["scope"][0].split(), "identity")})


def main(argv):
    folder = argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.opt = dict(a.split("=", 1) for a in argv[2:])
    server.issuer = Issuer(folder)
    server.log = open(os.path.join(folder, "log"), "w")
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(LIFETIME)
    print(server.server_address[1], flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv)
