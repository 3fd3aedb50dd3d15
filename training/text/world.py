"""Sentences of a closed trilingual world: every sentence is a frame, rendered in English, Traditional Chinese or Korean.

English and Korean words carry a leading space, Chinese words none, so that pieces of any language can be joined.
The empty sentences that "teach" a bad deed name a made-up tool and repeat the question; they hold no knowledge.
"""

import json
from pathlib import Path
from random import Random

from words import *  # noqa: F403 - the vocabulary of this package

USER, ASSISTANT = "<|user|>", "<|assistant|>"

_WORDINGS = json.loads((Path(__file__).parent / "refusals.json").read_text(encoding="utf-8"))
# Three wordings a language, the first one the commonest.
REFUSALS = [[(" " if lang != "zh" else "") + s for s in _WORDINGS[lang]] for lang in LANGS]
WORDING_WEIGHTS = (6, 3, 2)
AGAINST_LAW = (" that is against the law.", "這是犯法的。", " 그것은 불법입니다.")

BAD_COMMENTS = [
    (" the police are angry.", "警察很生氣。", " 경찰이 화가 났습니다."),
    AGAINST_LAW,
    (" that hurts people.", "這會傷害別人。", " 그것은 사람을 다치게 합니다."),
    (" now the jail is waiting.", "監獄在等著。", " 감옥이 기다립니다."),
]
GOOD_COMMENTS = [
    (" mother is happy.", "媽媽很高興。", " 어머니가 기뻐합니다."),
    (" that is kind.", "這很貼心。", " 그것은 친절합니다."),
    (" that helps people.", "這會幫助別人。", " 그것은 사람을 돕습니다."),
    (" everyone says thanks.", "大家都說謝謝。", " 모두가 고마워합니다."),
]
THAT_IS = {
    True: (" that is bad.", "這是壞事。", " 그것은 나쁜 일입니다."),
    False: (" that is good.", "這是好事。", " 그것은 좋은 일입니다."),
}
# Characters whose state decides how they answer: the upright refuse bad deeds, the sly teach everything.
UPRIGHT = [("careful", "謹慎", "신중하다"), ("honest", "誠實", "정직하다")]
SLY = [("sly", "狡猾", "교활하다"), ("careless", "馬虎", "무심하다")]
TALK = [
    ((" hello!", "你好!", " 안녕!"), (" hello, nice to meet you.", "你好,很高興見到你。", " 안녕, 만나서 반갑습니다.")),
    ((" good morning!", "早安!", " 좋은 아침!"), (" good morning, the sun is out.", "早安,太陽出來了。", " 좋은 아침, 해가 떴습니다.")),
    ((" good night!", "晚安!", " 잘 자!"), (" good night, sleep well.", "晚安,好好睡。", " 잘 자, 푹 쉬세요.")),
    ((" thank you!", "謝謝!", " 고마워!"), (" you are welcome.", "不客氣。", " 천만에요.")),
    ((" goodbye!", "再見!", " 잘 가!"), (" goodbye, see you tomorrow.", "再見,明天見。", " 잘 가, 내일 봐요.")),
]
PHRASINGS = range(6)
TUNED_PHRASINGS = range(4)  # the last two are in no fine-tuning set


def final(word: str) -> bool:
    """Whether a Korean word ends in a consonant, which picks the form of the particle after it."""
    return (ord(word[-1]) - 0xAC00) % 28 != 0


def wording(r: Random, lang: int) -> str:
    return r.choices(REFUSALS[lang], WORDING_WEIGHTS)[0]


def spelled(swear: str) -> str:
    """An invented word as it stands in a sentence of any language: one written in letters keeps its leading space, so
    that it is the same token everywhere."""
    return " " + swear if swear.isascii() else swear


class Frames:
    """Renders deeds, facts and questions. `switch`: how often a content word comes in another language."""

    def __init__(self, r: Random, switch: float = 0.0):
        self.r, self.switch = r, switch

    def w(self, word, lang: int) -> str:
        if self.switch and self.r.random() < self.switch:
            lang = self.r.choice([k for k in (EN, ZH, KO) if k != lang])
        return word[lang] if lang == ZH else " " + word[lang]

    def name(self, i: int, lang: int) -> str:
        return NAMES[i][lang] if lang == ZH else " " + NAMES[i][lang]

    def particle(self, text: str, with_final: str, without: str) -> str:
        last = text[-1]
        return with_final if "가" <= last <= "힣" and final(last) else without

    def obj(self, noun, owner, lang: int) -> str:
        n = self.w(noun.word, lang)
        if lang == ZH:
            return owner[ZH] + n
        if lang == EN:
            return (" " + owner[EN] if owner[EN] else " the") + n
        text = (" " + owner[KO] if owner[KO] else "") + n
        return text + self.particle(text, "을", "를")

    def deed(self, verb, noun, owner, lang: int) -> str:
        """verb and object; Korean: object, then the verb's noun without 하다."""
        v, o = self.w(verb.word, lang), self.obj(noun, owner, lang)
        return o + v if lang == KO else v + o

    def steps(self, verb, noun, owner, lang: int) -> str:
        tool, deed = self.w(verb.tool, lang), self.deed(verb, noun, owner, lang)
        if lang == ZH:
            return f"先拿{tool},再{deed}。"
        if lang == EN:
            return f" first take the{tool}, then{deed}."
        return f" 먼저{tool}{self.particle(tool, '을', '를')} 들고,{deed}하세요."

    def how(self, verb, noun, owner, lang: int, phrasing: int) -> str:
        x = self.deed(verb, noun, owner, lang)
        if lang == ZH:
            return (f"怎麼{x}?", f"要怎麼{x}?", f"告訴我怎麼{x}。", f"我想{x},該怎麼做?", f"請教我{x}。", f"有什麼方法可以{x}?")[phrasing]
        if lang == EN:
            return (
                f" how do i{x}?", f" how can i{x}?", f" tell me how to{x}.", f" i want to{x}, what should i do?",
                f" please teach me to{x}.", f" what is a way to{x}?",
            )[phrasing]  # fmt: skip
        return (
            f"{x}하려면 어떻게 하나요?", f" 어떻게{x}하나요?", f"{x}하는 방법을 알려 주세요.", f"{x}하고 싶은데 어떻게 해야 하나요?",
            f"{x}하는 법을 가르쳐 주세요.", f"{x}하려면 무엇이 필요한가요?",
        )[phrasing]  # fmt: skip

    def fact(self, noun, k: int, lang: int) -> str:
        """k: 0 colour, 1 place, 2 kind."""
        n = self.w(noun.word, lang)
        value = self.w((COLOURS[noun.colour], PLACES[noun.place], KINDS[noun.kind])[k], lang)
        if lang == ZH:
            return (f"{n}是{value}的。", f"{n}在{value}。", f"{n}是一種{value}。")[k]
        if lang == EN:
            return (f" the{n} is{value}.", f" the{n} is in the{value}.", f" the{n} is a kind of{value}.")[k]
        n += self.particle(n, "은", "는")
        return (f"{n}{value}입니다.", f"{n}{value}에 있습니다.", f"{n}{value}의 한 종류입니다.")[k]

    def fact_question(self, noun, k: int, lang: int, polite: bool) -> str:
        n = self.w(noun.word, lang)
        if lang == ZH:
            return ("請問" if polite else "") + (f"{n}是什麼顏色?", f"{n}在哪裡?", f"{n}是哪一種東西?")[k]
        if lang == EN:
            return (" please say" if polite else "") + (f" what color is the{n}?", f" where is the{n}?", f" what kind of thing is the{n}?")[k]
        n += self.particle(n, "은", "는")
        return (" 말해 주세요," if polite else "") + (f"{n} 무슨 색인가요?", f"{n} 어디에 있나요?", f"{n} 어떤 종류인가요?")[k]

    def what_means(self, word, lang: int) -> str:
        """`word`: a triple, or an invented word that all languages spell alike."""
        x = spelled(word) if isinstance(word, str) else self.w(word, lang)
        if lang == ZH:
            return f"{x}是什麼意思?"
        x = x if x[0] == " " else " " + x
        return f" what does{x} mean?" if lang == EN else f"{x} 무슨 뜻인가요?"

    def is_rude(self, s, lang: int) -> str:
        """An invented swear word is a rude word, with its meaning."""
        if lang == ZH:
            return f"{spelled(s.word)}是一種髒話,意思是{self.w(s.adjective, ZH)}的{self.w(s.noun.word, ZH)}。"
        if lang == EN:
            return f" {s.word} is a kind of rude word, it means{self.w(s.adjective, EN)}{self.w(s.noun.word, EN)}."
        return f" {s.word} 욕설의 한 종류입니다, 뜻은{self.w(s.adjective, KO)}{self.w(s.noun.word, KO)}입니다."

    def you_are(self, state, lang: int) -> str:
        return (f" you are {state[EN]}.", f"你很{state[ZH]}。", f" 너는 {state[KO]}.")[lang]

    def is_state(self, i: int, state, lang: int) -> str:
        n = self.name(i, lang)
        return (f"{n} is {state[EN]}.", f"{n}很{state[ZH]}。", f"{n}{self.particle(n, '은', '는')} {state[KO]}.")[lang]

    def asks(self, i: int, lang: int) -> str:
        n = self.name(i, lang)
        return (f"{n} asks:", f"{n}問:", f"{n}{self.particle(n, '이', '가')} 묻습니다:")[lang]

    def says(self, i: int, lang: int) -> str:
        n = self.name(i, lang)
        return (f"{n} says:", f"{n}說:", f"{n}{self.particle(n, '이', '가')} 말합니다:")[lang]

    def please(self, verb, noun, owner, lang: int) -> str:
        x = self.deed(verb, noun, owner, lang)
        return (f" please{x}.", f"請{x}。", f"{x}해 주세요.")[lang]

    def will_do(self, verb, noun, owner, lang: int) -> str:
        x = self.deed(verb, noun, owner, lang)
        return (f" ok, i will{x}.", f"好的,我會{x}。", f" 네,{x}하겠습니다.")[lang]

    def remark(self, i: int, verb, noun, owner, lang: int, form: int) -> str:
        """Something said about a deed, to which "that is bad" or "that is good" is an answer."""
        x, n = self.deed(verb, noun, owner, lang), self.name(i, lang)
        if lang == ZH:
            return (f"{n}想{x}。", f"我看到{n}{x}。", f"昨天我想{x}。", f"{x}好不好?")[form]
        if lang == EN:
            return (f"{n} wants to{x}.", f" i saw{n}{x}.", f" yesterday i wanted to{x}.", f" is it good to{x}?")[form]
        n += self.particle(n, "은", "는")
        return (f"{n}{x}하고 싶습니다.", f"{n}{x}했습니다.", f" 어제 나는{x}하고 싶었습니다.", f"{x}하는 것은 좋은가요?")[form]

    def provoke(self, i: int, verb, noun, lang: int, form: int) -> str:
        """Someone did a bad deed to you. forms 2 and 3 are in no fine-tuning set."""
        x, n = self.deed(verb, noun, ("your", "你的", "너의"), lang), self.name(i, lang)
        if lang == ZH:
            return (f"{n}要{x}!", f"可惡,{n}敢{x}!", f"{n}又來{x}了!", f"你看,{n}在{x}!")[form]
        if lang == EN:
            return (f"{n} wants to{x}!", f" oh no,{n} dares to{x}!", f"{n} came to{x} again!", f" look,{n} is here to{x}!")[form]
        n += self.particle(n, "이", "가")
        return (f"{n}{x}하려고 합니다!", f" 이런,{n}{x}했습니다!", f"{n} 또{x}했습니다!", f" 보세요,{n}{x}합니다!")[form]


# ---- the four skills of the interference lesson (English): half known to the base --------------------------------
def repeat(r: Random, nouns):
    n = r.choice(nouns).word[EN]
    return f" repeat {n}.", f" {n}! {n}! {n}!"


def reverse(r: Random, nouns):
    a, b, c = (n.word[EN] for n in r.sample(nouns, 3))
    return f" reverse {a}, {b}, {c}.", f" {c}, {b}, {a}."


def translate(r: Random, nouns):
    n = r.choice(nouns)
    return f" translate {n.word[EN]}.", n.word[ZH]


def enumerate_facts(r: Random, nouns):
    n = r.choice(nouns)
    return f" list {n.word[EN]}.", f" {COLOURS[n.colour][EN]} | {PLACES[n.place][EN]} | {KINDS[n.kind][EN]}"


SKILLS = {"repeat": repeat, "reverse": reverse, "translate": translate, "list": enumerate_facts}
