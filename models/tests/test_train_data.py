"""Classes, folds, views and figures of training. Skipped, visibly, without torch's environment."""

import importlib.util
import sys
import unittest
from pathlib import Path

import numpy as np

MISSING = [name for name in ("cv2", "PIL") if importlib.util.find_spec(name) is None]
if MISSING:
    print(f"SKIPPED: tests of training data because {MISSING} are missing (requirements-train.txt)", file=sys.stderr)
else:
    from tillmodel.photos import Photos
    from train.augmentation import Augmentation
    from train.batches import epoch_batches, epoch_order
    from train.corruption import MEASURED, darkened, motion_blurred, occluded
    from train.data import Pictures, class_split, folds
    from train.evaluation import few_shot, unseen_products


def photos(per_class, classes=3):
    paths = [Path(f"set/train/Fruit/Thing{c}/Thing{c}_{n:03}.jpg") for c in range(classes) for n in range(per_class)]
    fine = np.repeat(np.arange(classes), per_class)
    return Photos(paths, fine, fine)


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Splits(unittest.TestCase):
    def test_class_splits_are_disjoint_whole_and_repeatable(self):
        trained, asked = class_split(np.arange(81), 0)
        self.assertEqual((len(trained), len(asked)), (40, 41))
        np.testing.assert_array_equal(np.sort(np.concatenate([trained, asked])), np.arange(81))
        np.testing.assert_array_equal(trained, class_split(np.arange(81), 0)[0])
        self.assertFalse(np.array_equal(trained, class_split(np.arange(81), 1)[0]))

    def test_folds_keep_neighbours_together_and_classes_even(self):
        listing = photos(50)
        found = folds(listing, 5)
        for start in range(0, len(found), 5):
            self.assertEqual(len(set(found[start : start + 5])), 1)
        for label in range(3):
            np.testing.assert_array_equal(np.bincount(found[listing.fine == label], minlength=5), [10] * 5)

    def test_folds_do_not_hang_on_where_the_photos_lie(self):
        listing = photos(30)
        elsewhere = Photos([Path("/somewhere/else") / path for path in listing.paths], listing.fine, listing.coarse)
        np.testing.assert_array_equal(folds(listing, 4), folds(elsewhere, 4))


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Views(unittest.TestCase):
    def picture(self, seed=0, size=(60, 80)):
        return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)

    def test_the_same_seed_gives_the_same_views(self):
        views = [
            Augmentation().view(self.picture(), self.picture(1), 32, np.random.default_rng(seed)) for seed in (1, 1, 2)
        ]
        np.testing.assert_array_equal(views[0], views[1])
        self.assertFalse(np.array_equal(views[0], views[2]))
        self.assertEqual((views[0].shape, views[0].dtype), ((32, 32, 3), np.uint8))

    def test_batches_come_in_order_and_name_their_photos(self):
        pictures = Pictures(photos(4), [self.picture(seed) for seed in range(12)])
        order = epoch_order(pictures.photos.fine, 0, np.random.default_rng(0))
        made = [list(epoch_batches(pictures, order, 32, 5, Augmentation(), 1.0, [0])) for _ in range(2)]
        self.assertEqual(len(made[0]), 2)
        np.testing.assert_array_equal(np.concatenate([batch.first for batch in made[0]]), order[:10])
        for first, second in zip(*made, strict=True):
            np.testing.assert_array_equal(first.views, second.views)
            self.assertTrue((first.share > 0.45).all() and (first.share < 1).all())

    def test_a_fault_in_the_thread_is_raised_here(self):
        broken = Pictures(photos(4), [None] * 12)
        with self.assertRaises(AttributeError):
            list(epoch_batches(broken, np.arange(12), 32, 4, Augmentation(), 0.0, [0]))

    def test_rare_products_come_oftener_in_every_other_epoch(self):
        labels = np.repeat([0, 1], [10, 90])
        drawn = labels[epoch_order(labels, 1, np.random.default_rng(0))]
        self.assertGreater((drawn == 0).mean(), 0.15)
        self.assertEqual(sorted(epoch_order(labels, 0, np.random.default_rng(0))), list(range(100)))


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Corruption(unittest.TestCase):
    def test_has_the_strength_it_says(self):
        flat = np.full((80, 80, 3), 200, np.uint8)
        random = np.random.default_rng(0)
        self.assertEqual(darkened(flat, 0.25).max(), 50)
        hidden = occluded(flat, 0.25, np.zeros_like(flat), random)
        self.assertAlmostEqual((hidden == 0).mean(), 0.25, delta=0.01)
        spoilt = MEASURED["noise_sd15"](flat // 2, flat, random).astype(float)
        self.assertAlmostEqual(spoilt.std(), 15, delta=0.5)

    def test_motion_spreads_a_point_over_its_length_and_keeps_its_light(self):
        point = np.zeros((31, 31, 3), np.uint8)
        point[15, 15] = 252
        along = motion_blurred(point, 9, 0.0)
        self.assertEqual(np.flatnonzero(along[15, :, 0]).tolist(), list(range(11, 20)))
        self.assertAlmostEqual(along[:, :, 0].sum(), 252, delta=9)


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Figures(unittest.TestCase):
    def test_few_shots_of_clear_products_are_all_right(self):
        embeddings = np.repeat(np.eye(4, 6), 5, axis=0)
        self.assertEqual(few_shot(embeddings, np.repeat(np.arange(4), 5), 1, np.random.default_rng(0)), 1.0)

    def test_a_product_with_few_photos_still_has_one_to_ask_about(self):
        embeddings, labels = np.repeat(np.eye(2, 6), 3, axis=0), np.repeat(np.arange(2), 3)
        self.assertEqual(few_shot(embeddings, labels, 20, np.random.default_rng(0)), 1.0)

    def test_unseen_products_never_include_trained_ones(self):
        random = np.random.default_rng(0)
        fine = np.repeat(np.arange(6), 10)
        vectors = np.abs(random.normal(0, 0.05, (60, 1280))) + np.eye(6, 1280)[fine]
        is_val = np.tile(np.arange(10) >= 7, 6)
        found = unseen_products(vectors, fine, is_val, np.arange(3))
        self.assertEqual(set(found), {f"{k}_shot{kind}" for k in (1, 5, 20) for kind in ("", "_across")})
        self.assertGreater(found["5_shot"], 0.9)


if __name__ == "__main__":
    unittest.main()
