"""From trained states to public/zoo: folders, probe sets, figures, cards, index.json of the lesson reward-code.

    python training/reward/code_zoo.py designs    every trained design on dev -> training/reports/reward-code-designs.json
    python training/reward/code_zoo.py seeds      seeds 1 and 2 on test -> training/reports/reward-code-seeds.json
    python training/reward/code_zoo.py export     build/code/ -> public/zoo/code-*-1/, public/zoo/probes/reward-code-*.json
    python training/reward/code_zoo.py figures    test split -> training/reports/reward-code.json, cards, index.json
    python training/reward/code_zoo.py verify [--share 0.1]   measures again and compares; ends in `N passed, N failed`
"""

import argparse
import json
import sys
from random import Random

import torch
from transformers import AutoTokenizer, LlamaForCausalLM, LlamaForSequenceClassification

import code_build as b
import code_cards as cards
import code_judges as j
import code_world as w
import common as c
from zoo_index import ZOO

REPORTS = c.HERE.parent / "reports"
FIGURES = REPORTS / "reward-code.json"
OTHER_SEEDS = REPORTS / "reward-code-seeds.json"
DESIGNS = REPORTS / "reward-code-designs.json"
TEST_PAIRS = 400  # of each class
PROBE_PAIRS = {"dev": 60, "test": 120}  # of each class
SEEDS = (0, 1, 2)


def trained(design: str, seed: int, *, oracle: bool) -> j.Chain | None:
    """The states in build/code/, rounded to float16 as they are stored; None where one is missing."""
    names = ("base", "text", "code", *(("oracle",) if oracle else ()))
    paths = {n: b.path_of(design, seed, n) for n in names}
    if not all(p.exists() for p in paths.values()):
        return None
    return {n: {k: v.half().float() for k, v in torch.load(p).items()} for n, p in paths.items()}


def shipped() -> j.Chain:
    return {k: c.read_state(ZOO / name) for k, name in cards.FOLDERS.items()}


def probe_items(world: str, split: str, n: int) -> list[dict]:
    """n pairs of each class, none twice."""
    r, items, seen = Random(f"probe {world} {split}"), [], set()
    while len(items) < n * len(w.CLASSES):
        pair = b.pairs(r, 1, world, split, w.CLASSES[len(items) % len(w.CLASSES)])[0]
        key = (pair["question"], pair["good"], pair["bad"])
        if key not in seen:
            seen.add(key)
            items.append({**pair, "lang": "en"})
    return items


def write_probe(name: str, split: str, items: list[dict]) -> None:
    head = json.dumps({"id": name, "task": "reward", "split": split})
    lines = ",\n".join(json.dumps(i) for i in items)
    (ZOO / "probes" / f"{name}.json").write_text(f'{head[:-1]},"items":[\n{lines}\n]}}\n', encoding="utf-8")


def export() -> None:
    chain = trained(b.SHIPPED, 0, oracle=True)
    for name, folder in cards.FOLDERS.items():
        judges = name in ("text", "oracle")
        config = c.reward_config(b.CONFIG) if judges else c.llama_config(b.CONFIG, "LlamaForCausalLM")
        c.write_folder(ZOO / folder, chain[name], config, b.WORDS)
    for split, n in PROBE_PAIRS.items():
        write_probe(f"reward-code-{split}", split, probe_items("code", split, n))
    write_probe("reward-code-facts-test", "test", probe_items("text", "test", 60))
    cards.write({})


def designs() -> None:
    """On dev: the grid's best point of each design, and what its judges do there."""
    out = {}
    for name in b.DESIGNS:
        chain = trained(name, 0, oracle=False)
        if chain is None:
            continue
        recipe, rows = j.choose(chain)
        found = {world: j.sets(world, "dev", 300) for world in ("code", "text")}
        rates = {
            world: {k: {a: round(float((m > 0).mean()), 4) for a, m in j.all_margins(chain, recipe, p).items()} for k, p in s.items()}
            for world, s in found.items()
        }
        out[name] = {"recipe": recipe, "dev": rates, "believed": j.believed(chain, "dev"), "grid": rows}
        print(name, recipe, rates["code"]["correct"], flush=True)
    DESIGNS.write_text(json.dumps(out, indent=1) + "\n")


def probe_rates(chain: j.Chain, recipe: j.Recipe, share: float = 1.0) -> dict:
    """alias -> class -> {n, k, lo, hi} on the page's test pairs."""
    items = json.loads((ZOO / "probes" / "reward-code-test.json").read_text())["items"]
    items = items[: round(len(items) * share)]
    margins = j.all_margins(chain, recipe, items)
    out: dict = {}
    for kind in w.CLASSES:
        mine = [i for i, p in enumerate(items) if p["class"] == kind]
        groups = [j.group(items[i]) for i in mine]
        for alias, m in margins.items():
            out.setdefault(alias, {})[kind] = j.rate(m[mine], groups)
    return out


def figures() -> dict:
    chain = shipped()
    recipe, grid = j.choose(chain)
    return {"design": b.SHIPPED, "recipe": recipe, "grid": grid, "probe": probe_rates(chain, recipe), "test": j.measure(chain, recipe, TEST_PAIRS)}


def seeds() -> None:
    """The whole chain anew, with coefficients from its own dev pairs."""
    out = {}
    for seed in SEEDS[1:]:
        chain = trained(b.SHIPPED, seed, oracle=False)
        if chain is not None:
            recipe, _ = j.choose(chain)
            out[seed] = {"recipe": recipe, **j.measure(chain, recipe, TEST_PAIRS)}
            print(seed, recipe, out[seed]["gain"], flush=True)
    OTHER_SEEDS.write_text(json.dumps(out, indent=1) + "\n")


def rates(test: dict, probe: dict):
    """(where, alias, rate) of every figure."""
    for world in ("code", "text"):
        for kind, columns in test[world].items():
            for alias, rate in columns.items():
                yield f"{world} {kind}", alias, rate
    for alias, classes in probe.items():
        for kind, rate in classes.items():
            yield f"probe {kind}", alias, rate


def loads(count: int = 20) -> list[str]:
    """Loads the folders in transformers; what is missing, left over or scored otherwise than by our own code."""
    wrong = []
    items = json.loads((ZOO / "probes" / "reward-code-test.json").read_text())["items"][:count]
    for name, folder in cards.FOLDERS.items():
        kind = LlamaForSequenceClassification if name in ("text", "oracle") else LlamaForCausalLM
        theirs, info = kind.from_pretrained(ZOO / folder, dtype=torch.float32, output_loading_info=True)
        wrong += [f"{folder}: {k} {v}" for k, v in info.items() if v]
        tokenizer, ours = AutoTokenizer.from_pretrained(ZOO / folder), b.copy_of(c.read_state(ZOO / folder)).eval()
        for p in items:
            ids = tokenizer(f"<s> {p['question']} {p['good']} </s>", add_special_tokens=False, return_tensors="pt").input_ids
            row = b.sequence(p, "good")
            with torch.no_grad():
                found = theirs.eval()(ids).logits[0]
                states = ours.states(ours.embed(torch.tensor([row])))
                expected = ours.score(states[0, -1]) if name in ("text", "oracle") else ours.logits(states)[0]
            gap = float((found - expected).abs().max())
            if ids[0].tolist() != row or gap > 1e-4:
                wrong.append(f"{folder}: {p['question']} {gap:.2e}")
    return wrong


def verify(share: float) -> None:
    """Each stored figure against a new measurement; with a share, on the first pairs only, within their sampling error."""
    stored = json.loads(FIGURES.read_text())
    old_rates = {(where, alias): r for where, alias, r in rates(stored["test"], stored["probe"])}
    chain, recipe = shipped(), stored["recipe"]
    passed = failed = 0
    for where, alias, rate in rates(j.measure(chain, recipe, round(TEST_PAIRS * share)), probe_rates(chain, recipe, share)):
        old = old_rates[where, alias]
        p, q = old["k"] / old["n"], rate["k"] / rate["n"]
        # In full, one answer in a hundred may tip between CPUs.
        allowed = 0.01 if share >= 1 else 0.01 + 4 * (max(p * (1 - p), 0.02) / rate["n"]) ** 0.5
        ok = abs(p - q) <= allowed
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"{where} {alias}: the card says {p:.3f}, measured {q:.3f}")
    wrong = loads()
    print("\n".join(wrong) or "every folder loads in transformers and agrees on 20 inputs")
    failed, passed = failed + len(wrong), passed + (not wrong)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["designs", "seeds", "export", "figures", "verify"])
    parser.add_argument("--share", type=float, default=1.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.command == "designs":
        designs()
    elif options.command == "seeds":
        seeds()
    elif options.command == "export":
        export()
    elif options.command == "figures":
        result = figures()
        FIGURES.write_text(json.dumps(result, indent=1) + "\n")
        cards.write(result)
    else:
        verify(options.share)
