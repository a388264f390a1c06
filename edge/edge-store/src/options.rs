//! How a store is opened.

use std::time::Duration;

/// When a write counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When the disk has it (`synchronous=FULL`). The only choice for a till.
    #[default]
    Full,
    /// When the operating system has it (`synchronous=NORMAL`, no sync of the copy). For the control run of the
    /// power-cut rig, which must see sales get lost; never for a till.
    Normal,
}

/// What to do when the store is found damaged at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDamage {
    /// Set it aside, rebuild the journal and whatever else can be read, report. What the daemon does.
    #[default]
    Repair,
    /// Change nothing; open for reading as far as that goes and refuse writes. What an inspecting tool does.
    Inspect,
}

/// How a store is opened. The default is what a till needs.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// When a write counts as done.
    pub durability: Durability,
    /// What to do about damage.
    pub on_damage: OnDamage,
    /// The longest time the checks at start may take together; what they did not reach is said in the report.
    pub check_budget: Duration,
    /// How many generations before the newest can be gone back to; at least 2.
    pub keep_generations: u32,
    /// Room that must be left on the disk before a payment is begun, in bytes, so that one that has begun can end.
    pub reserve_bytes: u64,
    /// Room that must be left on the disk before views' pictures are kept, in bytes: they are the first to do without.
    pub picture_reserve_bytes: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            on_damage: OnDamage::Repair,
            check_budget: Duration::from_secs(5),
            keep_generations: 8,
            reserve_bytes: 4 * 1024 * 1024,
            picture_reserve_bytes: 256 * 1024 * 1024,
        }
    }
}
