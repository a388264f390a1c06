-- What a change of stock belongs to beside a sale, and what whoever made it had to say.
ALTER TABLE stock_movement ADD COLUMN note TEXT;
ALTER TABLE stock_movement ADD COLUMN origin TEXT;
ALTER TABLE stock_movement ADD COLUMN origin_id BLOB;
-- A correction that is sent again is booked once.
CREATE UNIQUE INDEX stock_movement_correction ON stock_movement (org, origin_id) WHERE origin = 'correction';

-- When a thing was counted last.
ALTER TABLE stock_balance ADD COLUMN counted_at BIGINT;

-- Pieces or grams below which a thing is ordered, as the newest proposals see it. The whole store's are written together.
CREATE TABLE stock_reorder (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (org, store, product, unit),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);

-- What was thrown away or lost. What it was worth is known when it happens: at what it had cost, where that is known, and at its price.
CREATE TABLE stock_waste (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    currency TEXT NOT NULL,
    cost_minor BIGINT,
    price_minor BIGINT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);
CREATE INDEX stock_waste_of_store ON stock_waste (org, store, made_at);

-- A count of a store, of a category or of some products. The mark is the newest movement when it began.
CREATE TABLE stock_count (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    store TEXT NOT NULL,
    state TEXT NOT NULL,
    scope TEXT NOT NULL,
    category TEXT,
    note TEXT NOT NULL,
    currency TEXT NOT NULL,
    mark BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    settled_by TEXT,
    settled_at BIGINT,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);
CREATE INDEX stock_count_of_store ON stock_count (org, store, made_at);

-- What is to be counted. Without a quantity it was not counted yet; expected is what the ledger said of the moment at which it
-- was, and the mark the newest movement that counts as before it whatever its clock says.
CREATE TABLE stock_count_line (
    org TEXT NOT NULL,
    stock_count BLOB NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    price_minor BIGINT,
    price_per TEXT NOT NULL,
    quantity BIGINT,
    expected BIGINT,
    mark BIGINT,
    counted_by TEXT,
    counted_at BIGINT,
    PRIMARY KEY (org, stock_count, product, unit),
    FOREIGN KEY (org, stock_count) REFERENCES stock_count (org, id)
);

-- Every number that somebody said, also those that another took the place of.
CREATE TABLE stock_count_entry (
    org TEXT NOT NULL,
    stock_count BLOB NOT NULL,
    id BLOB NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    adds BIGINT NOT NULL,
    counted_by TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (org, stock_count, id),
    FOREIGN KEY (org, stock_count) REFERENCES stock_count (org, id)
);

-- Goods that go from one store to another.
CREATE TABLE stock_transfer (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    from_store TEXT NOT NULL,
    to_store TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    sent_by TEXT,
    sent_at BIGINT,
    settled_by TEXT,
    settled_at BIGINT,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, from_store) REFERENCES store (org, id),
    FOREIGN KEY (org, to_store) REFERENCES store (org, id)
);
CREATE INDEX stock_transfer_newest ON stock_transfer (org, made_at, id);
CREATE INDEX stock_transfer_coming ON stock_transfer (org, to_store) WHERE state = 'sent';

-- What came is known once the transfer is received; what is missing then was lost, came later, or never left.
CREATE TABLE stock_transfer_line (
    org TEXT NOT NULL,
    stock_transfer BLOB NOT NULL,
    number BIGINT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    received BIGINT,
    settled_as TEXT,
    settled_by TEXT,
    settled_at BIGINT,
    PRIMARY KEY (org, stock_transfer, number),
    FOREIGN KEY (org, stock_transfer) REFERENCES stock_transfer (org, id)
);

-- What is kept for somebody, until a moment.
CREATE TABLE stock_reservation (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    for_whom TEXT NOT NULL,
    until BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    released_by TEXT,
    released_at BIGINT,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);
CREATE INDEX stock_reservation_open ON stock_reservation (org, store, product, unit, until) WHERE released_at IS NULL;
