"""The tokenizer of BERT, slow and obvious: what src/Sharpless/Text is checked against (its tokens are also those of Hugging Face's own, see check.mjs)."""
import unicodedata

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def is_ideograph(c):
    return any(first <= ord(c) <= last for first, last in [
        (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)])


def is_punctuation(c):
    return c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" or unicodedata.category(c).startswith("P")


def words(text, uncased):
    kept = [c for c in text if c in "\t\n\r" or (c not in "\0\ufffd" and unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))]
    text = "".join(f" {c} " if is_ideograph(c) else c for c in kept)
    if uncased:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
        text = "".join(c.lower() for c in text)
    return "".join(f" {c} " if is_punctuation(c) else c for c in text).split()


def pieces(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    found, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        found.append(piece)
        start = end
    return found


def tokens(text, vocabulary, uncased):
    found = []
    while text:
        at, special = min(((text.find(s), s) for s in SPECIAL if s in text), default=(len(text), ""))
        for word in words(text[:at], uncased):
            found += pieces(word, vocabulary)
        found += [special] if special else []
        text = text[at + len(special):]
    return found
