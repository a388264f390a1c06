//! A serial line without a wire: the two ends of a pseudo-terminal.

use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A pseudo-terminal. The device's side is a file to read and write; the program under test opens `path`. Dropping the
/// device's side is pulling the plug. Lines that only wires have (DTR, CTS) fail with ENOTTY.
pub struct Pty {
    /// The device's side.
    pub device: File,
    /// What the program under test opens.
    pub path: PathBuf,
}

impl Pty {
    /// Opens a pair, raw: bytes pass as they are.
    pub fn open() -> Result<Self> {
        let device: OwnedFd =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("failed to open a pty")?;
        grantpt(&device).context("failed to grant the pty")?;
        unlockpt(&device).context("failed to unlock the pty")?;
        let name = ptsname(&device, Vec::new()).context("failed to name the pty")?;
        let mut attributes = tcgetattr(device.as_fd()).context("failed to read the pty's settings")?;
        attributes.make_raw();
        tcsetattr(device.as_fd(), OptionalActions::Now, &attributes).context("failed to make the pty raw")?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
        Ok(Self { device: device.into(), path })
    }
}
