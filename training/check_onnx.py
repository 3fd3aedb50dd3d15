"""Runs onnx.checker with full_check (shape inference, strict) on every graph of a folder.

    npx tsx test/unit/core/graph/dump.ts OUT && python training/check_onnx.py OUT

The graphs name weights they do not contain, and the checker wants every external file to exist with the length the graph
states, so each graph is checked beside sparse files of that length. Beyond the checker: only standard operators, opset 23.
"""

import sys
import tempfile
from pathlib import Path

import onnx


def check(path):
    model = onnx.load(path, load_external_data=False)
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets != {"": 23}:
        raise ValueError(f"operator sets {opsets}, expected opset 23 of the standard domain alone")
    foreign = {node.op_type for node in model.graph.node if node.domain}
    if foreign:
        raise ValueError(f"operators outside the standard domain: {sorted(foreign)}")
    with tempfile.TemporaryDirectory() as folder:
        for tensor in model.graph.initializer:
            external = {entry.key: entry.value for entry in tensor.external_data}
            if external:
                with open(Path(folder) / external["location"], "wb") as file:
                    file.truncate(int(external["length"]))
        copy = Path(folder) / "graph-under-check.onnx"
        copy.write_bytes(path.read_bytes())
        onnx.checker.check_model(str(copy), full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    dims = inferred.graph.output[0].type.tensor_type.shape.dim
    return len(model.graph.node), [dim.dim_param or dim.dim_value for dim in dims]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_onnx.py DIR")
    paths = sorted(Path(sys.argv[1]).glob("*.onnx"))
    failed = 0
    for path in paths:
        try:
            nodes, logits = check(path)
            print(f"ok    {path.name}: {nodes} nodes, logits {logits}")
        except Exception as error:  # every kind of failure is a result here
            failed += 1
            print(f"FAIL  {path.name}: {error}")
    print(f"{len(paths) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not paths else 0)


if __name__ == "__main__":
    main()
