"""How photos are found and cropped. Needs Pillow; without it these tests are skipped, and say so."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

try:
    from PIL import Image

    from tillmodel.photos import DatasetError, centre_square, find_photos, load_input
except ImportError:
    Image = None
    print("SKIPPED: tests of photos because Pillow is not installed (requirements-dev.txt)", file=sys.stderr)


@unittest.skipIf(Image is None, "Pillow is not installed (requirements-dev.txt)")
class Photos(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def photo(self, path, colour=(200, 10, 10), size=(40, 30), **options):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(target, **options)
        return target

    def test_crop_is_the_centre_square_of_seven_eighths(self):
        self.assertEqual(centre_square(400, 320), (60, 20, 280))
        self.assertEqual(centre_square(348, 348), (22, 22, 304))
        self.assertEqual(centre_square(1, 9), (0, 4, 1))

    def test_reads_a_listing(self):
        self.photo("train/Apple/one, two.jpg")
        (self.folder / "train.txt").write_text("train/Apple/one, two.jpg, 3, 1\n\n")
        photos = find_photos(self.folder, "train")
        self.assertEqual((photos.fine.tolist(), photos.coarse.tolist()), ([3], [1]))
        self.assertTrue(photos.paths[0].is_file())

    def test_a_bad_line_is_named(self):
        (self.folder / "val.txt").write_text("a.jpg, 3, 1\nb.jpg\n")
        with self.assertRaisesRegex(DatasetError, "val.txt` line 2"):
            find_photos(self.folder, "val")

    def test_reads_a_folder_per_product_with_or_without_splits(self):
        for path in ("train/pear/1.jpg", "train/apple/1.png", "train/apple/2.jpg", "train/apple/note.txt"):
            self.photo(path) if not path.endswith("txt") else (self.folder / path).write_text("no photo")
        with_split = find_photos(self.folder, "train")
        self.assertEqual(with_split.fine.tolist(), [0, 0, 1])
        self.assertEqual(find_photos(self.folder / "train", "val").fine.tolist(), [0, 0, 1])

    def test_says_so_when_there_is_nothing(self):
        with self.assertRaisesRegex(DatasetError, "neither a listing"):
            find_photos(self.folder, "train")
        with self.assertRaisesRegex(DatasetError, "not a folder"):
            find_photos(self.folder / "gone", None)

    def test_turns_a_photo_upright_before_cropping(self):
        image = Image.new("RGB", (40, 80), (0, 0, 0))
        image.paste((255, 255, 255), (0, 0, 20, 80))
        exif = Image.Exif()
        exif[0x0112] = 6  # the camera was turned: rotate 90 degrees clockwise to view
        path = self.folder / "turned.png"
        image.save(path, exif=exif)
        pixels = load_input(path, 16)
        self.assertEqual(pixels.shape, (16, 16, 3))
        self.assertGreater(pixels[:6].mean(), 200)
        self.assertLess(pixels[-6:].mean(), 50)
        self.assertEqual(pixels.dtype, np.uint8)


if __name__ == "__main__":
    unittest.main()
