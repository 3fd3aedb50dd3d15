"""Whisper, tiny and with a two-second chunk: sizes, features, greedy transcripts, folders."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

import tokenizer as tok

SECONDS = 2
POSITIONS = SECONDS * 50
MAX_LENGTH = 16
# width, encoder layers, decoder layers; feed-forward layers are four times as wide, four heads
SIZES = {"s": (96, 3, 2), "xs": (64, 3, 1)}
PROMPT = (tok.START, tok.NO_TIMES)
WORDS = {i: w for w, i in tok.WORD_ID.items()}
EXTRACTOR = WhisperFeatureExtractor(feature_size=80, chunk_length=SECONDS)
MEL = torch.tensor(np.asarray(EXTRACTOR.mel_filters), dtype=torch.float32)  # [201, 80]
WINDOW = torch.hann_window(400)
State = dict[str, torch.Tensor]

GENERATION = {
    "decoder_start_token_id": tok.START, "no_timestamps_token_id": tok.NO_TIMES, "is_multilingual": False,
    "return_timestamps": False, "max_length": MAX_LENGTH, "suppress_tokens": [], "begin_suppress_tokens": [],
    "bos_token_id": tok.END, "eos_token_id": tok.END, "pad_token_id": tok.END,
}  # fmt: skip


def features(x: torch.Tensor) -> torch.Tensor:
    """[batch, 32000] at 16 kHz -> [batch, 80, 200]: WhisperFeatureExtractor's log-mel, for a batch at once."""
    power = torch.stft(x, 400, 160, window=WINDOW, return_complex=True)[..., :-1].abs() ** 2
    log = torch.clamp(MEL.T @ power, min=1e-10).log10()
    log = torch.maximum(log, log.amax((1, 2), keepdim=True) - 8.0)
    return (log + 4) / 4


def config(size: str) -> WhisperConfig:
    width, encoder, decoder = SIZES[size]
    return WhisperConfig(
        vocab_size=tok.VOCAB, num_mel_bins=80, max_source_positions=POSITIONS, max_target_positions=MAX_LENGTH, dropout=0.0,
        d_model=width, encoder_layers=encoder, decoder_layers=decoder, encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width, decoder_start_token_id=tok.START, bos_token_id=tok.END,
        eos_token_id=tok.END, pad_token_id=tok.END, suppress_tokens=[], begin_suppress_tokens=[],
    )  # fmt: skip


def new_model(size: str, seed: int = 0) -> WhisperForConditionalGeneration:
    """Fan-in initialisation: Whisper's own deviation of 0.02 drowns the sound under the position vectors at this width."""
    torch.manual_seed(seed)
    settings = config(size)
    settings._attn_implementation = "eager"  # twice as fast as PyTorch's fused attention on the CPU at this width
    model = WhisperForConditionalGeneration(settings)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, nn.Linear) and name != "proj_out":
                gain = 0.6 if "out_proj" in name or "fc2" in name else 1.0
                module.weight.normal_(0, gain / module.in_features**0.5)
            if isinstance(module, nn.Conv1d):
                module.weight.normal_(0, (2 / (module.in_channels * 3)) ** 0.5)
        model.model.decoder.embed_tokens.weight.normal_(0, 0.05)
    return model


@torch.inference_mode()
def transcribe(model: WhisperForConditionalGeneration, mel: torch.Tensor, batch: int = 256) -> list[list[str]]:
    """Greedy transcripts, in bfloat16 as training is. Published folders are measured by `zoo.py verify` in float32."""
    model.eval()
    texts = []
    for part in mel.split(batch):
        with torch.autocast("cpu", torch.bfloat16):
            heard = model.model.encoder(part.float())[0]
            ids = torch.tensor([PROMPT] * len(part))
            new, past = ids, None
            done = torch.zeros(len(part), dtype=torch.bool)
            while ids.shape[1] < MAX_LENGTH and not done.all():
                out = model.model.decoder(input_ids=new, encoder_hidden_states=heard, past_key_values=past, use_cache=True)
                past = out.past_key_values
                token = model.proj_out(out.last_hidden_state[:, -1]).float().argmax(-1)
                token[done] = tok.END
                done |= token == tok.END
                new = token[:, None]
                ids = torch.cat([ids, new], 1)
        for row in ids[:, 2:].tolist():
            row = row[: row.index(tok.END)] if tok.END in row else row
            texts.append([WORDS.get(t, "?") for t in row])
    return texts


def state_of(model: nn.Module) -> State:
    """Every parameter once (the output layer is the token table)."""
    return {k: v.detach().clone() for k, v in model.state_dict().items() if k != "proj_out.weight"}


def put(model: nn.Module, state: State) -> None:
    model.load_state_dict(state, strict=False)


def write(folder: Path, state: State, size: str) -> None:
    """A plain Hugging Face folder with float16 weights; generation_config.json by hand, since save_pretrained drops Whisper's keys."""
    folder.mkdir(parents=True, exist_ok=True)
    half = {k: v.to(torch.float16).contiguous() for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    settings = config(size).to_dict() | {"architectures": ["WhisperForConditionalGeneration"], "dtype": "float16"}
    for name, value in (("config", settings), ("generation_config", GENERATION)):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")
    EXTRACTOR.save_pretrained(folder)
    tok.write(folder)


def read(folder: Path) -> State:
    """The stored float16 weights as float32."""
    return {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
