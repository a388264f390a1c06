"""Trials of photos a model has not seen: how they are scored and kept."""

import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from tillmodel.trials import load_metadata, save_trials

MISSING = [name for name in ("PIL", "onnxruntime") if importlib.util.find_spec(name) is None]
if MISSING:
    print(f"SKIPPED: tests of how trials are made because {MISSING} are missing", file=sys.stderr)
else:
    from train.trials import RIVALS, _trial, product_scores, right, write_trials


class Kept(unittest.TestCase):
    def test_travel_without_their_provenance(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trials" / "m.json"
            save_trials(path, [[9000, 100], [50, 60]], [[100], [60]], {"runs": ["one"]})
            self.assertEqual(json.loads(path.read_text())["provenance"], {"runs": ["one"]})
            self.assertEqual(load_metadata(path), '{"known":[[9000,100],[50,60]],"unknown":[[100],[60]]}')


@unittest.skipIf(MISSING, f"{MISSING} not installed")
class Made(unittest.TestCase):
    def test_a_product_scores_by_its_mean_and_its_most_alike_photo(self):
        gallery = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
        scores = product_scores(gallery, np.array([7, 3, 3]), np.array([[1, 0], [0.6, 0.8]], np.float32))
        np.testing.assert_allclose(scores, [[0, 1], [0.8, 0.6]], atol=1e-6)
        mixed = product_scores(np.eye(2, dtype=np.float32), np.array([1, 1]), np.array([[1, 0]], np.float32))
        np.testing.assert_allclose(mixed, [[0.75 * 2**-0.5 + 0.25]], rtol=1e-6)

    def test_the_own_product_comes_first_and_few_others_are_kept(self):
        scores = np.linspace(0.1, 0.9, 20)
        known = _trial(scores, 0)
        self.assertEqual((len(known), known[0], known[1]), (RIVALS, 1000, 9000))
        self.assertEqual(known[1:], sorted(known[1:], reverse=True))
        self.assertEqual(_trial(np.array([0.2, 0.5])), [5000, 2000])
        self.assertEqual(right([[5, 1], [1, 5], [3, 2], [2, 1]]), 0.75)

    def test_refuses_runs_that_have_seen_everything(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with self.assertRaisesRegex(ValueError, "is it what `export` wrote"):
                write_trials([folder], folder, folder)
            for part, file in (("built", "m-int8.onnx"), ("weights", "m.json")):
                (folder / part).mkdir()
                (folder / part / file).write_text('{"run": "all", "options": {"with_val": true}}')
            with self.assertRaisesRegex(ValueError, "`all` was kept from no photo"):
                write_trials([folder], folder, folder)


if __name__ == "__main__":
    unittest.main()
