"""8-bit arithmetic: what is stored comes back, and no processor's sums overflow."""

import unittest

import numpy as np

from tillmodel.quantisation import activation_for, dequantise, quantise_bias, quantise_weights


def random_weights(shape, seed):
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) * generator.uniform(0.01, 4, (shape[0], 1, 1, 1))


class Activations(unittest.TestCase):
    def test_zero_is_exact_and_ends_are_within_a_step(self):
        for low, high in [(0, 6), (-3.3, 7.1), (-12, 0.5), (2, 5), (-4, -1)]:
            how = activation_for(low, high)
            self.assertEqual(dequantise(how.zero_point, how.scale, int(how.zero_point)), 0)
            ends = dequantise(np.array([0, 255]), how.scale, int(how.zero_point))
            self.assertLess(abs(ends[0] - min(low, 0)), how.scale)
            self.assertLess(abs(ends[1] - max(high, 0)), how.scale)

    def test_relu6_is_the_stored_range_itself(self):
        how = activation_for(0, 6)
        self.assertEqual(int(how.zero_point), 0)
        self.assertAlmostEqual(float(dequantise(np.array(255), how.scale, 0)), 6.0, places=5)

    def test_refuses_an_empty_range(self):
        with self.assertRaises(ValueError):
            activation_for(0, 0)


class Weights(unittest.TestCase):
    def test_round_trip_is_within_half_a_step_of_its_channel(self):
        for shape in [(8, 24, 1, 1), (16, 1, 5, 5), (8, 3, 3, 3), (4, 7, 1, 1)]:
            weights = random_weights(shape, seed=1)
            stored = quantise_weights(weights)
            back = stored.values * stored.scales[:, None, None, None].astype(np.float64)
            step = stored.scales[:, None, None, None]
            self.assertTrue((np.abs(back - weights) <= step * 0.5001).all(), shape)

    def test_paired_products_fit_sixteen_bits(self):
        for seed in range(50):
            weights = random_weights((16, 9 + seed % 2, 3 if seed % 3 == 0 else 1, 1), seed)
            rows = quantise_weights(weights).values.transpose(0, 2, 3, 1).reshape(16, -1).astype(int)
            even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
            left, right = even[:, 0::2], even[:, 1::2]
            high = 255 * (np.maximum(left, 0) + np.maximum(right, 0))
            low = 255 * (np.minimum(left, 0) + np.minimum(right, 0))
            self.assertLessEqual(high.max(), 32767)
            self.assertGreaterEqual(low.min(), -32768)

    def test_depthwise_channels_use_the_whole_range(self):
        stored = quantise_weights(random_weights((12, 1, 3, 3), seed=2))
        self.assertTrue((np.abs(stored.values.reshape(12, -1).astype(int)).max(axis=1) == 127).all())

    def test_a_channel_of_zeros_stays_zero(self):
        stored = quantise_weights(np.zeros((2, 4, 1, 1)))
        self.assertFalse(stored.values.any())
        self.assertTrue(np.isfinite(stored.scales).all())


class Biases(unittest.TestCase):
    def test_counts_steps_and_holds_at_the_limit(self):
        steps = quantise_bias(np.array([1.0, -0.26, 1e30]), np.array([0.1, 0.1, 1e-9], np.float32))
        self.assertEqual(steps.tolist(), [10, -3, 2**31 - 1])


if __name__ == "__main__":
    unittest.main()
