"""Goal: rowand(8) and rowanctl(8) have every option and every command of the
programs' --help, with its arguments, and no option that is not there.
usage: pages.py BUILD
"""

import re
import subprocess
import sys


def words(*args):
    return subprocess.run(args, capture_output=True, text=True,
                          check=True).stdout


def page(name):
    text = words("mandoc", "-T", "utf8", "docs/man/%s.8" % name)
    return " ".join(re.sub(".\x08", "", text).split())


missing = []
for program in ("rowand", "rowanctl"):
    said, told = words(sys.argv[1] + "/" + program, "--help"), page(program)
    if program == "rowanctl":
        commands = re.findall(r"^  (\S.*)$", said, re.M)
        assert len(commands) > 30, said
        missing += ["%s(8): %s" % (program, c) for c in commands
                    if c.lower() not in told.lower()]
    there, here = (set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", t))
                   for t in (said, told))
    missing += ["%s: %s, of %s" % (program, o, "--help" if o in there
                                   else "the page") for o in there ^ here]
if missing:
    sys.exit("\n".join(["not in both:"] + missing))
