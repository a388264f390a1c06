#!/usr/bin/env python3
"""The Python side of `tillsight bench`: the same work done with onnxruntime + Pillow, hnswlib and faiss-cpu.

Prints one JSON object as its last line on stdout. A part that was not asked for is null; so is one whose peer is not
installed, and then stderr says so. Install the peers with requirements-dev.txt. Examples:

  peer_bench.py --model built/lite2-260-fp32.onnx --photos DIR --threads 1
  peer_bench.py --vectors base.f32 --queries asked.f32 --dim 256 --k 10 --ef 16 32 64 --target-recall 0.99

Vectors are .npy, or raw little-endian float32 rows with --dim; they should have unit length (likeness is the inner
product). Recall is against an exact search of the same vectors. Queries run on --threads threads in one call.

embed: median milliseconds per photo; `ms` = `preprocess_ms` + `session_ms`, decoding apart.
hnswlib, faiss: `build_s`, `reload_ms` (from a file to the first answer), `file_mb`, `runs` (one per ef: `ef`,
`recall_at_k`, `queries_per_s`), `at_target` (the first run that reaches the target recall, or null).
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tillpeers.embedding import measure_embedding
from tillpeers.vectors import VectorsError, load_vectors


def main() -> int:
    arguments = parse_arguments()
    report: dict[str, Any] = {
        "threads": arguments.threads,
        "vectors": None,
        "embed": None,
        "exact": None,
        "hnswlib": None,
        "faiss": None,
    }
    if arguments.model is not None:
        report["embed"] = measured(
            "onnxruntime and Pillow",
            lambda: measure_embedding(arguments.model, arguments.photos, arguments.threads, arguments.images),
        )
    if arguments.vectors is not None:
        report |= measure_indexes(arguments)
    print(json.dumps(report))
    return 0


def measure_indexes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Every index on the same vectors and the same truth."""
    from tillpeers import indexes

    base = load_vectors(arguments.vectors, arguments.dim)
    queries = (
        load_vectors(arguments.queries, arguments.dim) if arguments.queries else base[:: max(1, len(base) // 1000)]
    )
    if queries.shape[1] != base.shape[1]:
        raise VectorsError(f"queries are {queries.shape[1]} long, vectors {base.shape[1]}")
    task = indexes.prepare(base, queries, arguments.k, arguments.threads)
    settings = indexes.Settings(
        links=arguments.links,
        ef_construction=arguments.ef_construction,
        ef=sorted(arguments.ef),
        target_recall=arguments.target_recall,
    )
    return {
        "vectors": {"count": len(base), "dimension": base.shape[1], "queries": len(queries), "k": arguments.k},
        "exact": {"queries_per_s": task.exact_queries_per_s},
        "hnswlib": measured("hnswlib", lambda: indexes.measure_hnswlib(task, settings)),
        "faiss": measured("faiss-cpu", lambda: indexes.measure_faiss(task, settings)),
    }


def measured(peer: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What `measure` finds, or None and a note when the peer is not installed."""
    try:
        return measure()
    except ImportError as error:
        print(f"peer_bench: {peer} left out: {error} (requirements-dev.txt)", file=sys.stderr)
        return None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    embed = parser.add_argument_group("embedding")
    embed.add_argument("--model", type=Path, help="an ONNX file of models/built")
    embed.add_argument("--photos", type=Path, help="folder of photos, looked through to the bottom")
    embed.add_argument("--images", type=int, default=100, help="how many photos, spread over the folder (default: 100)")
    index = parser.add_argument_group("index")
    index.add_argument("--vectors", type=Path)
    index.add_argument("--queries", type=Path, help="default: about 1,000 of the vectors themselves")
    index.add_argument("--dim", type=int, default=256, help="length of raw float32 rows (default: 256)")
    index.add_argument("--k", type=int, default=10)
    index.add_argument("--ef", type=int, nargs="+", default=[16, 24, 32, 48, 64, 96, 128, 256])
    index.add_argument("--target-recall", type=float, default=0.99)
    index.add_argument("--links", type=int, default=16, help="links per node, M (default: 16)")
    index.add_argument("--ef-construction", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.model is not None and arguments.photos is None:
        parser.error("--model needs --photos")
    if arguments.model is None and arguments.vectors is None:
        parser.error("nothing to measure: give --model and --photos, or --vectors")
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (VectorsError, OSError) as error:
        sys.exit(f"error: {error}")
