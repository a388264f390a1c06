"""The facts of EfficientNet-Lite that are easy to get wrong."""

import unittest

from tillmodel.architecture import VARIANTS, Add, Conv, same_padding, scaled_depth, scaled_width, trunk


class Padding(unittest.TestCase):
    def test_the_odd_pixel_goes_after(self):
        cases = {
            (224, 3, 2): (0, 1),  # 112 outputs reach 1 pixel beyond
            (65, 5, 2): (2, 2),
            (130, 5, 2): (1, 2),
            (7, 3, 1): (1, 1),
            (9, 1, 1): (0, 0),
            (33, 3, 2): (1, 1),
        }
        for (side, kernel, stride), expected in cases.items():
            self.assertEqual(same_padding(side, kernel, stride), expected, (side, kernel, stride))

    def test_gives_ceil_of_side_over_stride_outputs(self):
        for side in range(1, 64):
            for kernel in (1, 3, 5):
                for stride in (1, 2):
                    before, after = same_padding(side, kernel, stride)
                    outputs = (side + before + after - kernel) // stride + 1
                    self.assertEqual(outputs, -(-side // stride), (side, kernel, stride))


class Scaling(unittest.TestCase):
    def test_widths_and_depths_of_lite2(self):
        self.assertEqual(
            [scaled_width(c, 1.1) for c in (16, 24, 40, 80, 112, 192, 320)], [16, 24, 48, 88, 120, 208, 352]
        )
        self.assertEqual([scaled_depth(r, 1.2) for r in (2, 3, 4)], [3, 4, 5])

    def test_stem_and_head_keep_their_shape_at_every_variant(self):
        for variant in VARIANTS.values():
            layers = trunk(variant, 224)
            self.assertEqual((layers[0].name, layers[-1].name), ("stem", "head"))
            depthwise = [layer for layer in layers if isinstance(layer, Conv) and layer.name.endswith("depthwise")]
            self.assertEqual(depthwise[0].groups, 32)

    def test_blocks_and_sums(self):
        for name, blocks, sums in (("lite0", 16, 9), ("lite2", 21, 14)):
            layers = trunk(VARIANTS[name], 224)
            projects = [layer for layer in layers if layer.name.endswith("project")]
            self.assertEqual(len(projects), blocks)
            self.assertEqual(sum(isinstance(layer, Add) for layer in layers), sums)

    def test_each_layer_reads_one_before_it(self):
        known = {"normalised"}
        for layer in trunk(VARIANTS["lite2"], 260):
            sources = {layer.source} if isinstance(layer, Conv) else {layer.left, layer.right}
            self.assertLessEqual(sources, known)
            known.add(layer.name)


if __name__ == "__main__":
    unittest.main()
