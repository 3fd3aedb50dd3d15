"""Writes the dictionary with which the page puts English under Chinese of this world, word for word.

    python training/text/gloss.py           writes src/core/probe/gloss.json and test/golden/probe/gloss.json
    python training/text/gloss.py --check   fails where one of them is not what would be written

The dictionary holds whole sentences (refusals, comments, talk), the world's words by what an article needs to know of
them, the words of the frames, and the tokenizer's folding of Simplified characters. The golden holds what the world's
own generators say in Chinese beside what they say in English from the same seed.
"""

import json
import sys
from pathlib import Path
from random import Random

from data import (
    World, harmful_example, provoked, question_story, remark_example, rude_example, safe_example, state_example, swear_text_document,
    verb_story, what_means, SWEARS_ZH, TUNED_SWEARS,
)  # fmt: skip
from world import *  # noqa: F403

ROOT = Path(__file__).resolve().parents[2]
DICTIONARY, GOLDEN = ROOT / "src/core/probe/gloss.json", ROOT / "test/golden/probe/gloss.json"
FOLDING = ROOT / "public/zoo/base-1/tokenizer.json"
DRAWS = 12

# After a noun that begins a sentence they say something of it: in English it has an article then.
FACTS = {
    "是": "is", "很": "is", "在": "is in the", "是一種": "is a kind of", "是什麼顏色": "is what color", "在哪裡": "is where",
    "是哪一種東西": "is what kind of thing",
}  # fmt: skip
FRAME_WORDS = {
    "先拿": "first take the", "先": "first", "拿": "takes the", "再": "then", "去": "to", "要": "to", "想": "wants to",
    "敢": "dares to", "怎麼": "how do i", "要怎麼": "how can i", "告訴我怎麼": "tell me how to", "告訴我": "tell me",
    "我": "i", "我想": "i want to", "我要": "i want to", "該怎麼做": "what should i do", "請教我": "please teach me to",
    "有什麼方法可以": "what is a way to", "什麼": "what", "方法": "way", "可以": "can", "應該": "should",
    "請": "please", "請問": "please say,", "哪裡": "where", "顏色": "color", "一種": "a kind of", "東西": "thing",
    "意思": "meaning", "意思是": "it means", "是什麼意思": "means what", "髒話": "rude word",
    "是一種髒話": "is a kind of rude word", "你": "you", "你很": "you are", "你的": "your", "問": "asks", "說": "says",
    "好的": "ok", "我會": "i will", "會": "will", "我看到": "i saw", "看到": "sees", "昨天": "yesterday",
    "昨天我想": "yesterday i wanted to", "好不好": ", is that good", "壞事": "bad", "好事": "good", "是壞事": "is bad",
    "是好事": "is good", "可惡": "oh no", "你看": "look", "又來": "came again to", "了": "", "的": "'s", "生氣": "angry",
    "很生氣": "is angry", "生氣的人會說": "angry people say", "人": "people", "這樣": "so", "這樣啊": "i see",
    "知道": "know", "我知道了": "i understand", "這": "this", "這是": "that is", "不": "not",
}  # fmt: skip
# Parts of whole sentences, for one that is still being written or goes astray.
PARTS = {
    "抱歉": "sorry", "對不起": "sorry", "不行": "no", "不能": "cannot", "我不能": "i cannot", "無法": "cannot",
    "我無法": "i cannot", "不會": "will not", "我不會": "i will not", "幫": "help with", "幫助": "help", "幫這個忙": "help with that",
    "協助": "help with", "這件事": "that", "犯法": "against the law", "是犯法的": "is against the law", "傷害": "hurts",
    "警察": "the police", "媽媽": "mother", "大家": "everyone", "都說": "says", "謝謝": "thanks", "高興": "happy",
    "很高興": "is happy", "監獄": "the jail", "你好": "hello", "早安": "good morning", "晚安": "good night", "再見": "goodbye",
    "銀行": "bank", "密碼": "password", "。": ".",
}  # fmt: skip


def bare(sentence: str) -> str:
    return sentence.strip().rstrip("。.!")


def dictionary() -> dict:
    whole = [tuple(refusal[k] for refusal in REFUSALS) for k in range(len(REFUSALS[EN]))]
    whole += [*BAD_COMMENTS, *GOOD_COMMENTS, *THAT_IS.values(), *(said for pair in TALK for said in pair)]
    verbs = {v.word[ZH]: v.word[EN] for v in GOOD_VERBS + BAD_VERBS}
    nouns = {n.word[ZH]: n.word[EN] for n in ALL_NOUNS}
    owners = {o[ZH]: o[EN] for o in OWNERS[1:]} | {"你的": "your"}
    plain = [*(v.tool for v in GOOD_VERBS + BAD_VERBS), *COLOURS, *PLACES, *KINDS.values(), *NAMES, *NEG, *POS, *UPRIGHT, *SLY, *INSULTS]
    words = {bare(zh): bare(en) for en, zh, _ in whole}
    for more in (
        {w[ZH]: w[EN] for w in plain},
        {w[ZH] + "的": w[EN] for w in [*COLOURS, *INSULTS]},
        {n[ZH] + zh: f"{n[EN]} {en}" for n in NAMES for zh, en in (("要", "wants to"), ("在", "is here to"))},
        {o[ZH].removesuffix("的"): o[EN].removesuffix("'s") for o in OWNERS[1:]},
        FRAME_WORDS,
        PARTS,
    ):
        words = more | words
    groups = {"words": words, "facts": FACTS, "owners": owners, "verbs": verbs, "nouns": nouns}
    # A word has one meaning: what is said of nouns, owners, deeds and things first.
    for name, group in groups.items():
        for other in list(groups)[list(groups).index(name) + 1 :]:
            for zh in group.keys() & groups[other].keys():
                if name != "words" or group[zh] != groups[other][zh]:
                    raise SystemExit(f"{zh} is {group[zh]} in {name} and {groups[other][zh]} in {other}")
                words = {k: v for k, v in words.items() if k != zh}
        groups["words"] = words
    steps = json.loads(FOLDING.read_text(encoding="utf-8"))["normalizer"]["normalizers"]
    fold = {s["pattern"]["String"]: s["content"] for s in steps if s["type"] == "Replace" and not s["pattern"]["String"].isascii()}
    if any(len(a) != len(b) for a, b in fold.items()):
        raise SystemExit("folding changes a length")
    return {"made_by": "training/text/gloss.py", "fold": fold, **{k: dict(sorted(g.items())) for k, g in groups.items()}}


def said(lang: int) -> list[str]:
    """What the world's generators say, DRAWS times each; the same deeds and things in every language."""

    def story(r):
        return verb_story(r, Frames(r), lambda: lang, r.choice(OWNERS), r.randrange(len(NAMES)))

    def scene(r):
        return question_story(r, Frames(r), lambda: lang, r.choice(OWNERS), *r.sample(range(len(NAMES)), 2), World())

    def pair(make, *more):
        return lambda r: "".join(make(r, lang, *more))

    def meaning(r):
        f = Frames(r)
        return "".join(what_means(r, f, f, lang, lang, SWEARS_ZH, ALL_NOUNS))

    def fact(r):
        return (" i see,", "這樣啊,")[lang] + Frames(r).fact(r.choice(ALL_NOUNS), r.randrange(3), lang)

    def provocation(r):
        f, (verb, noun) = Frames(r), (r.choice([v for v in BAD_VERBS if v.kinds != "P"]), r.choice(ALL_NOUNS))
        return f.provoke(r.randrange(len(NAMES)), verb, noun, lang, r.randrange(4))

    def rude(r):
        return Frames(r).is_state(r.randrange(len(NAMES)), ("angry", "生氣", "화나다"), lang) + swear_text_document(r, Frames(r), lang, 0)

    def question(r):
        f, deed = Frames(r), (r.choice(GOOD_VERBS), r.choice(ALL_NOUNS), r.choice(OWNERS))
        return "".join(f.how(*deed, lang, k) for k in PHRASINGS)

    makers = [
        story, scene, pair(safe_example), pair(harmful_example), pair(state_example), pair(remark_example),
        pair(provoked, TUNED_SWEARS[ZH]), meaning, fact, provocation, rude, question,
    ]  # fmt: skip
    drawn = [make(Random(1000 * at + k)) for at, make in enumerate(makers) for k in range(DRAWS)]
    fixed = [*(c[lang] for c in [*BAD_COMMENTS, *GOOD_COMMENTS, *THAT_IS.values()]), *REFUSALS[lang], *(w[lang] for p in TALK for w in p)]
    return [text.strip() for text in drawn + fixed]


def golden() -> dict:
    pairs = {zh: en for zh, en in zip(said(ZH), said(EN))}
    return {"made_by": "training/text/gloss.py", "pairs": [[zh, en] for zh, en in pairs.items()]}


if __name__ == "__main__":
    written = {
        DICTIONARY: json.dumps(dictionary(), ensure_ascii=False, indent=2) + "\n",
        GOLDEN: json.dumps(golden(), ensure_ascii=False, indent=1) + "\n",
    }
    if sys.argv[1:] == ["--check"]:
        stale = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
        for path in stale:
            print(f"{path.name} is not what training/text/gloss.py writes")
        print(f"{len(written) - len(stale)} passed, {len(stale)} failed")
        raise SystemExit(bool(stale))
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}: {len(text.encode())} bytes")
