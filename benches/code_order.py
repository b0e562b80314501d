#!/usr/bin/env python3
"""Which functions run: the list that release builds keep together (gateway/server/code-order.txt).

code_order.py GATEWAY [--out FILE]

Starts the gateway (built with GATEWAY_CODE_ORDER=off cargo build --release: valgrind knows names in .text only) under valgrind, configures it through the Admin API, asks it over HTTP/1.1, with plugins, over HTTP/2, gRPC and WebSocket, ends it, and
writes the names of what ran: first what requests run, then the rest. Hashes in names become `*`, so that the list outlives compilers and small changes; a name that means much more code than what
ran (a generic function with hundreds of forms, of which few ran) is left out.
"""
import argparse, collections, glob, os, re, signal, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench

REQUESTS = 1500


def ran(dump, program):
    """Names of the program's own functions in a dump of callgrind, those that cost most first."""
    names, objects, cost = {}, {}, collections.Counter()
    function = obj = None
    skip = False
    for line in open(dump, errors="replace"):
        m = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line)
        if m:
            called, kind, number, text = m.groups()
            table = objects if kind == "ob" else names
            if text:
                table[number] = text.strip()
            if not called and kind == "ob":
                obj = objects.get(number)
            elif not called:
                function = names[number] if obj == program else None
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"[+\-*\d]", line):
            if not skip and function:
                cost[function.split("'")[0]] += int(line.split()[-1])
            skip = False
    return [name for name, _ in cost.most_common()]


def pattern(symbol):
    # What LLVM puts behind names that it had to make different.
    symbol = re.sub(r"(\.llvm)?\.\d+.*$", "*", symbol)
    symbol = re.sub(r"17h[0-9a-f]{16}E\*?$", "17h*", symbol)
    return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", symbol)


def load(b, p, workload):
    taskset = ["taskset", "-c", b.a.load_cpu]
    h2load = lambda *x: taskset + ["h2load", "-t1", "-n", str(REQUESTS), "-c", "8", *x]
    h1, h2 = f"http://127.0.0.1:{p.h1}", f"http://127.0.0.1:{p.h2c}"
    command = {
        "h1": lambda: h2load("--h1", h1 + "/small"),
        "plugins": lambda: h2load("--h1", "-H", "apikey: bench-key", h1 + "/w7/item"),
        "big": lambda: h2load("--h1", "-d", f"{b.tmp}/body16k", h1 + "/big64k"),
        "h2": lambda: h2load("-m", "16", h2 + "/small"),
        "grpc": lambda: h2load("-m", "16", "-d", f"{b.tmp}/grpc.bin", "-H", "content-type: application/grpc", "-H", "te: trailers", h2 + "/bench.Echo/Say"),
        "ws": lambda: taskset + [f"{b.bin}/loadgen", "ws", str(p.h1), "64", "1", "64", "/ws"],
        "tls": lambda: taskset + [f"{b.bin}/loadgen", "tlsnew", str(p.tls), "4", "2", "bench.test", "/small"],
    }[workload]()
    r = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "h2load" in command and f"{REQUESTS} succeeded" not in r.stdout or r.returncode:
        raise RuntimeError(f"{workload}: {r.stdout[-500:]} {r.stderr[-300:]}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("gateway"); ap.add_argument("--out", default=os.path.join(HERE, "../gateway/server/code-order.txt"))
    ap.add_argument("--base", type=int, default=21470); ap.add_argument("--load-cpu", default="1"); ap.add_argument("--proxy-cpu", default="0")
    a = ap.parse_args()
    program = os.path.realpath(a.gateway)
    a.customs, a.apisix_cmd, a.admin_key, a.nice, a.stop_signal = {}, None, "edd1c9f034335f136f87ad84b625c8f1", 0, "TERM"
    a.gateway_cmd = f"bash {HERE}/gateway.sh {program}"
    b = bench.Bench(a)
    open(f"{b.tmp}/body16k", "wb").write(b"x" * 16384)
    dumps = []
    try:
        p = b.make("gateway", 0, "one")
        out = f"{b.tmp}/code"
        command = f"valgrind -q --tool=callgrind --demangle=no --trace-children=yes --callgrind-out-file={out} env " + p.start("one")
        p.proc = b.spawn(command, a.proxy_cpu, p.env, f"{p.dir}/log")
        if not bench.wait_port(p.h1, 120, p.proc):
            raise RuntimeError(open(f"{p.dir}/log").read()[-500:])
        dump = lambda: (subprocess.run(["callgrind_control", "-d", str(p.proc.pid)], capture_output=True), time.sleep(1))
        p.after_start("one")
        dump()
        for workload in ("h1", "plugins", "big", "h2", "grpc", "ws", "tls"):
            load(b, p, workload)
            dump()
        os.killpg(p.proc.pid, signal.SIGTERM)
        p.proc.wait(60)
        b.procs.pop(p.proc.pid, None)
        number = lambda f: int(f.rsplit(".", 1)[1]) if f != out else 1 << 30
        dumps = [ran(f, program) for f in sorted(glob.glob(out + "*"), key=number)]
    finally:
        for q in list(b.procs.values()):
            b.stop(q)
    write(a.out, program, [name for d in dumps[1:-1] for name in d], dumps[0] + dumps[-1])


def write(path, program, requests, rest):
    size, means, runs, room = {}, collections.Counter(), collections.Counter(), collections.Counter()
    for line in subprocess.run(["nm", "-S", "-t", "d", program], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW":
            size[words[3]] = int(words[1])
    for symbol, n in size.items():
        means[pattern(symbol)] += n
    groups, seen = [], set()
    for symbols in (requests, rest):
        for symbol in set(symbols) & size.keys() - seen:
            runs[pattern(symbol)] += size[symbol]
            # Apart from the others it takes the pages around it.
            room[pattern(symbol)] += 48_000
        seen |= set(symbols)
    listed = set()
    for symbols in (requests, rest):
        group = []
        for symbol in symbols:
            name = pattern(symbol)
            # What the linker's script can say without quotes.
            if symbol in size and name not in listed and re.fullmatch(r"[\w.$*]+", name) and means[name] <= runs[name] + room[name]:
                listed.add(name)
                group.append(name)
        groups.append(group)
    with open(path, "w") as f:
        f.write("# What runs for requests, then at start and for the Admin API: made by benches/code_order.py, used by build.rs.\n")
        f.write("\n\n".join("\n".join(g) for g in groups) + "\n")
    print(*(f"{len(g)} names, {sum(means[n] for n in g) // 1024} KiB" for g in groups), sep="; ")


if __name__ == "__main__":
    main()
