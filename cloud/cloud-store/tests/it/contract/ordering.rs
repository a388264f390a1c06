//! How stores order, and proposals that people decide on.

use std::collections::BTreeMap;

use cloud_core::ledger::StockUnit;
use cloud_core::offers::{Pack, PackRule};
use cloud_core::orders::{OrderState, Step};
use cloud_store::{
    ForecastRunId, NewEvent, NewProposal, OrderingPolicy, PendingOf, ProposalFilter, ProposalId,
    ProposalLine, ProposalState, PurchaseOrderId, RuleDetails, ServiceClass, Store,
};
use domain::ids::Uuid;
use testkit::build;

use super::sourcing::{day, product, refused, shop, supplier_id, with_goods};
use crate::support::{DAY_MS, NOW, Rig, all_at_once, by_hand, later, org, over_both_engines};

over_both_engines!(
    a_store_orders_as_was_said_last,
    a_run_proposes_once_and_replaces_what_nobody_changed,
    proposals_from_a_stale_view_are_refused,
    a_proposal_is_decided_on_once,
    what_nobody_decides_on_expires,
);

fn line(name: &str, packs: u32) -> ProposalLine {
    ProposalLine {
        product: product(name),
        article: "A-1".to_owned(),
        gtin: None,
        name: name.to_owned(),
        packs_proposed: packs,
        packs,
        rule: PackRule { at_least: 2, multiple_of: 2 },
        pack: Pack { content: 12, unit: StockUnit::Piece },
        pack_price: "9.60".parse().unwrap(),
        tax_basis_points: Some(700),
        because: "{}".to_owned(),
    }
}

fn id(number: u128) -> ProposalId {
    ProposalId(Uuid::from_u128(number))
}

fn run(number: u128) -> ForecastRunId {
    ForecastRunId(Uuid::from_u128(number))
}

fn proposal(number: u128) -> NewProposal {
    NewProposal {
        id: id(number),
        supplier: supplier_id(1),
        currency: build::euro(),
        order_on: day(1, 2),
        arrives_on: Some(day(1, 5)),
        lines: vec![line("beer", 4), line("milk", 2)],
    }
}

/// Proposals of a run from what is open now.
async fn propose(store: &Store, run_number: u128, proposals: &[NewProposal]) -> bool {
    let demo = org("demo");
    let seen = store.open_purchases(&demo, &shop()).await.unwrap();
    let times = (later(i64::try_from(run_number).unwrap()), later(3 * DAY_MS));
    store.replace_proposals(&demo, &shop(), run(run_number), proposals, &seen, times).await.unwrap()
}

async fn a_store_orders_as_was_said_last(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    assert_eq!(store.ordering_policy(&demo, &shop()).await.unwrap(), OrderingPolicy::default());
    let policy =
        OrderingPolicy { review_days: 7, service: [9_900, 9_000, 8_000], budget_minor: Some(50_000) };
    store.put_ordering_policy(&demo, &shop(), &policy, NOW).await.unwrap();
    assert_eq!(store.ordering_policy(&demo, &shop()).await.unwrap(), policy);
    assert_eq!(store.ordering_policy(&org("other"), &shop()).await.unwrap(), OrderingPolicy::default());
    let bad = OrderingPolicy { service: [10_000, 9_000, 8_000], ..policy };
    refused(store.put_ordering_policy(&demo, &shop(), &bad, NOW).await, "5000 to 9990");

    let details = RuleDetails {
        supplier: Some(supplier_id(1)),
        class: Some(ServiceClass::A),
        shelf_life_days: Some(5),
        stock_max: Some(40),
        ..RuleDetails::default()
    };
    store.put_ordering_rule(&demo, &shop(), &product("milk"), &RuleDetails::default(), NOW).await.unwrap();
    store.put_ordering_rule(&demo, &shop(), &product("milk"), &details, later(1)).await.unwrap();
    let rules = store.ordering_rules(&demo, &shop(), None, 10).await.unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!((&rules[0].details, rules[0].updated_at), (&details, later(1)));
    assert!(store.ordering_rules(&org("other"), &shop(), None, 10).await.unwrap().is_empty());
    let put = async |name: &str, details: RuleDetails| {
        store.put_ordering_rule(&demo, &shop(), &product(name), &details, NOW).await
    };
    refused(put("bread", details.clone()).await, "no product");
    let elsewhere = RuleDetails { supplier: Some(supplier_id(9)), ..details.clone() };
    refused(put("milk", elsewhere).await, "no supplier");
    refused(put("milk", RuleDetails { stock_min: Some(41), ..details }).await, "a stock from 41 to 40");

    // What was said of a product leaves with it.
    let event =
        NewEvent { topic: "product_changes".to_owned(), key: "milk".to_owned(), payload: b"{}".to_vec() };
    store.delete_product(&demo, &product("milk"), &event, None, NOW).await.unwrap();
    assert!(store.ordering_rules(&demo, &shop(), None, 10).await.unwrap().is_empty());
}

async fn a_run_proposes_once_and_replaces_what_nobody_changed(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    assert!(propose(store, 1, &[proposal(1), proposal(2)]).await);
    assert!(!propose(store, 1, &[proposal(3)]).await, "the same run again changes nothing");
    let made = store.proposal(&demo, id(1)).await.unwrap();
    assert_eq!((made.proposal, made.state, made.run), (proposal(1), ProposalState::Open, run(1)));
    refused(store.proposal(&org("other"), id(1)).await, "no proposal");

    refused(store.edit_proposal(&demo, id(1), &[(3, 2)].into(), later(2)).await, "no line 3");
    refused(store.edit_proposal(&demo, id(1), &[(1, 3)].into(), later(2)).await, "no multiple of 2");
    store.edit_proposal(&demo, id(1), &BTreeMap::from([(1, 6), (2, 0)]), later(2)).await.unwrap();
    let open = store.open_purchases(&demo, &shop()).await.unwrap();
    let told: Vec<_> = open.iter().map(|one| (one.of, one.product.as_str(), one.quantity)).collect();
    assert_eq!(
        told,
        [(PendingOf::Proposal(id(1)), "beer", 72)],
        "what a person changed counts as on its way"
    );

    assert!(propose(store, 2, &[proposal(4)]).await);
    let filter = |state| ProposalFilter { store: Some(shop()), state };
    let listed = store.proposals(&demo, &filter(Some(ProposalState::Open)), None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.proposal.id).collect::<Vec<_>>(), [id(4), id(1)]);
    assert_eq!(listed[1].proposal.lines[0].packs, 6);
    let first = store.proposals(&demo, &filter(None), None, 1).await.unwrap();
    let after = Some((first[0].made_at, first[0].proposal.id));
    let rest = store.proposals(&demo, &filter(None), after, 10).await.unwrap();
    assert_eq!(rest.iter().map(|one| one.proposal.id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!(rest[0].state, ProposalState::Replaced);
}

async fn proposals_from_a_stale_view_are_refused(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    propose(store, 1, &[proposal(1)]).await;
    let seen = store.open_purchases(&demo, &shop()).await.unwrap();
    assert_eq!(seen, []);
    let order = PurchaseOrderId(Uuid::from_u128(7));
    assert_eq!(store.accept_proposal(&demo, id(1), order, &by_hand(), later(2)).await.unwrap(), 1);
    let times = (later(3), later(DAY_MS));
    let stale = store.replace_proposals(&demo, &shop(), run(2), &[proposal(2)], &seen, times).await;
    refused(stale, "make them again");
    let seen = store.open_purchases(&demo, &shop()).await.unwrap();
    let told: Vec<_> = seen.iter().map(|one| (one.of, one.quantity)).collect();
    assert_eq!(told, [(PendingOf::Order(order), 48), (PendingOf::Order(order), 24)], "a draft counts");
    assert!(store.replace_proposals(&demo, &shop(), run(2), &[], &seen, times).await.unwrap());
}

async fn a_proposal_is_decided_on_once(rig: Rig) {
    let rig = with_goods(rig).await;
    let demo = org("demo");
    propose(&rig.store, 1, &[proposal(1), proposal(2), proposal(3)]).await;
    let accept = |number: u128| {
        let (store, demo) = (rig.store.clone(), demo.clone());
        async move {
            let order = PurchaseOrderId(Uuid::from_u128(number));
            store.accept_proposal(&demo, id(1), order, &by_hand(), later(2)).await.is_ok()
        }
    };
    let accepted = all_at_once((1..=5).map(accept)).await;
    assert_eq!(accepted.iter().filter(|accepted| **accepted).count(), 1);
    let store = &rig.store;
    let decided = store.proposal(&demo, id(1)).await.unwrap();
    assert_eq!((decided.state, decided.decided_by), (ProposalState::Accepted, Some(by_hand())));
    let order = store.purchase_order(&demo, decided.purchase_order.unwrap()).await.unwrap();
    assert_eq!((order.state, order.number, order.order.wanted_on), (OrderState::Draft, 1, Some(day(1, 5))));
    assert_eq!(order.order.lines.iter().map(|line| line.ordered.packs).collect::<Vec<_>>(), [4, 2]);
    refused(store.reject_proposal(&demo, id(1), "", &by_hand(), later(3)).await, "was accepted");

    store.reject_proposal(&demo, id(2), "too much", &by_hand(), later(3)).await.unwrap();
    let order = PurchaseOrderId(Uuid::from_u128(99));
    refused(store.accept_proposal(&demo, id(2), order, &by_hand(), later(3)).await, "was rejected");
    refused(store.accept_proposal(&org("other"), id(3), order, &by_hand(), later(3)).await, "no proposal");
    store.edit_proposal(&demo, id(3), &[(1, 0), (2, 0)].into(), later(3)).await.unwrap();
    refused(store.accept_proposal(&demo, id(3), order, &by_hand(), later(3)).await, "no line with packs");
    store.edit_proposal(&demo, id(3), &[(2, 2)].into(), later(3)).await.unwrap();
    store.blacklist_supplier(&demo, supplier_id(1), Some("late"), later(4)).await.unwrap();
    refused(store.accept_proposal(&demo, id(3), order, &by_hand(), later(4)).await, "blacklist");

    let cancelled = decided.purchase_order.unwrap();
    store.end_purchase_order(&demo, cancelled, Step::Cancel, "", later(5)).await.unwrap();
    let open = store.open_purchases(&demo, &shop()).await.unwrap();
    assert_eq!(open.iter().map(|one| one.of).collect::<Vec<_>>(), [PendingOf::Proposal(id(3))]);
}

async fn what_nobody_decides_on_expires(rig: Rig) {
    let rig = with_goods(rig).await;
    let (store, demo) = (&rig.store, org("demo"));
    propose(store, 1, &[proposal(1)]).await;
    assert_eq!(store.expire_proposals(later(3 * DAY_MS - 1)).await.unwrap(), 0);
    let order = PurchaseOrderId(Uuid::from_u128(7));
    let late = later(3 * DAY_MS);
    refused(store.accept_proposal(&demo, id(1), order, &by_hand(), late).await, "too old");
    assert_eq!(store.expire_proposals(late).await.unwrap(), 1);
    assert_eq!(store.proposal(&demo, id(1)).await.unwrap().state, ProposalState::Expired);
    refused(store.accept_proposal(&demo, id(1), order, &by_hand(), late).await, "too old");
}
