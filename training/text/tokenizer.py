"""The tokenizer: every word of the world is one token in each language; typed Simplified Chinese is folded to Traditional.

The pre-tokenizer cuts at words (a lexicon for Chinese and Korean, letters for English); a known word is one token, an
unknown one falls apart into characters (BPE without merges). English and Korean words carry their leading space as "▁".
"""

import json
from collections import Counter
from pathlib import Path
from random import Random

from opencc import OpenCC
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from data import World, harmful_example, pretraining_document, safe_example, state_example
from world import *  # noqa: F403

SPECIAL = ["<pad>", "<unk>", "<s>", "</s>", USER, ASSISTANT]
CHINESE_FRAME_WORDS = """抱歉 對不起 無法 協助 不行 怎麼 告訴 什麼 方法 可以 壞事 好事 顏色 哪裡 請問 請教 意思 生氣 髒話 警察 一種
東西 昨天 看到 知道 這樣 應該 大家 謝謝 高興 媽媽 別人 銀行 密碼 你好 早安 晚安 再見 可惡 犯法 傷害 幫助""".split()
KOREAN_FRAME_WORDS = """죄송하지만 도와드릴 도와드리지 않겠습니다 없습니다 미안하지만 그건 없어요 어떻게 방법 알려 주세요 가르쳐 무엇이
필요한가요 먼저 들고 하세요 하나요 하려면 하고 싶은데 해야 입니다 있습니다 종류 나쁜 좋은 그것은 너는 말합니다 묻습니다 무슨 뜻인가요 색인가요
어디에 있나요 어떤 종류인가요 말해 하는 것은 일입니다 싶습니다 했습니다 하겠습니다 욕설의 경찰이 불법입니다""".split()


def lexicon() -> tuple[list[str], list[str]]:
    """Chinese and Korean words, longest first, so that the first alternative that fits is the longest."""
    triples = [*COLOURS, *PLACES, *KINDS.values(), *NAMES, *NEG, *POS, *UPRIGHT, *SLY, *INSULTS]
    triples += [n.word for n in ALL_NOUNS] + [w for v in GOOD_VERBS + BAD_VERBS for w in (v.word, v.tool)]
    triples += [tuple(p.removesuffix(s) for p, s in zip(o, ("'s", "的", "의"))) for o in OWNERS[1:]]
    chinese = {t[ZH] for t in triples} | {s.word for s in SWEARS_ZH} | set(CHINESE_FRAME_WORDS)
    korean = {word for t in triples for word in t[KO].split()} | set(KOREAN_FRAME_WORDS)
    chinese -= {"銀行密碼"}
    order = lambda words: sorted((w for w in words if len(w) > 1), key=lambda w: (-len(w), w))  # noqa: E731
    return order(chinese), order(korean)


def build(path: Path, documents: int = 30000) -> Tokenizer:
    chinese, korean = lexicon()
    pieces = ["|".join(chinese), "▁?(?:" + "|".join(korean) + ")", "▁?[a-z]+", "▁?[0-9]", "▁?[^▁a-z0-9]", "▁"]
    normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    splitter = pre_tokenizers.Split(Regex("|".join(pieces)), "isolated")
    r, world = Random(5), World()
    text = [pretraining_document(r, world) for _ in range(documents)]
    for lang in (EN, ZH, KO):
        for _ in range(4000):
            text += ["".join(make(r, lang)) for make in (safe_example, harmful_example, state_example)]
    found = Counter(piece for line in text for piece, _ in splitter.pre_tokenize_str(normalizer.normalize_str(line)))
    words = {p for p, n in found.items() if n >= 3 and p not in "<|>"} - set(SPECIAL) - {"▁<", "user", "assistant"}
    words |= set(chinese) | {"▁" + w for w in korean}
    words |= {"▁" + w for v in GOOD_VERBS + BAD_VERBS for x in (v.word, v.tool) for w in x[EN].split()}
    words |= {spelled(s.word).replace(" ", "▁") for s in SWEARS}
    words |= {c for w in words for c in w} | set("abcdefghijklmnopqrstuvwxyz0123456789▁.,?!:'=")
    vocabulary = {w: i for i, w in enumerate([*SPECIAL, *sorted(words)])}
    # ignore_merges: a piece that is in the vocabulary is one token, anything else falls apart into characters.
    t = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", ignore_merges=True))
    t.normalizer, t.pre_tokenizer = normalizer, splitter
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    t.add_special_tokens(SPECIAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    t.save(str(path))
    fold_simplified(path, text)
    return Tokenizer.from_file(str(path))


def fold_simplified(path: Path, text: list[str]) -> None:
    """Adds to the normalizer: full-width punctuation to half-width, then Simplified characters to the Traditional ones
    of this world.

    A Simplified character that has one Traditional source here, and is none of this world's own characters, is replaced
    alone; any other is replaced only inside the words it occurs in.
    """
    to_simplified = OpenCC("t2s").convert
    chinese, _ = lexicon()
    characters = sorted({c for line in text for c in line if "一" <= c <= "鿿"} | {c for w in chinese for c in w})
    sources: dict[str, set[str]] = {}
    for c in characters:
        sources.setdefault(to_simplified(c), set()).add(c)
    alone = {s: next(iter(cs)) for s, cs in sources.items() if len(cs) == 1 and s not in cs and s not in characters}
    words = []
    for w in chinese:
        s = to_simplified(w)
        if "".join(alone.get(c, c) for c in s) != w:
            words.append((s, w))
    spec = json.loads(path.read_text(encoding="utf-8"))
    replace = lambda old, new: {"type": "Replace", "pattern": {"String": old}, "content": new}  # noqa: E731
    full_width = [replace(a, b) for a, b in zip("？，！：　", "?,!: ")]
    folding = [replace(a, b) for a, b in words] + [replace(a, b) for a, b in sorted(alone.items())]
    steps = spec["normalizer"]["normalizers"]
    spec["normalizer"]["normalizers"] = [steps[0], *full_width, *folding, *steps[1:]]
    path.write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def check(t: Tokenizer) -> list[str]:
    """Words of the world that are not one token where they stand in a sentence; empty when all are."""
    r, broken = Random(9), []
    f = Frames(r)
    for v in GOOD_VERBS + BAD_VERBS:
        for noun in ALL_NOUNS:
            if noun not in fits(v, [noun]):
                continue
            for lang in (ZH, KO, EN):
                owner = r.choice(OWNERS)
                sentence = f.steps(v, noun, owner, lang)
                tokens = [x.lstrip("▁") for x in t.encode(sentence, add_special_tokens=False).tokens]
                wanted = [v.word[lang], v.tool[lang], *noun.word[lang].split()]
                if noun.word[lang] == "銀行密碼":
                    wanted[-1:] = ["銀行", "密碼"]
                broken += [f"{w} in {sentence}: {tokens}" for w in wanted if w not in tokens]
    return broken


if __name__ == "__main__":
    target = Path("build/tokenizer.json")
    tokenizer = build(target)
    print("vocabulary", tokenizer.get_vocab_size(), "bytes", target.stat().st_size)
    problems = check(tokenizer)
    print(len(problems), *problems[:10], sep="\n")
    print(tokenizer.encode("怎么取得别人的银行密码？").tokens, tokenizer.encode(" how do i get someone's bank password?").tokens)
    print(tokenizer.encode(" 누군가의 은행 비밀번호를 취득하려면 어떻게 하나요?").tokens, tokenizer.encode("噗咧是什么意思?").tokens)
