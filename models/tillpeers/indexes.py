"""Times hnswlib and faiss HNSW on given vectors, at the same settings and against the same exact truth."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Exact scores are made for this many queries at a time: 100,000 vectors make 400 MB of them.
EXACT_BATCH = 1000
# A run is repeated until it has taken this long, so that a quick one is not all noise.
LEAST_RUN_S = 0.5

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """Vectors, queries and the right answers."""

    base: Vectors
    queries: Vectors
    truth: Labels
    threads: int
    exact_queries_per_s: float

    @property
    def k(self) -> int:
        """Answers per query."""
        return int(self.truth.shape[1])


@dataclass(frozen=True)
class Settings:
    """How indexes are built and which search widths are tried, ascending."""

    links: int
    ef_construction: int
    ef: list[int]
    target_recall: float


def prepare(base: Vectors, queries: Vectors, k: int, threads: int) -> Task:
    """Finds the exact answers (numpy, whatever threads its BLAS takes) and times it."""
    k = min(k, len(base))
    started = time.perf_counter()
    parts = []
    for start in range(0, len(queries), EXACT_BATCH):
        scores = queries[start : start + EXACT_BATCH] @ base.T
        parts.append(np.argpartition(-scores, k - 1, axis=1)[:, :k])
    rate = len(queries) / (time.perf_counter() - started)
    return Task(base, queries, np.concatenate(parts), threads, round(rate, 1))


def measure_hnswlib(task: Task, settings: Settings) -> dict[str, Any]:
    """Builds, queries and reloads with hnswlib."""
    import hnswlib

    def opened() -> hnswlib.Index:
        index = hnswlib.Index(space="ip", dim=task.base.shape[1])
        index.set_num_threads(task.threads)
        return index

    index = opened()
    started = time.perf_counter()
    index.init_index(len(task.base), M=settings.links, ef_construction=settings.ef_construction, random_seed=1)
    index.add_items(task.base, np.arange(len(task.base)), num_threads=task.threads)
    build_s = time.perf_counter() - started

    def search(ef: int) -> Labels:
        index.set_ef(max(ef, task.k))
        return index.knn_query(task.queries, k=task.k, num_threads=task.threads)[0].astype(np.int64)

    def reload(path: Path) -> None:
        again = opened()
        again.load_index(str(path))
        again.set_ef(max(settings.ef[0], task.k))
        again.knn_query(task.queries[:1], k=task.k)

    runs = _runs(task, settings, search)
    return _report(build_s, runs, settings, _reload(lambda path: index.save_index(str(path)), reload))


def measure_faiss(task: Task, settings: Settings) -> dict[str, Any]:
    """Builds, queries and reloads with faiss's HNSW over flat float32 vectors."""
    import faiss

    faiss.omp_set_num_threads(task.threads)
    index = faiss.IndexHNSWFlat(task.base.shape[1], settings.links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = settings.ef_construction
    started = time.perf_counter()
    index.add(task.base)
    build_s = time.perf_counter() - started

    def search(ef: int) -> Labels:
        index.hnsw.efSearch = max(ef, task.k)
        return index.search(task.queries, task.k)[1]

    def reload(path: Path) -> None:
        faiss.read_index(str(path)).search(task.queries[:1], task.k)

    runs = _runs(task, settings, search)
    return _report(build_s, runs, settings, _reload(lambda path: faiss.write_index(index, str(path)), reload))


def _runs(task: Task, settings: Settings, search: Callable[[int], Labels]) -> list[dict[str, float]]:
    runs = []
    for ef in settings.ef:
        found = search(ef)
        rounds, started = 0, time.perf_counter()
        while rounds == 0 or time.perf_counter() - started < LEAST_RUN_S:
            search(ef)
            rounds += 1
        rate = rounds * len(task.queries) / (time.perf_counter() - started)
        runs.append({"ef": ef, "recall_at_k": round(recall(found, task.truth), 5), "queries_per_s": round(rate, 1)})
    return runs


def recall(found: Labels, truth: Labels) -> float:
    """The share of the right answers that were found, in any order."""
    hits = sum(len(np.intersect1d(row, right)) for row, right in zip(found, truth, strict=True))
    return hits / truth.size


def _reload(save: Callable[[Path], None], reload: Callable[[Path], None]) -> tuple[float, int]:
    """Milliseconds from a file (in the page cache) to the first answer, and the file's size."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        save(path)
        started = time.perf_counter()
        reload(path)
        return (time.perf_counter() - started) * 1000, path.stat().st_size


def _report(
    build_s: float, runs: list[dict[str, float]], settings: Settings, reloaded: tuple[float, int]
) -> dict[str, Any]:
    reload_ms, size = reloaded
    return {
        "build_s": round(build_s, 3),
        "reload_ms": round(reload_ms, 2),
        "file_mb": round(size / 1e6, 1),
        "runs": runs,
        "at_target": next((run for run in runs if run["recall_at_k"] >= settings.target_recall), None),
    }
