"""rowan(1) from the table of commands: rowan help --json | rowan.py >rowan.1"""

import json
import sys

table = json.load(sys.stdin)


def text(s):
    s = s.replace("\\", "\\e")
    return "\n".join(("\\&" + x) if x[:1] in ".'" else x
                     for x in s.split("\n"))


def sentences(s):
    """mdoc wants each sentence on a line of its own."""
    return text(s.replace(". ", ".\n"))


def sentence(s):
    return text(s[0].upper() + s[1:] + ".")


def arguments(args):
    out = []
    for a in args.split():
        bare = a.strip("[].|")
        dots = " ..." if a.rstrip("]").endswith("...") else ""
        out.append(("Op Ar " if a.startswith("[") else "Ar ") + bare + dots)
    return out


def flag(o):
    return "Fl -%s" % o["name"] + (" Ar " + o["arg"].lower()
                                   if "arg" in o else "")


p = print
p('.Dd $Mdocdate: November 26 2026 $\n.Dt ROWAN 1\n.Os\n.Sh NAME\n.Nm rowan')
p(".Nd caseworkers' command line of a stalking clinic\n.Sh SYNOPSIS")
for c in table["commands"]:
    p(".Nm\n.Cm " + c["name"])
    for o in c["options"]:
        p(".Op " + flag(o))
    for a in arguments(c["args"]):
        p("." + a)
p(""".Sh DESCRIPTION
.Nm
is what caseworkers, coordinators and the authority of a stalking clinic work
with.
An agent, started on demand, owns the vault and the connection; commands talk
with it and are quick.
.Pp
Cases are named by the number a listing gave them, by a private alias, or by
the beginning of their id; never by a name.
So are people, devices and messages.
A time is written
.Li 72h ,
.Li 3d ,
.Li 12:30 ,
.Li tomorrow 12:30
or
.Li 2026-01-15 12:30 .
.Pp
Data go to the standard output, words and progress to the standard error.
With
.Fl -json
both are JSON; the documentation's
.Pa cli.md
describes it.
Control, bidi and zero-width characters of others' text are shown as
.Li <U+202E> .
.Pp
In danger, call 999.
.Nm
is not an emergency service.
.Sh OPTIONS
Of every command:
.Bl -tag -width Ds""")
for o in table["options"]:
    p(".It " + flag(o) + "\n" + sentence(o["help"]))
p(".El\n.Sh COMMANDS")
group = None
for c in table["commands"]:
    if c["group"] != group:
        if group is not None:
            p(".El")
        group = c["group"]
        p(".Ss " + group + "\n.Bl -tag -width Ds")
    p(".It Cm %s %s" % (c["name"], " ".join(arguments(c["args"]))))
    p(sentence(c["help"]))
    if "more" in c:
        p(sentences(c["more"]))
    rights = [n for b, n in ((1, "enrol"), (2, "coordinate"), (4, "duty"),
                             (8, "audit")) if c["rights"] & b]
    if rights:
        p("Needs a card with the right: %s." % ", ".join(rights))
    if c["options"]:
        p(".Bl -tag -width Ds")
        for o in c["options"]:
            p(".It " + flag(o) + "\n" + sentence(o["help"]))
        p(".El")
p(""".El
.Sh ENVIRONMENT
.Bl -tag -width ROWAN_ASKPASS
.It Ev ROWAN_HOME
The state folder
.Pq Pa ~/.local/share/rowan .
.It Ev ROWAN_ASKPASS
A program that asks for a passphrase, with the prompt as its argument.
.It Ev XDG_RUNTIME_DIR
Where the agent's socket is.
.It Ev NO_COLOR
No colour.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds""")
for e in table["exits"]:
    p(".It %d %s\n%s" % (e["exit"], e["code"], sentence(e["words"])))
p(""".El
.Sh EXAMPLES
A first day, with an invite from a colleague:
.Pp
.Dl rowan setup
.Dl rowan inbox
.Dl rowan read 1
.Dl rowan send 1 I am here until six.
.Pp
Events for a script, going on where it was:
.Pp
.Dl rowan listen --after \\(dq$cursor\\(dq --type message
.Sh SEE ALSO
.Xr rowanctl 8 ,
.Xr rowand 8""")
