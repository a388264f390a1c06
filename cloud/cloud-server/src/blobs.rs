//! Where photos and suppliers' files are kept: files in the data folder, or a bucket. Names are built here and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use domain::ids::OrgId;
use domain::time::WallMs;
use futures_util::{Stream, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use crate::config::{self, BlobKind, Config};
use crate::outbound::Outbound;
use crate::products::photo::PhotoKind;

/// The folder of all blobs, in the data folder.
const FOLDER: &str = "blobs";
/// The folder of all photos.
const PHOTOS: &str = "photos";
/// The folder of all suppliers' files.
const DOCUMENTS: &str = "documents";
/// The folder of all exports.
const EXPORTS: &str = "exports";
/// The folder of all catalogues that came as files.
const IMPORTS: &str = "imports";
/// The folder of all pages that were read.
const PAGES: &str = "pages";
/// The folder of all reports.
const REPORTS: &str = "reports";
/// The folder of pages of files as pictures, which can be drawn again at any time.
const DRAWN: &str = "drawn";

/// A piece of a file, and how many may be under way at once.
const PIECE: usize = 1 << 20;
const PIECES_AT_ONCE: usize = 4;
/// The folder of all that was learnt about demand.
const DEMAND: &str = "demand";

/// The blob store. Clones share it.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

/// The name of a blob: `photos/ORGANISATION/UUID.jpg`, `documents/ORGANISATION/SHA-256`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName(String);

/// A blob as the sweeper sees it.
#[derive(Debug, Clone)]
pub struct BlobSeen {
    /// Its name.
    pub name: BlobName,
    /// When it was written last.
    pub written_at: WallMs,
    /// How long it is.
    pub size_bytes: u64,
}

/// Why the blob store did not do what it was asked.
#[derive(Debug, Error)]
pub enum BlobError {
    /// Its folder or bucket cannot be used.
    #[error("failed to open the blob store in `{place}`")]
    Open {
        /// The folder or the bucket.
        place: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no such blob.
    #[error("there is no blob `{0}`")]
    Missing(String),
    /// Anything else: a full disk, a network.
    #[error("failed to {action} the blob `{name}`")]
    Failed {
        /// What was tried.
        action: &'static str,
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: object_store::Error,
    },
}

impl BlobName {
    /// The name of an organisation's photo.
    pub fn of_photo(org: &OrgId, photo: Uuid, kind: PhotoKind) -> Self {
        Self(format!("{PHOTOS}/{org}/{photo}.{}", kind.extension()))
    }

    /// The name of an organisation's file of this content: the same is kept once.
    pub fn of_document(org: &OrgId, hash: &[u8; 32]) -> Self {
        Self(format!("{DOCUMENTS}/{org}/{}", HEXLOWER.encode(hash)))
    }

    /// The name of a page that was read, by its content: the same page again is the same blob.
    pub fn of_page(org: &OrgId, hash: &[u8; 32], extension: &str) -> Self {
        Self(format!("{PAGES}/{org}/{}.{extension}", HEXLOWER.encode(hash)))
    }

    /// The name of a report's file.
    pub fn of_report(org: &OrgId, report: Uuid, language: &str, format: &str) -> Self {
        Self(format!("{REPORTS}/{org}/{report}.{language}.{format}"))
    }

    /// The name of a page of an organisation's file of this content as a picture.
    pub fn of_drawn_page(org: &OrgId, hash: &[u8; 32], page: u32) -> Self {
        Self(format!("{DRAWN}/{org}/{}-{page}.png", HEXLOWER.encode(hash)))
    }

    /// The name of an export's file.
    pub fn of_export(org: &OrgId, export: Uuid, extension: &str) -> Self {
        Self(format!("{EXPORTS}/{org}/{export}.{extension}"))
    }

    /// The name of a catalogue that came as a file of this content: the same is kept once.
    pub fn of_import(org: &OrgId, hash: &[u8; 32]) -> Self {
        Self(format!("{IMPORTS}/{org}/{}", HEXLOWER.encode(hash)))
    }

    /// The name of what was learnt from an organisation's sales, by its content.
    pub fn of_demand(org: &OrgId, hash: &[u8; 32]) -> Self {
        Self(format!("{DEMAND}/{org}/{}", HEXLOWER.encode(hash)))
    }

    /// A name as the store's rows keep it.
    pub fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn path(&self) -> Place {
        Place::from(self.0.as_str())
    }
}

impl Blobs {
    /// Opens the store that the configuration names.
    pub fn open(config: &Config) -> Result<Self, BlobError> {
        match config.blobs.kind {
            BlobKind::Files => Self::in_folder(&config.data.dir.join(FOLDER)),
            BlobKind::S3 => Self::in_bucket(&config.blobs),
        }
    }

    /// Opens the store in a folder, which is made where there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        let opened = std::fs::create_dir_all(folder)
            .map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>)
            .and_then(|()| LocalFileSystem::new_with_prefix(folder).map_err(Into::into));
        // A photo is on the disk before the row that names it.
        let place = folder.display().to_string();
        let store = opened.map_err(|source| BlobError::Open { place, source })?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Opens a bucket. Nothing is asked of the service yet.
    pub fn in_bucket(config: &config::Blobs) -> Result<Self, BlobError> {
        Ok(Self { store: Self::bucket(config)? })
    }

    /// A bucket, for whatever is kept in it.
    pub(crate) fn bucket(config: &config::Blobs) -> Result<Arc<dyn ObjectStore>, BlobError> {
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(Outbound)
            .with_region(&config.region)
            .with_bucket_name(&config.bucket)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(&config.secret_access_key);
        if !config.endpoint.is_empty() {
            builder = builder
                .with_endpoint(&config.endpoint)
                .with_allow_http(config.endpoint.starts_with("http://"));
        }
        let place = config.bucket.clone();
        let store = builder.build().map_err(|error| BlobError::Open { place, source: error.into() })?;
        Ok(Arc::new(store))
    }

    /// Writes a blob, whole or not at all.
    pub async fn put(&self, name: &BlobName, bytes: Bytes) -> Result<(), BlobError> {
        let put = self.store.put(&name.path(), bytes.into()).await;
        put.map(drop).map_err(|error| failed("write", name, error))
    }

    /// Writes a file as a blob, piece by piece, whole or not at all.
    pub async fn put_file(&self, name: &BlobName, file: &Path) -> Result<(), BlobError> {
        let path = name.path();
        let write = async {
            let mut from = tokio::fs::File::open(file).await.map_err(unreadable)?;
            let mut upload = WriteMultipart::new(self.store.put_multipart(&path).await?);
            let mut piece = vec![0; PIECE];
            loop {
                match from.read(&mut piece).await {
                    Ok(0) => return upload.finish().await.map(drop),
                    Ok(length) => {
                        upload.wait_for_capacity(PIECES_AT_ONCE).await?;
                        upload.write(&piece[..length]);
                    }
                    Err(error) => {
                        upload.abort().await?;
                        return Err(unreadable(error));
                    }
                }
            }
        };
        write.await.map_err(|error| failed("write", name, error))
    }

    /// Reads a blob piece by piece, with its length.
    pub async fn read(
        &self,
        name: &BlobName,
    ) -> Result<(u64, impl Stream<Item = object_store::Result<Bytes>> + Send + 'static), BlobError> {
        let found = self.store.get(&name.path()).await.map_err(|error| failed("read", name, error))?;
        Ok((found.meta.size, found.into_stream()))
    }

    /// Reads a blob.
    pub async fn get(&self, name: &BlobName) -> Result<Bytes, BlobError> {
        let read = async { self.store.get(&name.path()).await?.bytes().await };
        read.await.map_err(|error| failed("read", name, error))
    }

    /// Removes a blob; one that is gone already is as good.
    pub async fn delete(&self, name: &BlobName) -> Result<(), BlobError> {
        match self.store.delete(&name.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("remove", name, error)),
        }
    }

    /// Every photo that is there.
    pub async fn photos(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(PHOTOS).await
    }

    /// Every file of a supplier's that is there.
    pub async fn documents(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(DOCUMENTS).await
    }

    /// Every page that was read and is there.
    pub async fn pages(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(PAGES).await
    }

    /// Every file of a report that is there.
    pub async fn reports(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(REPORTS).await
    }

    /// Every page that was drawn and is there.
    pub async fn drawn_pages(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(DRAWN).await
    }

    /// Every export that is there.
    pub async fn exports(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(EXPORTS).await
    }

    /// Every catalogue that came as a file and is there.
    pub async fn imports(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(IMPORTS).await
    }

    /// Everything that cannot be made again.
    pub async fn to_back_up(&self) -> Result<Vec<BlobSeen>, BlobError> {
        let mut all = self.all_below(None).await?;
        all.retain(|blob| !blob.name.0.starts_with(&format!("{EXPORTS}/")));
        Ok(all)
    }

    /// The length of each of them.
    pub async fn sizes(&self) -> Result<BTreeMap<String, u64>, BlobError> {
        let all = self.to_back_up().await?;
        Ok(all.into_iter().map(|blob| (blob.name.0, blob.size_bytes)).collect())
    }

    /// Everything that was learnt about demand and is there.
    pub async fn demand(&self) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_in(DEMAND).await
    }

    async fn all_in(&self, folder: &str) -> Result<Vec<BlobSeen>, BlobError> {
        self.all_below(Some(BlobName(folder.to_owned()))).await
    }

    async fn all_below(&self, folder: Option<BlobName>) -> Result<Vec<BlobSeen>, BlobError> {
        let path = folder.as_ref().map(BlobName::path);
        let listed = self.store.list(path.as_ref()).map_ok(|meta| BlobSeen {
            name: BlobName(meta.location.to_string()),
            written_at: WallMs(meta.last_modified.timestamp_millis()),
            size_bytes: meta.size,
        });
        let named = folder.unwrap_or_else(|| BlobName(String::new()));
        listed.try_collect().await.map_err(|error| failed("list", &named, error))
    }

    /// Whether it can be reached.
    pub async fn ping(&self) -> Result<(), BlobError> {
        let probe = BlobName("ready".to_owned());
        match self.store.head(&probe.path()).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("look for", &probe, error)),
        }
    }
}

fn unreadable(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "file", source: error.into() }
}

fn failed(action: &'static str, name: &BlobName, error: object_store::Error) -> BlobError {
    let name = name.0.clone();
    match error {
        object_store::Error::NotFound { .. } => BlobError::Missing(name),
        source => BlobError::Failed { action, name, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_lists_and_removes_photos() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::in_folder(&folder.path().join("blobs")).unwrap();
        let org = OrgId::new("acme").unwrap();
        let name = BlobName::of_photo(&org, Uuid::from_u128(7), PhotoKind::Png);
        assert_eq!(name.as_str(), "photos/acme/00000000-0000-0000-0000-000000000007.png");
        assert!(matches!(blobs.get(&name).await, Err(BlobError::Missing(_))));
        blobs.put(&name, Bytes::from_static(b"pixels")).await.unwrap();
        assert_eq!(blobs.get(&name).await.unwrap(), "pixels");
        let seen = blobs.photos().await.unwrap();
        assert_eq!(
            seen.iter().map(|blob| blob.name.clone()).collect::<Vec<_>>(),
            [BlobName::kept(name.as_str())]
        );
        blobs.delete(&name).await.unwrap();
        blobs.delete(&name).await.unwrap();
        assert!(blobs.photos().await.unwrap().is_empty());
        blobs.ping().await.unwrap();
    }
}
