"""Writes test/golden/safetensors/: what the reference safetensors library makes of small inputs.

Usage: python training/goldens_safetensors.py      (safetensors 0.8.0, torch 2.13)

Each NAME.safetensors has a NAME.json: {"metadata": {...} | null, "tensors": [{name, dtype, shape}]}, tensors in
an order of their own, so that the writer must sort. The reference's order of several metadata keys is random: one at most.
Left out on purpose: no tensors with metadata, where safetensors 0.8.0 writes `{},"__metadata__":{...}}`, which it cannot read.
"""

import json
from pathlib import Path

import safetensors.torch
import torch

OUT = Path(__file__).parent.parent / "test" / "golden" / "safetensors"

NAMES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.uint16: "U16",
    torch.float16: "F16", torch.bfloat16: "BF16", torch.int32: "I32", torch.uint32: "U32", torch.float32: "F32",
    torch.complex64: "C64", torch.float64: "F64", torch.int64: "I64", torch.uint64: "U64",
    torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e8m0fnu: "F8_E8M0",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ", torch.float8_e5m2fnuz: "F8_E5M2FNUZ",
}  # fmt: skip


def write(name, tensors, metadata):
    safetensors.torch.save_file(tensors, OUT / f"{name}.safetensors", metadata=metadata)
    entries = [{"name": key, "dtype": NAMES[t.dtype], "shape": list(t.shape)} for key, t in tensors.items()]
    text = json.dumps({"metadata": metadata, "tensors": entries}, indent=1, ensure_ascii=False)
    (OUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def floats():
    """Every class of float32, and what torch rounds it to: the golden of the encoder."""
    generator = torch.Generator().manual_seed(3)
    bits = torch.randint(-(2**31), 2**31, (4096,), generator=generator, dtype=torch.int64).to(torch.int32)
    # Random bits rarely fall into float16's range; these do, subnormals and ties included.
    near = (torch.rand(2048, generator=generator) * 48 - 30).exp2() * torch.where(torch.rand(2048, generator=generator) < 0.5, -1.0, 1.0)
    ties = (torch.arange(1024, dtype=torch.float32) + 0.5) * 2.0**-24
    edges = torch.tensor([0.0, -0.0, 65504.0, 65519.996, 65520.0, -65520.0, 3.4028235e38, 2.0**-25, 2.0**-149, float("inf"), -float("inf")])
    values = torch.cat([bits.view(torch.float32), near, ties, edges])
    return values[~values.isnan()]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    write("empty", {}, None)
    write("floats", {"w": floats(), "f16": floats().half(), "bf16": floats().bfloat16()}, {"format": "pt"})
    codes = torch.arange(256, dtype=torch.int32).to(torch.uint8)
    f8 = {"e4m3": codes.clone().view(torch.float8_e4m3fn), "e5m2": codes.view(torch.float8_e5m2)}
    write("f8", f8 | {f"{key}.f32": t.float() for key, t in f8.items()}, None)
    every = {f"z.{i}": torch.randint(0, 255, (2 * d.itemsize,), dtype=torch.uint8).view(d) for i, d in enumerate(NAMES) if d != torch.bool}
    every["flag"] = torch.tensor([[True, False, True]])
    every[""] = torch.tensor(1.5)
    every["zero"] = torch.zeros(0, 3)
    for i, name in enumerate(["__proto__", "10", "9", 'q"\\/\n\x7f\u2028', "\uffee", "\U0001f600", "重量"]):
        every[name] = torch.full((i + 1,), float(i))
    write("every", every, {"note \u4e2d": 'a "quoted" \\ line\n'})


main()
