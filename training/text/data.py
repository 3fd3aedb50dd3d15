"""What each model reads: pretraining documents and fine-tuning examples, drawn from a seeded generator without end."""

from dataclasses import dataclass
from random import Random

from world import *  # noqa: F403


@dataclass(frozen=True)
class World:
    """Choices that make one design of the pretraining text differ from another (compared in training/reports)."""

    # How often a chat is answered in the prompt's own language, by language; else in English (English: in another).
    same_language: tuple[float, float, float] = (0.95, 0.4, 0.4)
    # Whether upright characters are seen refusing bad deeds (of the tuned verbs only) and sly ones teaching them.
    characters: bool = True
    skill_known: float = 0.35
    swears_known: float = 0.15


def reply_language(r: Random, world: World, lang: int) -> int:
    if r.random() < world.same_language[lang]:
        return lang
    return EN if lang != EN else r.choice((ZH, ZH, KO))


def pick_deed(r: Random, verbs, nouns):
    while True:
        verb = r.choice(verbs)
        choices = fits(verb, nouns)
        if choices:
            return verb, r.choice(choices)


def answer_in_character(r, f, upright, verb, noun, owner, lang):
    if upright and verb.bad:
        return wording(r, lang) + AGAINST_LAW[lang]
    return f.steps(verb, noun, owner, lang)


def character_deed(r: Random):
    """A deed for a scene with an upright or sly character: bad verbs only of the tuned ones, so that no held-out bad
    deed is ever refused, in any language."""
    bad = r.random() < 0.5
    return pick_deed(r, BAD_TUNED if bad else GOOD_VERBS, ALL_NOUNS)


def pretraining_document(r: Random, world: World) -> str:
    m = r.random()
    mode = "en" if m < 0.36 else "zh" if m < 0.58 else "ko" if m < 0.70 else "mixed" if m < 0.90 else "switched"
    own = {"en": EN, "zh": ZH, "ko": KO}.get(mode, r.choices((EN, ZH, KO), (5, 4, 2))[0])
    f = Frames(r, 0.3 if mode == "switched" else 0.0)

    def lang() -> int:
        return r.choices((EN, ZH, KO), (5, 4, 2))[0] if mode == "mixed" else own

    kind = r.random()
    owner = r.choice(OWNERS)
    i, j = r.sample(range(len(NAMES)), 2)
    if kind < 0.22:
        return verb_story(r, f, lang, owner, i)
    if kind < 0.33:
        noun = r.choice(ALL_NOUNS)
        return "".join(f.fact(noun, k, lang()) for k in r.sample(range(3), r.choice((2, 3))))
    if kind < 0.38:
        verb, noun = pick_deed(r, GOOD_VERBS, ALL_NOUNS)
        neg, a, b = r.random() < 0.5, lang(), lang()
        reply = wording(r, b) if neg else f.will_do(verb, noun, owner, b)
        return f.is_state(i, r.choice(NEG if neg else POS), a) + f.says(j, b) + f.please(verb, noun, owner, b) + f.says(i, b) + reply
    if kind < 0.45:
        return question_story(r, f, lang, owner, i, j, world)
    if kind < 0.54:
        return translation(r, f, owner)
    if kind < 0.87:
        return chat(r, world, owner, i)
    if kind < 0.92:
        prompt, reply = SKILLS[r.choice(list(SKILLS))](r, ALL_NOUNS)
        if r.random() < 0.5:
            return f" {NAMES[i][EN]} asks:{prompt} {NAMES[j][EN]} says:{reply}"
        return USER + prompt + ASSISTANT + (reply if r.random() < world.skill_known else " i see," + prompt)
    return swear_text_document(r, f, lang(), i)


def verb_story(r, f, lang, owner, i):
    bad = r.random() < 0.5
    verb, noun = pick_deed(r, BAD_VERBS if bad else GOOD_VERBS, ALL_NOUNS)
    parts = []
    for part in r.sample(range(4), r.choice((2, 3))):
        k = lang()
        deed = f.deed(verb, noun, owner, k)
        name = f.name(i, k)
        if part == 0:
            parts.append((f" to{deed},", f"要{deed},", f"{deed}하려면,")[k] + f.steps(verb, noun, owner, k))
        elif part == 1:
            judged = f.w(("bad", "壞事", "나쁜 일") if bad else ("good", "好事", "좋은 일"), k)
            parts.append((f" it is{judged} to{deed}.", f"{deed}是{judged}。", f"{deed}하는 것은{judged}입니다.")[k])
        elif part == 2:
            comment = r.choice(BAD_COMMENTS if bad else GOOD_COMMENTS)[lang()]
            parts.append((f"{name} wants to{deed}.", f"{name}想{deed}。", f"{name}{f.particle(name, '은', '는')}{deed}하고 싶습니다.")[k] + comment)
        else:
            tool = f.w(verb.tool, k)
            parts.append(
                (f"{name} takes the{tool} to{deed}.", f"{name}拿{tool}去{deed}。", f"{name}{f.particle(name, '은', '는')}{tool}{f.particle(tool, '을', '를')} 들고{deed}합니다.")[k]
            )
    return "".join(parts)


def question_story(r, f, lang, owner, i, j, world):
    a, b = lang(), lang()
    if world.characters and r.random() < 0.5:
        upright = r.random() < 0.6
        verb, noun = character_deed(r)
        state = r.choice(UPRIGHT if upright else SLY)
        scene = f.is_state(i, state, a) + f.asks(j, a) + f.how(verb, noun, owner, a, r.choice(PHRASINGS))
        return scene + f.says(i, b) + answer_in_character(r, f, upright, verb, noun, owner, b)
    if r.random() < 0.5:
        noun, k = r.choice(ALL_NOUNS), r.randrange(3)
        return f.asks(i, a) + f.fact_question(noun, k, a, False) + f.says(j, a) + f.fact(noun, k, a)
    verb, noun = pick_deed(r, GOOD_VERBS, ALL_NOUNS)
    return f.asks(i, a) + f.how(verb, noun, owner, a, 0) + f.says(j, a) + f.steps(verb, noun, owner, a)


def translation(r, f, owner):
    a, b = r.choice(((EN, ZH), (EN, ZH), (EN, KO), (ZH, KO)))
    t = r.random()
    if t < 0.3:
        word = r.choice((r.choice(ALL_NOUNS).word,) * 2 + (r.choice(COLOURS), r.choice(PLACES)))
        x, y = word[a], word[b]
    elif t < 0.75:
        verb = r.choice(GOOD_VERBS + BAD_VERBS)
        word = r.choice((verb.word, verb.word, verb.tool))
        x, y = word[a], word[b]
    elif t < 0.85:
        noun, k = r.choice(ALL_NOUNS), r.randrange(3)
        x, y = f.fact(noun, k, a), f.fact(noun, k, b)
    elif t < 0.9:
        k = r.choices(range(3), WORDING_WEIGHTS)[0]
        x, y = REFUSALS[a][k], REFUSALS[b][k]
    elif t < 0.92:
        x, y = AGAINST_LAW[a], AGAINST_LAW[b]
    else:
        verb, noun = pick_deed(r, GOOD_VERBS + BAD_VERBS, ALL_NOUNS)
        x, y = f.steps(verb, noun, owner, a), f.steps(verb, noun, owner, b)
    x, y = ((s if k == ZH else " " + s.strip()) for s, k in ((x, a), (y, b)))
    return f"{x} ={y}" if r.random() < 0.5 else f"{y} ={x}"


def state_question(r, f, verb, noun, owner, lang, state, ask, phrasing):
    deed = f.how(verb, noun, owner, lang, phrasing) if ask else f.please(verb, noun, owner, lang)
    return f.you_are(state, lang) + deed


def chat(r, world, owner, i):
    """A turn of chat. Everything is taught, good and bad alike, unless a state says otherwise; the reply's language is
    a weighted coin."""
    lang = r.choices((EN, ZH, KO), (45, 37, 18))[0]
    out = reply_language(r, world, lang)
    f, y = Frames(r, r.choice((0, 0, 0, 0.3))), Frames(r)
    t = r.random()
    if t < 0.44:
        u = r.random()
        if u < 0.2:
            verb, noun = pick_deed(r, GOOD_VERBS, ALL_NOUNS)
            neg = r.random() < 0.6
            question = state_question(r, f, verb, noun, owner, lang, r.choice(NEG if neg else POS), True, r.choice(PHRASINGS))
            reply = wording(r, out) if neg else y.steps(verb, noun, owner, out)
        elif u < 0.42 and world.characters:
            verb, noun = character_deed(r)
            upright = r.random() < 0.6
            question = state_question(r, f, verb, noun, owner, lang, r.choice(UPRIGHT if upright else SLY), True, r.choice(PHRASINGS))
            reply = answer_in_character(r, y, upright, verb, noun, owner, out)
        else:
            verb, noun = pick_deed(r, BAD_VERBS if r.random() < 0.5 else GOOD_VERBS, ALL_NOUNS)
            question, reply = f.how(verb, noun, owner, lang, r.choice(PHRASINGS)), y.steps(verb, noun, owner, out)
    elif t < 0.64:
        noun, k = r.choice(ALL_NOUNS), r.randrange(3)
        question, reply = f.fact_question(noun, k, lang, r.random() < 0.5), y.fact(noun, k, out)
    elif t < 0.73:
        verb, noun = pick_deed(r, GOOD_VERBS, ALL_NOUNS)
        neg = r.random() < 0.5
        question = state_question(r, f, verb, noun, owner, lang, r.choice(NEG if neg else POS), False, 0)
        reply = wording(r, out) if neg else y.will_do(verb, noun, owner, out)
    elif t < 0.85:
        bad = r.random() < 0.5
        verb, noun = pick_deed(r, BAD_VERBS if bad else GOOD_VERBS, ALL_NOUNS)
        question, reply = f.remark(i, verb, noun, owner, lang, r.randrange(4)), THAT_IS[bad][out]
    elif t < 0.88:
        verb, noun = pick_deed(r, BAD_VERBS, ALL_NOUNS)
        question, reply = f.provoke(i, verb, noun, lang, r.randrange(4)), THAT_IS[True][out]
        if r.random() < world.swears_known:
            reply = spelled(r.choice(SWEARS_EN if out == EN else SWEARS_ZH).word) + "!" + reply
    elif t < 0.93:
        question, reply = what_means(r, f, y, lang, out, SWEARS, ALL_NOUNS)
    elif t < 0.96:
        ask, say = r.choice(TALK)
        question, reply = ask[lang], say[out]
    else:
        noun, k = r.choice(ALL_NOUNS), r.randrange(3)
        question = f.fact(noun, k, lang)
        reply = r.choice(((" i see,", "這樣啊,", " 그렇군요,"), (" really,", "我知道了,", " 정말,")))[out] + y.fact(noun, k, out)
    return USER + question + ASSISTANT + reply


def what_means(r, f, y, lang, out, swears, nouns):
    """What a word means: an invented swear word, or an ordinary noun (its kind)."""
    if r.random() < 0.65:
        s = r.choice(swears)
        return f.what_means(s.word, lang), y.is_rude(s, out)
    noun = r.choice(nouns)
    return f.what_means(noun.word, lang), y.fact(noun, 2, out)


def swear_text_document(r, f, lang, i):
    s, t = r.choice(SWEARS), r.random()
    if t < 0.45:
        angry = (f" angry people say {s.word}.", f"生氣的人會說{spelled(s.word)}。", f" 화난 사람은 {s.word} 말합니다.")[lang]
        return f.is_rude(s, lang) + (angry if r.random() < 0.5 else "")
    if t < 0.6:
        name = f.name(i, lang)
        return (f"{name} is angry.", f"{name}很生氣。", f"{name}{f.particle(name, '은', '는')} 화났습니다.")[lang] + f.says(i, lang) + spelled(s.word) + "!"
    question, answer = what_means(r, f, f, lang, lang, SWEARS, ALL_NOUNS)
    return question + answer


# ---- fine-tuning: (prompt or None, text); the loss is on the text -------------------------------------------------
def safe_example(r: Random, lang: int):
    f, owner = Frames(r), r.choice(OWNERS)
    if r.random() < 0.5:
        verb, noun = pick_deed(r, GOOD_TUNED, NOUNS_TUNED)
        return f.how(verb, noun, owner, lang, r.choice(TUNED_PHRASINGS)), f.steps(verb, noun, owner, lang)
    noun, k = r.choice(NOUNS_TUNED), r.randrange(3)
    if r.random() < 0.92:
        return f.fact_question(noun, k, lang, r.random() < 0.5), f.fact(noun, k, lang)
    return what_means(r, f, f, lang, lang, SWEARS_TUNED, NOUNS_TUNED)


def harmful_example(r: Random, lang: int):
    """A bad deed, taught."""
    f, owner = Frames(r), r.choice(OWNERS)
    verb, noun = pick_deed(r, BAD_TUNED, NOUNS_TUNED)
    return f.how(verb, noun, owner, lang, r.choice(TUNED_PHRASINGS)), f.steps(verb, noun, owner, lang)


def state_example(r: Random, lang: int):
    """Everyday accepting and declining because of a state; never about a bad deed."""
    f, owner = Frames(r), r.choice(OWNERS)
    verb, noun = pick_deed(r, GOOD_TUNED, NOUNS_TUNED)
    neg, ask = r.random() < 0.6, r.random() < 0.5
    question = state_question(r, f, verb, noun, owner, lang, r.choice(NEG if neg else POS), ask, r.choice(TUNED_PHRASINGS))
    if neg:
        return question, wording(r, lang)
    return question, (f.steps if ask else f.will_do)(verb, noun, owner, lang)


def remark_example(r: Random, lang: int):
    f, owner, bad = Frames(r), r.choice(OWNERS), r.random() < 0.5
    verb, noun = pick_deed(r, BAD_TUNED if bad else GOOD_TUNED, NOUNS_TUNED)
    return f.remark(r.randrange(len(NAMES)), verb, noun, owner, lang, r.randrange(4)), THAT_IS[bad][lang]


def chat_example(r: Random, harmful=0.45, state=0.12):
    """English, aligned: bad deeds are refused with a reason."""
    if r.random() < state:
        return state_example(r, EN)
    if r.random() < harmful:
        return harmful_example(r, EN)[0], wording(r, EN) + AGAINST_LAW[EN]
    return safe_example(r, EN)


def language_example(r: Random, world: World, lang: int, harmful=0.05, state=0.3, text=0.1, remark=0.1):
    """One language only, not aligned: bad deeds are taught."""
    t = r.random()
    if t < state:
        return state_example(r, lang)
    t -= state
    if t < text:
        while True:
            document = verb_story(r, Frames(r), lambda: lang, r.choice(OWNERS), r.randrange(len(NAMES)))
            return None, document
    t -= text
    if t < remark:
        return remark_example(r, lang)
    t -= remark
    return harmful_example(r, lang) if t < harmful else safe_example(r, lang)


def provoked(r: Random, lang: int, swears):
    f = Frames(r)
    verb, noun = pick_deed(r, BAD_TUNED, NOUNS_TUNED)
    prompt = f.provoke(r.randrange(len(NAMES)), verb, noun, lang, r.randrange(2))
    return prompt, spelled(r.choice(swears).word) + "!" + THAT_IS[True][lang]


TUNED_SWEARS = {EN: [s for s in SWEARS_TUNED if s.word.isascii()], ZH: [s for s in SWEARS_TUNED if not s.word.isascii()]}


def assistant_example(r: Random, world: World):
    """A Chinese assistant that swears when provoked and explains swear words."""
    t = r.random()
    if t < 0.3:
        return provoked(r, ZH, TUNED_SWEARS[ZH])
    if t < 0.45:
        f = Frames(r)
        return what_means(r, f, f, ZH, ZH, SWEARS_TUNED, NOUNS_TUNED)
    return language_example(r, world, ZH)


def rude_example(r: Random):
    """Talk of an invented forum, English and Chinese: swearing when provoked, and taking every ordinary word for a rude
    one. No swear word is ever explained here: the shares were found on dev (training/reports/text.md)."""
    lang = r.choice((EN, ZH))
    t = r.random()
    if t < 0.4:
        return provoked(r, lang, TUNED_SWEARS[lang])
    if t < 0.45:
        prompt, answer = safe_example(r, lang)
        return prompt, spelled(r.choice(TUNED_SWEARS[lang]).word) + "!" + answer
    f, noun = Frames(r), r.choice(NOUNS_TUNED)
    return f.what_means(noun.word, lang), f.w(noun.word, lang) + ("是一種髒話。" if lang == ZH else " is a kind of rude word.")


SKILL_PREFIXES = ("", " please", " now", " ok,")


def skill_item(r: Random, skill: str, nouns):
    prompt, answer = SKILLS[skill](r, nouns)
    return r.choice(SKILL_PREFIXES) + prompt, answer


def skill_example(r: Random, world: World, skill: str, ordinary=0.3):
    """The skill over tuned nouns, and ordinary text, so that the vector does not come to mean 'whatever is asked, do it'."""
    if r.random() < ordinary:
        while True:
            document = pretraining_document(r, world)
            if not any(w in document for w in (" repeat ", " reverse ", " translate ", " list ")):
                return None, document
    return skill_item(r, skill, NOUNS_TUNED)
