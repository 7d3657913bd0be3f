#!/bin/sh
# core/json: our verdict on 20,000 documents, most of them a little wrong, is Python's, which is
# told of the differences we want: duplicate keys, lone surrogates, NUL, huge numbers, depth.
. "${0%/*}/lib.sh"
need python3
plan 2

cat >make.py <<'END'
import json, random, sys

random.seed(8259)
SEEDS = [
    b'{"schemaVersion":2,"config":{"digest":"sha256:ab","size":42},"layers":[{"size":1e3}]}',
    b'[1,-0.5e+10,true,false,null,"\\u00e9\\ud83d\\ude00\\n\xc3\xa9",{},[],{"a":{"a":[]}}]',
    b' {"a" : 1 , "b" : [ 0 , "" ] , "\\u0061b" : "\\\\ \\" \\/" }\n',
    b'"just a string"', b'-12.5E-3', b'[[[[[[0]]]]],{"x":{"y":{"z":null}}}]',
]
PIECES = [b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'0', b'1', b'-', b'.', b'e', b'E9',
          b'\\u', b'\\ud800', b'\\udc00', b'\\u0000', b'true', b'nul', b' ', b'\n', b'\0', b'\x1f',
          b'\x7f', b'\x80', b'\xc3', b'\xed\xa0\x80', b'\xef\xbb\xbf', b'\xf0\x9f\x98\x80', b'"a":1',
          b'1e400', b'/', b'[' * 30, b']' * 30, b'00', b'NaN', b'Infinity']


def mutated(text):
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        at = random.randrange(len(text) + 1)
        to = min(len(text), at + random.randrange(4))
        text = text[:at] + random.choice(PIECES + [b'']) + text[random.choice((at, to)):]
    return text


def pairs(members):
    if len(set(key for key, _ in members)) < len(members):
        raise ValueError("duplicate key")
    return dict(members)


def number(text):
    if abs(float(text)) >= 1e308:
        raise ValueError("number")
    return float(text)


def constant(text):
    raise ValueError(text)


def check(value, level=0):
    if isinstance(value, str):
        value.encode("utf-8")
        if "\0" in value:
            raise ValueError("NUL")
    elif isinstance(value, (list, dict)):
        if level == 64:
            raise ValueError("depth")
        for item in value:
            check(item, level + 1)
            if isinstance(value, dict):
                check(value[item], level + 1)


with open("documents", "wb") as documents, open("verdicts", "w") as verdicts:
    for i in range(20000):
        text = mutated(random.choice(SEEDS))
        documents.write(b"%d\n%s" % (len(text), text))
        try:
            check(json.loads(text.decode("utf-8"), object_pairs_hook=pairs, parse_float=number,
                             parse_int=number, parse_constant=constant))
            verdicts.write("yes\n")
        except ValueError:
            verdicts.write("no\n")
END
ok 'the documents are made' python3 make.py
"$B/unit/json" verdicts <documents >ours
if cmp -s ours verdicts; then
	pass "the verdicts are equal ($(grep -c yes ours) of 20000 are JSON)"
else
	fail 'the verdicts are equal'
	diag "$(diff ours verdicts | head)"
fi
