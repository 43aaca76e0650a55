#!/usr/bin/env python3
"""Which MUSTs of RFC 9420 the code quotes, and which of them no test names.

Beside a check the code says, as in `7.1: unmerged leaves "MUST be sorted in
increasing order"`. A test names it by a comment with the same section number
and at least two of the same words of five letters or more. Prints what no
test names; the closing line counts. Reads comments only, changes nothing.
"""
import pathlib
import re
import sys

COMMENT = re.compile(r'/\*.*?\*/', re.S)
SECTION = re.compile(r'(?<![\d.])(\d{1,2}(?:\.\d{1,2}){0,4})'
                     r'(?:(?:,| and) \d{1,2}(?:\.\d{1,2}){0,4})*:')
CITED = re.compile(r'(?<![\d.])(\d{1,2}(?:\.\d{1,2}){0,4})(?![\d.]*\d)')
COMMON = {'section', 'their', 'which', 'there', 'where', 'should', 'other'}


def comments(path):
    text = path.read_text(encoding='utf-8')
    for m in COMMENT.finditer(text):
        body = re.sub(r'\s*\n\s*\*?\s*', ' ', m.group()[2:-2]).strip(' *')
        yield text.count('\n', 0, m.start()) + 1, body


def words(text):
    return {w for w in re.findall(r'[a-z_]{5,}', text.lower())} - COMMON


def quoted(root):
    """(path, line, section, text) of every MUST in the code."""
    for folder in ('lib/mls', 'lib/crypto'):
        for path in sorted((root / folder).rglob('*.c')):
            for line, body in comments(path):
                marks = list(SECTION.finditer(body))
                for i, m in enumerate(marks):
                    end = marks[i + 1].start() if i + 1 < len(marks) \
                        else len(body)
                    text = body[m.end():end].strip()
                    if re.search(r'\bMUST\b', text):
                        yield path.relative_to(root), line, m.group(1), text


def tests(root):
    """(sections, words) of every comment and test of the MLS room."""
    found = []
    for path in sorted((root / 'tests').rglob('*.c')):
        for _, body in comments(path):
            sections = set(CITED.findall(body))
            if sections:
                found.append((sections, words(body)))
    return found


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    named = tests(root)
    total = missing = 0
    for path, line, section, text in quoted(root):
        total += 1
        want = words(text)
        if any(section in s and len(want & w) >= min(2, len(want))
               for s, w in named):
            continue
        missing += 1
        print(f'{path}:{line}: section {section}: {text}')
    print(f'{total} MUSTs quoted, {total - missing} named by a test, '
          f'{missing} not')
    return 0


if __name__ == '__main__':
    sys.exit(main())
