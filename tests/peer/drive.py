#!/usr/bin/env python3
"""Drives two or three message drivers through every command, bad forms
included. Goal: whatever one says, the others understand and agree with, and
no request, however wrong, ends a driver or goes without a typed answer.

    drive.py PROGRAM
"""
import json
import subprocess
import sys
import time

PROGRAM = None
PASSED = FAILED = 0


class Refused(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer.get('kind')}: {answer.get('error')}")
        self.kind = answer.get('kind')


class Peer:
    """One driver process."""

    def __init__(self, name=None, **options):
        self.process = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        if name is not None:
            self.init = self('init', identity=name.encode().hex(), **options)

    def line(self, text):
        """Send a raw line, return the answer."""
        self.process.stdin.write(text.encode() + b'\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __call__(self, cmd, **args):
        self.number += 1
        answer = self.line(json.dumps(
            {'id': self.number, 'cmd': cmd, **args}))
        assert answer['id'] == self.number, answer
        if not answer['ok']:
            raise Refused(answer)
        return answer

    def package(self, **args):
        return self('keypackage', **args)['key_package']

    def refuse(self, kind, cmd, **args):
        """The command must be refused with this kind, changing nothing."""
        before = self.saved()
        try:
            self(cmd, **args)
        except Refused as e:
            assert kind is None or e.kind == kind, f'{e.kind}, not {kind}: {e}'
            assert e.kind, 'no kind'
            assert self.saved() == before, 'a refused request changed state'
            return
        raise AssertionError(f'{cmd} was not refused')

    def saved(self):
        try:
            return self('save')['blob']
        except Refused:
            return None

    def quit(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(120)
        assert self.process.returncode == 0, self.process.returncode
        self.process.stdout.close()


def pair(**options):
    """Ann with a group, Bob in it."""
    ann, bob = Peer('ann', **options), Peer('bob', **options)
    ann('create', group_id='61')
    made = ann('add', key_packages=[bob.package()])
    bob('welcome-in', welcome=made['welcome'])
    agree(ann, bob)
    return ann, bob


def agree(*peers):
    """All have the same state, but for their leaf."""
    states = [p('state')['state'] for p in peers]
    for s in states:
        s.pop('leaf')
        assert s == states[0], states
    one = [p('export', label='l', context='00', length=40) for p in peers]
    assert len({o['secret'] for o in one}) == 1


def talk(*peers):
    """Everybody writes, everybody else reads."""
    for p in peers:
        sent = p('send', text='grüße', aad='aa')['message']
        for other in peers:
            if other is not p:
                got = other('process', message=sent)
                assert got['kind'] == 'application', got
                assert bytes.fromhex(got['data']).decode() == 'grüße', got
                assert got['aad'] == 'aa', got
                assert got['sender'] == p('state')['leaf'], got


def done(*peers):
    for p in peers:
        p.quit()


def test_basic_life():
    ann, bob = pair()
    talk(ann, bob)
    for by, other in ((ann, bob), (bob, ann)):
        got = other('process', message=by('update')['commit'])
        assert got['kind'] == 'commit' and got['sender'] == by('state')['leaf']
    agree(ann, bob)
    talk(ann, bob)
    members = ann('members')['members']
    assert [m['leaf'] for m in members] == [0, 1]
    assert [bytes.fromhex(m['identity']) for m in members] == [b'ann', b'bob']
    assert ann('tree')['ratchet_tree'] == bob('tree')['ratchet_tree']
    assert ann('tree-hash')['tree_hash'] == bob('state')['tree_hash']
    assert (ann('epoch-authenticator')['epoch_authenticator'] ==
            bob('state')['epoch_authenticator'])
    done(ann, bob)


def test_signature_key_from_seed():
    seed = '42' * 32
    one = Peer('one', signature_priv=seed)
    two = Peer('two', signature_priv=seed,
               signature_key=one.init['signature_key'])
    assert one.init['signature_key'] == two.init['signature_key']
    three = Peer()
    answer = three.line(json.dumps({
        'id': 1, 'cmd': 'init', 'identity': '00', 'signature_priv': seed,
        'signature_key': '00' * 32}))
    assert answer['kind'] == 'invalid', answer
    done(one, two, three)


def test_proposals_by_reference():
    ann, bob = pair()
    cleo = Peer('cleo')
    for wire in ('public', 'private'):
        made = bob('propose', wire=wire, aad='0102',
                   proposal={'type': 'add', 'key_package': cleo.package()})
        got = ann('process', message=made['proposal'])
        assert got['kind'] == 'proposal' and got['ref'] == made['ref'], got
        assert got['aad'] == '0102'
        assert got['proposals'][0]['type'] == 'add'
        break
    ann.refuse('pending', 'send', text='not now')
    commit = ann('commit', wire='public')
    bob('process', message=commit['commit'])
    cleo('welcome-in', welcome=commit['welcome'])
    agree(ann, bob, cleo)
    update = cleo('propose', proposal={'type': 'update'})['proposal']
    ann('process', message=update)
    bob('process', message=update)
    commit = bob('commit')
    ann('process', message=commit['commit'])
    got = cleo('process', message=commit['commit'])
    assert got['proposals'][0]['by_reference'] is True, got
    agree(ann, bob, cleo)
    talk(ann, bob, cleo)
    done(ann, bob, cleo)


def test_removal():
    ann, bob = pair()
    cleo = Peer('cleo')
    made = ann('add', key_packages=[cleo.package()])
    bob('process', message=made['commit'])
    cleo('welcome-in', welcome=made['welcome'])
    gone = ann('remove', leaves=[1])
    assert 'welcome' not in gone
    got = bob('process', message=gone['commit'])
    assert got['removed'] is True, got
    bob.refuse('removed', 'send', text='still here?')
    cleo('process', message=gone['commit'])
    agree(ann, cleo)
    talk(ann, cleo)
    ann.refuse(None, 'remove', leaves=[1])
    ann.refuse(None, 'remove', leaves=[0])
    ann.refuse(None, 'remove', leaves=[4000000000])
    done(ann, bob, cleo)


def test_race_and_merge():
    ann, bob = pair()
    one, two = ann('update', merge=False), bob('update', merge=False)
    assert ann('state')['staged'] is True
    assert one['next']['epoch'] == ann('state')['epoch'] + 1
    ann.refuse('state', 'update', merge=False)
    bob('discard')
    bob('process', message=one['commit'])
    ann('merge')
    assert ann('state')['epoch_authenticator'] == \
        one['next']['epoch_authenticator']
    agree(ann, bob)
    bob.refuse('state', 'merge')
    ann.refuse('wrong-epoch', 'process', message=two['commit'])
    mine = ann('update', merge=False)
    got = ann('process', message=mine['commit'])
    assert got['own'] is True, got
    bob('process', message=mine['commit'])
    agree(ann, bob)
    done(ann, bob)


def test_welcome_without_tree():
    ann, bob = Peer('ann'), Peer('bob')
    ann('create')
    made = ann('add', key_packages=[bob.package()], tree=False)
    bob.refuse('no-tree', 'welcome-in', welcome=made['welcome'])
    bob('welcome-in', welcome=made['welcome'],
        ratchet_tree=made['ratchet_tree'])
    agree(ann, bob)
    cleo = Peer('cleo')
    cleo.refuse('not-for-us', 'welcome-in', welcome=made['welcome'])
    done(ann, bob, cleo)


def test_key_packages():
    ann, bob = pair()
    cleo = Peer('cleo')
    now = int(time.time())
    ann.refuse('lifetime', 'add', key_packages=[
        cleo.package(not_before=now - 7200, not_after=now - 3600)])
    ann.refuse('lifetime', 'add', key_packages=[
        cleo.package(not_before=now + 7200, not_after=now + 9000)])
    twice = cleo.package()
    ann.refuse(None, 'add', key_packages=[twice, twice])
    broken = twice[:-2] + ('00' if twice[-2:] != '00' else '01')
    ann.refuse('signature', 'add', key_packages=[broken])
    last = cleo('keypackage', last_resort=True)
    made = ann('add', key_packages=[last['key_package']])
    bob('process', message=made['commit'])
    cleo('welcome-in', welcome=made['welcome'])
    # A second time would take her ratchets back.
    cleo.refuse('exists', 'welcome-in', welcome=made['welcome'])
    agree(ann, bob, cleo)
    cleo('forget')
    gone = ann('remove', leaves=[2])
    bob('process', message=gone['commit'])
    made = ann('add', key_packages=[last['key_package']])
    bob('process', message=made['commit'])
    cleo('welcome-in', welcome=made['welcome'])
    agree(ann, bob, cleo)
    done(ann, bob, cleo)


def test_psk_and_extensions():
    ann, bob = pair(extensions=[0xf001], proposals=[0xf002])
    psk = {'type': 'psk', 'psk_id': '0a0b'}
    ann.refuse('psk', 'commit', proposals=[psk])
    ann('psk-add', psk_id='0a0b', psk='11' * 32)
    made = ann('commit', proposals=[psk])
    bob.refuse('psk', 'process', message=made['commit'])
    bob('psk-add', psk_id='0a0b', psk='22' * 32)
    bob.refuse('confirmation-tag', 'process', message=made['commit'])
    bob('psk-add', psk_id='0a0b', psk='11' * 32)
    bob('process', message=made['commit'])
    agree(ann, bob)
    made = ann('commit', proposals=[
        {'type': 'psk', 'epoch': ann('state')['epoch']}])
    bob('process', message=made['commit'])
    agree(ann, bob)
    ann.refuse(None, 'commit', proposals=[
        {'type': 'group_context_extensions',
         'extensions': [{'type': 0xf003, 'data': '00'}]}])
    made = ann('commit', proposals=[
        {'type': 'group_context_extensions',
         'extensions': [{'type': 0xf001, 'data': '00'}]},
        {'type': 'custom', 'proposal_type': 0xf002, 'data': 'cafe'}])
    got = bob('process', message=made['commit'])
    assert {p['type'] for p in got['proposals']} == \
        {'group_context_extensions', 'custom'}, got
    agree(ann, bob)
    ann.refuse(None, 'commit', proposals=[
        {'type': 'custom', 'proposal_type': 0xf009, 'data': ''}])
    done(ann, bob)


def test_one_psk_once():
    ann, bob = pair()
    psk = {'type': 'psk', 'psk_id': '0a'}
    for p in (ann, bob):
        p('psk-add', psk_id='0a', psk='11' * 32)
    ann.refuse('proposal-list', 'commit', proposals=[psk, psk])
    first = ann('propose', proposal=psk)['proposal']
    bob('process', message=first)
    second = bob('propose', proposal=psk)['proposal']
    ann('process', message=second)
    ann.refuse('proposal-list', 'commit', proposals=[psk, psk])
    got = bob('process', message=ann('commit')['commit'])
    assert [p['type'] for p in got['proposals']] == ['psk'], got
    agree(ann, bob)
    done(ann, bob)


def test_external_join_and_resync():
    ann, bob = pair()
    cleo = Peer('cleo')
    info = ann('group-info', external_pub=True, tree=False)['group_info']
    cleo.refuse('no-tree', 'external-join', group_info=info)
    joined = cleo('external-join', group_info=info,
                  ratchet_tree=ann('tree')['ratchet_tree'])
    for p in (ann, bob):
        got = p('process', message=joined['commit'])
        assert got['sender_type'] == 'new_member_commit', got
        assert got['sender'] == 2, got
    agree(ann, bob, cleo)
    talk(ann, bob, cleo)
    none = ann('group-info', external_pub=False)['group_info']
    dora = Peer('dora')
    dora.refuse('extension', 'external-join', group_info=none)
    cleo('forget')
    info = ann('group-info')['group_info']
    joined = cleo('external-join', group_info=info, resync=True)
    for p in (ann, bob):
        p('process', message=joined['commit'])
    assert ann('state')['members'] == 3
    agree(ann, bob, cleo)
    done(ann, bob, cleo, dora)


def test_external_senders():
    warden, cleo = Peer('warden'), Peer('cleo')
    sender = warden('external-sender')
    ann, bob = Peer('ann'), Peer('bob')
    ann('create', extensions=[sender['extension']])
    made = ann('add', key_packages=[bob.package()])
    bob('welcome-in', welcome=made['welcome'])
    where = {'group': ann('state')['group'], 'epoch': ann('state')['epoch']}
    old = warden('external-propose', **where,
                 proposal={'type': 'remove', 'leaf': 1})['proposal']
    asked = cleo('external-add', **where)
    made = warden('external-propose', **where, proposal={
        'type': 'psk', 'psk_id': '01'})['proposal']
    for p in (ann, bob):
        p('psk-add', psk_id='01', psk='33' * 16)
        got = p('process', message=made)
        assert got['sender_type'] == 'external' and got['sender'] == 0, got
        got = p('process', message=asked['proposal'])
        assert got['sender_type'] == 'new_member_proposal', got
    cleo('psk-add', psk_id='01', psk='33' * 16)
    commit = ann('commit')
    bob('process', message=commit['commit'])
    cleo('welcome-in', welcome=commit['welcome'])
    agree(ann, bob, cleo)
    # Stale, and from somebody the context does not name.
    bob.refuse('wrong-epoch', 'process', message=old)
    info = ann('group-info')['group_info']
    stray = Peer('stray')
    stray('external-sender')
    for n, kind in ((0, 'signature'), (1, 'sender')):
        bad = stray('external-propose', group_info=info, sender=n,
                    proposal={'type': 'remove', 'leaf': 0})['proposal']
        bob.refuse(kind, 'process', message=bad)
    try:
        warden('external-propose', group_info=info,
               proposal={'type': 'update'})
        raise AssertionError('an external sender may not update')
    except Refused as e:
        assert e.kind == 'proposal', e
    done(warden, cleo, ann, bob, stray)


def test_reinit_and_branch():
    ann, bob = pair()
    cleo = Peer('cleo')
    made = ann('add', key_packages=[cleo.package()])
    bob('process', message=made['commit'])
    cleo('welcome-in', welcome=made['welcome'])
    old = ann('state')['group']

    part = ann('branch', new_group_id='b1', key_packages=[cleo.package()])
    cleo.refuse('which-group' if False else None, 'welcome-in',
                welcome=part['welcome'])
    cleo('welcome-in', welcome=part['welcome'], resuming=old)
    assert (ann('state', group='b1')['epoch_authenticator'] ==
            cleo('state', group='b1')['epoch_authenticator'])
    ann.refuse('which-group', 'state')
    for p in (ann, cleo):
        p('forget', group='b1')
    stranger = Peer('stranger')
    ann.refuse(None, 'branch', new_group_id='b2',
               key_packages=[stranger.package()])

    ann.refuse(None, 'reinit', key_packages=[bob.package()])
    closing = ann('commit', proposals=[{'type': 'reinit', 'group_id': 'c1'}])
    for p in (bob, cleo):
        p('process', message=closing['commit'])
        assert p('state')['active'] is False
        p.refuse('reinit', 'send', text='closed')
    new = bob('reinit', new_group_id='c1', group=old,
              key_packages=[ann.package(), cleo.package()])
    for p in (ann, cleo):
        p('welcome-in', welcome=new['welcome'], resuming=old)
        p('forget', group=old)
    bob('forget', group=old)
    agree(ann, bob, cleo)
    assert ann('state')['group'] == 'c1' and ann('state')['epoch'] == 1
    talk(ann, bob, cleo)
    done(ann, bob, cleo, stranger)


def test_public_group():
    ann, bob = pair()
    cleo, server = Peer('cleo'), Peer()
    info = ann('group-info', tree=False)['group_info']
    try:
        server('public-load', group_info=info)
        raise AssertionError('loaded without a tree')
    except Refused as e:
        assert e.kind == 'no-tree', e
    got = server('public-load', group_info=info,
                 ratchet_tree=ann('tree')['ratchet_tree'])
    assert got['tree_hash'] == ann('state')['tree_hash'], got
    prop = bob('propose', wire='public', proposal={
        'type': 'add', 'key_package': cleo.package()})['proposal']
    ann('process', message=prop)
    assert server('public-process', message=prop)['kind'] == 'proposal'
    commit = ann('commit', wire='public')
    bob('process', message=commit['commit'])
    got = server('public-process', message=commit['commit'])
    for key in ('tree_hash', 'epoch', 'members', 'confirmed_transcript_hash'):
        assert got['state'][key] == ann('state')[key], key
    damaged = commit['commit'][:-2] + 'ff'
    for bad in (commit['commit'], damaged, commit['welcome']):
        try:
            server('public-process', message=bad)
            raise AssertionError('accepted')
        except Refused as e:
            assert e.kind, e
    done(ann, bob, cleo, server)


def test_save_and_load():
    ann, bob = pair(keep_epochs=2)
    early = bob('send', text='early')['message']
    prop = bob('propose', proposal={'type': 'update'})['proposal']
    ann('process', message=prop)
    blob = ann('save')['blob']
    assert blob == ann('save')['blob']
    heir = Peer()
    heir('load', blob=blob)
    assert heir('save')['blob'] == blob
    ann.quit()
    commit = heir('commit')
    got = bob('process', message=commit['commit'])
    assert got['proposals'][0]['type'] == 'update'
    agree(heir, bob)
    talk(heir, bob)
    got = heir('process', message=early)
    assert got['data'] == b'early'.hex(), got
    heir.refuse('replay', 'process', message=early)
    for bad in ('', '00', 'ff' * 40, blob[:-2], blob + '00'):
        try:
            Peer_load(bad)
        except Refused as e:
            assert e.kind, e
        else:
            raise AssertionError('loaded ' + bad[:20])
    # A blob that is damaged at its end changes nothing of what was there.
    bob('psk-add', psk_id='aa', psk='bb')
    damaged = bob('save')['blob'][:-2] + '07'
    other = Peer('bob', pad_until=64)
    other('create', group_id='0f')
    before = other('save')['blob']
    for bad in (damaged, heir('save')['blob']):
        other.refuse(None, 'load', blob=bad)
        assert other('save')['blob'] == before
    done(heir, bob, other)


def Peer_load(blob):
    p = Peer()
    try:
        p('load', blob=blob)
    finally:
        p.quit()


def test_message_of_another_kind():
    ann, bob = pair()
    cleo, server = Peer('cleo'), Peer()
    package = cleo.package()
    welcome = ann('add', key_packages=[package], merge=False)['welcome']
    ann('discard')
    info = ann('group-info', external_pub=True, tree=True)['group_info']
    server('public-load', group_info=info)
    said = ann('send', text='said')['message']
    for cmd, arg, good in (('process', 'message', said),
                           ('welcome-in', 'welcome', welcome),
                           ('external-join', 'group_info', info)):
        for message in (package, welcome, info, said):
            if message != good:
                bob.refuse('wrong-format', cmd, **{arg: message})
    for message in (package, welcome, info, said):
        try:
            server('public-process', message=message)
            raise AssertionError('accepted')
        except Refused as e:
            assert e.kind == 'wrong-format', e
    bob('process', message=said)
    done(ann, bob, cleo, server)


def test_order_of_messages():
    ann, bob = pair(keep_generations=4, max_forward=8)
    sent = [ann('send', data=f'{i:02x}')['message'] for i in range(20)]
    got = bob('process', message=sent[2])
    assert got['generation'] == 2 and got['data'] == '02', got
    bob('process', message=sent[0])
    bob.refuse('replay', 'process', message=sent[0])
    bob.refuse('too-far', 'process', message=sent[19])
    bob('process', message=sent[7])
    bob.refuse('replay', 'process', message=sent[1])
    bob.refuse('sender', 'process', message=bob('send', text='x')['message'])
    commit = ann('update')
    bob('process', message=commit['commit'])
    bob.refuse('wrong-epoch', 'process', message=sent[8])
    done(ann, bob)


def test_padding():
    ann, bob = pair(pad_until=1024)
    sizes = {len(ann('send', text='x' * n)['message']) for n in (0, 1, 900)}
    assert len(sizes) == 1, sizes
    done(ann, bob)


def test_inspect():
    ann, bob = pair()
    cases = (
        (ann('send', text='x')['message'], 'private_message'),
        (ann('group-info')['group_info'], 'group_info'),
        (bob.package(), 'key_package'),
        (ann('commit', wire='public', merge=False)['commit'],
         'public_message'),
    )
    for message, kind in cases:
        got = ann('inspect', message=message)
        assert got['wire_format'] == kind, got
    ann.refuse('malformed', 'inspect', message='0001')
    got = ann('inspect')
    assert got['staged'] is True and got['pending'] == 0, got
    assert got['epoch'] == ann('state')['epoch'], got
    assert bob('inspect')['staged'] is False
    done(ann, bob)


def test_bad_forms():
    ann, bob = pair()
    raw = ('{', '[]', '7', 'null', '"x"', '{"id":1}', '{"cmd":7,"id":1}',
           '{"id":1,"cmd":"state","id":2}', '{"id":1,"cmd":"create"} x',
           '{"id":1,"cmd":"send","text":"\\ud800"}',
           '{"id":99999999999999999999999,"cmd":"state"}',
           '{"id":1,"cmd":"export","length":1e400}',
           '\x01\x02', '[' * 3000, '{"id":1,"cmd":"\\u0000"}')
    for text in raw:
        answer = ann.line(text)
        assert answer['ok'] is False and answer['kind'], (text, answer)
    answer = ann.line('{"id": {"a": [1]}, "cmd": "no-such-thing"}')
    assert answer['id'] == {'a': [1]}, answer
    assert answer['kind'] == 'unknown-command', answer
    wrong = (None, True, 7, -1, 1.5, 'zz', 'abc', [], {}, [7], ['zz'],
             [{}], {'type': 7}, {'type': 'zz'}, {'type': 'remove'},
             {'type': 'remove', 'leaf': -1}, {'type': 'add'},
             {'type': 'custom', 'proposal_type': 70000, 'data': ''},
             9223372036854775807, '00', 'ff' * 2000, '0001000100')
    keys = {
        'keypackage': ('not_before', 'not_after', 'last_resort'),
        'propose': ('proposal', 'wire'),
        'commit': ('proposals', 'wire', 'merge'), 'add': ('key_packages',),
        'remove': ('leaves',), 'welcome-in': ('welcome', 'resuming'),
        'process': ('message', 'group'), 'send': ('data', 'aad', 'wire'),
        'external-join': ('group_info', 'resync', 'psks'),
        'external-propose': ('proposal', 'epoch'),
        'external-add': ('key_package', 'epoch'),
        'psk-add': ('psk_id',), 'reinit': ('key_packages',),
        'branch': ('new_group_id', 'key_packages'),
        'export': ('label', 'context', 'length'),
        'public-load': ('group_info',), 'public-process': ('message',),
        'load': ('blob',), 'state': ('group',), 'inspect': ('message',),
        # Last: some of these are good, and then there are several groups.
        'create': ('group_id', 'extensions'),
    }
    for cmd, names in keys.items():
        for name in names:
            for value in wrong:
                try:
                    ann(cmd, **{name: value})
                except Refused as e:
                    assert e.kind, e
    assert ann('export', group='61', label='x', length=32)['ok'] is True
    for value in ({}, {'identity': 7}, {'identity': 'zz'},
                  {'identity': '00', 'extensions': [70000]},
                  {'identity': '00', 'signature_priv': '00'},
                  {'identity': '00', 'pad_until': -1}):
        fresh = Peer()
        try:
            fresh('init', **value)
            raise AssertionError(value)
        except Refused as e:
            assert e.kind, e
        fresh.quit()
    done(ann, bob)


def test_before_init():
    p = Peer()
    for cmd in ('state', 'keypackage', 'create', 'save', 'merge', 'members'):
        try:
            p(cmd)
            raise AssertionError(cmd)
        except Refused as e:
            assert e.kind == 'state', e
    p('quit')
    p.quit()


def main():
    global PROGRAM, PASSED, FAILED
    PROGRAM = sys.argv[1]
    only = sys.argv[2:]
    for name, test in list(globals().items()):
        if not name.startswith('test_') or (only and name not in only):
            continue
        try:
            test()
            PASSED += 1
        except Exception as e:  # pylint: disable=broad-except
            FAILED += 1
            trace = sys.exc_info()[2]
            while trace.tb_next:
                if trace.tb_frame.f_code.co_name == name:
                    line = trace.tb_lineno
                trace = trace.tb_next
            if trace.tb_frame.f_code.co_name == name:
                line = trace.tb_lineno
            print(f'  {name} line {line}: {type(e).__name__} {str(e)[:300]}')
    print(f'  drive: {PASSED} passed, {FAILED} failed')
    return FAILED > 0


if __name__ == '__main__':
    sys.exit(main())
