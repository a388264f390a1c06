//! What a shopper may do, and when.

use domain::ids::{PaymentId, ProductId, SaleId, TrackId};
use domain::product::Product;
use domain::quantity::Measure;
use domain::sale::Identification;
use domain::time::BusinessDay;

use crate::approval::StaffCall;
use crate::basket::PIECES_MAX;
use crate::bill::{self, SaleHead};
use crate::checkout::Stage;
use crate::input::LineNumber;
use crate::questions::{chosen_from, sold};
use crate::tracks::{Before, Standing};
use crate::{Action, Checkout, Refusal};

impl Checkout {
    /// Does an action, or says why not; then nothing has changed.
    pub(crate) fn act(&mut self, action: Action) -> Result<(), Refusal> {
        match action {
            Action::Start => self.start(),
            Action::Choose { question, product } => self.choose(question, &product),
            Action::IgnoreItem { question } => self.ignore_item(question),
            Action::AddProduct { product } => self.add_product(&product),
            Action::SetQuantity { line, pieces } => self.set_quantity(line, pieces),
            Action::RemoveLine { line } => self.remove_line(line),
            Action::RestoreItem { track } => self.restore_item(track),
            Action::ReopenLine { line } => self.reopen_line(line),
            Action::Review => self.review(),
            Action::Back => self.back(),
            Action::Pay { sale, payment, business_day } => self.pay(sale, payment, business_day),
            Action::CancelPayment => self.cancel_payment(),
            Action::Cancel => self.cancel(),
            Action::Finish => self.finish(),
            Action::ExtendTime => self.extend_time(),
            Action::CallStaff => {
                self.staff_call = StaffCall::ByShopper;
                Ok(())
            }
            Action::DismissStaff => {
                self.staff_call = StaffCall::None;
                Ok(())
            }
            Action::ApproveAge { age_limit } => self.approve_age(age_limit),
            Action::RefuseAge => self.refuse_age(),
        }
    }

    pub(crate) fn wrong_phase<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::WrongPhase { phase: self.phase().as_str() })
    }

    fn start(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Idle => {
                self.begin_basket();
                Ok(())
            }
            _ => self.wrong_phase(),
        }
    }

    /// The basket may be changed while it is filled or looked over.
    pub(crate) fn may_change_basket(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Scanning | Stage::Review => Ok(()),
            _ => self.wrong_phase(),
        }
    }

    fn sold_product(&self, id: &ProductId) -> Result<Product, Refusal> {
        sold(&self.catalogue, id).cloned().ok_or_else(|| Refusal::NoSuchProduct(id.clone()))
    }

    fn choose(&mut self, question: TrackId, product: &ProductId) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let track = self.basket.tracks.get(&question).ok_or(Refusal::NoSuchQuestion(question))?;
        let Some(asked) = track.question() else {
            let weigh = self.asks_to_weigh(track, self.now.monotonic);
            return Err(if weigh {
                Refusal::WeighInstead(question)
            } else {
                Refusal::NoSuchQuestion(question)
            });
        };
        let how = chosen_from(&asked.candidates, product);
        let product = self.sold_product(product)?;
        self.basket.count(question, &product, how, self.config.min_weight_g);
        Ok(())
    }

    fn ignore_item(&mut self, question: TrackId) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let track = self.basket.tracks.get(&question).ok_or(Refusal::NoSuchQuestion(question))?;
        if track.question().is_none() && !self.asks_to_weigh(track, self.now.monotonic) {
            return Err(Refusal::NoSuchQuestion(question));
        }
        self.basket.ignore(question);
        Ok(())
    }

    fn add_product(&mut self, product: &ProductId) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let product = self.sold_product(product)?;
        if product.price.per == Measure::Kilogram {
            return Err(Refusal::MustBeWeighed(product.id));
        }
        let has = self.basket.pieces_of(&product.id);
        if has >= PIECES_MAX {
            return Err(Refusal::BadQuantity { pieces: has.saturating_add(1), min: 1 });
        }
        self.basket.add_piece(&product, Identification::Search);
        Ok(())
    }

    fn set_quantity(&mut self, line: LineNumber, pieces: u32) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let found = self.basket.lines.get(&line).ok_or(Refusal::NoSuchLine(line))?;
        if found.is_by_weight() {
            return Err(Refusal::SoldByWeight(line));
        }
        let on_tray = self.basket.tracks_of(line).filter(|track| track.on_tray()).count();
        let min = u32::try_from(on_tray).unwrap_or(u32::MAX).max(1);
        if pieces < min || pieces > PIECES_MAX {
            return Err(Refusal::BadQuantity { pieces, min });
        }
        self.basket.set_pieces(line, pieces);
        Ok(())
    }

    fn remove_line(&mut self, line: LineNumber) -> Result<(), Refusal> {
        self.may_change_basket()?;
        if !self.basket.lines.contains_key(&line) {
            return Err(Refusal::NoSuchLine(line));
        }
        self.basket.remove_line(line);
        Ok(())
    }

    fn restore_item(&mut self, id: TrackId) -> Result<(), Refusal> {
        self.may_change_basket()?;
        let track = self.basket.tracks.get_mut(&id).filter(|track| track.on_tray());
        let track = track.ok_or(Refusal::NoSuchItem(id))?;
        let Standing::Ignored { was, .. } = &track.standing else { return Err(Refusal::NoSuchItem(id)) };
        match was.clone() {
            Some(Before::Asked(question)) => {
                track.standing = Standing::Asked(question);
                self.basket.changes += 1;
            }
            Some(Before::Counted(product, how)) => match sold(&self.catalogue, &product) {
                Some(product) => self.basket.count(id, product, how, self.config.min_weight_g),
                None => self.basket.ask(id, false),
            },
            None => self.decide(id),
        }
        Ok(())
    }

    fn reopen_line(&mut self, line: LineNumber) -> Result<(), Refusal> {
        self.may_change_basket()?;
        if !self.basket.lines.contains_key(&line) {
            return Err(Refusal::NoSuchLine(line));
        }
        let newest = self.basket.newest_of(line).ok_or(Refusal::AddedByHand(line))?;
        self.basket.ask(newest, true);
        Ok(())
    }

    fn review(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Scanning => {
                self.stage = Stage::Review;
                Ok(())
            }
            _ => self.wrong_phase(),
        }
    }

    fn back(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Review => {
                self.stage = Stage::Scanning;
                Ok(())
            }
            Stage::Paying if !self.payments.busy() => {
                self.payments.clear_refused();
                self.stage = Stage::Review;
                self.unlock();
                Ok(())
            }
            _ => self.wrong_phase(),
        }
    }

    fn pay(&mut self, sale: SaleId, payment: PaymentId, business_day: BusinessDay) -> Result<(), Refusal> {
        let may_pay = match self.stage {
            Stage::Review => true,
            Stage::Paying => !self.payments.busy(),
            Stage::Idle | Stage::Scanning | Stage::Receipt { .. } | Stage::Recovering => false,
        };
        // An id that was used names another attempt: its late answers would count for this one.
        if !may_pay || self.payments.knows(payment) {
            return self.wrong_phase();
        }
        if let Some(block) = self.pay_block(self.now.monotonic) {
            return Err(Refusal::PayBlocked(block));
        }
        let head = SaleHead {
            id: self.basket.sale.unwrap_or(sale),
            payment,
            till: &self.config.till,
            business_day,
            now: self.now.wall,
            generation: self.generation,
        };
        let sale = bill::sale(&head, &self.basket, &self.catalogue, self.config.min_weight_g)
            .map_err(|_| Refusal::TooLarge)?;
        self.basket.sale = Some(sale.id);
        self.stage = Stage::Paying;
        self.payments.begin(payment, sale, &self.config, &mut self.effects);
        Ok(())
    }

    fn cancel_payment(&mut self) -> Result<(), Refusal> {
        if self.payments.stop(&mut self.effects) { Ok(()) } else { self.wrong_phase() }
    }

    fn cancel(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Scanning | Stage::Review => self.drop_basket(),
            Stage::Paying if !self.payments.busy() => self.drop_basket(),
            _ => return self.wrong_phase(),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Receipt { .. } => {
                self.become_idle();
                Ok(())
            }
            _ => self.wrong_phase(),
        }
    }

    /// The basket's time starts again with every action; here only the receipt's must.
    fn extend_time(&mut self) -> Result<(), Refusal> {
        if self.abandoned_at().is_some() {
            return Ok(());
        }
        match &mut self.stage {
            Stage::Receipt { until, .. } => {
                *until = self.now.monotonic.plus_ms(self.config.receipt_ms);
                Ok(())
            }
            _ => self.wrong_phase(),
        }
    }
}
