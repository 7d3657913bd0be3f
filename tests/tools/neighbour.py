#!/usr/bin/env python3
"""neighbour MODE COMMAND... - run a filter beside an awkward neighbour

leave            close its output after one byte; print how it ended
leave-ignored    the same, with SIGPIPE ignored by the parent
slow-nonblocking give it a non-blocking pipe as output, read it in small pieces
bytewise         feed its input a byte at a time, read its output a byte at a time
terminal         give it a terminal as input; print how it ended
signals          stop and continue it, and send SIGWINCH and SIGALRM's like, while it works
"""
import fcntl
import os
import signal
import subprocess
import sys
import threading


def how(status, err):
    ended = "signal %d" % -status if status < 0 else "status %d" % status
    print("%s, stderr %s" % (ended, "empty" if not err else repr(err)))


def leave(command, ignored):
    # Behind a full pipe nobody can be done before we leave.
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
    p = subprocess.Popen(command, stdout=w, stderr=subprocess.PIPE, restore_signals=not ignored)
    os.close(w)
    os.read(r, 1)
    os.close(r)
    _, err = p.communicate()
    how(p.returncode, err)


def slow_nonblocking(command):
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(w, False)
    p = subprocess.Popen(command, stdout=w)
    os.close(w)
    while True:
        piece = os.read(r, 777)
        if not piece:
            break
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    sys.exit(p.wait())


def bytewise(command):
    data = sys.stdin.buffer.read()
    r, w = os.pipe()
    p = subprocess.Popen(command, stdin=r, stdout=subprocess.PIPE, bufsize=0)
    os.close(r)

    def feed():
        try:
            for i in range(len(data)):
                os.write(w, data[i:i + 1])
        except BrokenPipeError:
            pass
        os.close(w)

    t = threading.Thread(target=feed)
    t.start()
    while True:
        piece = p.stdout.read(1)
        if not piece:
            break
        sys.stdout.buffer.write(piece)
    t.join()
    sys.stdout.flush()
    sys.exit(p.wait())


def terminal(command):
    _, tty = os.openpty()
    p = subprocess.Popen(command, stdin=tty, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.communicate()
    print("status %d" % p.returncode)


def signals(command):
    data = sys.stdin.buffer.read()
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    out = []
    t = threading.Thread(target=lambda: out.append(p.stdout.read()))
    t.start()
    half = len(data) // 2
    try:
        p.stdin.write(data[:half])
        for _ in range(1000):
            p.send_signal(signal.SIGWINCH)
        p.send_signal(signal.SIGSTOP)
        p.send_signal(signal.SIGCONT)
        p.stdin.write(data[half:])
        p.stdin.close()
    except BrokenPipeError:
        pass
    t.join()
    sys.stdout.buffer.write(out[0])
    sys.stdout.flush()
    sys.exit(p.wait())


def main(argv):
    mode, command = argv[1], argv[2:]
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    if mode == "leave":
        leave(command, False)
    elif mode == "leave-ignored":
        leave(command, True)
    elif mode == "slow-nonblocking":
        slow_nonblocking(command)
    elif mode == "bytewise":
        bytewise(command)
    elif mode == "terminal":
        terminal(command)
    elif mode == "signals":
        signals(command)


if __name__ == "__main__":
    main(sys.argv)
