//! What waits for a member of staff: nothing with an age limit is paid before one has looked at the shopper.
//!
//! The check belongs to the basket. It covers the limits up to the highest that was checked; a product with a higher one
//! asks again, and a basket without such products asks for nothing.

use crate::view::ApprovalView;
use crate::{Checkout, Refusal};

/// Who called a member of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StaffCall {
    /// Nobody.
    None,
    /// The shopper.
    ByShopper,
    /// The till, because of an age limit: the call goes out when the reason does.
    ForAge,
}

impl Checkout {
    /// The highest age limit in the basket, as long as nobody has checked the shopper against it.
    pub(crate) fn age_unchecked(&self) -> Option<u8> {
        self.basket.age_limit().filter(|limit| self.basket.age_checked < Some(*limit))
    }

    /// The check as it is shown; `None` for a basket that needs none.
    pub(crate) fn approval(&self) -> Option<ApprovalView> {
        let age_limit = self.basket.age_limit()?;
        let (lines, approved) = (self.basket.age_limited(), self.age_unchecked().is_none());
        Some(ApprovalView { age_limit, lines, approved })
    }

    pub(crate) fn approve_age(&mut self, shown: Option<u8>) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let limit = self.age_unchecked().ok_or(Refusal::NothingToApprove)?;
        // Something with a higher limit may have come while the staff's finger was on its way: they have not seen that.
        let seen = shown.map_or(limit, |shown| shown.min(limit));
        self.basket.age_checked = self.basket.age_checked.max(Some(seen));
        self.staff_call = StaffCall::None;
        Ok(())
    }

    pub(crate) fn refuse_age(&mut self) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let lines = self.basket.age_limited();
        if lines.is_empty() {
            return Err(Refusal::NothingToApprove);
        }
        for line in lines {
            self.basket.remove_line(line);
        }
        self.basket.age_checked = None;
        self.staff_call = StaffCall::None;
        Ok(())
    }

    /// Calls for a check that has become necessary since `before`, and takes the call back when it no longer is. A call
    /// that was put out stays out until there is something new to look at.
    pub(crate) fn call_staff_for_age(&mut self, before: Option<u8>) {
        let now = self.age_unchecked();
        if now.is_none() && self.staff_call == StaffCall::ForAge {
            self.staff_call = StaffCall::None;
        }
        if now > before && self.staff_call == StaffCall::None {
            self.staff_call = StaffCall::ForAge;
        }
    }
}
