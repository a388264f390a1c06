//! Suppliers' documents: read in a process of their own, matched with the shop's products, corrected by people, and learnt from.

pub mod matching;
