//! Data folders that are made once and copied: enrolling a shop takes a minute, copying it a moment.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// Copies the data folder that `make` makes for `ingredients` into `to`. What was made before from the same
/// ingredients, by the same build of this program, is copied without being made again.
pub fn instantiate(
    kind: &str,
    ingredients: &[&[u8]],
    to: &Path,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let template = cache_folder()?.join("tills").join(format!("{kind}-{}", fingerprint(ingredients)?));
    if !template.is_dir() {
        let fresh = template.with_extension(format!("new-{}", std::process::id()));
        if fresh.exists() {
            fs::remove_dir_all(&fresh)?;
        }
        fs::create_dir_all(&fresh)?;
        make(&fresh)?;
        // Another process may have been first; its folder is as good.
        if fs::rename(&fresh, &template).is_err() {
            fs::remove_dir_all(&fresh)?;
        }
    }
    copy_tree(&template, to)
}

/// Where things that can be made again are kept: `$TILLSIGHT_CACHE`, else `~/.cache/tillsight`.
pub fn cache_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("TILLSIGHT_CACHE") {
        return Ok(folder.into());
    }
    let home = std::env::var_os("HOME").context("neither TILLSIGHT_CACHE nor HOME is set")?;
    Ok(Path::new(&home).join(".cache/tillsight"))
}

/// The program is one of the ingredients: it crops, embeds and calibrates.
fn fingerprint(ingredients: &[&[u8]]) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(fs::read(std::env::current_exe()?)?);
    for ingredient in ingredients {
        hash.update((ingredient.len() as u64).to_le_bytes());
        hash.update(ingredient);
    }
    Ok(hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}

fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| {
                format!("failed to copy `{}` to `{}`", entry.path().display(), target.display())
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_once_and_copies_ever_after() {
        let scratch = tempfile::tempdir().unwrap();
        let unique = scratch.path().display().to_string();
        let mut made = 0;
        for name in ["a", "b"] {
            let to = scratch.path().join(name);
            let ingredients = [unique.as_bytes()];
            instantiate("template-test", &ingredients, &to, |folder| {
                made += 1;
                fs::create_dir(folder.join("inner"))?;
                Ok(fs::write(folder.join("inner/file"), "content")?)
            })
            .unwrap();
            assert_eq!(fs::read_to_string(to.join("inner/file")).unwrap(), "content");
        }
        assert_eq!(made, 1);
        let folder = format!("template-test-{}", fingerprint(&[unique.as_bytes()]).unwrap());
        fs::remove_dir_all(cache_folder().unwrap().join("tills").join(folder)).unwrap();
    }
}
