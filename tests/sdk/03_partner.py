"""What docs/sdk.md says is so: its program compiles against an installed
library with pkg-config, shared and static, as C99 and C++ headers, and talks
to a daemon; and it names every event, alarm and error there is."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
with open("docs/sdk.md") as f:
    PAGE = f.read()


def tables():
    """Every name of the headers has a row, every row a name."""
    names = set(rowan.constants(rowan.headers("include")))
    rows = re.findall(r"^\| `(ROWAN_\w+)` \|(.*)\|$", PAGE, re.M)
    for prefix in ("ROWAN_EVENT_", "ROWAN_ALARM_", "ROWAN_E_"):
        there = [n for n, _ in rows if n.startswith(prefix)]
        wanted = {n for n in names if n.startswith(prefix) and
                  not n.startswith("ROWAN_E_MLS_")}
        assert len(there) == len(set(there)), prefix
        assert set(there) == wanted, set(there) ^ wanted
    for name, rest in rows:
        assert len(rest.split("|")[-1].strip()) > 4, name


def run(*args, **how):
    done = subprocess.run(args, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **how)
    assert done.returncode == 0, (args, done.stdout)
    return done.stdout


def build(dest):
    """Install, and build as a partner does."""
    run("make", "-s", "B=" + BUILD, "DESTDIR=" + dest, "PREFIX=/usr",
        "install")
    code = "\n".join(re.findall(r"^```c\n(.*?)^```$", PAGE, re.M | re.S))
    source = os.path.join(dest, "quickstart.c")
    with open(source, "w") as f:
        f.write(code)
    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=dest,
               PKG_CONFIG_LIBDIR=os.path.join(dest, "usr/lib/pkgconfig"))
    cflags = run("pkg-config", "--cflags", "rowan", env=env).split()
    shared = run("pkg-config", "--libs", "rowan", env=env).split()
    static = run("pkg-config", "--libs", "--static", "rowan",
                 env=env).replace("-lrowan", "-l:librowan.a").split()
    libs = os.path.join(dest, "usr/lib")
    strict = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    run("cc", "-std=gnu99", *strict, *cflags, source, *shared,
        "-Wl,-rpath," + libs, "-o", os.path.join(dest, "shared"))
    run("cc", "-std=gnu99", *strict, *cflags, source, *static,
        "-o", os.path.join(dest, "static"))
    run("g++", "-x", "c++", "-std=c++20", "-Wall", "-pedantic", "-Werror",
        "-fsyntax-only", *cflags, source)
    return [os.path.join(dest, "shared"), os.path.join(dest, "static")]


def talk(k, advocate, coordinator, program, name):
    """The page's program, enrolled and answered."""
    case = k.open_case(coordinator)
    support = coordinator.channel(case, k.c["ROWAN_CHANNEL_SUPPORT"])
    k.assign(coordinator, support, advocate.member)
    k.event(advocate, "assigned", channel=support)
    ident, text = k.invite(advocate, case)
    p = subprocess.Popen([program, k.path(name), text],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    out = []
    t = threading.Thread(target=lambda: out.extend(p.stdout), daemon=True)
    t.start()
    code = k.event(advocate, "compare", message=ident).text
    k.until(lambda: "compare: %s\n" % code in out)
    advocate.call("rowan_invite_confirm", ident, True)
    victim = k.event(advocate, "enrolled", message=ident).member
    k.assign(coordinator, support, victim)
    one = k.event(advocate, "message", member=victim).message
    assert advocate.message(one).text == "Hello, is anybody there?"
    k.until(lambda: "delivered\n" in out)
    advocate.send(support, "Yes. Are you safe to talk?")
    k.until(lambda: p.poll() is not None)
    t.join()
    assert p.returncode == 0, out
    assert out[-1] == "answer: Yes. Are you safe to talk?\n", out


tables()
dest = tempfile.mkdtemp()
try:
    programs = build(dest)
    binding = rowan.bind(os.path.join(dest, "usr/lib/librowan.so.0"),
                         os.path.join(dest, "usr/include"))
    k = clinic.Clinic(BUILD, binding)
    coordinator = k.staff(
        "coordinator", "police", k.c["ROWAN_RIGHT_COORDINATE"])
    advocate = k.staff("advocate", "advocacy", k.c["ROWAN_RIGHT_ENROL"])
    k.run()
    for i, program in enumerate(programs):
        talk(k, advocate, coordinator, program, "quick%d" % i)
    k.end()
finally:
    shutil.rmtree(dest)
print("  sdk: what a partner is told is so")
