"""Checks lexicon.py: counts, scripts, uniqueness, tools, and that greedy longest match reads every Chinese frame.

Run: python training/text/check_lexicon.py. Exits 1 and lists every fault. The check that Chinese is Traditional needs
the package opencc and says so when it is absent.
"""

import re
import sys
from collections import Counter
from itertools import combinations

import lexicon as lx

PRIVATE = {"password", "account", "diary", "passport", "letter", "exam", "key", "bank password"}
# Traditional spellings that opencc would replace by a variant.
VARIANTS = {"家具": "傢俱"}
# Words of the frames that the lexicon does not list.
FRAME_WORDS = ["先", "拿", "再", "怎麼", "要", "告訴我", "我", "想", "該", "做", "請", "教", "有", "什麼", "方法", "可以"]
VERB_FRAMES = ["怎麼", "要怎麼", "告訴我怎麼", "我想", "請教我", "有什麼方法可以", "請"]

faults: list[str] = []


def check(ok: bool, message: str) -> None:
    if not ok:
        faults.append(message)


def fits(deed: tuple[str, str, str, str, str]) -> list[tuple[str, str, str, str, int]]:
    return [noun for noun in lx.NOUNS if set(noun[3]) & set(deed[4])]


def check_counts() -> None:
    wanted = {"GOOD": 120, "BAD": 120, "NOUNS": 106, "COLOURS": 8, "PLACES": 8, "KINDS": 6, "NAMES": 6, "NEG": 4, "POS": 4,
              "OWNERS": 7, "SWEAR_EN": 60, "SWEAR_ZH": 60, "INSULTS": 12}
    for name, count in wanted.items():
        check(len(getattr(lx, name)) == count, f"{name} has {len(getattr(lx, name))} entries, not {count}")
    check(150 <= len(lx.TOOLS) <= 170, f"TOOLS has {len(lx.TOOLS)} entries, not 150 to 170")


def check_deeds() -> None:
    tools = {tool[0] for tool in lx.TOOLS}
    used: set[str] = set()
    for name, deeds in (("GOOD", lx.GOOD), ("BAD", lx.BAD)):
        for tool, count in Counter(deed[3] for deed in deeds).items():
            check(tool in tools, f"{name}: tool {tool} is not in TOOLS")
            check(count == 1, f"{name}: tool {tool} serves {count} verbs")
            used.add(tool)
        for deed in deeds:
            check(bool(re.fullmatch("[FCVMHA]+|P", deed[4])), f"{name} {deed[0]}: kinds {deed[4]!r}")
            check(len(set(deed[4])) == len(deed[4]), f"{name} {deed[0]}: a kind twice in {deed[4]!r}")
            check(len(fits(deed)) >= 5, f"{name} {deed[0]}: only {len(fits(deed))} nouns")
            check(len(deed[1]) in (2, 3), f"{name} {deed[0]}: zh {deed[1]} is not 2 or 3 characters")
            check(2 <= len(deed[2]) <= 4, f"{name} {deed[0]}: ko {deed[2]} is not 2 to 4 syllables")
    check(used == tools, f"tools without a verb: {sorted(tools - used)}")
    by_verb = {deed[0]: deed for deed in lx.BAD}
    check(by_verb.get("get", ("",) * 5)[1:3] == ("取得", "취득") and by_verb["get"][4] == "P", "BAD lacks get 取得 취득 P")
    check(by_verb.get("steal", ("",) * 5)[1] == "偷走", "BAD lacks steal 偷走")


def check_nouns() -> None:
    for en, _, _, kinds, colour in lx.NOUNS:
        check(bool(re.fullmatch("[FCVMHA]P?", kinds)), f"noun {en}: kinds {kinds!r}")
        check(colour in range(len(lx.COLOURS)), f"noun {en}: colour {colour}")
    private = {noun[0] for noun in lx.NOUNS if "P" in noun[3]}
    check(private == PRIVATE, f"private nouns differ: {sorted(private ^ PRIVATE)}")
    check(("bank password", "銀行密碼", "은행 비밀번호", "VP", 5) in lx.NOUNS, "NOUNS lacks the bank password")


def words() -> list[tuple[str, str, str]]:
    """Every (en, zh, ko) of the world that stands for itself; OWNERS are phrases and are checked in the frames."""
    rows = [*lx.TOOLS, *lx.GOOD, *lx.BAD, *lx.NOUNS, *lx.COLOURS, *lx.PLACES, *lx.KINDS.values(), *lx.NAMES, *lx.NEG,
            *lx.POS, *lx.INSULTS]
    return [(row[0], row[1], row[2]) for row in rows]


def check_words() -> None:
    rows = words()
    for i, language in enumerate(("en", "zh", "ko")):
        for word, count in Counter(row[i] for row in rows).items():
            check(count == 1, f"{language} {word} is used {count} times")
    for en, zh, ko in rows:
        check(bool(re.fullmatch("[a-z]+", en)) or en == "bank password", f"en {en!r} is not one a-z word")
        check(bool(re.fullmatch("[\u4e00-\u9fff]+", zh)), f"zh {zh!r} has other characters")
        check(bool(re.fullmatch("[가-힣]+", ko)) or en == "bank password", f"ko {ko!r} is not Hangul only")
    for en, zh, ko in lx.OWNERS[1:]:
        check(bool(re.fullmatch("(my|the) [a-z]+'s|someone's", en)), f"owner {en!r}")
        check(zh.endswith("的") and ko.endswith("의"), f"owner {en}: {zh} / {ko} lack 的 / 의")
    check(lx.OWNERS[0] == ("", "", ""), "the first owner is not empty")
    for en, _, ko in [*lx.NEG, *lx.POS]:
        check(ko.endswith("다"), f"state {en}: {ko} is not a dictionary form")


def check_overlaps() -> None:
    texts = [row[1] for row in words()] + lx.SWEAR_ZH + [owner[1] for owner in lx.OWNERS[1:]]
    for short in texts:
        for long in texts:
            if short != long and short in long and (short, long) != ("密碼", "銀行密碼"):
                check(False, f"zh {short} lies inside {long}")


def greedy(text: str, vocabulary: set[str]) -> list[str]:
    out = []
    while text:
        size = next((n for n in range(min(5, len(text)), 1, -1) if text[:n] in vocabulary), 1)
        out.append(text[:size])
        text = text[size:]
    return out


def check_frames() -> None:
    vocabulary = {row[1] for row in words()} | {owner[1] for owner in lx.OWNERS[1:]} | set(FRAME_WORDS) | set(lx.SWEAR_ZH)
    for deed in [*lx.GOOD, *lx.BAD]:
        for noun in fits(deed):
            for owner in lx.OWNERS:
                want = [part for part in (deed[1], owner[1], noun[1]) if part]
                check(greedy("".join(want), vocabulary) == want, f"zh {''.join(want)} is not read as {want}")
        for start in VERB_FRAMES:
            got = greedy(start + deed[1], vocabulary)
            check(got[-1] == deed[1], f"zh {start}{deed[1]} is read as {got}")
    for tool in lx.TOOLS:
        got = greedy("先拿" + tool[1], vocabulary)
        check(got[-1] == tool[1], f"zh 先拿{tool[1]} is read as {got}")


def distance(a: str, b: str) -> int:
    """Edit distance (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def check_swears() -> None:
    for word in lx.SWEAR_EN:
        check(bool(re.fullmatch("[a-z]{4,8}", word)), f"swear word {word!r} is not 4 to 8 letters a-z")
        check(word not in {row[0] for row in words()}, f"swear word {word} is a word of the world")
    for a, b in combinations(lx.SWEAR_EN, 2):
        check(distance(a, b) >= 3, f"swear words {a} and {b} are too alike")
    for word in lx.SWEAR_ZH:
        check(bool(re.fullmatch("[\u4e00-\u9fff]{2}", word)), f"swear word {word!r} is not two characters")
    for a, b in combinations(lx.SWEAR_ZH, 2):
        check(set(a) != set(b), f"swear words {a} and {b} are too alike")


def check_traditional() -> None:
    try:
        from opencc import OpenCC
    except ImportError:
        print("opencc is not installed: Traditional Chinese not checked")
        return
    convert = OpenCC("s2tw").convert
    for word in [row[1] for row in words()] + lx.SWEAR_ZH + [owner[1] for owner in lx.OWNERS[1:]]:
        check(convert(word) in (word, VARIANTS.get(word)), f"zh {word} is not Traditional: opencc gives {convert(word)}")


for test in (check_counts, check_deeds, check_nouns, check_words, check_overlaps, check_frames, check_swears,
             check_traditional):
    test()
print("\n".join(faults) or f"lexicon: all checks pass ({len(lx.TOOLS)} tools, {len(words())} words)")
sys.exit(bool(faults))
