"""Every test that docs/threat-model.md names exists, with its case, and every
statement of what somebody cannot do names one or says that there is none."""

import os
import re
import sys

with open("docs/threat-model.md") as f:
    page = f.read()
bad = []
named = 0
for path, case in re.findall(
        r"`(tests/[\w./-]+\.(?:c|py|sh))(?:: (\w+))?`", page):
    named += 1
    if not os.path.isfile(path):
        bad.append("no " + path)
        continue
    with open(path) as f:
        text = f.read()
    if case and not re.search(r"\b%s\b" % case, text):
        bad.append("no %s in %s" % (case, path))
rules = ""
for folder, _, names in os.walk("."):
    if not folder.startswith("./build"):
        for name in names:
            if name == "Makefile" or name.endswith(".mk"):
                with open(os.path.join(folder, name)) as f:
                    rules += f.read()
for target in set(re.findall(r"`make ([\w-]+)", page)):
    if not re.search(r"^[\w -]*\b%s\b[\w -]*:" % target, rules, re.M):
        bad.append("no make " + target)
for part in re.findall(r"cannot\n(.*?)(?:\n\n|\Z)", page, re.S):
    for item in re.split(r"^- ", part, flags=re.M)[1:]:
        if "tests/" not in item and "make " not in item and \
                "No\n  test" not in item and "no test" not in item.lower():
            bad.append("without a test: " + " ".join(item.split())[:60])
for line in bad:
    print("threat-model: " + line)
print("  threat model: %d tests named" % named)
sys.exit(bool(bad))
