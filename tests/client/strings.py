"""Every word that a person reads can be translated: no bare string goes to the
functions that speak, and all of the table of commands is in the catalogue.
What is said to be typed can be: every command and option that a text names is
in the table. usage: strings.py POT ROWAN (on the stand-in)
"""

import ast
import glob
import json
import re
import subprocess
import sys

SPEAK = ("ui_say|ui_note|ui_fail|ui_ask|ui_line|run_usage|refuse|found|remark|"
         "table_column|table_print|pass_get|pass_new|screen_state|"
         "progress_new|do_act|simple|when_running|list_cases")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# What is no word of any language: formats, "#", protocol words.
SHOUT = re.compile(r"[A-Za-z]{2,}")
TYPED = re.compile(r'"(rowan [a-z]+ )?--[a-z]+"')
PROTOCOL = re.compile(r"\(\s*\"?\{s:|json_(pack|text|number|flag|object)|"
                      r"strcmp|run_option|run_number")


def calls(text):
    """Every call of a function that speaks, with its arguments' text."""
    for m in re.finditer(r"\b(%s)\s*\(" % SPEAK, text):
        depth, at, quoted = 0, m.end() - 1, False
        begin = at
        while True:
            c = text[at]
            if quoted:
                if c == "\\":
                    at += 1
                elif c == '"':
                    quoted = False
            elif c == '"':
                quoted = True
            elif c == "(":
                depth += 1
            elif c == ")":
                depth -= 1
                if depth == 0:
                    break
            at += 1
        yield m.group(1), text[begin + 1:at], text.count("\n", 0, begin) + 1


def strip_calls(args):
    """Without what is inside other calls: those translate for themselves."""
    out, depth, at = "", 0, 0
    for m in re.finditer(r'"(?:[^"\\]|\\.)*"|\(|\)|[^"()]+', args):
        piece = m.group(0)
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
        elif depth == 0:
            out += piece
    return out


def bare(path):
    with open(path) as f:
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"),
                      f.read(), flags=re.S)
    for name, args, line in calls(text):
        rest = strip_calls(args)
        for s in STRING.findall(rest):
            words = re.sub(r"%[-+ 0#.*\d]*(?:hh|h|ll|l|z)?[a-zA-Z]", "",
                           ast.literal_eval(s))
            if SHOUT.search(words) and not TYPED.fullmatch(s) and \
                    name not in ("simple", "do_act", "when_running"):
                yield "%s:%d: %s(... %s" % (path, line, name, s)


def catalogue(path):
    with open(path) as f:
        text = f.read()
    ids = set()
    for m in re.finditer(r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)', text, re.M):
        ids.add("".join(ast.literal_eval(s) for s in
                        STRING.findall(m.group(1))))
    return ids


def named(text, table):
    """Commands and options that ${text} names and that there are not."""
    commands = {c["name"]: c for c in table["commands"]}
    common = {o["name"] for o in table["options"]}
    for m in re.finditer(r"(?<!newer )\browan ([a-z][a-z-]*)"
                         r"(?: ([a-z][a-z-]*))?", text):
        one, two = m.group(1), "%s %s" % m.groups()
        name = two if two in commands else one
        if name not in commands and name != "help":
            yield "no command: rowan %s, in %r" % (one, text)
            continue
        behind = re.split(r"[;.]|rowan ", text[m.end():])[0]
        have = common | {o["name"] for o in commands[name]["options"]} \
            if name in commands else common
        for option in re.findall(r"--([a-z-]+)", behind):
            if option not in have:
                yield "rowan %s has no --%s, in %r" % (name, option, text)


pot, rowan = sys.argv[1:3]
wrong = [w for p in sorted(glob.glob("client/*/*.c")) for w in bare(p)]
known = catalogue(pot)
table = json.loads(subprocess.run([rowan, "help", "--json"], text=True,
                                  capture_output=True, check=True).stdout)
texts = [e["words"] for e in table["exits"]]
for c in table["commands"]:
    texts += [c["help"], c["group"]] + ([c["more"]] if "more" in c else [])
    texts += [o["help"] for o in c["options"]]
texts += [o["help"] for o in table["options"]]
wrong += ["not in the catalogue: %r" % t for t in texts if t not in known]
wrong += [w for t in sorted(known) for w in named(t, table)]
for w in wrong:
    print(w)
print("  strings: %d of the table in the catalogue, %d bare"
      % (len(texts), len(wrong)))
sys.exit(1 if wrong else 0)
