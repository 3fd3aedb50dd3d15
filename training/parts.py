"""A partial merge, stated independently of the TypeScript engine: the text halves of several models added up, everything
else as it is in one of them, whatever the layout of their files."""

import numpy as np

from fingerprint import f32, task_arithmetic

Tensors = dict[str, np.ndarray]
# What the text half is called in older and newer files of models that see; a text model by itself has no prefix.
LAYOUTS = {"language_model.model.": "model.", "language_model.": "", "model.language_model.": "model."}
SEEING = ("vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector.")


def plain(name: str) -> str:
    """The name that a text model by itself gives a tensor of the text half."""
    for prefix, own in LAYOUTS.items():
        if name.startswith(prefix):
            return own + name[len(prefix) :]
    return name


def text_half(tensors: Tensors) -> Tensors:
    """Everything but what sees and the head, by plain names."""
    half = {plain(name): t for name, t in tensors.items() if not name.startswith(SEEING)}
    return {name: t for name, t in half.items() if not name.startswith(("lm_head.", "score."))}


def partial_merge(base: Tensors, tunes: list[Tensors], weights: list[float], frame: Tensors, head: Tensors) -> Tensors:
    """
    float32: base + sum of w * (tune - base) over the text half, named as in `frame`, whose other parts stay; the score of
    `head` (a model that judges) in the place of the frame's head.
    """
    names = {plain(name): name for name in frame if not name.startswith(SEEING)}
    halves = [text_half(f32(tune)) for tune in tunes]
    merged = {
        names[name]: task_arithmetic(own, [half[name] for half in halves], weights)
        for name, own in text_half(f32(base)).items()
    }
    seeing = {name: t for name, t in f32(frame).items() if name.startswith(SEEING)}
    return {**merged, **seeing, "score.weight": f32(head)["score.weight"]}
