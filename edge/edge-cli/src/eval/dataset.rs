//! Labelled photos: a folder with split files as GroceryStoreDataset has them, or a folder of folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::ids::ProductId;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::failure::Failure;
use crate::photos::{entries, photos_below};
use crate::suggest::did_you_mean;

/// The split that products are enrolled from.
pub(crate) const ENROLLED: &str = "train";

/// One kind of thing that a photo shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    /// The id it is enrolled under.
    pub(crate) product: ProductId,
    /// What people call it: as the data set writes it.
    pub(crate) name: String,
    /// The number of the group of classes it belongs to; `None` in data without groups.
    pub(crate) coarse: Option<u32>,
}

impl Class {
    fn new(name: &str, product: ProductId, coarse: Option<u32>) -> Self {
        let name = if name.is_empty() { product.as_str() } else { name }.to_owned();
        Self { product, name, coarse }
    }
}

/// One labelled photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Photo {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Place of its class in [`Dataset::classes`].
    pub(crate) class: usize,
}

/// The photos to enrol, the photos to ask about, and what they show.
#[derive(Debug)]
pub(crate) struct Dataset {
    /// The classes, of which not all need have photos.
    pub(crate) classes: Vec<Class>,
    /// What products are enrolled from.
    pub(crate) train: Vec<Photo>,
    /// What is asked about. Nothing is fitted on it.
    pub(crate) queries: Vec<Photo>,
}

impl Dataset {
    /// Reads a data set and one split of it to ask about.
    pub(crate) fn open(folder: &Path, split: &str, seed: u64) -> Result<Self, Failure> {
        if split == ENROLLED {
            let text = "`train` is what products are enrolled from, so asking about it would measure nothing";
            return Err(Failure::usage(text).hint("name another split, for example `--split val`"));
        }
        let dataset = if folder.join("train.txt").is_file() {
            from_split_files(folder, split)?
        } else {
            from_folders(folder, split, seed)?
        };
        if dataset.train.is_empty() || dataset.queries.is_empty() {
            let text = format!(
                "`{}` has {} photos to enrol and {} to ask about: it needs both",
                folder.display(),
                dataset.train.len(),
                dataset.queries.len()
            );
            return Err(Failure::new(text));
        }
        Ok(dataset)
    }

    /// At most `limit` training photos of each class, chosen by the seed.
    pub(crate) fn few_shot(&self, limit: usize, seed: u64) -> Vec<&Photo> {
        let mut by_class: BTreeMap<usize, Vec<&Photo>> = BTreeMap::new();
        for photo in &self.train {
            by_class.entry(photo.class).or_default().push(photo);
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for photos in by_class.values_mut() {
            photos.shuffle(&mut random);
            photos.truncate(limit);
        }
        by_class.into_values().flatten().collect()
    }

    /// How many classes have photos to enrol.
    pub(crate) fn enrolled_classes(&self) -> usize {
        self.train.iter().map(|photo| photo.class).collect::<BTreeSet<_>>().len()
    }
}

fn from_split_files(folder: &Path, split: &str) -> Result<Dataset, Failure> {
    let list = folder.join(format!("{split}.txt"));
    if !list.is_file() {
        let known = split_names(folder)?;
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let text = format!(
            "`{}` has no split `{split}`: it has {}",
            folder.display(),
            quoted(names.iter().copied())
        );
        let failure = Failure::new(text);
        return Err(match did_you_mean(split, names) {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    let train = read_list(folder, ENROLLED)?;
    let queries = read_list(folder, split)?;
    let names = read_class_names(&folder.join("classes.csv"))?;
    Ok(number_classes(&names, &train, &queries))
}

fn split_names(folder: &Path) -> Result<Vec<String>, Failure> {
    let lists =
        entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "txt"));
    let names = lists.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned));
    Ok(names.filter(|name| name != ENROLLED).collect())
}

/// One line of a split file.
struct Labelled {
    path: PathBuf,
    fine: u32,
    coarse: u32,
}

/// Reads lines of `path, fine class, coarse class`.
fn read_list(folder: &Path, split: &str) -> Result<Vec<Labelled>, Failure> {
    let file = folder.join(format!("{split}.txt"));
    let text = read_text(&file)?;
    let mut photos = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = || {
            let text = format!("`{}`, line {}: `{line}` is not a labelled photo", file.display(), number + 1);
            Failure::new(text).hint("a line is `path, fine class number, coarse class number`")
        };
        let mut fields = line.split(',').map(str::trim);
        let (Some(path), Some(fine), Some(coarse)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(bad());
        };
        let number = |text: &str| text.parse().map_err(|_| bad());
        photos.push(Labelled { path: folder.join(path), fine: number(fine)?, coarse: number(coarse)? });
    }
    Ok(photos)
}

/// Reads the names of the fine classes; the file may be missing, numbers do then.
fn read_class_names(file: &Path) -> Result<BTreeMap<u32, String>, Failure> {
    if !file.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = read_text(file)?;
    let rows = text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split(',');
        let name = fields.next()?.trim().to_owned();
        Some((fields.next()?.trim().parse().ok()?, name))
    });
    Ok(rows.collect())
}

/// The picture of each class that `classes.csv` names in its fifth column: one product alone, on white.
pub(crate) fn iconic_pictures(folder: &Path) -> Result<Vec<(ProductId, PathBuf)>, Failure> {
    let file = folder.join("classes.csv");
    let text = read_text(&file)?;
    let mut taken = BTreeSet::new();
    let pictures = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let (name, number, path) = (*fields.first()?, fields.get(1)?.parse().ok()?, *fields.get(4)?);
        Some((product_id(name, number, &mut taken), folder.join(path.trim_start_matches('/'))))
    });
    let pictures: Vec<_> = pictures.collect();
    if pictures.is_empty() {
        let text = format!("`{}` names no pictures of single products on white", file.display());
        return Err(
            Failure::new(text).hint("its fifth column is the picture's path, as in GroceryStoreDataset")
        );
    }
    Ok(pictures)
}

fn read_text(file: &Path) -> Result<String, Failure> {
    let read = std::fs::read_to_string(file);
    Ok(read.with_context(|| format!("failed to read `{}`", file.display()))?)
}

fn number_classes(names: &BTreeMap<u32, String>, train: &[Labelled], queries: &[Labelled]) -> Dataset {
    let coarse: BTreeMap<u32, u32> =
        train.iter().chain(queries).map(|photo| (photo.fine, photo.coarse)).collect();
    let mut ids = BTreeSet::new();
    let classes = coarse
        .iter()
        .map(|(fine, &coarse)| {
            let name = names.get(fine).map_or("", String::as_str);
            Class::new(name, product_id(name, *fine, &mut ids), Some(coarse))
        })
        .collect();
    let places: BTreeMap<u32, usize> =
        coarse.keys().enumerate().map(|(place, &fine)| (fine, place)).collect();
    let numbered = |photos: &[Labelled]| {
        photos.iter().map(|p| Photo { path: p.path.clone(), class: places[&p.fine] }).collect()
    };
    Dataset { classes, train: numbered(train), queries: numbered(queries) }
}

/// A product id that looks like the class's name: `Golden-Delicious` is `golden-delicious`.
fn product_id(name: &str, number: u32, taken: &mut BTreeSet<ProductId>) -> ProductId {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    let id = ProductId::new(slug.trim_matches('-')).ok().filter(|id| !taken.contains(id));
    let id = id
        .unwrap_or_else(|| ProductId::new(&format!("class-{number}")).expect("a number makes a valid name"));
    taken.insert(id.clone());
    id
}

/// Splits each class's photos 60 : 20 : 20 by the seed. A class of one photo can only be enrolled.
fn from_folders(folder: &Path, split: &str, seed: u64) -> Result<Dataset, Failure> {
    let part = match split {
        "val" => 0,
        "test" => 1,
        other => {
            let text =
                format!("`{}` is a plain folder, which has the splits `val` and `test`", folder.display());
            let hint = did_you_mean(other, ["val", "test"]).unwrap_or_else(|| "use `--split val`".to_owned());
            return Err(Failure::new(text).hint(hint));
        }
    };
    let folders: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    if folders.is_empty() {
        let text =
            format!("`{}` is no data set: it has neither train.txt nor folders of photos", folder.display());
        return Err(Failure::new(text).hint("`tillsight eval images --help` says what a data set looks like"));
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut ids = BTreeSet::new();
    let mut dataset = Dataset { classes: Vec::new(), train: Vec::new(), queries: Vec::new() };
    for (class, folder) in folders.iter().enumerate() {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = u32::try_from(class).context("a data set has fewer classes than this")?;
        dataset.classes.push(Class::new(name, product_id(name, number, &mut ids), None));
        let mut photos = photos_below(folder)?;
        photos.shuffle(&mut random);
        let held_back = photos.len() / 5;
        let labelled = |photos: &[PathBuf]| -> Vec<Photo> {
            photos.iter().map(|path| Photo { path: path.clone(), class }).collect()
        };
        let asked = &photos[part * held_back..(part + 1) * held_back];
        dataset.queries.extend(labelled(asked));
        dataset.train.extend(labelled(&photos[2 * held_back..]));
    }
    Ok(dataset)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn reads_split_files_and_names_classes() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "train.txt", "train/a.jpg, 0, 0\ntrain/b.jpg, 5, 1\n\n");
        write(folder.path(), "val.txt", "val/a.jpg, 5, 1\n");
        write(folder.path(), "classes.csv", "Name,Id,Coarse,Id\nGolden-Delicious,0,Apple,0\nÄ,5,Other,1\n");
        let dataset = Dataset::open(folder.path(), "val", 1).unwrap();
        let ids: Vec<&str> = dataset.classes.iter().map(|class| class.product.as_str()).collect();
        assert_eq!(ids, ["golden-delicious", "class-5"]);
        assert_eq!((dataset.train.len(), dataset.queries[0].class), (2, 1));
        assert_eq!(dataset.classes[1].coarse, Some(1));
        let wrong = Dataset::open(folder.path(), "vall", 1).unwrap_err();
        assert_eq!(wrong.the_hint().unwrap(), "did you mean `val`?");
        assert!(
            Dataset::open(folder.path(), "train", 1).is_err(),
            "nothing is measured on what was enrolled"
        );
    }

    #[test]
    fn splits_a_plain_folder_without_overlap_and_the_same_way_each_time() {
        let folder = tempfile::tempdir().unwrap();
        for class in ["lime", "lemon"] {
            for photo in 0..10 {
                write(folder.path(), &format!("{class}/{photo}.jpg"), "");
            }
        }
        let [val, test, again] =
            ["val", "test", "val"].map(|split| Dataset::open(folder.path(), split, 7).unwrap());
        assert_eq!((val.train.len(), val.queries.len(), test.queries.len()), (12, 4, 4));
        assert_eq!(val.queries, again.queries);
        let seen: BTreeSet<&Path> =
            val.train.iter().chain(&val.queries).chain(&test.queries).map(|p| p.path.as_path()).collect();
        assert_eq!(seen.len(), 20, "no photo is in two parts");
        assert_eq!(val.few_shot(1, 3).len(), 2);
    }

    #[test]
    fn names_the_line_that_is_no_photo() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "train.txt", "train/a.jpg, 0, 0\ntrain/b.jpg; 5; 1\n");
        write(folder.path(), "val.txt", "val/a.jpg, 0, 0\n");
        let failure = Dataset::open(folder.path(), "val", 1).unwrap_err();
        assert!(
            failure.error().to_string().contains("train.txt`, line 2: `train/b.jpg; 5; 1`"),
            "{failure:?}"
        );
    }
}
