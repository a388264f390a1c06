//! One world: events in order of time, each handled by a till or the cloud, each leading to others.

use domain::ids::SaleId;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use sync_core::entry::Entry;
use sync_core::message::{Batch, CloudMessage, Hello, TillMessage};
use sync_core::receiver::{Receiver, ReceiverRequest};
use sync_core::sale_document;
use sync_core::sender::{Sender, SenderEvent};

use super::books::{Books, SoldSale};
use super::cloud::{Cloud, Line};
use super::event::{Agenda, Event};
use super::invariants;
use super::till::{Till, garbage, new_id};
use super::weather::{DAY_MS, Weather};
use super::{Outcome, Troubles};

/// Tills of a world.
const TILLS: usize = 3;
/// How long everything may take to arrive once the weather is calm.
const CALM_MS: u64 = DAY_MS;

struct World {
    rng: ChaCha8Rng,
    weather: Weather,
    now_ms: u64,
    calm: bool,
    agenda: Agenda,
    connections: u64,
    tills: Vec<Till>,
    cloud: Cloud,
    books: Books,
    /// The cloud acks before it commits: a run of this kind must lose sales, or the simulation sees nothing.
    careless: bool,
    sales: u64,
    troubles: Troubles,
}

/// Runs a world of `days` days and looks at it. A `careless` cloud acks before it commits.
pub(super) fn run(mut rng: ChaCha8Rng, days: u64, careless: bool) -> Outcome {
    let weather = Weather::drawn(&mut rng);
    let mut world = World {
        rng,
        weather,
        now_ms: 0,
        calm: false,
        agenda: Agenda::default(),
        connections: 0,
        tills: (0..TILLS).map(Till::new).collect(),
        cloud: Cloud::default(),
        books: Books::default(),
        careless,
        sales: 0,
        troubles: Troubles::default(),
    };
    world.begin();
    world.run_until(days * DAY_MS, |_| false);
    world.calm_down();
    world.run_until(days * DAY_MS + CALM_MS, World::is_settled);
    let mut violations = invariants::violations(&world.tills, &world.cloud.disk, &world.books);
    if !world.is_settled() {
        violations.push("the tills did not get everything sent in a calm day".to_owned());
    }
    Outcome {
        days,
        seed: 0,
        violations,
        sales: world.sales,
        booked: world.cloud.disk.sales.len() as u64,
        troubles: world.troubles,
    }
}

impl World {
    fn begin(&mut self) {
        for till in 0..TILLS {
            self.tills[till].boot(0);
            self.later(0, Event::Connect { till, boot: 1 });
            for event in [Event::Sale(till), Event::TillCrash(till), Event::Cut(till), Event::ClockStep(till)]
            {
                self.sometime(event);
            }
        }
        self.sometime(Event::CloudCrash);
        self.later(DAY_MS, Event::Copy);
    }

    fn run_until(&mut self, end_ms: u64, done: impl Fn(&Self) -> bool) {
        while !done(self)
            && let Some((at_ms, event)) = self.agenda.next(end_ms)
        {
            self.now_ms = at_ms;
            self.handle(event);
        }
    }

    fn calm_down(&mut self) {
        self.calm = true;
        self.weather = self.weather.calm();
        for till in 0..TILLS {
            self.tills[till].cut_until_ms = 0;
            if self.tills[till].sender.is_none() {
                self.till_up(till);
            }
        }
        self.cloud.down = false;
        // What lies dead without anything to send would never notice that there is a line again.
        for till in 0..TILLS {
            self.disconnect(till);
        }
    }

    fn is_settled(&self) -> bool {
        self.tills.iter().all(|till| till.sender.as_ref().is_some_and(Sender::is_settled))
    }

    fn later(&mut self, delay_ms: u64, event: Event) {
        self.agenda.note(self.now_ms + delay_ms, event);
    }

    /// Schedules what happens again and again, after a time around its mean.
    fn sometime(&mut self, event: Event) {
        let mean_ms = match &event {
            Event::Sale(_) => DAY_MS / self.weather.sales_a_day,
            Event::TillCrash(_) => self.weather.till_crash_ms,
            Event::CloudCrash => self.weather.cloud_crash_ms,
            Event::Cut(_) => self.weather.cut_ms,
            _ => 3 * DAY_MS,
        };
        let delay_ms = self.rng.random_range(0..=2 * mean_ms);
        self.later(delay_ms, event);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Sale(till) => self.sale(till),
            Event::Connect { till, boot } => self.connect(till, boot),
            Event::Timer { till, boot } => self.timer(till, boot),
            Event::ToCloud(line, message) => self.arrive_at_cloud(line, message),
            Event::ToTill(line, message) => self.arrive_at_till(line, message),
            Event::Reset((till, connection)) => {
                if self.tills[till].connection == Some(connection) {
                    self.disconnect(till);
                }
            }
            Event::Looked { line, boot, hello } => self.looked(line, boot, &hello),
            Event::Committed { line, boot, batch } => self.committed(line, boot, &batch),
            Event::TillCrash(till) => self.till_crash(till),
            Event::TillUp(till) => self.till_up(till),
            Event::CloudCrash => self.cloud_crash(),
            Event::CloudUp => self.cloud.down = false,
            Event::Cut(till) => self.cut(till),
            Event::ClockStep(till) => self.clock_step(till),
            Event::Copy => self.copy(),
        }
    }

    fn sale(&mut self, number: usize) {
        if self.calm {
            return;
        }
        self.sometime(Event::Sale(number));
        let (poison, conflict) = (self.weather.poison, self.weather.conflict);
        let till = &mut self.tills[number];
        if till.sender.is_none() {
            return;
        }
        self.sales += 1;
        let mut sale = till.sale(self.sales, self.now_ms);
        sale.id = new_id(&mut self.rng);
        if self.rng.random_bool(poison) {
            let payload = garbage(&mut self.rng, &sale);
            self.books.unsound.insert(till.journal(sale.id, payload));
            self.troubles.poisoned += 1;
        } else if let Some(other) = some_sold(till, &self.books, &mut self.rng).filter(|_| conflict > 0.0)
            && self.rng.random_bool(conflict)
        {
            sale.id = other;
            let hash = till.journal(other, sale_document::encode(&sale));
            self.books.conflicting.insert(hash);
            self.troubles.conflicting += 1;
        } else {
            let payload = till.journal(sale.id, sale_document::encode(&sale));
            let sold = SoldSale { till: number, payload, sale, may_be_lost: false };
            self.books.sold.insert(sold.sale.id, sold);
        }
        self.tend(number);
    }

    fn connect(&mut self, number: usize, boot: u64) {
        let till = &mut self.tills[number];
        if till.boot != boot || till.connection.is_some() || till.sender.is_none() {
            return;
        }
        if self.cloud.down || till.cut_until_ms > self.now_ms {
            let delay_ms = self.rng.random_range(1_000..60_000);
            self.later(delay_ms, Event::Connect { till: number, boot });
            return;
        }
        self.connections += 1;
        till.connection = Some(self.connections);
        let now = till.monotonic(self.now_ms);
        if let Some(sender) = &mut till.sender {
            sender.handle_connected(now);
        }
        let receiver = Receiver::new(&till.identity, None);
        self.cloud.receivers.insert((number, self.connections), receiver);
        self.tend(number);
    }

    fn disconnect(&mut self, number: usize) {
        let till = &mut self.tills[number];
        till.connection = None;
        let boot = till.boot;
        if let Some(sender) = &mut till.sender {
            sender.handle_disconnected();
            let delay_ms = self.rng.random_range(100..10_000);
            self.later(delay_ms, Event::Connect { till: number, boot });
        }
    }

    fn timer(&mut self, number: usize, boot: u64) {
        let till = &mut self.tills[number];
        if till.boot != boot {
            return;
        }
        let now = till.monotonic(self.now_ms);
        if let Some(sender) = &mut till.sender {
            sender.handle_timeout(now, self.rng.random());
        }
        self.tend(number);
    }

    /// Does what a till's shell does after each step of its sender.
    fn tend(&mut self, number: usize) {
        let now_ms = self.now_ms;
        for event in self.tills[number].serve_sender(now_ms) {
            self.till_event(number, event);
        }
        let till = &mut self.tills[number];
        let boot = till.boot;
        let Some(sender) = &mut till.sender else { return };
        let mut messages = Vec::new();
        while let Some(message) = sender.poll_transmit() {
            messages.push(message);
        }
        let wake_ms = sender.poll_timeout().map(|due| due.since_ms(till.monotonic(now_ms)));
        if let Some(connection) = till.connection {
            for message in messages {
                self.carry(number, || Event::ToCloud((number, connection), message.clone()));
            }
        }
        if let Some(delay_ms) = wake_ms {
            self.later(delay_ms, Event::Timer { till: number, boot });
        }
    }

    fn till_event(&mut self, number: usize, event: SenderEvent) {
        let till = &mut self.tills[number];
        match event {
            SenderEvent::Acked(mark) => {
                let (from, to) = (till.disk.acked.sequence.0, mark.sequence.0);
                let acked =
                    till.disk.journal.iter().skip(from as usize).take(to.saturating_sub(from) as usize);
                self.books.acked.extend(acked.map(Entry::payload_hash));
                till.disk.acked = mark;
            }
            SenderEvent::CloudBehind { to, .. } => till.disk.acked = to,
            SenderEvent::Diverged => till.disk.acked = till.genesis(),
            SenderEvent::EndOfLife(_) | SenderEvent::Refused(_) => {}
            SenderEvent::Reconnect { after_ms } => {
                till.connection = None;
                let boot = till.boot;
                self.later(after_ms, Event::Connect { till: number, boot });
            }
        }
    }

    /// Lets a message travel: it may be lost, doubled, and overtaken by another.
    fn carry(&mut self, till: usize, message: impl Fn() -> Event) {
        if self.tills[till].cut_until_ms > self.now_ms || self.rng.random_bool(self.weather.drop) {
            self.troubles.dropped += 1;
            return;
        }
        let twice = self.rng.random_bool(self.weather.duplicate);
        self.troubles.duplicated += u64::from(twice);
        for _ in 0..=u8::from(twice) {
            let delay_ms = self.rng.random_range(0..=self.weather.latency_ms);
            self.later(delay_ms, message());
        }
    }

    fn arrive_at_cloud(&mut self, line: Line, message: TillMessage) {
        if self.cloud.down {
            return;
        }
        let Some(receiver) = self.cloud.receivers.get_mut(&line) else {
            self.carry(line.0, || Event::Reset(line));
            return;
        };
        receiver.handle_message(message);
        self.tend_receiver(line);
    }

    fn tend_receiver(&mut self, line: Line) {
        let Some(receiver) = self.cloud.receivers.get_mut(&line) else { return };
        let (mut messages, mut requests) = (Vec::new(), Vec::new());
        while let Some(message) = receiver.poll_transmit() {
            messages.push(message);
        }
        while let Some(request) = receiver.poll_request() {
            requests.push(request);
        }
        if receiver.is_closed() {
            self.cloud.receivers.remove(&line);
        }
        for message in messages {
            self.carry(line.0, || Event::ToTill(line, message));
        }
        let boot = self.cloud.boot;
        let early =
            self.careless && requests.iter().any(|request| matches!(request, ReceiverRequest::Commit(_)));
        for request in requests {
            let delay_ms = self.rng.random_range(0..=self.weather.commit_ms);
            self.later(
                delay_ms,
                match request {
                    ReceiverRequest::Look(hello) => Event::Looked { line, boot, hello },
                    ReceiverRequest::Commit(batch) => Event::Committed { line, boot, batch },
                },
            );
        }
        if early && let Some(receiver) = self.cloud.receivers.get_mut(&line) {
            receiver.handle_committed();
            self.tend_receiver(line);
        }
    }

    fn arrive_at_till(&mut self, line: Line, message: CloudMessage) {
        let till = &mut self.tills[line.0];
        if till.connection != Some(line.1) {
            return;
        }
        let now = till.monotonic(self.now_ms);
        if let Some(sender) = &mut till.sender {
            sender.handle_message(message, now, self.rng.random());
        }
        self.tend(line.0);
    }

    fn looked(&mut self, line: Line, boot: u64, hello: &Hello) {
        if self.cloud.boot != boot || self.cloud.down {
            return;
        }
        let unavailable = self.rng.random_bool(self.weather.unavailable);
        let standing = self.cloud.disk.standing(line.0, self.tills[line.0].genesis(), hello);
        if let Some(receiver) = self.cloud.receivers.get_mut(&line) {
            if unavailable {
                receiver.handle_unavailable(500);
            } else {
                receiver.handle_standing(standing);
            }
        }
        self.tend_receiver(line);
    }

    fn committed(&mut self, line: Line, boot: u64, batch: &Batch) {
        if self.cloud.boot != boot || self.cloud.down {
            return;
        }
        let unavailable = self.rng.random_bool(self.weather.unavailable);
        if !unavailable {
            let identity = &self.tills[line.0].identity;
            self.troubles.repeated += self.cloud.disk.commit(line.0, identity, batch);
        }
        if self.rng.random_bool(0.01) && !self.calm {
            // Between the commit and its ack.
            self.crash_cloud();
            return;
        }
        if let Some(receiver) = self.cloud.receivers.get_mut(&line) {
            if unavailable {
                receiver.handle_unavailable(500);
            } else {
                receiver.handle_committed();
            }
        }
        self.tend_receiver(line);
    }

    fn till_crash(&mut self, number: usize) {
        if self.calm {
            return;
        }
        self.sometime(Event::TillCrash(number));
        let restored = self.rng.random_bool(self.weather.till_restore);
        let till = &mut self.tills[number];
        if till.sender.take().is_none() {
            return;
        }
        till.connection = None;
        self.troubles.till_crashes += 1;
        if restored && let Some(copy) = till.copy.clone() {
            self.troubles.till_restores += 1;
            for entry in till.disk.journal.iter().skip(copy.journal.len()) {
                if let Some(sold) = self.books.sold.get_mut(&entry.sale) {
                    sold.may_be_lost = true;
                }
            }
            till.disk = copy;
        }
        let delay_ms = self.rng.random_range(1_000..3_600_000);
        self.later(delay_ms, Event::TillUp(number));
    }

    fn till_up(&mut self, number: usize) {
        let now_ms = self.now_ms;
        let till = &mut self.tills[number];
        if till.sender.is_some() {
            return;
        }
        till.boot(now_ms);
        let boot = till.boot;
        self.later(0, Event::Connect { till: number, boot });
    }

    fn cloud_crash(&mut self) {
        if self.calm {
            return;
        }
        self.sometime(Event::CloudCrash);
        self.crash_cloud();
    }

    fn crash_cloud(&mut self) {
        self.troubles.cloud_crashes += 1;
        self.cloud.boot += 1;
        self.cloud.down = true;
        let lines: Vec<Line> = self.cloud.receivers.keys().copied().collect();
        self.cloud.receivers.clear();
        for line in lines {
            // Some notice at once, some only when nothing comes back.
            if self.rng.random_bool(0.5) {
                self.later(1, Event::Reset(line));
            }
        }
        if self.rng.random_bool(self.weather.cloud_restore)
            && let Some(copy) = self.cloud.copy.clone()
        {
            self.troubles.cloud_restores += 1;
            self.cloud.disk = copy;
        }
        let delay_ms = self.rng.random_range(1_000..3_600_000);
        self.later(delay_ms, Event::CloudUp);
    }

    fn cut(&mut self, number: usize) {
        if self.calm {
            return;
        }
        self.sometime(Event::Cut(number));
        self.troubles.partitions += 1;
        let length_ms = self.rng.random_range(1_000..=self.weather.cut_most_ms);
        self.tills[number].cut_until_ms = self.now_ms + length_ms;
    }

    fn clock_step(&mut self, number: usize) {
        if self.calm {
            return;
        }
        self.sometime(Event::ClockStep(number));
        self.troubles.clock_steps += 1;
        let month_ms = 30 * DAY_MS as i64;
        self.tills[number].clock_off_ms = self.rng.random_range(-month_ms..month_ms);
    }

    fn copy(&mut self) {
        self.later(DAY_MS, Event::Copy);
        for till in &mut self.tills {
            if self.rng.random_bool(0.3) {
                till.copy = Some(till.disk.clone());
            }
        }
        if self.rng.random_bool(0.3) {
            self.cloud.copy = Some(self.cloud.disk.clone());
        }
    }
}

/// The id of a sound sale in the till's journal.
fn some_sold(till: &Till, books: &Books, rng: &mut ChaCha8Rng) -> Option<SaleId> {
    let journal = &till.disk.journal;
    let entry = journal.get(rng.random_range(0..journal.len().max(1)))?;
    let sold = books.sold.get(&entry.sale)?;
    (sold.payload == entry.payload_hash()).then_some(entry.sale)
}
