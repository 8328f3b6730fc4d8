#!/usr/bin/env python3
"""A rival encoder as a process that takes requests; see bench_engines.py.

usage: bench_rivals.py ENGINE MODEL_DIR TEXTS ONNX_DIR

What is timed is what suits the rival best: texts are tokenised and padded before the clock starts,
then the forward pass, mean pooling and normalising. st-fp32, sentence-transformers as it is used,
gets texts and tokenises them itself.
"""
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import warnings

warnings.filterwarnings("ignore")

import numpy as np


def max_tokens(model):
    with open(os.path.join(model, "sentence_bert_config.json")) as f:
        return json.load(f)["max_seq_length"]


class Ort:
    """ONNX Runtime: a session for each number of threads."""

    def __init__(self, model, onnx, kind):
        import onnxruntime
        self.ort, self.sessions = onnxruntime, {}
        with open(os.path.join(onnx, "chosen.json")) as f:
            self.file = json.load(f).get(kind, kind + ".onnx")
        self.path = os.path.join(onnx, self.file)
        self.about = f"onnxruntime {onnxruntime.__version__}, {self.file}"
        self.session(1)

    def session(self, threads):
        if threads not in self.sessions:
            o = self.ort.SessionOptions()
            o.intra_op_num_threads, o.inter_op_num_threads, o.log_severity_level = threads, 1, 3
            s = self.ort.InferenceSession(self.path, o, providers=["CPUExecutionProvider"])
            self.sessions[threads] = s, {i.name for i in s.get_inputs()}
        return self.sessions[threads]

    def prepare(self, ids, mask):
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        share = (mask / mask.sum(1, keepdims=True)).astype(np.float32)[:, None, :]
        return feed, share

    def run(self, batches, threads):
        session, names = self.session(threads)
        out = []
        for feed, share in batches:
            x = session.run(None, {k: v for k, v in feed.items() if k in names})[0]
            v = np.matmul(share, x)[:, 0]
            out.append(v / np.linalg.norm(v, axis=1, keepdims=True))
        return np.concatenate(out)


class Torch:
    def __init__(self, model, onnx, kind):
        import torch
        from transformers import AutoModel
        self.torch = torch
        dtype = torch.bfloat16 if kind == "bf16" else torch.float32
        self.model = AutoModel.from_pretrained(model, dtype=dtype).eval()
        if kind == "int8":
            from torch.ao.quantization import quantize_dynamic
            self.model = quantize_dynamic(self.model, {torch.nn.Linear}, dtype=torch.qint8)
        self.about = f"torch {torch.__version__}, {kind}, transformers' sdpa"

    def prepare(self, ids, mask):
        ids, mask = self.torch.from_numpy(ids), self.torch.from_numpy(mask)
        return ids, mask, (mask / mask.sum(1, keepdim=True))[:, None, :]

    def run(self, batches, threads):
        torch = self.torch
        torch.set_num_threads(threads)
        out = []
        with torch.inference_mode():
            for ids, mask, share in batches:
                x = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
                v = torch.bmm(share.to(x.dtype), x)[:, 0].float()
                out.append(torch.nn.functional.normalize(v, dim=1))
        return torch.cat(out).numpy()


class SentenceTransformers:
    def __init__(self, model, onnx, kind):
        import sentence_transformers
        import torch
        self.torch = torch
        self.model = sentence_transformers.SentenceTransformer(model, device="cpu")
        self.about = f"sentence-transformers {sentence_transformers.__version__}, tokenising included"

    def run(self, batches, threads):
        self.torch.set_num_threads(threads)
        return np.concatenate([self.model.encode(b, batch_size=len(b), normalize_embeddings=True,
                                                 show_progress_bar=False) for b in batches])


KINDS = {"ort": Ort, "torch": Torch, "st": SentenceTransformers}


def main():
    name, model, texts, onnx = sys.argv[1:]
    library, kind = name.split("-", 1)
    engine = KINDS[library](model, onnx, kind)
    with open(texts) as f:
        texts = [json.loads(line) for line in f]
    from tokenizers import Tokenizer
    tok = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    tok.no_padding()
    tok.enable_truncation(max_tokens(model))
    ids = [e.ids for e in tok.encode_batch(texts)]
    print(json.dumps({"about": engine.about, "tokens": [len(i) for i in ids]}), flush=True)

    def padded(batch):
        longest = max(len(ids[i]) for i in batch)
        x, mask = (np.zeros((len(batch), longest), np.int64) for _ in range(2))
        for row, i in enumerate(batch):
            x[row, :len(ids[i])] = ids[i]
            mask[row, :len(ids[i])] = 1
        return engine.prepare(x, mask)

    for line in sys.stdin:
        q = json.loads(line)
        if library == "st":
            batches = [[texts[i] for i in b] for b in q["batches"]]
        else:
            batches = [padded(b) for b in q["batches"]]
        wall, cpu = time.perf_counter(), time.process_time()
        v = engine.run(batches, q["threads"])
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        if q.get("out"):
            v.astype(np.float32).tofile(q["out"])
        print(json.dumps(took), flush=True)


main()
