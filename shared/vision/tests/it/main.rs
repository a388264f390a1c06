//! Vision over real files: pictures, the model, photos, many vectors.

mod many_vectors;
