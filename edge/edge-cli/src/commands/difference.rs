//! What a new catalogue changes in the present one.

use std::collections::BTreeSet;

use domain::catalogue::Catalogue;
use domain::embedding::View;
use domain::ids::ProductId;
use serde::Serialize;

/// What changes from one catalogue to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// Products that are new.
    pub(super) added: Vec<ProductId>,
    /// Products with another name, price or anything else.
    pub(super) changed: Vec<ProductId>,
    /// Products that leave.
    pub(super) removed: Vec<ProductId>,
    /// Products that stay as they are.
    pub(super) unchanged: usize,
    /// Whether the currency, a tax rate or how tax is meant changes.
    pub(super) terms_changed: bool,
    /// How many enrolled views leave with their products.
    pub(super) views_lost: usize,
}

/// The same in figures, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    added: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
    terms_changed: bool,
    views_lost: usize,
}

impl Difference {
    /// Compares the present catalogue, if there is one, with the next.
    pub(super) fn between(before: Option<(&Catalogue, &[View])>, after: &Catalogue) -> Self {
        let mut difference = Self::default();
        for product in after.products() {
            match before.and_then(|(catalogue, _)| catalogue.product(&product.id)) {
                None => difference.added.push(product.id.clone()),
                Some(old) if old != product => difference.changed.push(product.id.clone()),
                Some(_) => difference.unchanged += 1,
            }
        }
        if let Some((catalogue, views)) = before {
            let leaves = |id: &ProductId| after.product(id).is_none();
            difference.removed =
                catalogue.products().map(|product| &product.id).filter(|&id| leaves(id)).cloned().collect();
            difference.terms_changed =
                catalogue.currency() != after.currency() || catalogue.taxes() != after.taxes();
            let removed: BTreeSet<&ProductId> = difference.removed.iter().collect();
            difference.views_lost = views.iter().filter(|view| removed.contains(&view.product)).count();
        }
        difference
    }

    /// True when the new catalogue is the present one.
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty() && !self.terms_changed
    }

    /// In figures.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            added: self.added.len(),
            changed: self.changed.len(),
            removed: self.removed.len(),
            unchanged: self.unchanged,
            terms_changed: self.terms_changed,
            views_lost: self.views_lost,
        }
    }

    /// In words.
    pub(super) fn in_words(&self) -> String {
        let mut words = format!(
            "{} new, {} changed, {} removed, {} unchanged",
            self.added.len(),
            self.changed.len(),
            self.removed.len(),
            self.unchanged
        );
        if self.terms_changed {
            words += "; currency or tax rates change";
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::ids::TaxCode;
    use domain::money::{Currency, Money};
    use domain::product::Product;
    use domain::quantity::{Measure, UnitPrice};
    use domain::tax::{TaxRate, TaxTable};
    use domain::text::LocalizedText;

    use super::*;

    fn catalogue(products: &[(&str, i64)], inclusive: bool) -> Catalogue {
        let currency = Currency::new("EUR").unwrap();
        let code = TaxCode::new("vat7").unwrap();
        let rates = BTreeMap::from([(code.clone(), TaxRate { basis_points: 700 })]);
        let products = products.iter().map(|&(id, minor)| Product {
            id: ProductId::new(id).unwrap(),
            sku: id.to_owned(),
            name: LocalizedText::single("en", id),
            gtin: None,
            plu: None,
            price: UnitPrice { amount: Money::new(minor, currency), per: Measure::Piece },
            tax_code: code.clone(),
            age_limit: None,
            archived: false,
            picture: None,
        });
        Catalogue::new(currency, TaxTable { rates, inclusive }, products).unwrap()
    }

    #[test]
    fn tells_what_comes_what_goes_and_what_changes() {
        let before = catalogue(&[("lime", 35), ("lemon", 45), ("fig", 60)], true);
        let after = catalogue(&[("lime", 35), ("lemon", 49), ("kiwi", 30)], true);
        let difference = Difference::between(Some((&before, &[])), &after);
        assert_eq!(difference.in_words(), "1 new, 1 changed, 1 removed, 1 unchanged");
        assert!(Difference::between(Some((&before, &[])), &before).is_empty());
        assert!(!Difference::between(None, &before).is_empty());
        let exclusive = catalogue(&[("lime", 35), ("lemon", 45), ("fig", 60)], false);
        assert!(Difference::between(Some((&before, &[])), &exclusive).terms_changed);
    }
}
