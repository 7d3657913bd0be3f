#!/usr/bin/env python3
"""bench - the figures, each beside its peers'

Run by "make bench", which sets B and PATH. Workloads are made once in $B/bench. Whatever is
compared runs in turns, A B A B, after one turn that warms caches; a figure is the median. Each peer
has turns of its own with us: what others leave behind in memory is no part of a comparison.
The table goes to standard output as it is made, all numbers to $B/bench/results.json, drawings to
$B/bench/*.svg. BENCH_RUNS (5) is the number of turns; arguments choose jobs by name.

Time is wall time of the whole command, CPU the sum over its processes, peak the largest memory of
one of them; "x" is ocipipe's time by that command's.
"""
import json
import os
import platform
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import time

B = os.path.abspath(os.environ.get("B", "build"))
PEERS = os.environ.get("PEERS", os.path.join(B, "peers"))
DATA = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "data"))
HERE = os.path.join(B, "bench")
MEASURE = os.path.join(HERE, "measure")
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
MIB = 1024 * 1024
OURS = "ocipipe"

results = {}    # everything measured, by job
figures = []    # (figure, measured, limit, met)


# --- measuring ---

def path(*parts):
    return os.path.join(HERE, *parts)


def sh(script):
    subprocess.run(["sh", "-c", script], check=True, cwd=HERE, stdout=subprocess.DEVNULL)


def measured(script, before=None):
    """Runs a script in which @ stands for the measuring of one command, after another that does
    not count. Gives the wall time, the sum of CPU, and each command's peak memory in order."""
    marks = []

    def mark(_):
        marks.append(path("mark%d" % len(marks)))
        if os.path.exists(marks[-1]):
            os.unlink(marks[-1])
        return "%s %s " % (shlex.quote(MEASURE), shlex.quote(marks[-1]))

    text = re.sub(r"@ ?", mark, script)
    if before is not None:
        sh(before)
    start = time.monotonic()
    subprocess.run(["sh", "-c", text], check=True, cwd=HERE, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    parts = []
    for m in marks:
        with open(m, encoding="ascii") as f:
            ns, user, system, rss, status = map(int, f.read().split())
        if status != 0:
            sys.exit("bench: a command failed with %d: %s" % (status, script))
        parts.append({"wall": ns / 1e9, "cpu": (user + system) / 1e6, "rss": rss * 1024})
    if len(parts) == 1:
        wall = parts[0]["wall"]
    return {"wall": wall, "cpu": sum(p["cpu"] for p in parts), "rss": [p["rss"] for p in parts]}


def compare(scripts, runs=RUNS):
    """scripts by name, each a string or (what does not count, string), run in turns."""
    seen = {name: [] for name in scripts}
    os.sync()   # what was written before is nobody's fsync
    for turn in range(runs + 1):
        for name, script in scripts.items():
            before, script = script if isinstance(script, tuple) else (None, script)
            m = measured(script, before)
            if turn > 0:
                seen[name].append(m)
    return {name: {"wall": statistics.median(m["wall"] for m in all_of),
                   "cpu": statistics.median(m["cpu"] for m in all_of),
                   "peak": max(max(m["rss"]) for m in all_of),
                   "walls": [round(m["wall"], 6) for m in all_of]}
            for name, all_of in seen.items()}


def have(*commands):
    absent = [c for c in commands if shutil.which(c) is None]
    if absent:
        print("bench: %s not here: left out" % ", ".join(absent), file=sys.stderr)
    return not absent


# --- saying ---

def seconds(t):
    return "%.2f s" % t if t >= 1 else "%.1f ms" % (t * 1e3)


def mebibytes(n):
    return "" if n is None else "%.1f MiB" % (n / MIB)


def table(job, title, r, sizes=None):
    """A row for each command; the first is ours."""
    ours = next(iter(r.values()))["wall"]
    print("\n%s\n\n| | time | CPU | peak | size | x |\n|---|---|---|---|---|---|" % title)
    for name, m in r.items():
        m["size"] = (sizes or {}).get(name)
        print("| %s | %s | %s | %s | %s | %.2f |" % (
            name.replace("|", "\\|"), seconds(m["wall"]), seconds(m["cpu"]), mebibytes(m["peak"]),
            mebibytes(m["size"]), ours / m["wall"]), flush=True)
    results[job] = r


def pairs(job, title, ours, others):
    """ours beside each of the others, (script, output) by name, in turns of their own. Gives the
    ratios of time by name."""
    print("\n%s\n\n| beside | its time | ours | x | its CPU | ours | its peak | ours | its size "
          "| ours |\n|---|---|---|---|---|---|---|---|---|---|" % title)
    ratios, results[job] = {}, {}
    for name, (script, output) in others.items():
        r = compare({OURS: ours[0], name: script})
        a, b = r[OURS], r[name]
        a["size"], b["size"] = size_of(ours[1]), size_of(output)
        ratios[name] = a["wall"] / b["wall"]
        results[job][name] = r
        print("| %s | %s | %s | **%.2f** | %s | %s | %s | %s | %s | %s |" % (
            name.replace("|", "\\|"), seconds(b["wall"]), seconds(a["wall"]), ratios[name],
            seconds(b["cpu"]), seconds(a["cpu"]), mebibytes(b["peak"]), mebibytes(a["peak"]),
            mebibytes(b["size"]), mebibytes(a["size"])), flush=True)
    return ratios


def figure(what, value, limit, met):
    figures.append((what, value, limit, met))
    print("%s: %s, %s: %s" % (what, value, limit, "met" if met else "NOT MET"), flush=True)


def at_most(what, ratio, limit, of):
    figure(what, "%.2f x %s" % (ratio, of), "at most %.2f" % limit, ratio <= limit)


def draw(name, title, xlabel, columns, data, logarithmic=False):
    """Lines of data, x first, as $B/bench/NAME.svg."""
    with open(path(name + ".dat"), "w", encoding="ascii") as f:
        for line in data:
            f.write(" ".join("%g" % v for v in line) + "\n")
    if not have("gnuplot"):
        return
    plots = ", ".join("'%s.dat' using 1:%d with linespoints lw 2 pt 7 title '%s'" %
                      (name, i + 2, column) for i, column in enumerate(columns))
    script = ("set terminal svg size 640,400 font 'sans,12' background 'white'\n"
              "set output '%s.svg'\nset title '%s'\nset xlabel '%s'\nset ylabel 'seconds'\n"
              "set key top left\nset grid\nset yrange [0:*]\n%splot %s\n" %
              (name, title, xlabel, "set logscale xy\nunset yrange\n" if logarithmic else
               "set xtics 1\n", plots))
    subprocess.run(["gnuplot"], input=script.encode(), check=True, cwd=HERE)
    print("drawn: %s" % os.path.relpath(path(name + ".svg")))


# --- workloads ---

def workload(letter):
    if not os.path.isdir(path(letter)):
        print("bench: making %s" % letter, file=sys.stderr)
        sh("rm -rf {0}.part && ./workload {0} {0}.part && mv {0}.part {0} && sync".format(letter))


def pipeline(what, out, layer_options=""):
    return "@oci-layer %s %s | @oci-manifest -t v1 | @oci-pack -o %s" % (layer_options, what, out)


def layer_tar(letter):
    """The finished tar of a workload's layer, for the bare loop; the compressed one's digest."""
    name = path(letter + ".layer")
    if not os.path.exists(name):
        sh("oci-layer -z none %s >none.tar" % letter)
        with tarfile.open(path("none.tar")) as archive:
            blob = max(archive, key=lambda member: member.size)
            with open(name + ".part", "wb") as f:
                shutil.copyfileobj(archive.extractfile(blob), f)
        os.unlink(path("none.tar"))
        os.rename(name + ".part", name)
    return name


def peers(letter):
    """What else makes a compressed layer of a folder, by name, with where it goes."""
    out = {}
    for packer in ("gzip", "pigz", "igzip"):
        if have(packer):
            out["tar c . | %s -1" % packer] = (
                "@tar cf - -C {0} . | @{1} -1 >{0}.{1}".format(letter, packer),
                "%s.%s" % (letter, packer))
    if have("bsdtar"):
        out["bsdtar -cz, level 1"] = (
            "@bsdtar -czf {0}.bsdtar --options gzip:compression-level=1 -C {0} .".format(letter),
            "%s.bsdtar" % letter)
    if have("umoci"):
        fresh = ("rm -rf U && umoci init --layout U && umoci new --image U:v1")
        out["umoci insert"] = ((fresh, "@umoci insert --rootless --image U:v1 %s /app" % letter),
                               "U")
    return out


def size_of(name):
    if os.path.isdir(path(name)):
        return sum(os.path.getsize(os.path.join(d, f))
                   for d, _, files in os.walk(path(name)) for f in files)
    return os.path.getsize(path(name))


# --- jobs ---

def job_pipeline(letter="M"):
    workload(letter)
    layer_tar(letter)
    ours = (pipeline(letter, letter + ".tar"), letter + ".tar")
    others = peers(letter)
    others["the bare loop"] = ("@./bare {0}.layer {0}.bare >bare.out".format(letter),
                               letter + ".bare")
    ratios = pairs("pipeline " + letter, "%s, folder to OCI tar" % letter, ours, others)
    check_bare(letter)
    pigz, gzip = "tar c . | pigz -1", "tar c . | gzip -1"
    if pigz in ratios:
        at_most("%s, time" % letter, ratios[pigz], 0.60, pigz)
    if letter == "M":
        at_most("M, time", ratios["the bare loop"], 1.20, "the bare loop")
        if gzip in ratios:
            at_most("M, size", size_of(ours[1]) / size_of(others[gzip][1]), 1.00, gzip)


def check_bare(letter):
    """The bare loop's output is the very blob that our pipeline has."""
    with open(path("bare.out"), encoding="ascii") as f:
        digests = f.read().split()
    with tarfile.open(path(letter + ".tar")) as archive:
        names = archive.getnames()
    if "blobs/sha256/" + digests[1][7:] not in names:
        sys.exit("bench: the bare loop made other bytes than oci-layer")


def job_files():
    job_pipeline("N")


def job_growth():
    workload("M")
    workload("L")
    r = compare({"L": pipeline("L", "L1.tar"), "M": pipeline("M", "M.tar")}, min(RUNS, 3))
    table("growth", "L and M, folder to OCI tar", r)
    per_byte = {k: r[k]["wall"] / size_of(k) for k in r}
    at_most("L, time per byte", per_byte["L"] / per_byte["M"], 1.10, "M's")


BUNDLES = ("basic-step-2", "package", "package-repository")


def job_bundles():
    one = "@sh -c 'oci-layer -b %s | oci-manifest -t v1 | oci-pack -o b.tar'"
    scripts = {name: one % shlex.quote(os.path.join(DATA, "bundles", name)) for name in BUNDLES}
    scripts["three empty processes"] = "@sh -c '/bin/true | /bin/true | /bin/true'"
    r = compare(scripts, 100)
    table("bundles", "A bundle's folder to OCI tar", r)
    for name in BUNDLES:
        figure("bundle %s" % name, seconds(r[name]["wall"]), "at most 6 ms",
               r[name]["wall"] <= 0.006)


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
    if letter != "L":
        return letter + ".layer.tar"
    if not os.path.exists(path("L.layers.tar")):
        folders = sorted(os.listdir(path("L")))
        sh("{ %s; } >L.layers.part && mv L.layers.part L.layers.tar" %
           "; ".join("oci-layer --prefix %s L/%s || exit 1" % (d, d) for d in folders))
    return "L.layers.tar"


def job_memory():
    letters = ("M", "N", "L", "T")
    worst = {}
    for letter in letters:
        workload(letter)
        stages = [(p, s.format(dir=letter, layers=layers_of(letter))) for p, s in STAGES]
        if have("docker-registry"):
            stages += [("oci-push", "@oci-push -q 127.0.0.1:PORT/app:v1 %s.tar >/dev/null" % letter),
                       ("oci-push", "cat %s.tar | @oci-push -q 127.0.0.1:PORT/piped:v1 >/dev/null" %
                        letter)]
        for program, stage in stages:
            if "PORT" in stage:
                with Registry() as port:
                    m = measured(stage.replace("PORT", str(port)))
            else:
                m = measured(stage)
            results.setdefault("memory", []).append({"on": letter, "stage": stage, **m})
            worst[program, letter] = max(worst.get((program, letter), 0), m["rss"][0])
    print("\nPeak memory, the worse of file and pipe\n\n| | %s |\n|---|%s" %
          (" | ".join(letters), "---|" * len(letters)))
    programs = list(dict.fromkeys(p for p, _ in worst))
    for p in programs:
        print("| %s | %s |" % (p, " | ".join(mebibytes(worst[p, c]) for c in letters)))
    for p in programs:
        peak = max(worst[p, c] for c in letters)
        figure("%s, peak memory" % p, mebibytes(peak), "at most 24 MiB", peak <= 24 * MIB)


def job_sniff():
    for letter in ("S", "L"):
        workload(letter)
        if not os.path.exists(path(letter + ".tar")):
            sh("oci-manifest -t v1 %s | oci-pack -o %s.tar && sync" % (
                layers_of(letter), letter) if letter == "L" else
               "oci-layer S | oci-manifest -t v1 | oci-pack -o S.tar")
    r = compare({"oci-sniff L.tar": "@oci-sniff L.tar >/dev/null",
                 "oci-sniff S.tar": "@oci-sniff S.tar >/dev/null",
                 "bsdtar -tqf L.tar oci-layout": "@bsdtar -tqf L.tar oci-layout >/dev/null"}, 100)
    table("sniff", "What kind of tar is it", r)
    large, small = r["oci-sniff L.tar"]["wall"], r["oci-sniff S.tar"]["wall"]
    figure("oci-sniff of L", seconds(large), "at most 1.5 ms", large <= 0.0015)
    figure("oci-sniff of L, more than of S", seconds(large - small), "at most 0.5 ms",
           large - small <= 0.0005)
    if have("strace"):
        sh("strace -f -e trace=read,pread64,readv,preadv,mmap,openat -o trace oci-sniff L.tar")
        total = read_from(path("trace"), "L.tar")
        results["sniff, bytes read"] = total
        figure("oci-sniff of L, bytes read", "%d" % total, "below 65536", total < 65536)


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
    r = compare(scripts, 100)
    table("startup", "Start-up, --version", r)
    for program, peer, limit in STARTUP:
        if program in r:
            at_most("%s, start-up" % program, r[program]["wall"] / r[peer]["wall"], limit, peer)


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
    if not have("docker-registry", "skopeo"):
        return
    workload("M")
    sh("oci-layer M | oci-manifest -t v1 | oci-pack -o M.tar")
    with Registry() as port:
        clean = "rm -rf %s" % path("registry/docker")
        r = compare({
            OURS: (clean, "@oci-push -q 127.0.0.1:%d/a:v1 M.tar >/dev/null" % port),
            "skopeo copy": (clean, "@skopeo copy -q --insecure-policy --dest-tls-verify=false "
                            "oci-archive:M.tar:v1 docker://127.0.0.1:%d/b:v1" % port)}, min(RUNS, 3))
    table("push", "M.tar to docker-registry", r)


def job_curves():
    """Time against size, and against threads."""
    workload("M")
    packer = "pigz" if have("pigz") else "gzip"
    folders = sorted(os.listdir(path("M")))
    data, n = [], 1
    while True:
        chosen = folders[:n]
        r = compare({OURS: pipeline(" ".join("--prefix p M/" + d for d in chosen[:1]) + " " +
                                    " ".join("M/" + d for d in chosen[1:]), "C.tar"),
                     packer: "@tar cf - -C M %s | @%s -1 >C.gz" % (" ".join(chosen), packer)},
                    min(RUNS, 3))
        data.append((sum(size_of(os.path.join("M", d)) for d in chosen) / MIB,
                     r[OURS]["wall"], r[packer]["wall"]))
        if n >= len(folders):
            break
        n = min(2 * n, len(folders))
    columns = (OURS, "tar c | %s -1" % packer)
    results["time against size"] = data
    draw("size", "Folder to OCI tar: time against size", "MiB", columns, data, True)
    data = []
    for jobs in range(1, 5):
        option = "-p %d" % jobs if packer == "pigz" else ""
        r = compare({OURS: pipeline("M", "C.tar", "-j %d" % jobs),
                     packer: "@tar cf - -C M . | @%s -1 %s >C.gz" % (packer, option)},
                    min(RUNS, 3))
        data.append((jobs, r[OURS]["wall"], r[packer]["wall"]))
    results["time against threads"] = data
    draw("threads", "M, folder to OCI tar: time against threads, %d processors" % os.cpu_count(),
         "threads", columns, data)


JOBS = {"startup": job_startup, "bundles": job_bundles, "sniff": job_sniff,
        "pipeline": job_pipeline, "files": job_files, "growth": job_growth,
        "curves": job_curves, "push": job_push, "memory": job_memory}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    return "%s, %d processors, %s %s" % (model.group(1) if model else platform.machine(),
                                         os.cpu_count(), platform.system(), platform.release())


def main():
    os.environ["LC_ALL"] = "C"
    os.environ["PATH"] = os.pathsep.join([os.path.join(B, "bin"), os.environ["PATH"],
                                          os.path.join(PEERS, "usr/bin")])
    where = "%s, %s, %d turns" % (time.strftime("%Y-%m-%d"), machine(), RUNS)
    print("bench: %s" % where)
    for name in sys.argv[1:] or JOBS:
        JOBS[name]()
    print("\n| figure | measured | limit | met |\n|---|---|---|---|")
    for what, value, limit, met in figures:
        print("| %s | %s | %s | %s |" % (what, value.replace("|", "\\|"), limit,
                                         "yes" if met else "**no**"))
    with open(path("results.json"), "w", encoding="utf-8") as f:
        json.dump({"where": where, "results": results,
                   "figures": [dict(zip(("figure", "measured", "limit", "met"), x))
                               for x in figures]}, f, indent=1)
    print("\nbench: all numbers in %s" % os.path.relpath(path("results.json")))


main()
