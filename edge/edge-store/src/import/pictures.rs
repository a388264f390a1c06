//! Products' pictures: found beside the catalogue file, kept in the store's folder under safe names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use domain::ids::ProductId;

use sync_core::chain::{digest, to_hex};

/// The largest picture that is taken, in bytes.
const PICTURE_MAX_LEN: u64 = 15 * 1024 * 1024;

/// A picture file that belongs to a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSource {
    /// Whose it is.
    pub product: ProductId,
    /// Where it lies.
    pub from: PathBuf,
    /// Its name in the store's picture folder: the product, and a part of the content's hash, so that another picture has
    /// another name and earlier generations keep theirs.
    pub name: String,
}

/// Where a product's picture lies in the store in `dir`.
pub fn picture_path(dir: &Path, name: &str) -> PathBuf {
    dir.join("pictures").join(name)
}

/// Copies pictures into `<dir>/pictures/`; those that are there already are left. Do it before publishing the catalogue. Gives
/// the number copied.
pub fn install_pictures(pictures: &[PictureSource], dir: &Path) -> io::Result<u64> {
    let folder = dir.join("pictures");
    fs::create_dir_all(&folder)?;
    let mut copied = 0;
    for picture in pictures {
        let target = folder.join(&picture.name);
        let same =
            |there: &fs::Metadata| fs::metadata(&picture.from).is_ok_and(|from| from.len() == there.len());
        if fs::metadata(&target).is_ok_and(|there| same(&there)) {
            continue;
        }
        let draft = folder.join(format!("{}.draft", picture.name));
        let mut source = File::open(&picture.from)?;
        io::copy(&mut source, &mut File::create(&draft)?)?;
        fs::rename(draft, target)?;
        copied += 1;
    }
    if copied > 0 {
        // Once for all of them: thousands of single syncs would take minutes.
        rustix::fs::syncfs(File::open(&folder)?)?;
    }
    Ok(copied)
}

/// What became of a picture that a product names.
pub(super) enum Found {
    /// None was named.
    Nothing,
    /// The store has it.
    InStore(String),
    /// It lies beside the catalogue.
    File(PictureSource),
    /// It is not there or not a picture: the product does without.
    Missing(String),
    /// It must not be read.
    Refused(String),
}

/// Looks for the picture that a product names.
pub(super) fn find(product: &ProductId, named: &str, folder: &Path, store: Option<&Path>) -> Found {
    if named.is_empty() {
        return Found::Nothing;
    }
    let path = Path::new(named);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain || named.contains('\0') {
        return Found::Refused(format!(
            "picture `{named}` lies outside the catalogue's folder: put it beside the file"
        ));
    }
    let file = folder.join(path);
    match File::open(&file) {
        Ok(opened) => {
            let inside =
                fs::canonicalize(&file).and_then(|file| Ok(file.starts_with(fs::canonicalize(folder)?)));
            if !inside.unwrap_or(false) {
                return Found::Refused(format!("picture `{named}` is a link out of the catalogue's folder"));
            }
            match name_of(product, opened) {
                Ok(name) => Found::File(PictureSource { product: product.clone(), from: file, name }),
                Err(problem) => {
                    Found::Missing(format!("picture `{named}` {problem}; {product} has none now"))
                }
            }
        }
        Err(_)
            if path.components().count() == 1
                && store.is_some_and(|dir| picture_path(dir, named).is_file()) =>
        {
            Found::InStore(named.to_owned())
        }
        Err(error) => {
            Found::Missing(format!("picture `{named}` cannot be read ({error}); {product} has none now"))
        }
    }
}

/// The name that a picture gets in the store; an error says why it is none.
fn name_of(product: &ProductId, file: File) -> Result<String, String> {
    let mut bytes = Vec::new();
    file.take(PICTURE_MAX_LEN + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read ({error})"))?;
    if bytes.len() as u64 > PICTURE_MAX_LEN {
        return Err(format!("is larger than {} MiB", PICTURE_MAX_LEN / 1024 / 1024));
    }
    let extension = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        _ => return Err("is not a PNG, JPEG or WebP file".to_owned()),
    };
    Ok(format!("{product}-{}.{extension}", &to_hex(&digest(&bytes))[..12]))
}
