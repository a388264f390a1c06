//! Proposals: made anew by each run, changed and decided on by people.

use std::collections::BTreeMap;

use cloud_core::offers::{Pack, PackRule};
use cloud_core::orders::Ordered;
use domain::ids::{OrgId, StoreId};
use domain::time::WallMs;
use sqlx::AnyConnection;

use super::{NewProposal, OpenPurchase, PendingOf, Proposal, ProposalFilter, ProposalLine, ProposalState};
use crate::bulk::insert_all;
use crate::error::{StoreError, What};
use crate::ids::{Actor, ForecastRunId, ProposalId, PurchaseOrderId};
use crate::sourcing::{NewPurchaseOrder, OrderLine, check_order, insert_draft, read_ordered, read_supplier};
use crate::sql::{
    Failure, Fields, composed, execute, fetch_each, fetch_found, fetch_value, push_values, values,
};
use crate::store::Store;

/// The longest reason that is kept, in bytes.
const REASON_MAX_LEN: usize = 2_000;

const PROPOSAL: &str =
    "SELECT id, supplier, currency, order_on, arrives_on, store, run, state, edited, made_at, expires_at,
                               decided_by, decided_at, reason, purchase_order
                        FROM proposal";
const LINES: &str = "SELECT product, article, gtin, name, packs_proposed, packs, packs_min, packs_multiple, pack_content, pack_unit,
                            pack_price, tax_basis_points, because
                     FROM proposal_line WHERE org = $1 AND proposal = $2 ORDER BY number";

impl Store {
    /// What is on its way to a store or will be once somebody sends what is written down: orders that still bring something, drafts
    /// among them, and proposals that a person has changed.
    pub async fn open_purchases(
        &self,
        org: &OrgId,
        store: &StoreId,
    ) -> Result<Vec<OpenPurchase>, StoreError> {
        self.answer(async { read_open(&mut *self.reading().await?, org, store).await }).await
    }

    /// Puts a run's proposals for a store in place of the open ones that nobody has changed: all or none. Where the run has its
    /// proposals already nothing happens, and false is given back. Refused where what is on its way is not `seen` any more: then they
    /// have to be worked out again.
    pub async fn replace_proposals(
        &self,
        org: &OrgId,
        store: &StoreId,
        run: ForecastRunId,
        proposals: &[NewProposal],
        seen: &[OpenPurchase],
        (now, expires_at): (WallMs, WallMs),
    ) -> Result<bool, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_store(connection, org, store).await?;
            let sql = "SELECT COUNT(*) FROM proposal WHERE org = $1 AND store = $2 AND run = $3";
            let made: Option<u64> =
                fetch_value(connection, What::Proposal, sql, values![org, store, &run]).await?;
            if made.unwrap_or(0) > 0 {
                return Ok(false);
            }
            if read_open(connection, org, store).await? != seen {
                let problem =
                    "has other orders on their way than its proposals were made from: make them again";
                return Err(StoreError::conflict(What::Store, store, problem).into());
            }
            let sql = "UPDATE proposal SET state = 'replaced', decided_at = $3
                       WHERE org = $1 AND store = $2 AND state = 'open' AND edited = 0";
            execute(connection, sql, values![org, store, &now]).await?;
            for proposal in proposals {
                insert(connection, org, (store, run), proposal, (now, expires_at)).await?;
            }
            writing.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Changes how many packs are to be ordered, by the lines' numbers from 1; none leaves a line out.
    pub async fn edit_proposal(
        &self,
        org: &OrgId,
        id: ProposalId,
        packs: &BTreeMap<u32, u32>,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_open(connection, org, id, now).await?;
            before.check_packs(packs)?;
            for (number, packs) in packs {
                let sql =
                    "UPDATE proposal_line SET packs = $4 WHERE org = $1 AND proposal = $2 AND number = $3";
                execute(connection, sql, values![org, &id, number, packs]).await?;
            }
            let sql = "UPDATE proposal SET edited = 1 WHERE org = $1 AND id = $2";
            execute(connection, sql, values![org, &id]).await?;
            writing.commit().await
        })
        .await
    }

    /// Makes a draft of an order from an open proposal, with the id `order`; gives back its number.
    pub async fn accept_proposal(
        &self,
        org: &OrgId,
        id: ProposalId,
        order: PurchaseOrderId,
        by: &Actor,
        now: WallMs,
    ) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let before = self.lock_open(connection, org, id, now).await?;
            let draft = before.draft()?;
            check_order(&draft)?;
            let supplier = read_supplier(connection, org, draft.supplier, "").await?;
            if let Some(reason) = supplier.blacklisted {
                let problem =
                    format!("goes to a supplier on the blacklist ({reason}): take it off, or reject this");
                return Err(StoreError::conflict(What::Proposal, id, problem).into());
            }
            let number = insert_draft(connection, org, order, &draft, by, now).await?;
            decide(connection, (org, id), ProposalState::Accepted, ("", Some(order)), by, now).await?;
            writing.commit().await?;
            Ok(number)
        })
        .await
    }

    /// Says no to an open proposal.
    pub async fn reject_proposal(
        &self,
        org: &OrgId,
        id: ProposalId,
        reason: &str,
        by: &Actor,
        now: WallMs,
    ) -> Result<(), StoreError> {
        if reason.len() > REASON_MAX_LEN {
            let problem = format!("its reason has {} bytes: write at most {REASON_MAX_LEN}", reason.len());
            return Err(StoreError::invalid(What::Proposal, id, problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_open(connection, org, id, now).await?;
            decide(connection, (org, id), ProposalState::Rejected, (reason, None), by, now).await?;
            writing.commit().await
        })
        .await
    }

    /// Ends proposals of all organisations that nobody decided on in time; gives back how many.
    pub async fn expire_proposals(&self, now: WallMs) -> Result<u64, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE proposal SET state = 'expired', decided_at = $1 WHERE state = 'open' AND expires_at <= $1";
            let ended = execute(writing.connection(), sql, values![&now]).await?;
            writing.commit().await?;
            Ok(ended)
        })
        .await
    }

    /// A proposal.
    pub async fn proposal(&self, org: &OrgId, id: ProposalId) -> Result<Proposal, StoreError> {
        self.answer(async { read_whole(&mut *self.reading().await?, org, id, "").await }).await
    }

    /// Proposals with their lines, the newest first, those behind `after` (when it was made, and its id).
    pub async fn proposals(
        &self,
        org: &OrgId,
        filter: &ProposalFilter,
        after: Option<(WallMs, ProposalId)>,
        limit: u32,
    ) -> Result<Vec<Proposal>, StoreError> {
        self.answer(async {
            let (made_at, id) = after.unwrap_or((WallMs(i64::MAX), ProposalId(domain::ids::Uuid::max())));
            let mut sql =
                format!("{PROPOSAL} WHERE org = $1 AND (made_at < $2 OR (made_at = $2 AND id < $3))");
            let mut values = values![org, &made_at, &id, &limit];
            let mut place = 4;
            if let Some(store) = &filter.store {
                place += 1;
                sql.push_str(&format!(" AND store = ${place}"));
                values.push(store);
            }
            if let Some(state) = &filter.state {
                place += 1;
                sql.push_str(&format!(" AND state = ${place}"));
                values.push(state);
            }
            sql.push_str(" ORDER BY made_at DESC, id DESC LIMIT $4");
            let mut connection = self.reading().await?;
            let mut found =
                fetch_each(&mut connection, What::Proposal, composed(sql), values, read_proposal).await?;
            for proposal in &mut found {
                let values = values![org, &proposal.proposal.id];
                proposal.proposal.lines =
                    fetch_each(&mut connection, What::Proposal, LINES, values, read_line).await?;
            }
            Ok(found)
        })
        .await
    }

    pub(crate) async fn lock_store(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        store: &StoreId,
    ) -> Result<(), Failure> {
        let lock = self.engine().for_update();
        let sql = composed(format!("SELECT 1 FROM store WHERE org = $1 AND id = $2{lock}"));
        let found: Option<i64> = fetch_value(connection, What::Store, sql, values![org, store]).await?;
        found.ok_or_else(|| StoreError::not_found(What::Store, store))?;
        Ok(())
    }

    /// A proposal that can still be decided on. Its store's row is held first, as whoever replaces proposals does.
    async fn lock_open(
        &self,
        connection: &mut AnyConnection,
        org: &OrgId,
        id: ProposalId,
        now: WallMs,
    ) -> Result<Proposal, Failure> {
        let store = read_whole(connection, org, id, "").await?.store;
        self.lock_store(connection, org, &store).await?;
        let proposal = read_whole(connection, org, id, self.engine().for_update()).await?;
        let problem = match proposal.state {
            ProposalState::Open if proposal.expires_at > now => return Ok(proposal),
            ProposalState::Open | ProposalState::Expired => {
                "is too old to be decided on: let proposals be made again"
            }
            ProposalState::Accepted => "was accepted: change its order instead",
            ProposalState::Rejected => "was rejected: let proposals be made again",
            ProposalState::Replaced => "was replaced by a later one: decide on that",
        };
        Err(StoreError::conflict(What::Proposal, id, problem).into())
    }
}

impl Proposal {
    /// Refuses numbers of lines that are not there, and packs that the supplier does not sell.
    fn check_packs(&self, packs: &BTreeMap<u32, u32>) -> Result<(), StoreError> {
        let (id, lines) = (self.proposal.id, &self.proposal.lines);
        for (number, packs) in packs {
            let Some(line) = number.checked_sub(1).and_then(|index| lines.get(index as usize)) else {
                let problem =
                    format!("it has no line {number}: its lines are numbered from 1 to {}", lines.len());
                return Err(StoreError::invalid(What::Proposal, id, problem));
            };
            if *packs > 0 {
                let fits = line.rule.check(*packs).map_err(|problem| format!("line {number}: {problem}"));
                fits.map_err(|problem| StoreError::invalid(What::Proposal, id, problem))?;
            }
        }
        Ok(())
    }

    /// The order that it becomes.
    fn draft(&self) -> Result<NewPurchaseOrder, StoreError> {
        let NewProposal { id, supplier, currency, arrives_on, lines, .. } = &self.proposal;
        let line = |line: &ProposalLine| OrderLine {
            product: Some(line.product.clone()),
            article: line.article.clone(),
            gtin: line.gtin,
            name: line.name.clone(),
            pack_price: line.pack_price,
            tax_basis_points: line.tax_basis_points,
            ordered: Ordered {
                packs: line.packs,
                packs_confirmed: None,
                pack: line.pack,
                accepted: 0,
                damaged: 0,
            },
        };
        let lines: Vec<OrderLine> = lines.iter().filter(|line| line.packs > 0).map(line).collect();
        if lines.is_empty() {
            let problem = "has no line with packs: reject it instead";
            return Err(StoreError::conflict(What::Proposal, id, problem));
        }
        Ok(NewPurchaseOrder {
            supplier: *supplier,
            store: self.store.clone(),
            currency: *currency,
            wanted_on: *arrives_on,
            note: String::new(),
            lines,
        })
    }
}

async fn insert(
    connection: &mut AnyConnection,
    org: &OrgId,
    (store, run): (&StoreId, ForecastRunId),
    proposal: &NewProposal,
    (now, expires_at): (WallMs, WallMs),
) -> Result<(), Failure> {
    let sql = "INSERT INTO proposal (org, id, run, store, supplier, state, currency, order_on, arrives_on, edited, made_at,
                                     expires_at, reason)
               VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, 0, $9, $10, '')";
    let NewProposal { id, supplier, currency, order_on, arrives_on, lines } = proposal;
    let mut values = values![org, id, &run, store, supplier, currency, order_on, arrives_on];
    push_values!(values; &now, &expires_at);
    execute(connection, sql, values).await?;
    let rows: Vec<(u32, &ProposalLine)> = (1_u32..).zip(lines).collect();
    let insert = "INSERT INTO proposal_line (org, proposal, number, product, article, gtin, name, packs_proposed, packs, packs_min,
                                             packs_multiple, pack_content, pack_unit, pack_price, tax_basis_points, because)";
    insert_all(connection, insert, 16, "", &rows, |(number, line), values| {
        push_values!(values; org, id, number, &line.product, &line.article, &line.gtin, &line.name);
        push_values!(values; &line.packs_proposed, &line.packs, &line.rule.at_least, &line.rule.multiple_of);
        push_values!(values; &line.pack.content, &line.pack.unit, &line.pack_price, &line.tax_basis_points);
        push_values!(values; &line.because);
    })
    .await?;
    Ok(())
}

async fn decide(
    connection: &mut AnyConnection,
    (org, id): (&OrgId, ProposalId),
    state: ProposalState,
    (reason, order): (&str, Option<PurchaseOrderId>),
    by: &Actor,
    now: WallMs,
) -> Result<(), Failure> {
    let sql =
        "UPDATE proposal SET state = $3, reason = $4, purchase_order = $5, decided_by = $6, decided_at = $7
               WHERE org = $1 AND id = $2";
    execute(connection, sql, values![org, &id, &state, reason, order.as_ref(), by, &now]).await?;
    Ok(())
}

async fn read_open(
    connection: &mut AnyConnection,
    org: &OrgId,
    store: &StoreId,
) -> Result<Vec<OpenPurchase>, Failure> {
    let sql = "SELECT purchase_order.id, line.product, wanted_on, COALESCE(sent_at, made_at), supplier, packs, packs_confirmed,
                      pack_content, pack_unit, accepted, damaged
               FROM purchase_order
               JOIN purchase_order_line AS line
                   ON line.org = purchase_order.org AND line.purchase_order = purchase_order.id
               WHERE purchase_order.org = $1 AND store = $2 AND line.product IS NOT NULL
                   AND state IN ('draft', 'sent', 'confirmed', 'received')
               ORDER BY purchase_order.number, line.number";
    let mut open = fetch_each(connection, What::PurchaseOrder, sql, values![org, store], |fields| {
        let (id, product, wanted_on, since) =
            (fields.take()?, fields.take()?, fields.take_option()?, fields.take()?);
        let supplier = fields.take()?;
        let ordered = read_ordered(fields)?;
        let (unit, quantity) = (ordered.pack.unit, ordered.outstanding());
        Ok(OpenPurchase { of: PendingOf::Order(id), product, unit, quantity, wanted_on, since, supplier })
    })
    .await?;
    let sql = "SELECT proposal.id, product, arrives_on, made_at, supplier, packs, pack_content, pack_unit
               FROM proposal
               JOIN proposal_line AS line ON line.org = proposal.org AND line.proposal = proposal.id
               WHERE proposal.org = $1 AND store = $2 AND state = 'open' AND edited = 1
               ORDER BY proposal.id, number";
    let proposed = fetch_each(connection, What::Proposal, sql, values![org, store], |fields| {
        let (id, product, wanted_on, since) =
            (fields.take()?, fields.take()?, fields.take_option()?, fields.take()?);
        let (supplier, packs): (_, u32) = (fields.take()?, fields.take()?);
        let content: u32 = fields.take()?;
        let quantity = u64::from(packs) * u64::from(content);
        let unit = fields.take()?;
        Ok(OpenPurchase { of: PendingOf::Proposal(id), product, unit, quantity, wanted_on, since, supplier })
    });
    open.extend(proposed.await?);
    open.retain(|one| one.quantity > 0);
    Ok(open)
}

async fn read_whole(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: ProposalId,
    lock: &str,
) -> Result<Proposal, Failure> {
    let sql = composed(format!("{PROPOSAL} WHERE org = $1 AND id = $2{lock}"));
    let mut proposal =
        fetch_found(connection, (What::Proposal, &id), sql, values![org, &id], read_proposal).await?;
    proposal.proposal.lines =
        fetch_each(connection, What::Proposal, LINES, values![org, &id], read_line).await?;
    Ok(proposal)
}

fn read_proposal(fields: &mut Fields<'_>) -> Result<Proposal, Failure> {
    let proposal = NewProposal {
        id: fields.take()?,
        supplier: fields.take()?,
        currency: fields.take()?,
        order_on: fields.take()?,
        arrives_on: fields.take_option()?,
        lines: Vec::new(),
    };
    Ok(Proposal {
        proposal,
        store: fields.take()?,
        run: fields.take()?,
        state: fields.take()?,
        edited: fields.take()?,
        made_at: fields.take()?,
        expires_at: fields.take()?,
        decided_by: fields.take_option()?,
        decided_at: fields.take_option()?,
        reason: fields.take()?,
        purchase_order: fields.take_option()?,
    })
}

fn read_line(fields: &mut Fields<'_>) -> Result<ProposalLine, Failure> {
    Ok(ProposalLine {
        product: fields.take()?,
        article: fields.take()?,
        gtin: fields.take_option()?,
        name: fields.take()?,
        packs_proposed: fields.take()?,
        packs: fields.take()?,
        rule: PackRule { at_least: fields.take()?, multiple_of: fields.take()? },
        pack: Pack { content: fields.take()?, unit: fields.take()? },
        pack_price: fields.take()?,
        tax_basis_points: fields.take_option()?,
        because: fields.take()?,
    })
}
