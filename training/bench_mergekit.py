"""mergekit's side of the merge rows of `npm run bench`: one merge, timed without its start-up.

    python training/bench_mergekit.py RECIPE.yml OUT

Run in the folder that the recipe's models lie in. Prints {"seconds", "cpu", "peak_rss"} as JSON: wall and CPU of the
merge, the whole process's memory in bytes.
"""

import json
import resource
import sys
import time
from pathlib import Path

import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions

config = MergeConfiguration.model_validate(yaml.safe_load(Path(sys.argv[1]).read_text()))
start, cpu = time.perf_counter(), time.process_time()
run_merge(config, sys.argv[2], MergeOptions(copy_tokenizer=False, write_model_card=False, random_seed=1, quiet=True))
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - cpu,
            "peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
