"""Records that a careless or hostile sender can put into a stream, and good ones that merely look odd.

Bytes, not text: most of them no JSON library would write. None holds a newline, so each is one line of a file.
"""

import collections
import json
import random

TIME = 1_700_000_000_000

# `words`: what the reason must contain; the field's name in quotes where a field is to blame.
Hostile = collections.namedtuple("Hostile", "name record words")
Good = collections.namedtuple("Good", "name record user")

ABSENT = object()


def event(**changed):
    fields = {"user": "u1", "item": "i1", "type": "view", "time": TIME}
    fields.update(changed)
    return json.dumps({k: v for k, v in fields.items() if v is not ABSENT}).encode()


def raw(field, value):
    """An event in which one field has this text for a value, right or wrong."""
    fields = {"user": b'"u1"', "item": b'"i1"', "type": b'"view"', "time": b"%d" % TIME}
    fields[field] = value
    return b"{" + b",".join(b'"%s":%s' % (k.encode(), v) for k, v in fields.items()) + b"}"


def not_json():
    whole = event()
    yield "text", b"hello"
    yield "half an object", whole[:-9]
    yield "an object without its end", whole[:-1]
    yield "two objects on a line", whole + b" " + whole
    yield "garbage after the object", whole + b"x"
    yield "a comma after the object", whole + b","
    yield "a trailing comma", whole[:-1] + b",}"
    yield "keys without quotes", b"{user:1,item:2}"
    yield "single quotes", b"{'user':'u1'}"
    yield "a comment", b"/* hi */" + whole
    yield "NaN", raw("value", b"NaN")
    yield "Infinity", raw("value", b"-Infinity")
    yield "a leading zero", raw("time", b"0123")
    yield "a hexadecimal number", raw("time", b"0x10")
    yield "a number that ends with its point", raw("time", b"1.")
    yield "a number without digits before its point", raw("value", b".5")
    yield "a lone minus", raw("value", b"-")
    yield "a plus", raw("value", b"+1")
    yield "an exponent without digits", raw("value", b"1e")
    yield "a tab in a string", raw("user", b'"a\tb"')
    yield "a null byte in a string", raw("user", b'"a\0b"')
    yield "a null byte after the object", whole + b"\0"
    yield "null bytes only", b"\0" * 64
    yield "an escape that does not exist", raw("user", rb'"\x41"')
    yield "a short escape", raw("user", rb'"\u12"')
    yield "a word that is no literal", raw("consent", b"tru")
    yield "True of another language", raw("consent", b"True")
    yield "an object in UTF-16", bytes(b for c in whole for b in (c, 0))
    yield "a byte order mark in the middle", b"\xef\xbb\xbf" + whole
    yield "many opened arrays", b"[" * 50_000
    yield "many opened objects", b'{"a":' * 30_000
    yield "many closed arrays", b"]" * 1_000
    yield "spaces only, but for a form feed", b"   \f  "


def not_text():
    noise = random.Random(7)
    for i in range(5):
        yield f"noise {i}", bytes(b for b in noise.randbytes(200 + i * 97) if b not in b"\r\n")
    yield "a gzip archive", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3"
    yield "a byte that never is in UTF-8", raw("user", b'"a\xffb"')
    yield "a continuation without a beginning", raw("user", b'"\x80"')
    yield "a sequence cut off", raw("user", b'"\xe2\x82"')
    yield "an overlong slash", raw("user", b'"\xc0\xaf"')
    yield "an overlong null", raw("user", b'"\xe0\x80\x80"')
    yield "a surrogate in UTF-8", raw("user", b'"\xed\xa0\x80"')
    yield "beyond the last character", raw("user", b'"\xf4\x90\x80\x80"')
    yield "latin-1", '{"user":"Jürgen","item":"i","type":"view","time":1}'.encode("latin-1")
    yield "invalid bytes in an ignored field", raw("other", b'"\xff"')
    yield "a lone high surrogate", raw("user", rb'"\ud800"')
    yield "a lone low surrogate", raw("user", rb'"\udc00"')
    yield "surrogates in the wrong order", raw("item", rb'"\udc00\ud800"')
    yield "a high surrogate before a letter", raw("item", rb'"\ud83dx"')
    yield "a lone surrogate in an ignored field", raw("other", rb'"\ud800"')
    yield "a lone surrogate in a key", event()[:-1] + rb',"\ud800":1}'


def not_an_object():
    for name, record in {"an array": b'["u1"]', "an array of events": b"[" + event() + b"]", "a string": b'"user"',
                         "a number": b"17", "true": b"true", "null": b"null", "an empty array": b"[]"}.items():
        yield name, record


def wrong_fields():
    yield "an empty object", b"{}", "user"
    yield "nested as someone else does it", b'{"event":' + event() + b"}", "user"
    yield "keys in capitals", event().replace(b'"user"', b'"USER"'), "user"
    for field in ("user", "item"):
        yield f"no {field}", event(**{field: ABSENT}), field
        yield f"{field} null", event(**{field: None}), field
        yield f"{field} empty", event(**{field: ""}), field
        yield f"{field} an array", event(**{field: ["a"]}), field
        yield f"{field} an object", event(**{field: {"id": 1}}), field
        yield f"{field} true", event(**{field: True}), field
        yield f"{field} a fraction", event(**{field: 1.5}), field
        yield f"{field} of 257 bytes", event(**{field: "x" * 257}), field
        yield f"{field} of 129 characters of two bytes", event(**{field: "é" * 129}), field
        yield f"{field} twice", event()[:-1] + b',"%s":"b"}' % field.encode(), field
    yield "a user of a megabyte", event(user="x" * 1_000_000), "user"
    yield "no type", event(type=ABSENT), "type"
    yield "type null", event(type=None), "type"
    yield "type a number", event(type=1), "type"
    yield "type empty", event(type=""), "type"
    yield "type unknown", event(type="teleport"), "type"
    yield "type in capitals", event(type="VIEW"), "type"
    yield "type that moves the cursor of a terminal", event(type="\x1b[2J\x9b2J"), "type"
    yield "type that moves the cursor, unescaped", raw("type", '"\x9b2J"'.encode()), "type"
    yield "type of a megabyte", event(type="v" * 1_000_000), "type"
    yield "time null", event(time=None), "time"
    yield "time negative", event(time=-1), "time"
    yield "time a fraction", event(time=1.5), "time"
    yield "time in text digits", event(time=str(TIME)), "time"
    yield "time without a zone", event(time="2024-01-01T00:00:00"), "time"
    yield "time on February 30", event(time="2024-02-30T00:00:00Z"), "time"
    yield "time infinite", event(time="infinite-future"), "time"
    yield "time true", event(time=True), "time"
    yield "time an object", event(time={"$date": 1}), "time"
    yield "time after the year 9999", event(time=10**15), "time"
    yield "time of the largest integer", event(time=2**63 - 1), "time"
    yield "session a number", event(session=5), "session"
    yield "session of 300 bytes", event(session="s" * 300), "session"
    yield "value text", event(value="5"), "value"
    yield "a rating without value", event(type="rating"), "value"
    yield "a rating beyond its scale", event(type="rating", value=6), "value"
    yield "a rating below its scale", event(type="rating", value=-1e300), "value"
    yield "quantity 0", event(quantity=0), "quantity"
    yield "quantity negative", event(quantity=-2), "quantity"
    yield "quantity a fraction", event(quantity=1.5), "quantity"
    yield "quantity text", event(quantity="2"), "quantity"
    yield "quantity enormous", event(quantity=2**62), "quantity"
    yield "price negative", event(price=-0.01), "price"
    yield "price text", event(price="9.99"), "price"
    yield "id an array", event(id=[]), "id"
    yield "id a number", event(id=7), "id"
    yield "list an object", event(list={}), "list"
    yield "consent text", event(consent="false"), "consent"
    yield "consent a number", event(consent=0), "consent"
    yield "attributes an array", event(type="profile", attributes=[1]), "attributes"
    yield "attributes nested", event(type="profile", attributes={"a": {"b": 1}}), "attributes"
    yield "attributes with null", event(type="profile", attributes={"a": None}), "attributes"
    yield "attributes without end", event(type="profile", attributes={str(i): i for i in range(10_000)}), "attributes"
    yield "attributes with a long text", event(type="profile", attributes={"a": "x" * 1_000}), "attributes"


def hostile():
    """All of them, as a list of Hostile."""
    found = [Hostile(name, record, ["JSON"]) for name, record in not_json()]
    found += [Hostile(name, record, []) for name, record in not_text()]
    found += [Hostile(name, record, ["object"]) for name, record in not_an_object()]
    found += [Hostile(name, record, [f"'{field}'"]) for name, record, field in wrong_fields()]
    for digits in (b"1e999", b"-1e999", b"99999999999999999999999"):
        found.append(Hostile(f"a value of {digits.decode()}", raw("value", digits), []))
    found.append(Hostile("nested deeper than 64 levels", raw("other", b"[" * 65 + b"]" * 65), ["64"]))
    found.append(Hostile("100,000 levels", raw("other", b"[" * 100_000 + b"]" * 100_000), ["64"]))
    found.append(Hostile("a byte over 1 MiB", event(note="x" * (2**20 + 1 - len(event(note="")))), ["1048576"]))
    found.append(Hostile("2 MB of noise", bytes(range(32, 127)) * 20_000, ["1048576"]))
    without_time = event(time=ABSENT)
    found.append(Hostile("no time", without_time, ["'time'"]))
    for h in found:
        assert b"\n" not in h.record and h.record.strip(b"\r"), h.name
    assert len({h.name for h in found}) == len(found)
    return found


def odd_but_good():
    """Events within the contract, however strange, as a list of Good."""
    text = "a\"b\\c\nd\u0001\u007fé漢😀\u2028"
    largest = event(user="largest", note="x" * (2**20 - len(event(user="largest", note=""))))
    assert len(largest) == 2**20
    deepest = event(user="deepest")[:-1] + b',"other":' + b"[" * 62 + b"]" * 62 + b"}"
    return [
        Good("plain", event(user="plain"), "plain"),
        Good("an integer for a user", raw("user", b"17"), "17"),
        Good("a large integer", raw("user", b"18446744073709551615"), "18446744073709551615"),
        Good("a negative integer", raw("user", b"-5"), "-5"),
        Good("every kind of character", event(user=text), text),
        Good("a null character", raw("user", rb'"a\u0000b"'), "a\0b"),
        Good("a pair of surrogates", raw("user", rb'"\ud83d\ude00"'), "😀"),
        Good("escaped keys", rb'{"\u0075ser":"escaped","item":"i1","type":"view","time":1700000000000}', "escaped"),
        Good("256 bytes", event(user="é" * 128), "é" * 128),
        Good("spaces and tabs", event(user="spaced").replace(b" ", b"\t \r ").replace(b"{", b" {\t") + b" \t", "spaced"),
        Good("a carriage return", event(user="cr") + b"\r", "cr"),
        Good("optional fields that are null", event(user="nulls", value=None, price=None, session=None, id=None,
                                                   list=None, attributes=None, consent=None), "nulls"),
        Good("unknown fields", event(user="more", extra={"a": [1, {"b": None}]}, __proto__="x"), "more"),
        Good("an ignored field twice", event(user="twice")[:-1] + b',"x":1,"x":2}', "twice"),
        Good("time in ISO-8601", event(user="iso", time="2024-02-29T23:59:59.123+05:30"), "iso"),
        Good("time 0", event(user="epoch", time=0), "epoch"),
        Good("the end of the year 9999", event(user="late", time=253402300799999), "late"),
        Good("a value on a view", event(user="value", value=-1e308), "value"),
        Good("a large quantity", event(user="many", type="purchase", quantity=1_000_000_000, price=1e12), "many"),
        Good("a megabyte", largest, "largest"),
        Good("64 levels", deepest, "deepest"),
        Good("plain again", event(user="plain"), "plain"),
    ]


def mixed(seed):
    """Hostile and good records in one random order. Good ones keep their order among themselves."""
    bad, good = hostile(), odd_but_good() * 3
    chance = random.Random(seed)
    order = [True] * len(bad) + [False] * len(good)
    chance.shuffle(order)
    chance.shuffle(bad)
    return [(bad if is_bad else good).pop(0) for is_bad in order]
