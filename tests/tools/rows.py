#!/usr/bin/env python3
"""rows [--update] - hold tests/ROWS against the "rows:" comments of the tests

tests/ROWS has a line for each row of the two lists that the tests are taken from: T, hostile or
broken input and machines (1 to 132); O, image layouts and what peers do with them (1 to 119).
After the row stand the files that test it, or "-" and the reason why none does. --update writes
the files anew; reasons are kept. Without it a difference is printed, status 1.
"""
import collections
import glob
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = os.path.join(TESTS, "ROWS")
COUNTS = (("T", 132), ("O", 119))


def tested():
    found = collections.defaultdict(set)
    files = glob.glob(TESTS + "/*.t") + glob.glob(TESTS + "/unit/*.c")
    for path in files:
        with open(path, encoding="utf-8") as f:
            for line in f:
                if "rows:" not in line:
                    continue
                for kind, first, last in re.findall(r"\b([TO])(\d+)(?:-[TO]?(\d+))?", line.split("rows:", 1)[1]):
                    for n in range(int(first), int(last or first) + 1):
                        found[kind, n].add(os.path.relpath(path, TESTS))
    return found


def reasons():
    kept = {}
    if os.path.exists(ROWS):
        with open(ROWS, encoding="utf-8") as f:
            for line in f:
                m = re.match(r"([TO])(\d+) - (.+)", line)
                if m:
                    kept[m[1], int(m[2])] = m[3]
    return kept


def render():
    found, kept = tested(), reasons()
    lines, missing = [], []
    for kind, count in COUNTS:
        for n in range(1, count + 1):
            row = "%s%d" % (kind, n)
            if found.get((kind, n)):
                lines.append("%s %s" % (row, " ".join(sorted(found[kind, n]))))
            elif (kind, n) in kept:
                lines.append("%s - %s" % (row, kept[kind, n]))
            else:
                lines.append("%s - " % row)
                missing.append(row)
    return lines, missing


def main(argv):
    lines, missing = render()
    text = "".join(line + "\n" for line in lines)
    if "--update" in argv:
        with open(ROWS, "w", encoding="utf-8") as f:
            f.write(text)
    with open(ROWS, encoding="utf-8") as f:
        same = f.read() == text
    if missing:
        print("neither test nor reason: " + " ".join(missing))
    if not same:
        print("tests/ROWS is not what the tests say: run tests/tools/rows.py --update")
    return 0 if same and not missing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
