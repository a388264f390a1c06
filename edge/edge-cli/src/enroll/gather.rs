//! Which photos are to be enrolled for which product.

use std::path::{Path, PathBuf};

use domain::catalogue::Catalogue;
use domain::ids::ProductId;

use super::with_suggestion;
use crate::Context;
use crate::cli::EnrollArgs;
use crate::commands::render::count;
use crate::failure::Failure;
use crate::photos::{entries, photos_below};
use crate::till::known_product;

/// One photo of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// What it shows.
    pub(super) product: ProductId,
    /// Where it lies.
    pub(super) photo: PathBuf,
}

/// The photos that the command line names, at least one.
pub(super) fn jobs(context: &Context, args: &EnrollArgs, catalogue: &Catalogue) -> Result<Vec<Job>, Failure> {
    let jobs = match (&args.product, &args.folder) {
        (Some(product), _) => {
            let product = known_product(catalogue, product)?;
            of_one_product(&product.id, &args.photos)?
        }
        (None, Some(folder)) => of_folders(context, folder, catalogue)?,
        (None, None) => Vec::new(),
    };
    let archived = |job: &Job| catalogue.product(&job.product).is_some_and(|product| product.archived);
    if let Some(job) = jobs.iter().find(|job| archived(job)) {
        let text = format!("`{}` is archived: it is neither sold nor recognised", job.product);
        return Err(
            Failure::new(text).hint("import a catalogue where it is not archived, or leave its photos out")
        );
    }
    Ok(jobs)
}

fn of_one_product(product: &ProductId, paths: &[PathBuf]) -> Result<Vec<Job>, Failure> {
    if paths.is_empty() {
        return Err(Failure::usage(format!("there are no photos of `{product}` to enrol"))
            .hint(format!("name them: `tillsight enroll --product {product} PHOTO..`, or use `--camera`")));
    }
    let mut jobs = Vec::new();
    for path in paths {
        let photos = if path.is_dir() { photos_below(path)? } else { vec![path.clone()] };
        if photos.is_empty() {
            return Err(no_photos(path));
        }
        if let Some(missing) = photos.iter().find(|photo| !photo.exists()) {
            return Err(Failure::new(format!("there is no photo `{}`", missing.display()))
                .hint("nothing was enrolled; check the file's name"));
        }
        jobs.extend(photos.into_iter().map(|photo| Job { product: product.clone(), photo }));
    }
    Ok(jobs)
}

fn of_folders(context: &Context, folder: &Path, catalogue: &Catalogue) -> Result<Vec<Job>, Failure> {
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder)?.into_iter().partition(|path| path.is_dir());
    if !files.is_empty() {
        context.console.warn(format_args!(
            "{} beside the products' folders {} left out",
            count(files.len(), "file"),
            if files.len() == 1 { "is" } else { "are" }
        ));
    }
    let mut jobs = Vec::new();
    let mut unknown = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let product = ProductId::new(&name).ok().filter(|id| catalogue.product(id).is_some());
        let Some(product) = product else {
            unknown.push(with_suggestion(&name, catalogue.products().map(|product| product.id.as_str())));
            continue;
        };
        let photos = photos_below(&folder)?;
        if photos.is_empty() {
            return Err(no_photos(&folder));
        }
        jobs.extend(photos.into_iter().map(|photo| Job { product: product.clone(), photo }));
    }
    if !unknown.is_empty() {
        let text =
            format!("the catalogue has no products named as these folders are: {}", unknown.join(", "));
        return Err(Failure::new(text).hint("nothing was enrolled; name each folder by its product's id"));
    }
    if jobs.is_empty() { Err(no_photos(folder)) } else { Ok(jobs) }
}

fn no_photos(folder: &Path) -> Failure {
    Failure::new(format!("there are no photos in `{}`", folder.display()))
        .hint("nothing was enrolled; give a folder with JPEG, PNG or WebP files, or one with such a folder per product")
}
