//! Pictures of products that the cloud's catalogue names and this till does not have yet.
//!
//! A name stands for one picture for ever, so what is there is never asked for again. A till without a picture sells all the
//! same: nothing here fails anything else.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::catalogue::Catalogue;
use edge_store::import::picture_path;
use tonic::transport::Channel;
use wire::v1::GetPictureRequest;
use wire::v1::catalogue_service_client::CatalogueServiceClient;

/// The longest picture that is taken.
const PICTURE_MAX_BYTES: usize = 256 * 1024;

/// Fetches what is missing, for at most `limit`; says whether anything still is.
pub(super) async fn fetch(channel: &Channel, data: &Path, catalogue: &Catalogue, limit: Duration) -> bool {
    let began = Instant::now();
    let mut missing = false;
    let mut client = CatalogueServiceClient::new(channel.clone());
    for name in catalogue.products().filter(|product| !product.archived).filter_map(|p| p.picture.as_deref())
    {
        if !is_plain(name) || picture_path(data, name).is_file() {
            continue;
        }
        if began.elapsed() > limit {
            return true;
        }
        let answer = client.get_picture(GetPictureRequest { name: name.to_owned() }).await;
        let kept = match answer {
            Ok(answer) => keep(data, name, answer.into_inner().jpeg).await,
            // The product has lost its photo meanwhile: the next generation knows.
            Err(status) if status.code() == tonic::Code::NotFound => continue,
            Err(status) => Err(io::Error::other(status.message().to_owned())),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, picture = name, "a product's picture was not taken");
            missing = true;
        }
    }
    missing
}

/// A file of the picture folder and nothing else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

async fn keep(data: &Path, name: &str, jpeg: Vec<u8>) -> io::Result<()> {
    if jpeg.len() > PICTURE_MAX_BYTES || !jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
        return Err(io::Error::other("it is no JPEG, or too long"));
    }
    let path = picture_path(data, name);
    let draft = path.with_extension("draft");
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::write(&draft, jpeg).await?;
    tokio::fs::rename(&draft, &path).await
}
