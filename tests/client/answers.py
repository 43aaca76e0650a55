"""What rowan --json prints against docs/cli.schema.json."""

import json
import os
import re

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                       "docs", "cli.schema.json")) as f:
    whole = json.load(f)
defs, commands = whole["$defs"], whole["commands"]
types = {"object": dict, "array": list, "string": str, "integer": int,
         "boolean": bool}


def check(value, schema, where):
    """The part of JSON Schema that cli.schema.json uses."""
    if "$ref" in schema:
        return check(value, defs[schema["$ref"].rsplit("/", 1)[1]], where)
    if "type" in schema:
        want = types[schema["type"]]
        good = isinstance(value, want) and not (
            want is int and isinstance(value, bool))
        assert good, "%s is %r, not %s" % (where, value, schema["type"])
    if "enum" in schema:
        assert value in schema["enum"], "%s is %r" % (where, value)
    if "pattern" in schema:
        assert re.search(schema["pattern"], value), (where, value)
    if "minimum" in schema:
        assert value >= schema["minimum"], (where, value)
    if "maximum" in schema:
        assert value <= schema["maximum"], (where, value)
    for name in schema.get("required", ()):
        assert name in value, "%s has no %s: %r" % (where, name, value)
    for name, sub in schema.get("properties", {}).items():
        if name in value:
            check(value[name], sub, where + "." + name)
    for i, v in enumerate(value if "items" in schema else ()):
        check(v, schema["items"], "%s[%d]" % (where, i))


def command_of(args):
    """The command that a line of arguments names; None: no such one."""
    words = [a for a in args[:2] if not a.startswith("-")]
    for n in (2, 1):
        if " ".join(words[:n]) in commands and len(words) >= n:
            return " ".join(words[:n])
    return None


def check_output(args, out):
    """Each line that a command has printed is what is documented for it."""
    name = command_of(args)
    assert name is not None, "the schema has no %s" % (args,)
    for line in out.splitlines():
        check(json.loads(line), commands[name], " ".join(args[:3]))
