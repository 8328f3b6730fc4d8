#!/usr/bin/env python3
"""Let the Python LEANN search its own index with the encoder of leann-embed-server.

usage: adopt.py OFFICIAL-INDEX PORT PID

OFFICIAL-INDEX is what LeannSearcher is given (INDEX.meta.json is beside it). PORT and PID are of

    leann-from-jsonl --official OFFICIAL-INDEX.meta.json | leann-embed-client | leann-graph -o theirs.leann
    leann-embed-server --index theirs.leann --endpoint tcp://127.0.0.1:PORT

Run it with the Python that has the leann package. It writes the record by which that package finds
embedding servers that run already (below ~/.leann/servers); every LeannSearcher of this index then
asks leann-embed-server. As soon as that has ended the package starts its own again.
"""
import json
import socket
import sys
from pathlib import Path

from leann.embedding_server_manager import EmbeddingServerManager

SERVERS = {"hnsw": "leann_backend_hnsw.hnsw_embedding_server",
           "diskann": "leann_backend_diskann.diskann_embedding_server"}
TEMPLATES = ("build_prompt_template", "query_prompt_template", "prompt_template")


def adopt(index: str, port: int, pid: int) -> Path:
    path = Path(index)
    meta_path = path.parent / f"{path.name}.meta.json"
    meta = json.loads(meta_path.read_text(encoding="utf-8"))
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    manager = EmbeddingServerManager(SERVERS[meta["backend_name"]])
    options = meta.get("embedding_options") or {}
    signature = manager._build_config_signature(
        model_name=meta["embedding_model"],
        embedding_mode=meta.get("embedding_mode", "sentence-transformers"),
        provider_options={k: v for k, v in options.items() if k not in TEMPLATES},
        passages_file=str(meta_path.resolve()),
        distance_metric=meta.get("backend_kwargs", {}).get("distance_metric") or "mips",
    )

    class Process:  # what the package would have started
        pass

    manager.server_process = Process()
    manager.server_process.pid = pid
    manager.server_process.poll = lambda: 0
    return manager._write_registry_record(port=port, config_signature=signature, daemon_ttl_seconds=0)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(adopt(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
