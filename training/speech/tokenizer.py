"""Whisper's kind of tokenizer (byte-level BPE) in which each word of the lab, with its leading space, is one token."""

import json
from functools import cache
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from words import DIGITS, HEARD, SPARE

# Whisper's own; <|notimestamps|> must be last, since whatever follows it counts as a time stamp.
SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>",
    "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


@cache
def tokenizer() -> Tokenizer:
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=5000, min_frequency=1, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    t.train_from_iterator([" " + w for w in HEARD + SPARE for _ in range(3)], trainer)
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    return t


END, START, NO_TIMES = (tokenizer().token_to_id(s) for s in ("<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"))
VOCAB = tokenizer().get_vocab_size()
WORD_ID = {w: tokenizer().encode(" " + w).ids[0] for w in HEARD}
assert all(len(tokenizer().encode(" " + w).ids) == 1 for w in DIGITS) and NO_TIMES == VOCAB - 1


def write(folder: Path) -> None:
    tokenizer().save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "WhisperTokenizer", "bos_token": SPECIAL[0], "eos_token": SPECIAL[0], "unk_token": SPECIAL[0],
        "pad_token": SPECIAL[0], "model_max_length": 448, "add_prefix_space": False, "clean_up_tokenization_spaces": False,
        "errors": "replace", "additional_special_tokens": list(SPECIAL[1:]),
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
