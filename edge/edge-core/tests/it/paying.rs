//! Payments: what the terminal and the store answer, and what becomes of the sale.

use crate::script::check_log;

#[test]
fn sells_what_was_paid_for() {
    let paid = "put 1 cola; see 2; review; pay; recorded; approved; committed";
    let log = ["intent 1 of 1", "take 1 150", "commit 1 4711"];
    check_log(paid, &log, "receipt | 1 sold | receipt 7 = 150, clear the tray");
    check_log(&format!("{paid}; take 1; see 6; finish"), &log, "idle");
}
