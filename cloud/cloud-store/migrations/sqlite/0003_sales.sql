-- Events on their way out; they are written by the transaction that they tell of.
CREATE TABLE outbox_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    topic TEXT NOT NULL,
    event_key TEXT NOT NULL,
    payload BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX outbox_event_waiting ON outbox_event (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_event_sent ON outbox_event (sent_at) WHERE sent_at IS NOT NULL;

-- Every place of every till's journal that ever came, whatever came of it. Aside is what lies on another history of the
-- till than the one that came first.
CREATE TABLE received (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    hash BLOB NOT NULL,
    previous BLOB NOT NULL,
    sale BLOB NOT NULL,
    outcome TEXT NOT NULL,
    aside BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, till, sequence, hash)
);

-- The newest place of each till; its row is what two transactions of one till wait for.
CREATE TABLE till_head (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    hash BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, till),
    FOREIGN KEY (org, store, till) REFERENCES till (org, store, id)
);

CREATE TABLE sequence_gap (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    noticed_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, till, first)
);

CREATE TABLE journal_fork (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    known_hash BLOB NOT NULL,
    other_hash BLOB NOT NULL,
    noticed_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, till, sequence, other_hash)
);

-- What was not booked, whole: quarantined (its id is known with other bytes) or parked (unsound).
CREATE TABLE set_aside (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    hash BLOB NOT NULL,
    previous BLOB NOT NULL,
    sale BLOB NOT NULL,
    payload BLOB NOT NULL,
    reason TEXT NOT NULL,
    problem TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by TEXT,
    PRIMARY KEY (org, store, till, sequence, hash)
);
CREATE INDEX set_aside_open ON set_aside (org, received_at) WHERE settled_at IS NULL;

-- The mark that a sale is counted, whatever day and partition it lies in.
CREATE TABLE sale_inbox (
    org TEXT NOT NULL,
    sale BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    business_day BIGINT NOT NULL,
    PRIMARY KEY (org, sale)
);

-- A day is written 20260131.
CREATE TABLE sale (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    business_day BIGINT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    completed_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    currency TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    gross_minor BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    payload BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (org, business_day, id)
);
CREATE INDEX sale_of_store ON sale (org, store, completed_at, id);

CREATE TABLE sale_line (
    org TEXT NOT NULL,
    sale BLOB NOT NULL,
    business_day BIGINT NOT NULL,
    number BIGINT NOT NULL,
    product TEXT NOT NULL,
    sku TEXT NOT NULL,
    unit_price_minor BIGINT NOT NULL,
    price_per TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    tare_g BIGINT NOT NULL,
    tax_code TEXT NOT NULL,
    tax_basis_points BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    identified_by TEXT NOT NULL,
    probability_basis_points BIGINT,
    PRIMARY KEY (org, business_day, sale, number)
);

CREATE TABLE sale_tender (
    org TEXT NOT NULL,
    sale BLOB NOT NULL,
    business_day BIGINT NOT NULL,
    number BIGINT NOT NULL,
    payment BLOB NOT NULL,
    kind TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    authorisation TEXT NOT NULL,
    PRIMARY KEY (org, business_day, sale, number)
);

-- Every change of stock; the sale is empty where people changed it.
CREATE TABLE stock_movement (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    change BIGINT NOT NULL,
    reason TEXT NOT NULL,
    sale BLOB,
    business_day BIGINT,
    made_by TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX stock_movement_of_product ON stock_movement (org, store, product, unit, id);

CREATE TABLE stock_balance (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (org, store, product, unit)
);
