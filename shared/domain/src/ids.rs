//! One newtype per id, so that no function takes one kind of id for another.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;
pub use uuid::Uuid;

/// Longest name of an organisation, store, till, product or tax code, in bytes.
pub const NAME_MAX_LEN: usize = 64;

/// A name that cannot be used as an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{value}` is not a valid {kind}: use 1 to {NAME_MAX_LEN} of a-z, 0-9, `-`, `_` and `.`, starting with a letter or digit"
)]
pub struct InvalidName {
    kind: &'static str,
    value: String,
}

impl InvalidName {
    /// What was written; of a long one the beginning.
    pub fn value(&self) -> &str {
        &self.value
    }
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the name; it becomes part of topics, URLs and file names, so the alphabet is small.
            pub fn new(value: &str) -> Result<Self, InvalidName> {
                let shape_ok = value.len() <= NAME_MAX_LEN
                    && value.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                    && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
                if shape_ok {
                    Ok(Self(value.into()))
                } else {
                    Err(InvalidName { kind: $kind, value: value.chars().take(NAME_MAX_LEN + 1).collect() })
                }
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_id!(
    /// A company that runs stores.
    OrgId,
    "organisation name"
);
name_id!(
    /// A store of an organisation.
    StoreId,
    "store name"
);
name_id!(
    /// A till of a store (POSLog: Workstation).
    TillId,
    "till name"
);
name_id!(
    /// A product of the catalogue.
    ProductId,
    "product id"
);
name_id!(
    /// A tax category of the catalogue, for example `vat10`.
    TaxCode,
    "tax code"
);

/// Which model made a vector. Vectors of different versions are never compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelVersion(Arc<str>);

impl ModelVersion {
    /// Wraps a version label such as `lite2-260-fp32.3f9a01b2c4d5`.
    pub fn new(label: &str) -> Self {
        Self(label.into())
    }

    /// The label as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A sale, made once on the till (UUIDv7) and kept on every retry.
    SaleId
);
uuid_id!(
    /// One attempt to take a payment; the payment terminal is asked about it by this id.
    PaymentId
);
uuid_id!(
    /// One thing that a till was told to do.
    CommandId
);
uuid_id!(
    /// One enrolled view: the vector that came from one photo of a product.
    ViewId
);

impl ViewId {
    /// Bytes of a photo's SHA-256 that an id carries.
    pub const PHOTO_BYTES: usize = 6;
    /// What stands in their place in the id of a view that no photo was enrolled for.
    const LEARNT: [u8; Self::PHOTO_BYTES] = *b"learnt";

    /// An id (UUIDv8) that says which photo file the view was made from: the first bytes of its SHA-256, and the rest of
    /// `unique`, a new UUIDv4 or UUIDv7. So it can be told later whether a model has learnt from that very photo.
    pub fn of_photo(photo: [u8; Self::PHOTO_BYTES], unique: Uuid) -> Self {
        let mut bytes = unique.into_bytes();
        bytes[..Self::PHOTO_BYTES].copy_from_slice(&photo);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The id of another view of the same photo, made with `unique`, a new UUIDv4 or UUIDv7.
    pub fn renewed(self, unique: Uuid) -> Self {
        self.photo().map_or(Self(unique), |photo| Self::of_photo(photo, unique))
    }

    /// The first bytes of the SHA-256 of the photo file, where the id carries them: views of a camera do not.
    pub fn photo(self) -> Option<[u8; Self::PHOTO_BYTES]> {
        if self.0.get_version_num() != 8 || self.is_learnt() {
            return None;
        }
        self.0.as_bytes().first_chunk().copied()
    }

    /// An id (UUIDv8) that says that nobody enrolled the view: the till learnt it from a sale. `unique` is a new UUIDv4 or
    /// UUIDv7.
    pub fn of_sale(unique: Uuid) -> Self {
        Self::of_photo(Self::LEARNT, unique)
    }

    /// Whether the till learnt the view from a sale.
    pub fn is_learnt(self) -> bool {
        self.0.get_version_num() == 8 && self.0.as_bytes().starts_with(&Self::LEARNT)
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// Number of a catalogue generation: prices, tax, vectors, model and thresholds that switch together.
    Generation
);
number_id!(
    /// Place of a sighting in its till's store: later ones are higher.
    SightingId
);
number_id!(
    /// Place of a sale in its till's journal: 1, 2, 3, ... without gaps.
    SequenceNumber
);
number_id!(
    /// One physical thing followed over frames while it lies on the tray.
    TrackId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_names_that_fit_topics_urls_and_files() {
        for good in ["a", "till-1", "0042", "red.apple_2"] {
            assert_eq!(ProductId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a b", "a/b", "a#", "яблоко", &"a".repeat(65)] {
            assert!(ProductId::new(bad).is_err(), "{bad}");
        }
        assert_eq!(
            TillId::new("Till 1").unwrap_err().to_string(),
            "`Till 1` is not a valid till name: use 1 to 64 of a-z, 0-9, `-`, `_` and `.`, starting with a letter or digit"
        );
    }
}
