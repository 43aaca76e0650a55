"""Completion for bash and zsh against the table of commands: every command,
every option, files where files are meant. usage: completion.py ROWAN
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

rowan = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
table = json.loads(subprocess.run([rowan, "help", "--json"], text=True,
                                  capture_output=True, check=True).stdout)
commands = table["commands"]
globals_ = {"--" + o["name"] for o in table["options"]}


def bash(*lines):
    """What bash would offer for each line; the cursor is at its end."""
    script = 'source "$1"; shift\nfor line in "$@"; do\n' \
        '\tread -r -a COMP_WORDS <<<"$line"\n' \
        '\tcase $line in *" ") COMP_WORDS+=("") ;; esac\n' \
        '\tCOMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()\n' \
        '\t_rowan; printf "%s\\n" "${COMPREPLY[*]}"\ndone\n'
    with open(work + "/bash", "w") as f:
        f.write(subprocess.run([rowan, "completion", "bash"], text=True,
                               capture_output=True, check=True).stdout)
    out = subprocess.run(["bash", "--norc", "-c", script, "bash",
                          work + "/bash", *lines], text=True, cwd=work,
                         capture_output=True, check=True)
    assert not out.stderr, out.stderr
    return [set(line.split()) for line in out.stdout.split("\n")[:len(lines)]]


def in_bash():
    first = bash("rowan ")[0]
    for c in commands:
        assert c["name"].split()[0] in first, c["name"]
    groups = {c["name"].split()[0] for c in commands if " " in c["name"]}
    for g, offered in zip(sorted(groups), bash(*[
            "rowan %s " % g for g in sorted(groups)])):
        for c in commands:
            if c["name"].startswith(g + " "):
                assert c["name"].split()[1] in offered, (g, offered)
    got = bash(*["rowan %s --" % c["name"] for c in commands])
    for c, offered in zip(commands, got):
        want = globals_ | {"--" + o["name"] for o in c["options"]}
        assert offered == want, (c["name"], offered ^ want)
    # Options before and between are passed over.
    assert "--hold" in bash("rowan --json send --urgent --h")[0]
    with open(work + "/a-file", "w"):
        pass
    assert "a-file" in bash("rowan attach 1 a-")[0]


def in_zsh():
    text = subprocess.run([rowan, "completion", "zsh"], text=True,
                          capture_output=True, check=True).stdout
    assert text.startswith("#compdef rowan\n")
    lines = text.split("\n")
    for c in commands:
        entry = [x for x in lines if x.startswith("\t'%s') " % c["name"])]
        assert len(entry) == 1, (c["name"], entry)
        for o in c["options"]:
            assert "'--%s%s[" % (o["name"], "=" if "arg" in o else "") in \
                entry[0], (c["name"], o["name"])
        assert any(x.startswith("\t\t'%s:" % c["name"]) for x in lines)
    if shutil.which("zsh") is None:
        print("  completion: no zsh here, its script was only read")
        return
    with open(work + "/_rowan", "w") as f:
        f.write(text)
    subprocess.run(["zsh", "-f", "-n", work + "/_rowan"], check=True)


try:
    in_bash()
    in_zsh()
    print("  completion: %d commands in bash and zsh" % len(commands))
finally:
    shutil.rmtree(work)
