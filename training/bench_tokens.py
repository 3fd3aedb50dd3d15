"""Peer of `tokens/<size>` in npm run bench: Python transformers, one thread, greedy, the same prompt and token count.

usage: python bench_tokens.py MODEL PROMPT COUNT
Prints `ready`, then for every line on standard input runs one generation and prints its milliseconds and token count.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
folder, prompt, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
inputs = tokenizer.apply_chat_template(
    [{"role": "user", "content": prompt}], add_generation_prompt=True, return_dict=True, return_tensors="pt"
)
print("ready", flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(**inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False, eos_token_id=None)
    ms = 1000 * (time.perf_counter() - started)
    print(json.dumps({"ms": ms, "tokens": out.shape[1] - inputs["input_ids"].shape[1]}), flush=True)
