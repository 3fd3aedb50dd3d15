"""Reference values for the Whisper, sequence-classification and vision graphs of src/core/graph, as goldens_graph.py for decoders.

    python training/goldens_speech_graph.py [OUT, default test/golden/graph]

Made with torch 2.13 (CPU, float32) and transformers 5.24. Per case: config.json and model.safetensors as save_pretrained
writes them, reference.json, and logits.f32 (little-endian float32, in the order of reference.json's batches):
- Whisper: for each batch the encoder's hidden states [batch, positions, width], the logits of the prompt
  [batch, prompt, vocab], then those of the greedy steps [steps, batch, vocab]. features.f32 has the inputs,
  [batch, mel bins, 2 * positions]. `sounds` are lists of tones in Hz that share one second at 16 kHz (see `tones`),
  sounds.f32 the features of each, and `generated` and `texts` what generate() writes of it, without the prompt. The folder
  has the processor's files too.
- classifiers: for each batch the scores [batch, labels].
- Llava: the image features [2, patches, width] that the text model is given; features.f32 has the pixels, and
  answers.f32 the logits of `input_ids`, [2, tokens, vocab].
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    LlamaConfig,
    LlamaForSequenceClassification,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForSequenceClassification,
    ViTConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from goldens_graph import COMMON, VOCAB, make_model

STEPS = 8
NEW_TOKENS = 10
RATE = 16_000
SOUNDS = [[440], [300, 900, 2700], [5000, 150, 1200, 80]]
EOS, START, NO_TIMESTAMPS = 2, 3, VOCAB - 1
WHISPER = dict(
    vocab_size=VOCAB,
    num_mel_bins=12,
    d_model=32,
    max_source_positions=50,
    max_target_positions=24,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=64,
    bos_token_id=EOS,
    eos_token_id=EOS,
    pad_token_id=EOS,
    decoder_start_token_id=START,
    suppress_tokens=[],
    begin_suppress_tokens=[],
    attn_implementation="eager",
)
WHISPER_CASES = {
    "whisper-tied": dict(),
    # Two halves that agree in nothing but the width.
    "whisper-untied": dict(
        tie_word_embeddings=False,
        encoder_layers=1,
        decoder_layers=3,
        encoder_attention_heads=2,
        decoder_attention_heads=5,
        d_model=40,
    ),
}
SCORE_CASES = {
    "llama-score": (LlamaForSequenceClassification, LlamaConfig, dict(num_labels=1)),
    "qwen3-score-no-pad": (Qwen3ForSequenceClassification, Qwen3Config, dict(num_labels=3, head_dim=12, pad_token_id=None)),
}


def write(folder, model, reference, **values):
    """The case's files; every keyword is a list of tensors and becomes NAME.f32."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    for name, parts in values.items():
        flat = np.concatenate([part.numpy().ravel() for part in parts]).astype("<f4")
        flat.tofile(folder / f"{name}.f32")
        print(f"{folder.name}: {name} {flat.min():.2f} to {flat.max():.2f}, {flat.size} values")


def tones(frequencies):
    """One second at 16 kHz, an equal part of it for each frequency, every part swelling up and down once."""
    at = np.arange(RATE)
    part = at * len(frequencies) / RATE
    return np.sin(np.pi * (part % 1)) * np.sin(2 * np.pi * np.array(frequencies)[part.astype(int)] * at / RATE)


def tokenizer():
    """A word for every number: `w17` is 17."""
    core = Tokenizer(WordLevel({f"w{i}": i for i in range(VOCAB)}, unk_token="w0"))
    core.pre_tokenizer = Whitespace()
    special = dict(unk_token="w0", eos_token=f"w{EOS}", additional_special_tokens=[f"w{START}", f"w{NO_TIMESTAMPS}"])
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


@torch.no_grad()
def whisper_case(folder, overrides, seed):
    config = WhisperConfig(**{**WHISPER, **overrides})
    model = make_model(WhisperForConditionalGeneration, config, seed)
    # Else the biases decide every token, whatever was said.
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.mul_(0.3)
        elif ".layers." in name and "norm" not in name:
            parameter.mul_(2)
    settings = dict(decoder_start_token_id=START, no_timestamps_token_id=NO_TIMESTAMPS, is_multilingual=False)
    for key, value in dict(**settings, return_timestamps=False).items():
        setattr(model.generation_config, key, value)
    generator = torch.Generator().manual_seed(seed)
    batches, logits, features = [], [], []
    for rows in (1, 2):
        sound = torch.randn(rows, config.num_mel_bins, 2 * config.max_source_positions, generator=generator)
        ids = torch.randint(4, VOCAB - 1, (rows, 3), generator=generator)
        hidden = model.model.encoder(sound)
        out = model(encoder_outputs=hidden, decoder_input_ids=ids, use_cache=True)
        parts, steps, tokens = [hidden.last_hidden_state, out.logits], [], []
        for _ in range(STEPS):
            token = out.logits[:, -1].argmax(-1, keepdim=True)
            out = model(encoder_outputs=hidden, decoder_input_ids=token, cache=out.cache, use_cache=True)
            tokens.append(token[:, 0].tolist())
            steps.append(out.logits[:, -1])
        batches.append(dict(input_ids=ids.tolist(), tokens=tokens))
        logits += [*parts, torch.stack(steps)]
        features.append(sound)
    mel = WhisperFeatureExtractor(feature_size=config.num_mel_bins, chunk_length=1, sampling_rate=RATE)
    sounds = [mel(tones(sound), sampling_rate=RATE, return_tensors="pt").input_features for sound in SOUNDS]
    generated = [model.generate(sound, do_sample=False, max_new_tokens=NEW_TOKENS)[0].tolist() for sound in sounds]
    words = tokenizer()
    texts = [words.decode(ids, skip_special_tokens=True) for ids in generated]
    reference = dict(batches=batches, sounds=SOUNDS, generated=generated, texts=texts)
    write(folder, model, reference, logits=logits, features=features, sounds=sounds)
    mel.save_pretrained(folder)
    words.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)


@torch.no_grad()
def score_case(folder, model_class, config_class, overrides, seed):
    config = config_class(**{**COMMON, **overrides})
    model = make_model(model_class, config, seed)
    generator = torch.Generator().manual_seed(seed)
    batches, logits = [], []
    # Padding before and after each text; without a padding token transformers takes single texts only.
    for paddings in [[(0, 0)]] if config.pad_token_id is None else [[(0, 0)], [(0, 0), (0, 5)], [(7, 0), (0, 0), (1, 0)]]:
        ids = torch.randint(3, VOCAB, (len(paddings), 12), generator=generator)
        mask = torch.ones_like(ids)
        for row, (before, after) in enumerate(paddings):
            mask[row, :before] = 0
            mask[row, ids.shape[1] - after :] = 0
        ids[mask == 0] = config.pad_token_id or 0
        batches.append(dict(input_ids=ids.tolist(), attention_mask=mask.tolist()))
        logits.append(model(input_ids=ids, attention_mask=mask).logits)
    write(folder, model, dict(batches=batches), logits=logits)


@torch.no_grad()
def vision_case(folder, seed):
    sight = ViTConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=12,
        patch_size=4,
        layer_norm_eps=1e-6,
    )
    text = LlamaConfig(**{**COMMON, "num_hidden_layers": 1, "hidden_size": 24, "num_attention_heads": 2})
    config = LlavaConfig(
        vision_config=sight, text_config=text, image_token_index=3, image_seq_length=9, vision_feature_layer=-1
    )
    model = make_model(LlavaForConditionalGeneration, config, seed)
    pixels = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(seed))
    seen = torch.stack(list(model.model.get_image_features(pixels).pooler_output))
    ids = torch.tensor([[1, *[3] * 9, 20, 21, 22], [1, *[3] * 9, 30, 31, 32]])
    answers = model(input_ids=ids, pixel_values=pixels).logits
    write(folder, model, dict(batches=[], input_ids=ids.tolist()), logits=[seen], features=[pixels], answers=[answers])


def main(out):
    torch.set_num_threads(1)
    for seed, (name, overrides) in enumerate(WHISPER_CASES.items()):
        whisper_case(out / name, overrides, seed)
    for seed, (name, case) in enumerate(SCORE_CASES.items()):
        score_case(out / name, *case, seed)
    vision_case(out / "llava", 0)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "test/golden/graph"))
