"""readers - what every program that reads streams makes of an input, as a file and as a pipe

A test's Python part says its cases; each is a line on standard output: "ok", or "not ok" and what
is wrong, then a tab and the case's name. verdicts() of the .t turns the lines into TAP.
"""
import os
import subprocess
import sys

from tarlib import *  # noqa: F403 pylint: disable=wildcard-import,unused-wildcard-import

# What each program needs besides the input, to do something with an image in it.
PROGRAMS = {
    "oci-pack": ["oci-pack"],
    "oci-index": ["oci-index"],
    "oci-manifest": ["oci-manifest", "-l", "a=b"],
    "oci-push": ["oci-push", "-n", "127.0.0.1:9/app:v1"],
}
FORMS = ("operand", "file", "pipe")
TIMEOUT = 60


def verdict(name, problems):
    if problems:
        print("not ok %s\t%s" % ("; ".join(problems).replace("\n", "\\n").replace("\t", " "), name))
    else:
        print("ok\t%s" % name)
    sys.stdout.flush()


def run(command, path, form):
    """(status, stdout, stderr); -1 for a command that does not end."""
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": TIMEOUT}
    try:
        if form == "operand":
            done = subprocess.run(command + [path], stdin=subprocess.DEVNULL, **kwargs)
        elif form == "file":
            with open(path, "rb") as f:
                done = subprocess.run(command, stdin=f, **kwargs)
        else:
            with open(path, "rb") as f:
                data = f.read()
            done = subprocess.run(command, input=data, **kwargs)
    except subprocess.TimeoutExpired:
        return -1, b"", b""
    return done.returncode, done.stdout, done.stderr


def committed(out):
    """Is this a stream with an index.json, or anything that is no stream at all?"""
    if not out:
        return False
    if not out.startswith(b"oci-layout\0"):
        return True
    return any(out[i:i + 11] == b"index.json\0" for i in range(0, len(out), BLOCK))


def clean_line(err):
    """One line of printable UTF-8?"""
    try:
        text = err.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.endswith("\n") and text[:-1].isprintable()


def check_refused(program, got, status, text):
    code, out, err = got
    problems = []
    if code != status:
        problems.append("status %d, not %d" % (code, status))
    if not err.startswith(program.encode() + b": ") or not clean_line(err):
        problems.append("standard error: %r" % err[:300])
    elif code == status and text.encode() not in err:
        problems.append("nothing of %r in %r" % (text, err[:300]))
    if committed(out):
        problems.append("output of %d bytes" % len(out))
    return problems


def check_sniffed(path):
    """oci-sniff has an answer to everything, and it is JSON."""
    code, out, _ = run(["oci-sniff", "--json"], path, "operand")
    try:
        known = json.loads(out)["format"] != "unknown"
    except (ValueError, KeyError):
        return ["oci-sniff: status %d, %r" % (code, out[:300])]
    return [] if code == (0 if known else 1) else ["oci-sniff: status %d" % code]


def check_old_stays(path, status):
    with open("old.tar", "w", encoding="ascii") as f:
        f.write("old")
    before = sorted(os.listdir("."))
    got = run(["oci-pack", "-o", "old.tar"], path, "operand")
    problems = [] if got[0] == status else ["oci-pack -o: status %d" % got[0]]
    if read("old.tar") != b"old" or sorted(os.listdir(".")) != before:
        problems.append("oci-pack -o: another output")
    return problems


def refused(name, status, text, data, programs=tuple(PROGRAMS), forms=FORMS):
    """Every program must refuse data with this status and text, whatever way it comes. Absent
    layers and what documents say is oci-push's business only once it talks to a registry: there
    is none here, so that 8 is a refusal too."""
    path = data if isinstance(data, str) else "input"
    if not isinstance(data, str):
        with open(path, "wb") as f:
            f.write(data)
    problems = []
    for program in programs:
        for form in forms:
            got = run(PROGRAMS[program], path, form)
            if program == "oci-push" and got[0] == 8:
                continue
            problems += ["%s, %s: %s" % (program, form, p)
                         for p in check_refused(program, got, status, text)]
    problems += check_sniffed(path)
    if "oci-pack" in programs:
        problems += check_old_stays(path, status)
    if os.listdir(os.environ["TMPDIR"]):
        problems.append("left over in TMPDIR: %s" % os.listdir(os.environ["TMPDIR"]))
    verdict(name, problems)


def packed(data, *options, form="operand"):
    """What oci-pack makes of data, bytes or a path; None if it refuses."""
    path = data if isinstance(data, str) else "input"
    if not isinstance(data, str):
        with open(path, "wb") as f:
            f.write(data)
    code, out, err = run(["oci-pack", *options], path, form)
    if code != 0:
        print("# %s" % err.decode(errors="replace").strip())
    return out if code == 0 else None


def same(name, data, expected, forms=FORMS, options=()):
    """oci-pack makes expected of data, in every form, in silence."""
    path = data if isinstance(data, str) else "input"
    if not isinstance(data, str):
        with open(path, "wb") as f:
            f.write(data)
    problems = []
    for form in forms:
        code, out, err = run(["oci-pack", *options], path, form)
        if code != 0 or err:
            problems.append("%s: status %d, %r" % (form, code, err[:300]))
        elif out != expected:
            problems.append("%s: other output, %d bytes, not %d" %
                            (form, len(out), len(expected)))
    verdict(name, problems)
