"""The projection: what fitting does, and that the shipped ones are what their provenance says."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from tillmodel.projection import DIMENSION, fit_projection, load_projection, save_projection
from tillmodel.ranges import RangeCollector, load_ranges, save_ranges
from tillmodel.recipes import RECIPES, sha256


def four_products_in_noise(seed):
    """Products differ a little in the first four features; photos differ a lot in the others."""
    generator = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2, 3], 50)
    features = generator.standard_normal((200, 12)) * np.array([0.1] * 4 + [1.0] * 8) + 5
    features[:, :4] += np.eye(4)[labels]
    return features, labels


class Fitting(unittest.TestCase):
    def test_makes_products_stand_apart(self):
        fitted = fit_projection(*four_products_in_noise(1), shrinkage=0.1, dimension=3)
        features, labels = four_products_in_noise(2)
        embeddings = fitted.apply(features)
        prototypes = np.stack([embeddings[labels == label].mean(axis=0) for label in range(4)])
        nearest = np.argmax(embeddings @ prototypes.T, axis=1)
        self.assertGreater((nearest == labels).mean(), 0.95)
        self.assertEqual(fitted.dimension, 3)

    def test_refuses_what_it_cannot_fit_on(self):
        features = np.ones((3, 8))
        for labels, dimension in [([0, 1, 2], 4), ([0, 0, 0], 4), ([0, 0, 1], 9)]:
            with self.assertRaises(ValueError):
                fit_projection(features, np.array(labels), 0.3, dimension)

    def test_comes_back_from_its_file_with_its_hash_noted(self):
        fitted = fit_projection(*four_products_in_noise(1), shrinkage=0.1, dimension=3)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "p.npz"
            save_projection(path, fitted, {"dataset": "made up"})
            back = load_projection(path)
            np.testing.assert_array_equal(back.weights, fitted.weights)
            np.testing.assert_array_equal(back.offset, fitted.offset)
            self.assertEqual(json.loads(path.with_suffix(".json").read_text())["projection_sha256"], sha256(path))


class Shipped(unittest.TestCase):
    def test_projections_are_what_their_provenance_says(self):
        for recipe in RECIPES:
            note = json.loads(recipe.projection.with_suffix(".json").read_text())
            self.assertEqual(note["projection_sha256"], sha256(recipe.projection))
            self.assertEqual((note["model"], note["weights_sha256"]), (recipe.stem, sha256(recipe.weights)))
            weights = load_projection(recipe.projection).weights
            self.assertEqual(weights.shape, (1280, DIMENSION))
            self.assertTrue(np.isfinite(weights).all())

    def test_ranges_hold_zero_and_are_not_empty(self):
        for recipe in RECIPES:
            if recipe.precision == "int8":
                for name, (low, high) in load_ranges(recipe.ranges).items():
                    self.assertLess(low, 0, name)
                    self.assertGreater(high, 0, name)


class Ranges(unittest.TestCase):
    def test_is_the_mean_of_the_photos_extremes_and_comes_back(self):
        collector = RangeCollector(["a"])
        collector.see("a", np.array([[[-1.0, 2.0]], [[-3.0, 4.0]]]))
        collector.see("a", np.array([[[0.0, 6.0]]]))
        self.assertEqual(collector.ranges(), {"a": (-1.3333, 4.0)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "r.json"
            save_ranges(path, collector.ranges(), {})
            self.assertEqual(load_ranges(path), collector.ranges())


if __name__ == "__main__":
    unittest.main()
