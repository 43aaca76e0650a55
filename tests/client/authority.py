"""The offline authority, by its files alone: every row of what it does, what it
refuses before it asks for a passphrase, and nothing signed in vain.
usage: authority.py BUILD
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import clinic  # noqa: E402

k = clinic.Clinic(sys.argv[1], clock=True)
book, done = k.path("authority"), 0


def expect(code, pattern, *args, asked=True):
    """Exit code and words; asked: whether a passphrase can be given."""
    global done
    more = ("--passphrase-file", k.path("pass")) if asked else ("--no-input",)
    p = k.run("rowan", "authority", *args, *more, check=False)
    out = p.stdout + p.stderr
    if p.returncode != code or pattern not in out:
        raise clinic.Failed("%s: %d, not %d with %r:\n%s" % (
            " ".join(args), p.returncode, code, pattern, out))
    assert not any(c < " " and c != "\n" for c in out), repr(out)
    done += 1
    return out


def answer(*args):
    return json.loads(k.authority(*args, "--json").stdout)


def cards():
    return answer("list", book)["cards"]


def statements():
    with open(os.path.join(book, "statements.txt")) as f:
        return f.read()


def request(name, *more):
    """Somebody's request, and its fingerprint."""
    path = k.path(name + ".request")
    p = k.run("rowan", "setup", "--authority", book + "/authority.txt",
              "--agency", "police", "--request", path, "--passphrase-file",
              k.path("pass"), *more, home=k.path(name))
    k.run("rowan", "agent", "stop", "-q", home=k.path(name))
    return path, re.search("fingerprint: ([0-9a-f ]+)", p.stdout).group(1)


def begin():
    expect(9, "rowan authority create makes one", "list", book, asked=False)
    k.begin()
    expect(10, "nothing is overwritten", "create", book, asked=False)
    other = answer("create", k.path("other"))
    assert other["folder"] == k.path("other")
    assert [c["role"] for c in cards()] == ["daemon"]


def sign():
    """Nothing is signed whose answer has no place to go."""
    path, fingerprint = request("sam", "--rights", "coordinate")
    before = statements()
    with open(path + ".answer", "w") as f:
        f.write("somebody's")
    expect(10, "exists already", "sign", book, path, asked=False)
    expect(10, "exists already", "sign", book, path, "--fingerprint",
           fingerprint)
    os.unlink(path + ".answer")
    expect(14, "it was not signed", "sign", book, path, "--fingerprint",
           "0" * 32)
    expect(9, "No such file", "sign", book, path, k.path("none"), asked=False)
    expect(13, "no card request", "sign", book, k.path("pass"), asked=False)
    expect(3, "comes first", "sign", k.path("other"), path, asked=False)
    expect(13, "another clinic", "daemon", "--listen", "tcp://a:1",
           k.path("other"), k.path("daemon.request"), asked=False)
    expect(13, "rowan authority daemon", "sign", book,
           k.path("daemon.request"), asked=False)
    expect(2, "unknown right", "sign", book, path, "--rights", "all")
    # Of a stick from elsewhere: a name is shown, and drives no terminal.
    evil = k.path("a\x1b[2J\nfingerprint: 0000.request")
    os.link(path, evil)
    out = expect(14, "<U+001B>", "sign", book, evil, "--fingerprint", "0" * 32)
    assert "\nfingerprint: 0000" not in out, out
    assert statements() == before
    made = answer("sign", "--fingerprint", fingerprint, "--rights", "enrol",
                  book, path)
    assert made["answer"] == path + ".answer" and made["number"] == 2
    assert cards()[1]["rights"] == "enrol"
    p = k.run("rowan", "setup", "--answer", made["answer"],
              "--passphrase-file", k.path("pass"), home=k.path("sam"))
    assert "is enrolled" in p.stderr
    k.run("rowan", "agent", "stop", "-q", home=k.path("sam"))


def asks():
    """What is signed is on the screen before the question, even with -q."""
    path, fingerprint = request("nia")
    env = dict(k.env, COLUMNS="200")
    p = subprocess.run(
        ["script", "-qec", "'%s' authority sign '%s' '%s' -q "
         "--passphrase-file '%s'" % (k.program("rowan"), book, path,
                                     k.path("pass")), "/dev/null"],
        env=env, input="no\n", text=True, capture_output=True)
    assert "police, rights -" in p.stdout and fingerprint in p.stdout, p.stdout
    assert "was not signed" in p.stdout, p.stdout
    expect(0, "", "sign", book, path, "--fingerprint", fingerprint)
    return path


def renew(path):
    """By its number, by the beginning of its id, and the daemon's."""
    sam, nia = cards()[1:3]
    expect(9, "no card", "renew", book, "00000000", asked=False)
    expect(9, "no card", "renew", book, nia["device"][:7], asked=False)
    expect(13, "not longer", "renew", book, str(nia["number"]), "--days", "9",
           asked=False)
    one = answer("renew", book, str(nia["number"]), "--days", "800")
    assert one["expires"] > nia["expires"]
    two = answer("renew", book, nia["device"][:8], "--days", "900")
    assert two["number"] == one["number"] + 1
    assert answer("renew", book, "daemon", "--days", "1000")["expires"] > 0
    assert cards()[-1]["role"] == "daemon"
    # Refused first, then shown; then it is done, once.
    expect(9, "no card", "revoke", book, "0" * 32, asked=False)
    out = expect(0, "Revoked for good", "revoke", book, str(nia["number"]))
    assert nia["device"] in out and "caseworker of agency police" in out, out
    expect(10, "already", "revoke", book, nia["device"], asked=False)
    expect(8, "was revoked", "renew", book, nia["device"], asked=False)
    os.unlink(path + ".answer")
    expect(8, "needs new keys", "sign", book, path, asked=False)
    made = answer("revoke", book, sam["device"][:8])
    assert made["number"] == cards()[-1]["number"] + 2
    assert [c["state"] for c in cards()].count("revoked") == 4


def clocks():
    """Whatever this machine's clock said or says, whoever is lost is revoked;
    what was signed too early is let go of once the clock is right."""
    path, fingerprint = request("kim")
    chain = k.path("chain.txt")
    answer("sign", "--fingerprint", fingerprint, book, path)
    kim = cards()[-1]
    with open(chain, "w") as f:
        f.write(statements())
    k.move(3600)
    answer("renew", book, kim["device"], "--days", "800")
    k.move(-3600)
    expect(1, "a later time", "renew", book, kim["device"], "--days", "900")
    answer("revoke", book, kim["device"])
    out = expect(0, "was signed again", "follow", book, chain)
    assert "sign it anew" in out and "1 statement came" in out, out
    assert cards()[-1]["state"] == "revoked"
    assert cards()[-1]["expires"] == kim["expires"]
    # All of it is of a time that has come: nothing is left to be done.
    before = statements()
    expect(0, "has not seen the last 1 statement", "follow", book, chain,
           asked=False)
    k.move(-3600)
    expect(1, "a later time", "renew", book, "daemon", "--days", "1001")
    assert statements() == before
    k.move(3600)


def passphrases():
    """Two lines: the old one, and the new one."""
    new = "four other words entirely"
    for name in ("next.key", "authority.key"):
        p = subprocess.run(
            [k.program("rowan"), "authority", "passphrase", book, name,
             "--passphrase-fd", "0", "--json"], env=k.env, text=True,
            input=clinic.PASSPHRASE + "\n" + new + "\n", capture_output=True)
        assert p.returncode == 0 and json.loads(p.stdout) == {}, p
    expect(5, "wrong passphrase", "renew", book, "daemon", "--days", "1100")
    expect(9, "No such file", "passphrase", book, "none", asked=False)
    with open(k.path("pass"), "w") as f:
        f.write(new + "\n")


def succeed():
    expect(10, "exists already", "succeed", book, k.path("other"), asked=False)
    os.rename(book + "/next.key", k.path("away"))
    expect(9, "--next says where", "succeed", book, k.path("new"), asked=False)
    made = answer("succeed", "--next", k.path("away"), book, k.path("new"))
    assert made["folder"] == k.path("new")
    assert sorted(os.listdir(k.path("new"))) == [
        "authority.key", "authority.txt", "daemon.txt", "next.key",
        "records.txt", "statements.txt"]
    # The old folder hears of it, and says so instead of signing in vain.
    new = answer("follow", book, k.path("new/statements.txt"))
    assert new["new"] == 1 and new["number"] == made["number"]
    expect(1, "another key has taken over", "renew", book, "daemon",
           asked=False)
    assert answer("renew", k.path("new"), "daemon", "--days",
                  "1200")["number"] == made["number"] + 1


def restore():
    pending = k.path("pending")
    with open(pending, "w") as f:
        f.write("rowan restore 1\nmade 5\nsize 10\nroot %s\nlost_size 12\n"
                "lost_root %s\n" % ("1" * 64, "2" * 64))
        f.write(open(k.path("new/statements.txt")).read())
    expect(13, "is not what rowanctl", "restore", k.path("new"),
           k.path("pass"), asked=False)
    out = expect(0, "2 entries, and everybody is told", "restore",
                 k.path("new"), pending)
    assert "rowanctl backup finish" in out


try:
    begin()
    sign()
    renew(asks())
    clocks()
    passphrases()
    succeed()
    restore()
    print("  authority: %d answers and refusals" % done)
finally:
    k.end()
