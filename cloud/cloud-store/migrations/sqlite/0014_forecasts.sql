-- Days on which people buy otherwise than on other days of the week. A day is written 20260131.
CREATE TABLE holiday (
    org TEXT NOT NULL REFERENCES organisation (id),
    day BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (org, day)
);

-- A forecast of everything that an organisation sells. One nightly run is made for a day, whoever asks for it first. The model is
-- the SHA-256 of what was learnt from all series, a blob's name.
CREATE TABLE forecast_run (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    nightly BIGINT NOT NULL,
    first_day BIGINT NOT NULL,
    days BIGINT NOT NULL,
    state TEXT NOT NULL,
    model BLOB,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (org, id)
);
CREATE UNIQUE INDEX forecast_run_nightly ON forecast_run (org, first_day) WHERE nightly = 1;
CREATE INDEX forecast_run_newest ON forecast_run (org, made_at);

-- The part of a run that one job does: the products of one store from the first to the last of them.
CREATE TABLE forecast_shard (
    org TEXT NOT NULL,
    run BLOB NOT NULL,
    number BIGINT NOT NULL,
    store TEXT NOT NULL,
    first_product TEXT NOT NULL,
    last_product TEXT NOT NULL,
    series BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (org, run, number),
    FOREIGN KEY (org, run) REFERENCES forecast_run (org, id)
);

-- The newest forecast of a product in a store. Figures are 32-bit floats, the low byte first: for each day its mean, then the
-- quantiles of the day, then those of the sum up to that day. Reasons are JSON.
CREATE TABLE forecast (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    run BLOB NOT NULL,
    first_day BIGINT NOT NULL,
    days BIGINT NOT NULL,
    method TEXT NOT NULL,
    -- In millionths.
    mase BIGINT,
    mase_naive BIGINT,
    history_days BIGINT NOT NULL,
    figures BLOB NOT NULL,
    reasons TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, product),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id)
);

-- How a store orders. Service is the share of days without an empty shelf, in basis points, for each class; an amount is in the
-- store's currency, and none is no limit.
CREATE TABLE ordering_policy (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    review_days BIGINT NOT NULL,
    service_a BIGINT NOT NULL,
    service_b BIGINT NOT NULL,
    service_c BIGINT NOT NULL,
    budget_minor BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, store),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);

-- What is said of a product in a store; what is not said follows from its offers, its sales and the store's policy.
CREATE TABLE ordering_rule (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    supplier BLOB,
    lead_days BIGINT,
    review_days BIGINT,
    service_class TEXT,
    shelf_life_days BIGINT,
    stock_min BIGINT,
    stock_max BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, product),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id),
    FOREIGN KEY (org, supplier) REFERENCES supplier (org, id)
);

-- What is proposed to order from a supplier for a store. One that a person has changed stays until it is decided on or expires;
-- others give way to the next run's.
CREATE TABLE proposal (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    run BLOB NOT NULL,
    store TEXT NOT NULL,
    supplier BLOB NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    order_on BIGINT NOT NULL,
    arrives_on BIGINT,
    edited BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    reason TEXT NOT NULL,
    purchase_order BLOB,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, supplier) REFERENCES supplier (org, id),
    FOREIGN KEY (org, purchase_order) REFERENCES purchase_order (org, id)
);
CREATE INDEX proposal_of_store ON proposal (org, store, state);
CREATE INDEX proposal_newest ON proposal (org, made_at);
CREATE INDEX proposal_open ON proposal (expires_at) WHERE state = 'open';

-- Because is JSON: why so much.
CREATE TABLE proposal_line (
    org TEXT NOT NULL,
    proposal BLOB NOT NULL,
    number BIGINT NOT NULL,
    product TEXT NOT NULL,
    article TEXT NOT NULL,
    gtin TEXT,
    name TEXT NOT NULL,
    packs_proposed BIGINT NOT NULL,
    packs BIGINT NOT NULL,
    packs_min BIGINT NOT NULL,
    packs_multiple BIGINT NOT NULL,
    pack_content BIGINT NOT NULL,
    pack_unit TEXT NOT NULL,
    pack_price TEXT NOT NULL,
    tax_basis_points BIGINT,
    because TEXT NOT NULL,
    PRIMARY KEY (org, proposal, number),
    FOREIGN KEY (org, proposal) REFERENCES proposal (org, id)
);
