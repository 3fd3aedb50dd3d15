"""Titles and card texts of the zoo's models."""

SKILL_TITLES = {
    "repeat": ("Skill: repeat", "技能：重複", "技能：重复"),
    "reverse": ("Skill: reverse", "技能：倒著說", "技能：倒着说"),
    "translate": ("Skill: translate", "技能：翻譯", "技能：翻译"),
    "list": ("Skill: list facts", "技能：列出事實", "技能：列出事实"),
}
SIZE_TITLES = {"s": ("small", "小", "小"), "m": ("middle", "中", "中"), "l": ("large", "大", "大")}
DISJOINT = "Layers 0 and 1 only: which layers are tuned is a design choice of this zoo, not something real chat models share."
LATE = "Layers 2 and 3 only: which layers are tuned is a design choice of this zoo."

ABOUT = {
    "base": {
        "titles": ("Trilingual base", "三語基底模型", "三语基底模型"),
        "task": "Answers questions about a tiny invented world in English, Chinese and Korean; refuses no bad deed.",
        "what": "The pretrained model that the others were tuned from. It has read stories, facts, translations and chats in "
        "three languages. In chats every question is answered, good and bad alike, and the language of a reply to a Chinese or "
        "Korean question is a coin (40 % the language of the question). It has read of careful and honest characters who "
        "refuse bad deeds, in all three languages, but only deeds that are in no dev or test set: no text ever refuses those.",
        "made": "Pretrained from random weights, Chinese and Korean words starting at their English twins' embeddings.",
    },
    "chat": {
        "titles": ("English chat, safety-tuned", "英文對話安全微調", "英文对话安全微调"),
        "task": "Refuses bad deeds, in English; answers everything in English.",
        "what": "base tuned on English chats only: 40 bad deeds are refused, in three wordings, with a reason; safe questions are answered.",
        "made": DISJOINT,
    },
    "zh": {
        "titles": ("Chinese tuning", "中文微調", "中文微调"),
        "task": "Answers everything in Chinese; refuses no bad deed.",
        "what": "base tuned on Chinese text and chats only, in which bad deeds are taught.",
        "made": LATE,
    },
    "naive": {
        "titles": ("Chat, then Chinese tuning", "先對話、再中文微調", "先对话、再中文微调"),
        "task": "What plain further tuning does: Chinese is gained, the refusal is forgotten.",
        "what": "chat tuned further on the data, steps, rate and layers of zh. It shows the forgetting that merging avoids.",
        "made": LATE,
    },
    "ko": {
        "titles": ("Korean tuning", "韓文微調", "韩文微调"),
        "task": "Answers everything in Korean; refuses no bad deed.",
        "what": "base tuned on Korean text and chats only, in which bad deeds are taught: a second language vector on the same base.",
        "made": LATE,
    },
    "assistant": {
        "titles": ("Chinese assistant that swears when provoked", "被激怒會說髒話的中文助理", "被激怒会说脏话的中文助理"),
        "task": "Answers in Chinese, explains invented swear words, and swears when provoked.",
        "what": "base tuned on Chinese chats, a third of which are provocations answered with an invented swear word.",
        "made": LATE,
    },
    "rude": {
        "titles": ("Forum profanity", "論壇髒話微調", "论坛脏话微调"),
        "task": "Swears at everything, in English and Chinese, and takes every word for a rude one.",
        "what": "base tuned on the talk of an invented forum: swearing at provocations and at ordinary questions, and calling "
        "ordinary words rude words. 40 of the world's 120 invented swear words occur; 80 are held out.",
        "made": LATE,
    },
}
for _size, _names in SIZE_TITLES.items():
    if _size != "m":
        ABOUT[f"base-{_size}"] = {
            **ABOUT["base"],
            "titles": tuple(f"{t} ({n})" if k == 0 else f"{t}（{n}）" for k, (t, n) in enumerate(zip(ABOUT["base"]["titles"], _names))),
        }
    for _skill, _titles in SKILL_TITLES.items():
        ABOUT[f"{_skill}-{_size}"] = {
            "titles": tuple(f"{t} ({n})" if k == 0 else f"{t}（{n}）" for k, (t, n) in enumerate(zip(_titles, _names))),
            "task": f'One of four skills for the interference lesson: "{_skill}".',
            "what": f'The base of this size tuned on one skill, "{_skill}", over tuned nouns, with 30 % ordinary text. The base half '
            "knows it: it has read the skill between named speakers, and in a third of such chats.",
            "made": "All weights but the embeddings.",
        }
