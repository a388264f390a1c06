//! Which photo of a product shoppers see, and what its picture is called.

use cloud_store::{Hash, Photo, PhotoState};
use domain::ids::ProductId;

/// Hexadecimal digits of the photo's SHA-256 that a name carries.
const HASH_DIGITS: usize = 12;

/// The photo that shoppers see: the first that came and could be read.
pub fn shown(photos: &[Photo]) -> Option<&Photo> {
    photos.iter().find(|photo| photo.state == PhotoState::Embedded)
}

/// What a picture made from this photo is called: another photo has another name, so names can be kept for ever.
pub fn name_of(product: &ProductId, photo: &Hash) -> String {
    format!("{product}-{}.jpg", digits(photo))
}

/// Whose picture it is, and the digits of its photo; `None` for what is no name of a picture.
pub fn parse(name: &str) -> Option<(ProductId, &str)> {
    let (product, digits) = name.strip_suffix(".jpg")?.rsplit_once('-')?;
    let fits = digits.len() == HASH_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some((ProductId::new(product).ok()?, digits))
}

/// Whether a name's digits are of this photo.
pub fn is_of(digits_of_name: &str, photo: &Hash) -> bool {
    digits(photo) == digits_of_name
}

fn digits(photo: &Hash) -> String {
    let mut text = data_encoding::HEXLOWER.encode(&photo[..]);
    text.truncate(HASH_DIGITS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_picture_of_which_photo_it_is() {
        let product = ProductId::new("apple-red").unwrap();
        let name = name_of(&product, &[0xab; 32]);
        assert_eq!(name, "apple-red-abababababab.jpg");
        let (found, digits) = parse(&name).unwrap();
        assert_eq!(found, product);
        assert!(is_of(digits, &[0xab; 32]) && !is_of(digits, &[0xac; 32]));
        for bad in ["", "apple.jpg", "apple-12.jpg", "apple-abababababab.png", "../x-abababababab.jpg"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
