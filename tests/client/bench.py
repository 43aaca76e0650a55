"""How soon commands say something on a warm agent, and rowan inbox with 10,000
stored messages in 200 cases, whole processes from start to end. On the
stand-in for the SDK: what the command line itself costs.
usage: bench.py ROWAN
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

rowan = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
env = dict(os.environ, ROWAN_HOME=work + "/home", XDG_RUNTIME_DIR=work,
           ROWAN_DOUBLE=work + "/world", LC_ALL="C.UTF-8")
with open(work + "/world", "w") as f:
    json.dump({"staff": [{"name": "Sam", "agency": "police"}],
               "generate": {"cases": 200, "messages": 10000}}, f)
with open(work + "/pass", "w") as f:
    f.write("correct horse battery\n")
os.chmod(work + "/pass", 0o600)


def first_output(*args):
    """Milliseconds until the first byte of either stream."""
    begun = time.perf_counter()
    p = subprocess.Popen([rowan, *args], env=env, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    p.stdout.read(1)
    first = time.perf_counter() - begun
    p.stdout.read()
    p.wait()
    return first * 1000, (time.perf_counter() - begun) * 1000


def figure(mark, *args):
    runs = [first_output(*args) for _ in range(21)]
    first = statistics.median(r[0] for r in runs)
    whole = statistics.median(r[1] for r in runs)
    print("  rowan %-22s first output %6.1f ms, whole %6.1f ms, mark %d ms"
          % (" ".join(args), first, whole, mark))


try:
    subprocess.run([rowan, "setup", "--invite", "ROWAN:X",
                    "--passphrase-file", work + "/pass"], env=env,
                   capture_output=True)
    for args in (("status",), ("cases",), ("case", "1"), ("people",),
                 ("read", "1", "--last", "50", "--keep"), ("send", "1", "x"),
                 ("doctor",), ("help",)):
        figure(50, *args)
    figure(150, "inbox")
finally:
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    shutil.rmtree(work)
