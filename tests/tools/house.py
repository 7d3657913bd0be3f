#!/usr/bin/env python3
"""house - the house rules that are visible in the text, one line a violation

    house.py PART...        parts: libraries arrows sizes forbidden tests

Looks at the tree in the current directory. Exit status 1 if anything was found.
"""
import glob
import os
import re
import sys

# A library's header, and the only files that may include it.
LIBRARIES = (
    (r"jsmn\.h", r"common/core/json[a-z_]*\.c"),
    (r"bearssl.*", r"common/core/.*"),
    (r"curl/.*", r"common/registry/http[a-z_]*\.c"),
    (r"archive.*", r"common/layer/.*\.c"),
    (r"yaml\.h", r"common/bundle/.*\.c"),
    (r"(zlib|zstd|zstd_errors|zdict|libdeflate)\.h", r"common/codec/.*\.c"),
)
# core <- {codec, image} <- {layer, stream} <- {registry, bundle} <- bin
RANK = {"core": 0, "codec": 1, "image": 1, "layer": 2, "stream": 2, "registry": 3, "bundle": 3}
# Rooms side by side keep apart, but for this: a media type says how a layer is compressed.
SIDEWAYS = {("image", "codec/compress.h")}

MAX_PROGRAM = 400
MAX_MODULE = 600

# What no C file holds (a pattern, why, files that may).
FORBIDDEN = (
    (r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b", "left over", None),
    (r"^\s*#\s*define\s+_(GNU|XOPEN|POSIX|DEFAULT|BSD)_", "the dialect is set by the Makefile",
     None),
    (r"\btypedef\s+struct\b", "no typedef of a struct", None),
    (r"\b(alloca|gets|sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|atoll|system|popen|tmpnam|"
     r"mktemp|setlocale|rand|random|sleep|usleep)\s*\(", "not in this house", None),
    (r"#\s*include\s*<(ctype|wctype|err|setjmp)\.h>", "not in this house", None),
    # libarchive turns names into bytes by the thread's locale.
    (r"#\s*include\s*<locale\.h>", "not in this house", r"common/layer/foreign\.c"),
    (r"\b(isalpha|isdigit|isalnum|isspace|isprint|isxdigit|tolower|toupper)\s*\(",
     "ASCII classes are our own: these ask the locale", None),
)
# Only of common/: it never exits, and never prints.
FORBIDDEN_COMMON = (
    (r"(?<![\w>.])(exit|_exit|_Exit|abort|quick_exit)\s*\(", "common/ never exits",
     r"common/registry/helper\.c"),
    (r"(?<![\w>.])(printf|puts|putchar|perror|vprintf)\s*\(", "common/ never prints",
     r"common/core/(options|progress)\.c"),
    (r"\b(stdout|stderr|stdin)\b", "common/ never prints",
     r"common/core/(options|progress)\.c"),
)
ROOMLESS = re.compile(r"(^|/)(util|utils|misc|helpers?|common|compat)\.[ch]$")
ALLOWED_NAMES = {"common/registry/helper.c", "common/registry/helper.h"}
OPENS = re.compile(r"\b(open|openat)\s*\(([^;]*?)\)\s*;", re.S)

found = 0


def say(path, line, text):
    global found
    found += 1
    print("%s:%s %s" % (path, "%d:" % line if line else "", text))


def sources():
    return sorted(glob.glob("bin/*.c") + glob.glob("common/*/*.[ch]"))


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def code_only(text):
    """Comments and string contents blanked, lines kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group()) if m.group()[0] == "/" else '""'
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blank, text,
                  flags=re.S)


def includes(path):
    for n, line in enumerate(read(path).splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if m:
            yield n, m.group(1), m.group(2)


def libraries():
    for path in sources():
        for n, kind, name in includes(path):
            if kind != "<":
                continue
            for header, home in LIBRARIES:
                if re.fullmatch(header, name) and not re.fullmatch(home, path):
                    say(path, n, "<%s> outside its room (%s)" % (name, home.replace("\\", "")))


def arrows():
    for path in sources():
        room = path.split("/")[1] if path.startswith("common/") else "bin"
        if room != "bin" and room not in RANK:
            say(path, 0, "a room that the design does not know: %s" % room)
            continue
        rank = RANK.get(room, 9)
        for n, kind, name in includes(path):
            if kind != '"':
                continue
            target = name.split("/")[0]
            if name.count("/") != 1 or target not in RANK:
                say(path, n, '"%s" names no room' % name)
            elif target != room and RANK[target] >= rank and (room, name) not in SIDEWAYS:
                say(path, n, '"%s": the arrow points the wrong way' % name)


def sizes():
    for path in sources():
        limit = MAX_PROGRAM if path.startswith("bin/") else MAX_MODULE
        lines = read(path).count("\n")
        if lines > limit:
            say(path, 0, "%d lines, over %d: something in it belongs elsewhere" % (lines, limit))
    for path in sources() + sorted(glob.glob("tests/unit/*.[ch]") + glob.glob("tests/fuzz/*.[ch]")):
        for n, line in enumerate(read(path).splitlines(), 1):
            if len(line.expandtabs(8)) > 100:
                say(path, n, "longer than 100 columns")


def opens(path, code):
    for m in OPENS.finditer(code):
        flags = m.group(2)
        if re.search(r"\bO_(RDONLY|WRONLY|RDWR)\b", flags) and "O_CLOEXEC" not in flags:
            say(path, code.count("\n", 0, m.start()) + 1, "open without O_CLOEXEC")


def scan(path, code, rules):
    for n, line in enumerate(code.splitlines(), 1):
        for pattern, why, home in rules:
            m = re.search(pattern, line)
            if m and not (home and re.fullmatch(home, path)):
                say(path, n, "%s: %s" % (m.group().strip(" ("), why))


def forbidden():
    left_over = FORBIDDEN[:1]
    for path in sources():
        if ROOMLESS.search(path) and path not in ALLOWED_NAMES:
            say(path, 0, "a room without a subject: name the subject")
        text = read(path)
        code = code_only(text)
        scan(path, text, left_over)
        scan(path, code, FORBIDDEN[1:])
        if path.startswith("common/"):
            scan(path, code, FORBIDDEN_COMMON)
            if path.endswith(".h") and not re.search(r"#ifndef (\w+_H)\n#define \1\n", text):
                say(path, 0, "no include guard")
        opens(path, code)
    others = ["Makefile"] + glob.glob("tests/*.t") + glob.glob("tests/*.sh") + \
        glob.glob("tests/*.py") + glob.glob("tests/*/*.[ch]") + glob.glob("tests/*/*.py") + \
        glob.glob("man/*")
    for path in sorted(p for p in others if os.path.isfile(p)):
        scan(path, read(path), left_over)


def tests():
    texts = {p: read(p) for p in sorted(glob.glob("tests/*.t"))}
    for path, text in texts.items():
        if not re.match(r"tests/\d{4}-[a-z0-9-]+\.t$", path):
            say(path, 0, "not NNNN-topic.t")
        if not os.access(path, os.X_OK):
            say(path, 0, "not executable")
        lines = text.splitlines()
        if not lines or lines[0] != "#!/bin/sh" or not lines[1].startswith("# "):
            say(path, 1, "a test begins with #!/bin/sh and a line that says its claim")
        for n, line in enumerate(lines, 1):
            if re.match(r"\s*sleep\s", line):
                say(path, n, "sleep: wait for what is meant")
    for path in sorted(glob.glob("bin/*.c")):
        name = os.path.basename(path)[:-2]
        if not os.path.exists("man/%s.1" % name):
            say(path, 0, "no man page")
        if not any(name in text for text in texts.values()):
            say(path, 0, "no test names it")


PARTS = {"libraries": libraries, "arrows": arrows, "sizes": sizes, "forbidden": forbidden,
         "tests": tests}

for part in sys.argv[1:] or PARTS:
    PARTS[part]()
sys.exit(1 if found else 0)
