#!/usr/bin/env python3
"""treecmp A B [--imgpkg] - say where two trees differ: names, types, modes, contents, links, xattrs

Owners and times are not compared: ours are 0. With --imgpkg B holds what imgpkg keeps of A:
owner's mode bits, hard links as files, no xattrs. Prints a line a difference, status 1 if any.
"""
import os
import stat
import sys

KEPT = ("user.", "security.capability")


def xattrs(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    return {n: os.getxattr(path, n, follow_symlinks=False) for n in names if n.startswith(KEPT)}


def scan(top):
    """path → what it is, and the inode's group of paths for hard links."""
    found, inodes = {}, {}
    stack = [b""]
    while stack:
        rel = stack.pop()
        for name in os.listdir(os.path.join(top, rel)):
            path = os.path.join(rel, name)
            full = os.path.join(top, path)
            st = os.lstat(full)
            kind = stat.S_IFMT(st.st_mode)
            content = None
            if stat.S_ISLNK(st.st_mode):
                content = os.readlink(full)
            elif stat.S_ISREG(st.st_mode):
                with open(full, "rb") as f:
                    content = f.read()
                if st.st_nlink > 1:
                    inodes.setdefault((st.st_dev, st.st_ino), []).append(path)
            elif stat.S_ISDIR(st.st_mode):
                stack.append(path)
            mode = 0 if stat.S_ISLNK(st.st_mode) else st.st_mode & 0o7777
            found[path] = (kind, mode, content, xattrs(full))
    groups = {tuple(sorted(g)) for g in inodes.values() if len(g) > 1}
    return found, groups


def main(argv):
    imgpkg = "--imgpkg" in argv
    a, b = [os.fsencode(x) for x in argv[1:] if not x.startswith("--")]
    left, left_links = scan(a)
    right, right_links = scan(b)
    bad = []
    for path in sorted(left.keys() | right.keys()):
        if path not in left or path not in right:
            bad.append((path, "only in the %s" % ("first" if path in left else "second")))
            continue
        for what, x, y in zip(("type", "mode", "content", "xattrs"), left[path], right[path]):
            if imgpkg and what in ("mode", "xattrs"):
                continue
            if x != y:
                bad.append((path, what if what == "content" else "%s %r %r" % (what, x, y)))
    if not imgpkg and left_links != right_links:
        bad.append((b".", "hard links"))
    for path, what in bad[:20]:
        print(repr(path), what)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
