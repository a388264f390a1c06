//! The devices against real files, sockets, threads and clocks.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so at once")]

mod camera_thread;
mod files;
mod mjpeg;
mod simulated;
mod terminal;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use edge_devices::simulated::{Shop, default_folder};

/// The simulated shop, or `None` after saying why there is none.
fn shop() -> Option<Shop> {
    static SHOP: OnceLock<Option<Shop>> = OnceLock::new();
    let shop = SHOP.get_or_init(|| match Shop::load(&default_folder()) {
        Ok(shop) => Some(shop),
        Err(error) => {
            eprintln!("SKIPPED: the simulated tray because {error}");
            None
        }
    });
    shop.clone()
}

/// Waits for something that another thread does; fails when it takes more than ten seconds.
#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < until, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}
