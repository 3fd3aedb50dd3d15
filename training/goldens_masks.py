"""Fingerprints of TIES and DARE merges of the text zoo, computed in NumPy with the lab's own masks.

    python training/goldens_masks.py

Reads public/zoo/{base,chat,zh}-1; writes test/golden/merge/fingerprints-sparse.json. A second run writes the same bytes.
"""

import json
from pathlib import Path

from safetensors.numpy import load_file

from fingerprint import f32, fingerprint
from masks import dare, ties

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {alias: f"zoo:{alias}-1" for alias in ("base", "chat", "zh")}
# mergekit's defaults of `normalize` and `rescale`
DEFAULTS = {"ties": (True, False), "dare_linear": (False, True), "dare_ties": (False, True)}

# name, method, {alias: (weight, density)}, shared parameters, seed (None: the recipe has none)
CASES = [
    ("ties", "ties", {"chat": (1, 0.5), "zh": (0.8, 0.5)}, {}, None),
    ("ties-densities", "ties", {"chat": (1, 0.05), "zh": (-0.8, 1)}, {"normalize": False, "lambda": 0.7}, None),
    ("ties-rescale", "ties", {"zh": (0.8, 0.3), "chat": (1, 0.2)}, {"rescale": True}, None),
    ("dare-linear", "dare_linear", {"chat": (0.9, 0.5), "zh": (1.1, 0.5)}, {}, 0),
    ("dare-linear-no-seed", "dare_linear", {"chat": (0.9, 0.5), "zh": (1.1, 0.5)}, {}, None),
    ("dare-linear-seed", "dare_linear", {"chat": (0.9, 0.5), "zh": (1.1, 0.5)}, {}, 2**40 + 1),
    ("dare-linear-plain", "dare_linear", {"chat": (0.9, 0.1)}, {"rescale": False, "normalize": True}, 3),
    ("dare-ties", "dare_ties", {"chat": (0.9, 0.3), "zh": (1.1, 0.7)}, {}, 1),
    ("dare-ties-normalize", "dare_ties", {"zh": (1.1, 0.7), "chat": (0.9, 1)}, {"normalize": True, "lambda": 1.5}, 1),
]


def main() -> None:
    weights = {alias: f32(load_file(ROOT / "public" / "zoo" / src[4:] / "model.safetensors")) for alias, src in SOURCES.items()}
    merges = []
    for name, method, inputs, shared, seed in CASES:
        normalize, rescale = (shared.get(key, value) for key, value in zip(("normalize", "rescale"), DEFAULTS[method]))
        w, p = ([pair[i] for pair in inputs.values()] for i in (0, 1))
        options = {"lam": shared.get("lambda", 1.0), "normalize": normalize, "rescale": rescale}
        out = {}
        for tensor, base in weights["base"].items():
            tunes = [weights[alias][tensor] for alias in inputs]
            if method == "ties":
                out[tensor] = ties(base, tunes, w, p, **options)
            else:
                consensus = method == "dare_ties"
                out[tensor] = dare(base, tunes, w, p, list(inputs), tensor, seed or 0, consensus=consensus, **options)
            assert out[tensor].dtype == "float32"
        models = [{"model": alias, "parameters": {"weight": a, "density": b}} for alias, (a, b) in inputs.items()]
        merge = {"merge_method": method, "base_model": "base", "models": models, "dtype": "float32", "out_dtype": "float32"}
        merge |= {"parameters": shared} if shared else {}
        merge |= {} if seed is None else {"lab": {"seed": seed}}
        merges.append({"name": name, "merge": merge, "weights": fingerprint(out)})
        print(name, merges[-1]["weights"])
    note = "C4 fingerprints of merges in float32, stepwise as training/masks.py states them, masks included."
    golden = {"made_by": "training/goldens_masks.py", "note": note, "sources": SOURCES, "merges": merges}
    path = ROOT / "test" / "golden" / "merge" / "fingerprints-sparse.json"
    path.write_text(json.dumps(golden, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
