"""Texts and vocabulary of tokens.json."""
from wordpiece import SPECIAL

TEXTS = [
    "", " ", "\t\n\r", "A dog runs.", "a dog runs over the grass", "Two dogs, running; one isn't!", "hello-world foo_bar a/b c\\d e|f g~h i^j k`l m$n o+p <q> =r",
    "It's 3.14 * 2 = 6.28, i.e. 100% (or so) & more @home #tag", "unbelievable unbelievably undoing redo", "Café CAFÉ cafe\u0301 naïve Ångström A\u030angstro\u0308m",
    "İstanbul ıstanbul ǅ ǆ Ǆ ẞ ß ﬁ ﬂ", "ΟΔΟΣ οδος Ὀδυσσεύς", "Привет, мир! ёлка Ёлка й", "Việt Nam Tiếng", "한국어 텍스트 각 가", "日本語のテキスト カタカナ が か\u3099",
    "我爱dog你", "𠀀𠀁 dog 𪚥 \U0002b820\U0002ceaf\U0002f800豈", "中文,标点。「引号」《书》！", "a\u00a0b\u2003c\u2028d\u2029e\u3000f\u1680g\u202fh\u205fi", "a\u0085b\u000bc\u000cd\u001ce\u001ff\u0000g\ufffdh\u007fi",
    "so\u00adft hy\u200bphen\u200djoin\u2060er\ufeff end\u180e x\u061cy", "priv\ue000ate \U000f0000use \U00100000", "« guillemets » “quotes” ‘single’ – — … ‰ ¿que? ¡ya! § ¶ † · •",
    "€ £ ¥ © ® ™ ° ± × ÷ ← → ∞ ≠ ≤ ≥", "😀", "dog😀dog 😀 👍🏽 👨‍👩‍👧 ❤️ 🇨🇭 1️⃣", "waving hand: light skin tone", "x" * 99, "x" * 100, "x" * 101, "é" * 100, "e\u0301" * 100, "😀" * 100, "😀" * 101, "x" * 100 + ",x",
    "[MASK] a [mask] dog[SEP]runs [CLS][PAD] [UNK] [unused1] [ MASK ]", "[MASK", "the quick brown fox jumps over the lazy dog " * 3, "zzzqq", "dogzzz", "dog\u0301s", "\u0301", "\u0301dog", "a\u0301\u0302\u0327b",
    "b'A dog runs.'", "b\"it's caf\\xc3\\xa9\"", "Ⅷ ⅷ Ⓐ ⓐ ａｂｃ ＡＢＣ ！", "א ב שָׁלוֹם العَرَبِيَّة हिन्दी ไทย ქართული ᏣᎳᎩ 𐐀𐐨", "\u1100\u1161\u11a8 ᄀ", "Ǭ ǭ Ṩ ṩ ḗ ᾳ ῷ Ώ Ώ", "𝕯𝖔𝖌 𝐝𝐨𝐠", "\U0001d165\u302e ゛ ゜ ヽ ヾ",
    "DOG Dog dOG", "O'Neill's rock'n'roll", "e-mail: a.b@c.de http://x.y/z?q=1&r=2", "1,000,000 2nd 3rd №5 ½ ² ₂", "tab\tand\nline\r\nend", "trailing space ", "  leading", "ab" * 60, "running" * 14, "running" * 15,
    "\u2018\u2019\u201a\u201b\u2039\u203a\u3001\u3002\uff01\uff5e\uff3b", "\u0378 \u05ff dog", "ŀ ŉ ǰ ΐ ﬗ", "\u0130\u0130 i\u0307", "Ａ\u0301 Å Å K K Ω Ω",
]

WORDS = """a the dog dogs run runs running over grass two one is it un ##believ ##able ##ably do ##ing ##s redo hello world foo bar cafe café Café CAFE ##é naïve naive naïv Angst ##ström ##strom angst ##rom
home tag more or so quick brown fox jump jumps lazy light skin tone waving hand single quotes end x xx ##x ##xx xxxxxxxx ##xxxxxxxx Dog DOG DO ##G O neill Neill rock n roll e mail http tab and line space leading trailing
ab ##ab abab ##abab ##running istanbul stanbul ##stanbul ist İ ##stanbul ı ß fi ﬁ ss οδος οδοσ Οδ ΟΔ ##οσ ##ος ##ΟΣ привет Привет мир елка ёлка ##лка viet Việt nam Nam tieng Tiếng ##iếng
한국어 한국 ##어 각 가 ᄀ ᄀ ##ᅡ ##ᆨ 日 本 語 の ##の テキスト ##ト カタカナ か が ##゙ 我 爱 你 中 文 标 点 引 号 书 豈 豈 𠀀 😀 ##😀 👍 ##🏽 👍🏽 ❤ ❤️ ##️ 🇨🇭 ##🇭 1 ##️⃣ 100 3 ##14 14 2 6 28 1,000 000 ##nd ##rd 5 ½ ² ₂ 2nd abc ａｂｃ
é e ##́ ##́s doǵs i ##̇ i̇ K å å A Å Å ω Ω Ω K soft hyphen ##join ##er hyphenjoiner private use שלום שָׁלוֹם א ב हिन्दी हनद ไทย 𐐨 𐐀 dǆ ǆ ǅ Ǆ ẞ o O ṩ s ħ""".split()

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»“”‘’–—…¿¡§¶†·•€£¥©®™°±×÷←→∞≠≤≥。「」《》！、"


def vocabulary():
    """Special tokens first, at the places of no published model; then letters, signs, continuations and words."""
    tokens = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(LETTERS) + list(SIGNS) + ["##" + letter for letter in LETTERS[:26]] + WORDS
    return list(dict.fromkeys(tokens))
