//! Sender and receiver, message by message.

use domain::ids::{SequenceNumber, Uuid};
use domain::quantity::Quantity;
use domain::time::MonotonicMs;
use sync_core::chain;
use sync_core::entry::{Entry, Mark};
use sync_core::message::{
    Ack, Batch, Busy, CloudMessage, Hello, PROTOCOL_VERSION, Refusal, TillMessage, Welcome,
};
use sync_core::receiver::{Receiver, ReceiverRequest, Standing, Verdict, judge};
use sync_core::sale_document;
use sync_core::sender::{Sender, SenderConfig, SenderEvent, SenderRequest};
use testkit::build;

const NOW: MonotonicMs = MonotonicMs(1_000);

fn genesis() -> Mark {
    Mark { sequence: SequenceNumber(0), hash: chain::genesis(&build::till()) }
}

fn journal(count: u64) -> Vec<Entry> {
    let milk = build::piece("milk", 139);
    let mut head = genesis();
    (1..=count)
        .map(|number| {
            let sale = build::sale(number, &[(&milk, Quantity::Pieces(1))]);
            let payload = sale_document::encode(&sale);
            let entry = Entry::chained(SequenceNumber(number), sale.id, head.hash, payload);
            head = entry.mark();
            entry
        })
        .collect()
}

fn welcome(through: Mark) -> CloudMessage {
    let version = PROTOCOL_VERSION;
    CloudMessage::Welcome(Welcome {
        version,
        end_of_life_ms: None,
        through,
        max_entries: 2,
        max_bytes: 10_000,
    })
}

fn sender(journal: &[Entry], acked: Mark) -> Sender {
    let head = journal.last().map_or(genesis(), Entry::mark);
    let mut sender = Sender::new(SenderConfig::default(), acked, head);
    sender.handle_connected(NOW);
    assert!(matches!(sender.poll_transmit(), Some(TillMessage::Hello(hello)) if hello.head == head));
    sender
}

/// Answers what the sender asks of its journal, and gives back the batches it sends, as (first, last) places.
fn batches(sender: &mut Sender, journal: &[Entry]) -> Vec<(u64, u64)> {
    while let Some(request) = sender.poll_request() {
        match request {
            SenderRequest::Load { after, max_entries, .. } => {
                let entries = journal.iter().skip(after.0 as usize).take(max_entries).cloned().collect();
                sender.handle_loaded(after, entries, NOW);
            }
            SenderRequest::MarkAt(SequenceNumber(0)) => sender.handle_mark(Some(genesis()), genesis()),
            SenderRequest::MarkAt(place) => {
                let own = journal.get(place.0 as usize - 1).map(Entry::mark);
                sender.handle_mark(own, genesis());
            }
        }
    }
    let mut sent = Vec::new();
    while let Some(message) = sender.poll_transmit() {
        if let TillMessage::Batch(Batch { entries, .. }) = message {
            sent.push((entries[0].sequence.0, entries[entries.len() - 1].sequence.0));
        }
    }
    sent
}

fn ack(sender: &mut Sender, through: Mark) -> Option<SenderEvent> {
    sender.handle_message(CloudMessage::Ack(Ack { number: 1, through }), NOW, 0);
    sender.poll_event()
}

#[test]
fn keeps_a_window_under_way_and_moves_it_by_acks() {
    let journal = journal(20);
    let mut sender = sender(&journal, genesis());
    sender.handle_message(welcome(genesis()), NOW, 0);
    assert_eq!(batches(&mut sender, &journal), [(1, 2), (3, 4), (5, 6), (7, 8)]);
    assert_eq!(ack(&mut sender, journal[3].mark()), Some(SenderEvent::Acked(journal[3].mark())));
    assert_eq!(batches(&mut sender, &journal), [(9, 10), (11, 12)]);
}

#[test]
fn an_ack_with_another_hash_acks_nothing() {
    let journal = journal(4);
    let mut sender = sender(&journal, genesis());
    sender.handle_message(welcome(genesis()), NOW, 0);
    batches(&mut sender, &journal);
    assert_eq!(ack(&mut sender, Mark { hash: [7; 32], ..journal[1].mark() }), None);
    assert_eq!(
        ack(&mut sender, Mark { sequence: SequenceNumber(1), ..journal[0].mark() }),
        None,
        "no batch ends there"
    );
    assert_eq!(sender.acked(), genesis());
}

#[test]
fn goes_back_to_the_cursor_when_no_ack_comes_and_gives_up_after_three() {
    let journal = journal(3);
    let mut sender = sender(&journal, genesis());
    sender.handle_message(welcome(genesis()), NOW, 0);
    assert_eq!(batches(&mut sender, &journal), [(1, 2), (3, 3)]);
    for _ in 0..2 {
        sender.handle_timeout(sender.poll_timeout().unwrap(), 0);
        sender.handle_timeout(sender.poll_timeout().unwrap(), 0);
        assert_eq!(batches(&mut sender, &journal), [(1, 2), (3, 3)], "the same again");
    }
    sender.handle_timeout(sender.poll_timeout().unwrap(), 0);
    assert!(matches!(sender.poll_event(), Some(SenderEvent::Reconnect { .. })));
    assert_eq!(sender.poll_timeout(), None);
}

#[test]
fn a_cloud_that_has_more_or_less_than_it_acked_is_believed_where_the_journal_agrees() {
    let journal = journal(6);
    let mut ahead = sender(&journal, journal[1].mark());
    ahead.handle_message(welcome(journal[3].mark()), NOW, 0);
    assert_eq!(batches(&mut ahead, &journal), [(5, 6)]);
    assert_eq!(ahead.poll_event(), Some(SenderEvent::Acked(journal[3].mark())));

    let mut behind = sender(&journal, journal[3].mark());
    behind.handle_message(welcome(journal[1].mark()), NOW, 0);
    assert_eq!(batches(&mut behind, &journal), [(3, 4), (5, 6)]);
    let event = SenderEvent::CloudBehind { from: journal[3].mark(), to: journal[1].mark() };
    assert_eq!(behind.poll_event(), Some(event));

    let mut other = sender(&journal, journal[3].mark());
    other.handle_message(welcome(Mark { hash: [9; 32], ..journal[1].mark() }), NOW, 0);
    assert_eq!(batches(&mut other, &journal), [(1, 2), (3, 4), (5, 6)], "everything again");
    assert_eq!(other.poll_event(), Some(SenderEvent::Diverged));
}

#[test]
fn waits_as_long_as_the_cloud_says() {
    let journal = journal(2);
    let mut sender = sender(&journal, genesis());
    sender.handle_message(welcome(genesis()), NOW, 0);
    batches(&mut sender, &journal);
    sender.handle_message(CloudMessage::Busy(Busy { number: 1, retry_after_ms: 5_000 }), NOW, 0);
    assert_eq!(sender.poll_timeout(), Some(NOW.plus_ms(5_000)));
    sender.handle_timeout(NOW.plus_ms(4_999), 0);
    assert_eq!(batches(&mut sender, &journal), []);
    sender.handle_timeout(NOW.plus_ms(5_000), 0);
    assert_eq!(batches(&mut sender, &journal), [(1, 2)]);
}

#[test]
fn a_sale_is_sent_as_soon_as_it_is_in_the_journal() {
    let journal = journal(1);
    let mut sender = Sender::new(SenderConfig::default(), genesis(), genesis());
    sender.handle_connected(NOW);
    sender.poll_transmit();
    sender.handle_message(welcome(genesis()), NOW, 0);
    assert!(sender.is_settled());
    sender.handle_committed(journal[0].mark());
    assert!(!sender.is_settled());
    assert_eq!(batches(&mut sender, &journal), [(1, 1)]);
    ack(&mut sender, journal[0].mark());
    assert!(sender.is_settled());
}

fn greeted(standing: Standing, hello: Hello) -> (Receiver, Mark) {
    let mut receiver = Receiver::new(&build::till(), None);
    receiver.handle_message(TillMessage::Hello(hello.clone()));
    assert_eq!(receiver.poll_request(), Some(ReceiverRequest::Look(hello)));
    receiver.handle_standing(standing);
    match receiver.poll_transmit() {
        Some(CloudMessage::Welcome(welcome)) => (receiver, welcome.through),
        other => panic!("expected a welcome, got {other:?}"),
    }
}

fn hello(acked: Mark, head: Mark) -> Hello {
    Hello { version: PROTOCOL_VERSION, acked, head }
}

fn batch(number: u64, entries: &[Entry]) -> TillMessage {
    TillMessage::Batch(Batch { number, entries: entries.to_vec() })
}

#[test]
fn acks_after_the_commit_and_in_order() {
    let journal = journal(4);
    let standing = Standing { has_head: false, has_acked: true, newest: genesis() };
    let (mut receiver, through) = greeted(standing, hello(genesis(), journal[3].mark()));
    assert_eq!(through, genesis());
    receiver.handle_message(batch(1, &journal[..2]));
    receiver.handle_message(batch(2, &journal[2..]));
    assert!(matches!(receiver.poll_request(), Some(ReceiverRequest::Commit(batch)) if batch.number == 1));
    assert_eq!((receiver.poll_request(), receiver.poll_transmit()), (None, None));
    receiver.handle_committed();
    let first = CloudMessage::Ack(Ack { number: 1, through: journal[1].mark() });
    assert_eq!(receiver.poll_transmit(), Some(first));
    assert!(matches!(receiver.poll_request(), Some(ReceiverRequest::Commit(batch)) if batch.number == 2));
}

#[test]
fn leaves_a_batch_unanswered_that_continues_nothing_it_knows() {
    let journal = journal(4);
    let standing = Standing { has_head: false, has_acked: true, newest: genesis() };
    let (mut receiver, _) = greeted(standing, hello(genesis(), journal[3].mark()));
    receiver.handle_message(batch(2, &journal[2..]));
    assert_eq!((receiver.poll_request(), receiver.poll_transmit()), (None, None));
}

#[test]
fn begins_where_both_agree() {
    let journal = journal(9);
    let (acked, head, newest) = (journal[4].mark(), journal[8].mark(), journal[2].mark());
    for (has_head, has_acked, expected) in [(true, true, head), (false, true, acked), (false, false, newest)]
    {
        let (_, through) = greeted(Standing { has_head, has_acked, newest }, hello(acked, head));
        assert_eq!(through, expected);
    }
    let beyond =
        Standing { has_head: false, has_acked: false, newest: Mark { sequence: SequenceNumber(50), ..head } };
    assert_eq!(
        greeted(beyond, hello(acked, head)).1,
        genesis(),
        "a till that was set back may differ anywhere"
    );
}

#[test]
fn refuses_what_makes_no_sense() {
    let journal = journal(3);
    let open = || {
        greeted(Standing { has_head: false, has_acked: true, newest: genesis() }, hello(genesis(), genesis()))
            .0
    };
    let swapped = [journal[1].clone(), journal[0].clone()];
    for message in [batch(1, &[]), batch(1, &swapped), batch(1, &[journal[0].clone(), journal[2].clone()])] {
        let mut receiver = open();
        receiver.handle_message(message);
        assert_eq!(receiver.poll_transmit(), Some(CloudMessage::Refused(Refusal::Malformed)));
        assert!(receiver.is_closed());
    }
    let mut silent = Receiver::new(&build::till(), None);
    silent.handle_message(batch(1, &journal));
    assert_eq!(silent.poll_transmit(), Some(CloudMessage::Refused(Refusal::Malformed)), "before the hello");
    let mut old = Receiver::new(&build::till(), None);
    old.handle_message(TillMessage::Hello(Hello { version: 0, ..hello(genesis(), genesis()) }));
    assert!(matches!(old.poll_transmit(), Some(CloudMessage::Refused(Refusal::Version { .. }))));
}

#[test]
fn leaves_a_till_that_says_nothing_without_refusing_it() {
    let mut receiver = Receiver::new(&build::till(), None);
    receiver.handle_timeout(MonotonicMs(5));
    // A hello that was lost on its way and sent again comes within a till's own patience, and some more.
    let patience = SenderConfig::default().answer_ms;
    receiver.handle_timeout(MonotonicMs(5 + 2 * patience));
    assert!(!receiver.is_closed());
    let due = receiver.poll_timeout(MonotonicMs(5)).expect("silence has an end");
    receiver.handle_timeout(due);
    assert!(receiver.is_closed());
    assert_eq!(receiver.poll_transmit(), None);
}

#[test]
fn judges_what_arrives() {
    let till = build::till();
    let entry = &journal(1)[0];
    assert!(matches!(judge(entry, &till, None), Verdict::New(sale) if sale.id == entry.sale));
    assert_eq!(judge(entry, &till, Some(&entry.payload_hash())), Verdict::Known);
    assert_eq!(judge(entry, &till, Some(&[1; 32])), Verdict::Conflicting);
    let unsound = |entry: &Entry| match judge(entry, &till, None) {
        Verdict::Unsound { problem } => problem,
        other => panic!("expected it to be unsound: {other:?}"),
    };
    let rechained = |sale, payload| Entry::chained(entry.sequence, sale, entry.previous, payload);
    assert!(unsound(&Entry { hash: [0; 32], ..entry.clone() }).contains("hash"));
    assert!(unsound(&rechained(entry.sale, b"{".to_vec())).contains("EOF"));
    let other = domain::ids::SaleId(Uuid::from_u128(5));
    assert!(unsound(&rechained(other, entry.payload.clone())).contains("but says it is"));
    let mut foreign = build::till();
    foreign.till = domain::ids::TillId::new("till-9").unwrap();
    assert!(
        matches!(judge(entry, &foreign, None), Verdict::Unsound { problem } if problem.contains("not of"))
    );
}
