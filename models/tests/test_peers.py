"""What the peers are measured with: reading vectors, and counting what was found."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from tillpeers.indexes import prepare, recall
from tillpeers.vectors import VectorsError, load_vectors


class Vectors(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.rows = np.arange(12, dtype=np.float32).reshape(3, 4)

    def test_reads_both_formats(self):
        self.rows.astype("<f4").tofile(self.folder / "v.f32")
        np.save(self.folder / "v.npy", self.rows.astype(np.float64))
        for name in ("v.f32", "v.npy"):
            loaded = load_vectors(self.folder / name, 4)
            np.testing.assert_array_equal(loaded, self.rows)
            self.assertEqual(loaded.dtype, np.float32)

    def test_names_a_file_that_holds_something_else(self):
        self.rows.astype("<f4").tofile(self.folder / "v.f32")
        with self.assertRaisesRegex(VectorsError, "v.f32` holds 12 numbers"):
            load_vectors(self.folder / "v.f32", 5)
        (self.folder / "none.f32").write_bytes(b"")
        with self.assertRaisesRegex(VectorsError, "none.f32` holds no vectors"):
            load_vectors(self.folder / "none.f32", 4)


class Recall(unittest.TestCase):
    def test_counts_right_answers_in_any_order(self):
        truth = np.array([[1, 2], [3, 4]])
        self.assertEqual(recall(np.array([[2, 1], [3, 4]]), truth), 1.0)
        self.assertEqual(recall(np.array([[2, 9], [9, 8]]), truth), 0.25)

    def test_exact_answers_are_the_nearest(self):
        base = np.eye(5, dtype=np.float32)
        task = prepare(base, base[[3, 1]], k=1, threads=1)
        self.assertEqual(task.truth.tolist(), [[3], [1]])
        self.assertEqual(prepare(base, base, k=10, threads=1).k, 5)


if __name__ == "__main__":
    unittest.main()
