#!/usr/bin/env python3
"""bench - the figures, each beside its peer's

Run by "make bench", which sets B and PATH. Workloads are made once in $B/bench. Whatever is
compared runs in turns, A B A B; the figure is the median. A table on standard output, all numbers
in $B/bench/results.json. BENCH_RUNS (5) is the number of turns; arguments choose jobs by name.
"""
import json
import os
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import time

B = os.path.abspath(os.environ.get("B", "build"))
PEERS = os.environ.get("PEERS", os.path.join(B, "peers"))
HERE = os.path.join(B, "bench")
MEASURE = os.path.join(HERE, "measure")
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
MIB = 1024 * 1024

rows = []		# what the table shows
details = {}		# everything measured, by job


def path(*parts):
    return os.path.join(HERE, *parts)


def sh(script, **more):
    subprocess.run(["sh", "-c", script], check=True, cwd=HERE, **more)


def measured(name, script):
    """Runs a script in which @ stands for the measuring of one command. Gives the sums of CPU,
    the wall time of the whole, and each command's peak memory in order."""
    marks = []

    def mark(_):
        marks.append(path("mark%d" % len(marks)))
        if os.path.exists(marks[-1]):
            os.unlink(marks[-1])
        return "%s %s " % (shlex.quote(MEASURE), shlex.quote(marks[-1]))

    text = re.sub(r"@ ?", mark, script)
    start = time.monotonic()
    sh(text, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    parts = []
    for m in marks:
        with open(m, encoding="ascii") as f:
            ns, user, system, rss, status = map(int, f.read().split())
        if status != 0:
            sys.exit("bench: %s: a command failed with %d: %s" % (name, status, script))
        parts.append({"wall": ns / 1e9, "cpu": (user + system) / 1e6, "rss": rss * 1024})
    if len(parts) == 1:
        wall = parts[0]["wall"]
    return {"wall": wall, "cpu": sum(p["cpu"] for p in parts), "rss": [p["rss"] for p in parts]}


def compare(job, scripts, runs=RUNS):
    """scripts by name, run in turns. Gives medians by name."""
    seen = {name: [] for name in scripts}
    for turn in range(runs + 1):
        for name, script in scripts.items():
            m = measured(name, script)
            if turn > 0:	# the first turn warms caches
                seen[name].append(m)
    out = {}
    for name, all_of in seen.items():
        out[name] = {"wall": statistics.median(m["wall"] for m in all_of),
                     "cpu": statistics.median(m["cpu"] for m in all_of),
                     "rss": [max(r) for r in zip(*(m["rss"] for m in all_of))],
                     "walls": [round(m["wall"], 6) for m in all_of]}
    details[job] = out
    return out


def row(job, what, ours, peer, limit, good):
    rows.append((job, what, ours, peer, limit, "" if good is None else "yes" if good else "NO"))
    print("%-10s %-44s %14s %14s  %-22s %s" % rows[-1], flush=True)


def seconds(t):
    return "%.2f s" % t if t >= 1 else "%.2f ms" % (t * 1e3)


def megabytes(n):
    return "%.1f MiB" % (n / MIB)


def workload(letter):
    if not os.path.isdir(path(letter)):
        print("bench: making %s" % letter, file=sys.stderr)
        sh("rm -rf %s.part && ./workload %s %s.part && mv %s.part %s && sync" % ((letter,) * 5))


def have(*commands):
    absent = [c for c in commands if shutil.which(c) is None]
    if absent:
        print("bench: %s not here: left out" % ", ".join(absent), file=sys.stderr)
    return not absent


# --- jobs ---

def job_pipeline():
    workload("M")
    ours = "@oci-layer M | @oci-manifest -t v1 | @oci-pack -o M.tar"
    theirs = {"tar | gzip -1": "@tar cf - -C M . | @gzip -1 >M.tgz"}
    if have("pigz"):
        theirs["tar | pigz -1"] = "@tar cf - -C M . | @pigz -1 >M.pgz"
    r = compare("pipeline", {"ocipipe": ours, **theirs})
    a = r["ocipipe"]
    for name in theirs:
        b = r[name]
        judged = name == "tar | gzip -1"
        row("pipeline", "M, wall, beside %s" % name, seconds(a["wall"]), seconds(b["wall"]),
            "%.2f x%s" % (a["wall"] / b["wall"], ", at most 0.8" if judged else ""),
            a["wall"] <= 0.8 * b["wall"] if judged else None)
        row("pipeline", "M, CPU, beside %s" % name, seconds(a["cpu"]), seconds(b["cpu"]),
            "%.2f x" % (a["cpu"] / b["cpu"]), None)
    size, peer = os.path.getsize(path("M.tar")), os.path.getsize(path("M.tgz"))
    details["pipeline"]["sizes"] = {"ocipipe": size, "tar | gzip -1": peer}
    row("pipeline", "M, size", megabytes(size), megabytes(peer), "%.2f x" % (size / peer), None)


STAGES = (
    ("oci-layer", "@oci-layer {dir} >{dir}.layer.tar"),
    ("oci-layer", "@oci-layer {dir} | cat >{dir}.pipe.tar"),
    ("oci-manifest", "@oci-manifest -t v1 {layers} >{dir}.image.tar"),
    ("oci-manifest", "cat {layers} | @oci-manifest -t v1 | cat >/dev/null"),
    ("oci-index", "@oci-index -i -t v1 {dir}.image.tar >{dir}.index.tar"),
    ("oci-index", "cat {dir}.image.tar | @oci-index -i -t v1 | cat >/dev/null"),
    ("oci-pack", "@oci-pack -o {dir}.tar {dir}.image.tar"),
    ("oci-pack", "cat {dir}.image.tar | @oci-pack | cat >/dev/null"),
    ("oci-sniff", "@oci-sniff {dir}.tar >/dev/null"),
    ("oci-sniff", "cat {dir}.tar | @oci-sniff -e oci-layout | cat >/dev/null"),
)


def layers_of(letter):
    """L is an image of 32 layers, a folder each: many large blobs."""
    if letter == "N":
        return "N.layer.tar"
    if not os.path.exists(path("L.layers.tar")):
        folders = sorted(os.listdir(path("L")))
        sh("{ %s; } >L.layers.part && mv L.layers.part L.layers.tar" %
           "; ".join("oci-layer --prefix %s L/%s || exit 1" % (d, d) for d in folders))
    return "L.layers.tar"


def job_memory():
    worst = {}
    for letter in ("L", "N"):
        workload(letter)
        for program, stage in STAGES:
            if shutil.which(program) is None:
                continue
            layers = "" if program == "oci-layer" else layers_of(letter)
            m = measured(stage, stage.format(dir=letter, layers=layers))
            details.setdefault("memory", []).append({"on": letter, "stage": stage, **m})
            key = (program, letter)
            worst[key] = max(worst.get(key, 0), m["rss"][0])
        if have("docker-registry") and shutil.which("oci-push"):
            with Registry() as port:
                for stage in ("@oci-push 127.0.0.1:%d/app:v1 %s.tar",
                              "cat %s.tar | @oci-push 127.0.0.1:%d/piped:v1"):
                    script = stage % ((port, letter) if stage[0] == "@" else (letter, port))
                    m = measured(stage, script + " >/dev/null")
                    details["memory"].append({"on": letter, "stage": stage, **m})
                    key = ("oci-push", letter)
                    worst[key] = max(worst.get(key, 0), m["rss"][0])
    for (program, letter), rss in worst.items():
        row("memory", "%s, peak on %s, file and pipe" % (program, letter), megabytes(rss), "",
            "at most 24 MiB", rss <= 24 * MIB)


def job_sniff():
    workload("L")
    if not os.path.exists(path("L.tar")):
        sh("oci-manifest -t v1 %s | oci-pack -o L.tar && sync" % layers_of("L"))
    r = compare("sniff", {"oci-sniff": "@oci-sniff L.tar >/dev/null",
                          "bsdtar -t": "@bsdtar -tqf L.tar oci-layout >/dev/null"}, 40)
    row("sniff", "L as one tar, wall, beside bsdtar -tq", seconds(r["oci-sniff"]["wall"]),
        seconds(r["bsdtar -t"]["wall"]), "at most 2 ms", r["oci-sniff"]["wall"] <= 0.002)
    if have("strace"):
        sh("strace -f -e trace=read,pread64,readv,preadv,mmap,openat -o trace oci-sniff L.tar "
           ">/dev/null")
        total = read_from(path("trace"), "L.tar")
        details["sniff"]["read"] = total
        row("sniff", "L as one tar, bytes read (strace)", "%d" % total, "", "below 65536",
            total < 65536)


def read_from(trace, name):
    """Bytes that the traced process read from the file called name."""
    total, fds = 0, set()
    with open(trace, encoding="utf-8", errors="replace") as f:
        for line in f:
            opened = re.search(r'openat\([^,]*, "([^"]*)".* = (\d+)$', line)
            if opened:
                fds.discard(opened.group(2))
                if opened.group(1) == name:
                    fds.add(opened.group(2))
                continue
            call = re.search(r"(?:p?readv?(?:64)?)\((\d+),.* = (\d+)$", line)
            if call and call.group(1) in fds:
                total += int(call.group(2))
    return total


STARTUP = (
    ("oci-sniff", "true", 1.5), ("oci-index", "true", 1.5), ("oci-manifest", "true", 1.5),
    ("oci-pack", "true", 1.5), ("oci-layer", "bsdtar", 1.0), ("oci-push", "curl", 1.0),
)


def job_startup():
    scripts = {}
    for program, peer, _ in STARTUP:
        if have(program, peer):
            scripts[program] = "@%s --version >/dev/null" % program
            scripts[peer] = "@%s --version >/dev/null" % \
                ("/bin/true" if peer == "true" else peer)
    r = compare("startup", scripts, 100)
    for program, peer, limit in STARTUP:
        if program in r:
            ratio = r[program]["wall"] / r[peer]["wall"]
            row("startup", "%s --version, beside %s" % (program, peer),
                seconds(r[program]["wall"]), seconds(r[peer]["wall"]),
                "%.2f x, at most %.1f" % (ratio, limit), ratio <= limit)


class Registry:
    """docker-registry on a free loopback port, with a folder of its own."""

    def __enter__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        shutil.rmtree(path("registry"), ignore_errors=True)
        os.makedirs(path("registry"))
        config = path("registry.yml")
        with open(config, "w", encoding="ascii") as f:
            f.write("version: 0.1\nlog: {level: error}\nstorage:\n  filesystem:\n"
                    "    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:%d\n" %
                    (path("registry"), port))
        self.server = subprocess.Popen(["docker-registry", "serve", config],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.05)
        sys.exit("bench: docker-registry does not answer")

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(path("registry"), ignore_errors=True)


def job_push():
    if not have("docker-registry", "skopeo", "oci-push"):
        return
    if not os.path.exists(path("M.tar")):
        workload("M")
        sh("oci-layer M | oci-manifest -t v1 | oci-pack -o M.tar")
    with Registry() as port:
        clean = "rm -rf %s; " % path("registry/docker")
        r = compare("push", {
            "oci-push": clean + "@oci-push -q 127.0.0.1:%d/a:v1 M.tar >/dev/null" % port,
            "skopeo": clean + "@skopeo copy -q --insecure-policy --dest-tls-verify=false "
                      "oci-archive:M.tar:v1 docker://127.0.0.1:%d/b:v1" % port}, min(RUNS, 3))
    a, b = r["oci-push"], r["skopeo"]
    row("push", "M.tar to docker-registry, beside skopeo", seconds(a["wall"]), seconds(b["wall"]),
        "%.2f x" % (a["wall"] / b["wall"]), None)
    row("push", "the same, peak memory", megabytes(a["rss"][0]), megabytes(b["rss"][0]), "", None)


JOBS = {"startup": job_startup, "sniff": job_sniff, "memory": job_memory,
        "pipeline": job_pipeline, "push": job_push}


def main():
    os.environ["LC_ALL"] = "C"
    os.environ["PATH"] = os.pathsep.join([os.path.join(B, "bin"), os.environ["PATH"],
                                          os.path.join(PEERS, "usr/bin")])
    print("%-10s %-44s %14s %14s  %-22s %s" %
          ("job", "what", "ocipipe", "peer", "ratio, limit", "met"))
    for name in sys.argv[1:] or JOBS:
        JOBS[name]()
    with open(path("results.json"), "w", encoding="utf-8") as f:
        json.dump({"rows": [list(r) for r in rows], "details": details}, f, indent=1)
    print("bench: all numbers in %s" % os.path.relpath(path("results.json")))


main()
