#!/usr/bin/env python3
"""examples - what a man page's literal displays do and show, as files for a test

    examples.py PAGE DIR
    examples.py -c SHOWN GOT

In the EXAMPLES section, each line "$ command" of a literal display becomes DIR/NN.cmd ("> " goes
on with it), the lines under it, up to the next command or the end of the display, DIR/NN.shown.
Prints the number of commands. With -c: does GOT say what SHOWN shows? There a line "..." stands
for any lines, and "..." inside a line for any text.
"""
import os
import re
import sys


def plain(line):
    """mdoc's escapes in a display undone."""
    line = re.sub(r"^\\&", "", line)
    for escape, text in (("\\e", "\\"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"),
                         ("\\(ha", "^"), ("\\(ga", "`"), ("\\-", "-"), ("\\&", "")):
        line = line.replace(escape, text)
    return line


def same(shown, got):
    pattern = re.escape(shown).replace(r"\.\.\.", "...")
    pattern = re.sub(r"(?m)^\.\.\.\n", "(?:.*\\n)*?", pattern).replace("...", ".*")
    return re.fullmatch(pattern, got) is not None


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def main():
    if sys.argv[1] == "-c":
        sys.exit(0 if same(read(sys.argv[2]), read(sys.argv[3])) else 1)
    page, directory = sys.argv[1:]
    commands, section, display = [], None, False
    for raw in read(page).splitlines():
        if raw.startswith(".Sh "):
            section = raw[4:]
        elif section != "EXAMPLES":
            continue
        elif raw.startswith(".Bd -literal"):
            display = True
        elif raw.startswith(".Ed"):
            display = False
        elif display and raw.startswith("$ "):
            commands.append((plain(raw[2:]), []))
        elif display and raw.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (commands[-1][0] + "\n" + plain(raw[2:]), [])
        elif display and commands:
            commands[-1][1].append(plain(raw))
    for n, (command, shown) in enumerate(commands, 1):
        with open(os.path.join(directory, "%02d.cmd" % n), "w", encoding="utf-8") as f:
            f.write(command + "\n")
        with open(os.path.join(directory, "%02d.shown" % n), "w", encoding="utf-8") as f:
            f.write("".join(line + "\n" for line in shown))
    print(len(commands))


main()
