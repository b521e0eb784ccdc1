"""Golden files of the tokenizer: run by make.py, after which check.mjs compares them with Hugging Face's own.

tokens.json: a vocabulary, texts, and the ids of their pieces with (cased) and without case and accents (uncased).
characters.json: the characters of Unicode that Python knows, as ranges [first, last], and for each block of 256 code points that has some (private ones left out) a SHA-1 over the
lines "CODE word word ...\n" (hexadecimal, UTF-8) of the words, uncased, that each of them alone becomes.
"""
import hashlib
import json
import unicodedata

import texts
import wordpiece


def write():
    vocabulary = texts.vocabulary()
    ids = {token: i for i, token in enumerate(vocabulary)}
    sides = {side: [[ids[t] for t in wordpiece.tokens(text, ids, side == "uncased")] for text in texts.TEXTS] for side in ("cased", "uncased")}
    save("tokens.json", {"vocabulary": vocabulary, "texts": texts.TEXTS, **sides})

    changed = {0x1171E}  # a nonspacing mark in Unicode 14, a spacing one in Unicode 16
    assigned = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs") and c not in changed]
    known, ranges = set(assigned), []
    for c in assigned:
        if c - 1 in known:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    blocks = {}
    for c in assigned:
        line = " ".join([f"{c:X}"] + list(wordpiece.words(chr(c), uncased=True))) + "\n"
        blocks.setdefault(f"{c >> 8:X}", hashlib.sha1()).update(line.encode())
    private = {block for block in blocks if 0xE0 <= int(block, 16) < 0xF9 or int(block, 16) >= 0xF00}
    save("characters.json", {"unicode": unicodedata.unidata_version, "assigned": ranges, "words": {b: h.hexdigest() for b, h in blocks.items() if b not in private}})


def save(name, document):
    with open(name, "w", encoding="ascii") as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")
