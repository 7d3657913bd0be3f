#!/usr/bin/env python3
"""killed SIGNAL COMMAND...           - feed half of stdin, send the signal, print how it ended
killed points N OLD NEW COMMAND... - kill -9 at N different system calls; is OLD the old file or NEW?

The first waits until the command has read all that was given: nothing is left to chance. The
second lets strace inject the signal at the n-th call of each kind that touches files.
"""
import fcntl
import os
import signal
import subprocess
import sys
import termios


def defaults():
    """A job in the background inherits an ignored SIGINT, under nohup an ignored SIGHUP."""
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, signal.SIG_DFL)


def half_then(name, command):
    data = sys.stdin.buffer.read()
    r, w = os.pipe()
    p = subprocess.Popen(command, stdin=r, stderr=subprocess.PIPE, preexec_fn=defaults)
    os.write(w, data[:4096])
    unread = bytearray(4)
    # Until the pipe is empty: then it was read, and the command waits for more.
    while True:
        fcntl.ioctl(w, termios.FIONREAD, unread)
        if not any(unread):
            break
        os.sched_yield()
    p.send_signal(getattr(signal, "SIG" + name))
    os.close(r)
    p.wait()
    os.close(w)
    ended = signal.Signals(-p.returncode).name[3:] if p.returncode < 0 else p.returncode
    print("signal %s" % ended, end="")


def points(n, old, new, command):
    calls = ["openat", "read", "write", "fsync", "linkat", "renameat,renameat2,rename", "close",
             "fstat,newfstatat", "lseek,pread64", "mmap"]
    with open(new, "rb") as f:
        whole = f.read()
    for i in range(n):
        with open(old, "wb") as f:
            f.write(b"old\n")
        call, when = calls[i % len(calls)], i // len(calls) + 1
        subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                        "inject=%s:signal=KILL:when=%d" % (call, when)] + command,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(old, "rb") as f:
            content = f.read()
        if content not in (b"old\n", whole):
            print("neither old nor whole after %s number %d" % (call, when))
            return
    print("old or whole")


def main(argv):
    if argv[1] == "points":
        points(int(argv[2]), argv[3], argv[4], argv[5:])
    else:
        half_then(argv[1], argv[2:])


if __name__ == "__main__":
    main(sys.argv)
