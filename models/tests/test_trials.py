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
    from train.trials import Evidence, evidence, least_alike, right, trial, usual_cosine, write_trials


class Kept(unittest.TestCase):
    def test_travel_without_their_provenance(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trials" / "m.json"
            kinds = {"known": [[9000, 9000, 100], [5000, 50, 60]], "unknown": [[100, 70]]}
            save_trials(path, kinds, {"runs": ["one"]})
            self.assertEqual(json.loads(path.read_text())["provenance"], {"runs": ["one"]})
            self.assertEqual(
                load_metadata(path),
                '{"known":[[9000,9000,100],[5000,50,60]],"unknown":[[100,70]]}',
            )


@unittest.skipIf(MISSING, f"{MISSING} not installed")
class Made(unittest.TestCase):
    def test_a_product_scores_by_its_mean_and_its_most_alike_photo(self):
        gallery = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
        found = evidence(gallery, np.array([7, 3, 3]), np.array([[1, 0], [0.6, 0.8]], np.float32))
        np.testing.assert_allclose(found.scores, [[0, 1], [0.8, 0.6]], atol=1e-6)
        mixed = evidence(np.eye(2, dtype=np.float32), np.array([1, 1]), np.array([[1, 0]], np.float32))
        np.testing.assert_allclose(mixed.scores, [[0.75 * 2**-0.5 + 0.25]], rtol=1e-6)

    def test_what_is_usual_follows_from_what_photos_have_in_common(self):
        # The figures of the till's own test.
        length = np.sqrt(100 + 100 * 99 * 0.64)
        self.assertAlmostEqual(float(usual_cosine(np.array(100), length)), 0.8, delta=0.01)
        self.assertAlmostEqual(float(usual_cosine(np.array(1), np.array(1.0))), 0.5)

    def test_a_strange_photo_is_asked_of_those_least_like_it(self):
        gallery = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
        labels, queries, own = np.array([1, 1, 1, 1, 2]), np.array([[1, 0]], np.float32), np.array([0])
        usual = evidence(gallery, labels, queries)
        strange = least_alike(usual, gallery, labels, queries, own)
        mean = np.array([1.4, 2.4]) / np.hypot(1.4, 2.4)
        np.testing.assert_allclose(strange.scores, [[0.75 * mean[0] + 0.25 * 0.8, -1]], rtol=1e-6)
        self.assertGreater(usual.scores[0, 0], strange.scores[0, 0])

    def test_the_own_product_comes_first_and_few_others_are_kept(self):
        scores = np.array([[0.1, 0.9, 0.3, 0.4, 0.5, 0.6, 0.2]])
        found = Evidence(scores, scores / 2)
        self.assertEqual(trial(found, 0, 0), [4500, 1000, 9000, 6000, 5000, 4000])
        self.assertEqual(trial(found, 0, 1, is_enrolled=False), [3000, 6000, 5000, 4000, 3000, 2000])
        self.assertEqual(right([[1, 5, 1], [1, 1, 5], [1, 3, 2], [1, 2, 1]]), 0.75)

    def test_refuses_runs_that_were_kept_from_no_fold(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with self.assertRaisesRegex(ValueError, "is it what `export` wrote"):
                write_trials([folder], folder, folder)
            for part, file in (("built", "m-int8.onnx"), ("weights", "m.json")):
                (folder / part).mkdir()
                (folder / part / file).write_text('{"run": "all", "options": {"fold": null}}')
            with self.assertRaisesRegex(ValueError, "`all` was kept from no fold"):
                write_trials([folder], folder, folder)


if __name__ == "__main__":
    unittest.main()
