"""The list of photos that a model learnt from."""

import tempfile
import unittest
from pathlib import Path

from tillmodel.seen import DIGITS, load_names, photo_names, save_names


class SeenTest(unittest.TestCase):
    def test_names_photos_by_what_they_hold(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, content in (("a.jpg", b"one"), ("b.jpg", b"two"), ("copy.jpg", b"one")):
                (folder / file).write_bytes(content)
            names = photo_names(sorted(folder.iterdir()))
            # sha256("two") begins with 3fc4ccfe7458, sha256("one") with 7692c3ad3540.
            self.assertEqual([n[:12] for n in names], ["3fc4ccfe7458", "7692c3ad3540"])
            self.assertTrue(all(len(n) == DIGITS for n in names))
            save_names(folder / "list", names)
            self.assertEqual(load_names(folder / "list"), names)


if __name__ == "__main__":
    unittest.main()
