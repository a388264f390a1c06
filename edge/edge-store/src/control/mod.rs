//! How the technician's tool reaches a till's store: through the daemon's Unix socket when it runs, else directly.
//!
//! `<dir>/control.sock` is for its owner only. One JSON object a line, both ways, as many requests on a connection as one
//! likes: `{"v":1,"op":"sales","after":0,"limit":10}` is answered by `{"v":1,"ok":..}` or
//! `{"v":1,"error":{"code":"..","message":".."}}`. A request may have 64 MiB and must arrive within 30 seconds of its first byte; a
//! connection that is silent for a minute is closed.
//!
//! | `op` | with | answer |
//! | --- | --- | --- |
//! | `status` | | till, generation, journal head, outbox, disk; `daemon`: what the daemon adds |
//! | `catalogue` | | `generation` and `catalogue` (text as in an exported file), or null |
//! | `publish_catalogue` | `catalogue` | the generation |
//! | `views` | `from`, `limit` | a page of views; vectors are 32-bit floats, little end first, in hexadecimal |
//! | `bring_views` | `model, views` | null; no generation has them until `publish_views` names them, within a day |
//! | `publish_views` | `model, add, brought, replace_products, remove_products, remove_views, learnt_through, calibration, expected` | the generation |
//! | `view_origins` | `from`, `limit` | a page of views that have a picture, with its hash, or null |
//! | `view_pictures` | `hashes`, at most 64 | for each its `jpeg` in hexadecimal, or the `problem` with it |
//! | `verify_views` | | what a walk over all views and pictures found |
//! | `generations`, `rollback` | `to` | the kept generations; the new one |
//! | `sales` | `after` or `before`, `limit` | sales with sequence and hash; `payload` is the journal's text |
//! | `sale` | `id` | one, or null |
//! | `verify` | | what a walk over the whole journal found |
//! | `settings`, `set_setting` | `key`, `value` | all settings; null |
//! | `sightings` | `model`, `after`, `limit` | a page of what things that were sold looked like |
//! | `learnt`, `forget_sightings` | | what was learnt from them so far; how many are `forgotten` |
//! | `calibration` | | what the newest generation sells by, as text, or null |
//!
//! Any other name is an operation of the daemon's own.

mod access;
mod client;
mod picture_protocol;
mod protocol;
mod server;
mod sighting_access;
mod sighting_protocol;

pub use access::{Access, AccessError, Origins};
pub use client::Client;
pub use protocol::{EnrolledViews, Status};
pub use server::{Extra, Host, listen, serve_connection};

use std::path::{Path, PathBuf};

/// The socket of the store in `dir`.
pub fn socket_path(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}
