#!/usr/bin/env python3
"""real - docker's registry for a test: on a free loopback port, until it is told to end

    real.py DIR [htpasswd=FILE] [cert=FILE key=FILE] [realm=URL issuer=CERT]

Prints the port when it listens. Its store is DIR/store, its log DIR/log. Ends with the test
(SIGTERM), and after five minutes in any case.
"""
import json
import os
import re
import signal
import subprocess
import sys

LIFETIME = 300


def configuration(folder, opt):
    config = {"version": "0.1",
              "log": {"level": "info", "formatter": "json", "accesslog": {"disabled": False}},
              "storage": {"filesystem": {"rootdirectory": os.path.join(folder, "store")}},
              "http": {"addr": "127.0.0.1:0"}}
    if "htpasswd" in opt:
        config["auth"] = {"htpasswd": {"realm": "test", "path": opt["htpasswd"]}}
    if "realm" in opt:
        config["auth"] = {"token": {"realm": opt["realm"], "service": "test", "issuer": "test",
                                    "rootcertbundle": opt["issuer"]}}
    if "cert" in opt:
        config["http"]["tls"] = {"certificate": opt["cert"], "key": opt["key"]}
    return config


def main(argv):
    folder, opt = argv[1], dict(a.split("=", 1) for a in argv[2:])
    path = os.path.join(folder, "config.yml")
    with open(path, "w") as f:
        json.dump(configuration(folder, opt), f)    # JSON is YAML
    log = open(os.path.join(folder, "log"), "wb", buffering=0)
    child = subprocess.Popen(["docker-registry", "serve", path], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env={"PATH": os.environ["PATH"]})

    def end(*_):
        child.terminate()
        child.wait()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
    signal.alarm(LIFETIME)
    told = False
    for line in child.stdout:
        log.write(line)
        found = None if told else re.search(rb"listening on 127\.0\.0\.1:(\d+)", line)
        if found:
            told = True
            print(found.group(1).decode(), flush=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    child.wait()


if __name__ == "__main__":
    main(sys.argv)
