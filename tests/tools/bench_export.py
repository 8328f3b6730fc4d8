#!/usr/bin/env python3
"""The model as ONNX files for the benchmark, and which of them are the rivals.

usage: bench_export.py MODEL_DIR ONNX_DIR

Exports with torch (fp32.onnx), fuses with ONNX Runtime's optimizer (fp32-fused.onnx), quantises both
dynamically to int8, a scale a tensor and a scale an output channel. Times them interleaved on random
ids, and writes into chosen.json the fastest of each precision, which is the rival; a scale a channel,
which costs much less quality, wins where it is within 3 %.
"""
import json
import os
import statistics
import sys
import time
import warnings

warnings.filterwarnings("ignore")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from transformers import AutoModel

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
ROUNDS = 7


class States(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask, types):
        return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state


def export(model_dir, out):
    """The eager attention: the one that the optimizer knows how to fuse."""
    model = AutoModel.from_pretrained(model_dir, attn_implementation="eager", dtype=torch.float32)
    ids = torch.randint(1000, 2000, (2, 16))
    mask = torch.ones(2, 16, dtype=torch.long)
    mask[0, 10:] = 0
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS + ["last_hidden_state"]}
    with torch.no_grad():
        torch.onnx.export(States(model.eval()), (ids, mask, torch.zeros_like(ids)), out + "/fp32.onnx",
                          input_names=INPUTS, output_names=["last_hidden_state"], dynamic_axes=axes,
                          opset_version=17, dynamo=False)
    c = model.config
    fused = optimizer.optimize_model(out + "/fp32.onnx", model_type="bert", opt_level=0,
                                     num_heads=c.num_attention_heads, hidden_size=c.hidden_size)
    fused.save_model_to_file(out + "/fp32-fused.onnx")
    for fp32, int8 in (("fp32", "int8"), ("fp32-fused", "int8-fused")):
        for channel in (False, True):
            quantize_dynamic(f"{out}/{fp32}.onnx", f"{out}/{int8}{'-channel' * channel}.onnx",
                             per_channel=channel, weight_type=QuantType.QInt8,
                             extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})


def time_all(out, files):
    """Tokens a second of each, all processors, median of interleaved rounds over three shapes."""
    rng = np.random.default_rng(1)
    feeds = [rng.integers(1000, 20000, shape) for shape in ((1, 190), (8, 190), (32, 120))]
    o = ort.SessionOptions()
    o.intra_op_num_threads, o.log_severity_level = len(os.sched_getaffinity(0)), 3
    sessions = {f: ort.InferenceSession(f"{out}/{f}", o, providers=["CPUExecutionProvider"]) for f in files}
    took = {(f, i): [] for f in files for i in range(len(feeds))}
    for round_ in range(ROUNDS + 1):
        for i, ids in enumerate(feeds):
            for f in files:
                s = sessions[f]
                feed = {n.name: {"input_ids": ids, "attention_mask": np.ones_like(ids)}.get(
                    n.name, np.zeros_like(ids)) for n in s.get_inputs()}
                t = time.perf_counter()
                s.run(None, feed)
                if round_:
                    took[f, i].append(time.perf_counter() - t)
    return {f: max(ids.size / statistics.median(took[f, i]) for i, ids in enumerate(feeds)) for f in files}


def main():
    model_dir, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    export(model_dir, out)
    rates = time_all(out, sorted(f for f in os.listdir(out) if f.endswith(".onnx")))
    for f, rate in rates.items():
        print(f"{f:26} {rate:9.0f} tokens/s")
    chosen = {}
    for kind in ("fp32", "int8"):
        those = {f: r * (1.03 if "channel" in f else 1) for f, r in rates.items() if f.startswith(kind)}
        chosen[kind] = max(those, key=those.get)
        print(f"rival in {kind}: {chosen[kind]}")
    with open(out + "/chosen.json.new", "w") as f:
        json.dump({**chosen, "tokens_per_s": rates}, f, indent=1)
    os.rename(out + "/chosen.json.new", out + "/chosen.json")


main()
