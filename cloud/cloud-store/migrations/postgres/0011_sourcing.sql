-- Who goods are bought from. The keys are what it is looked up by: small letters or capitals without signs. Days of the week are
-- bits, Monday the lowest; closed days and contacts are JSON. An amount is in the supplier's currency.
CREATE TABLE supplier (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    tax_id TEXT,
    tax_key TEXT,
    registration_key TEXT,
    registration_id TEXT,
    gln TEXT,
    iban TEXT,
    address TEXT NOT NULL,
    country TEXT NOT NULL,
    contacts TEXT NOT NULL,
    language TEXT NOT NULL,
    currency TEXT NOT NULL,
    order_min_minor BIGINT,
    lead_days BIGINT NOT NULL,
    weekdays BIGINT NOT NULL,
    closed_days TEXT NOT NULL,
    blacklist_reason TEXT,
    archived BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, tax_key),
    UNIQUE (org, gln)
);
CREATE INDEX supplier_by_name ON supplier (org, name_key);
CREATE INDEX supplier_by_registration ON supplier (org, registration_key) WHERE registration_key IS NOT NULL;
CREATE INDEX supplier_by_iban ON supplier (org, iban) WHERE iban IS NOT NULL;

-- What a supplier asks for an article from a day on. The key is the article number, else the GTIN, else the name; the newest row
-- of a key whose day has come counts. Days are written 20260131; no bound is 0 or 99991231. A price is a decimal as text.
CREATE TABLE offer (
    org TEXT NOT NULL,
    id BYTEA NOT NULL,
    supplier BYTEA NOT NULL,
    offer_key TEXT NOT NULL,
    article TEXT NOT NULL,
    gtin TEXT,
    name TEXT NOT NULL,
    product TEXT,
    pack_content BIGINT NOT NULL,
    pack_unit TEXT NOT NULL,
    packs_min BIGINT NOT NULL,
    packs_multiple BIGINT NOT NULL,
    pack_price TEXT NOT NULL,
    currency TEXT NOT NULL,
    tax_basis_points BIGINT,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT NOT NULL,
    origin TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, supplier, offer_key, valid_from),
    FOREIGN KEY (org, supplier) REFERENCES supplier (org, id)
);
CREATE INDEX offer_of_product ON offer (org, product) WHERE product IS NOT NULL;
CREATE INDEX offer_by_gtin ON offer (org, gtin) WHERE gtin IS NOT NULL;

-- The newest number of an organisation's orders; its row is what two transactions that make one wait for.
CREATE TABLE purchase_order_head (
    org TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    number BIGINT NOT NULL
);

CREATE TABLE purchase_order (
    org TEXT NOT NULL,
    id BYTEA NOT NULL,
    number BIGINT NOT NULL,
    supplier BYTEA NOT NULL,
    store TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    wanted_on BIGINT,
    note TEXT NOT NULL,
    supplier_reference TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sent_at BIGINT,
    PRIMARY KEY (org, id),
    UNIQUE (org, number),
    FOREIGN KEY (org, supplier) REFERENCES supplier (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);
CREATE INDEX purchase_order_of_supplier ON purchase_order (org, supplier);

-- Accepted and damaged are pieces or grams, the sums of the line's receipts.
CREATE TABLE purchase_order_line (
    org TEXT NOT NULL,
    purchase_order BYTEA NOT NULL,
    number BIGINT NOT NULL,
    product TEXT,
    article TEXT NOT NULL,
    gtin TEXT,
    name TEXT NOT NULL,
    packs BIGINT NOT NULL,
    packs_confirmed BIGINT,
    pack_content BIGINT NOT NULL,
    pack_unit TEXT NOT NULL,
    pack_price TEXT NOT NULL,
    tax_basis_points BIGINT,
    accepted BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    PRIMARY KEY (org, purchase_order, number),
    FOREIGN KEY (org, purchase_order) REFERENCES purchase_order (org, id)
);
CREATE INDEX purchase_order_line_of_product ON purchase_order_line (org, product) WHERE product IS NOT NULL;

-- Goods that came. The key is the sender's: the same again is counted once, and the hash says whether it is the same.
CREATE TABLE goods_receipt (
    org TEXT NOT NULL,
    id BYTEA NOT NULL,
    purchase_order BYTEA NOT NULL,
    receipt_key TEXT NOT NULL,
    hash BYTEA NOT NULL,
    delivery_note TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, purchase_order, receipt_key),
    FOREIGN KEY (org, purchase_order) REFERENCES purchase_order (org, id)
);
CREATE TABLE goods_receipt_line (
    org TEXT NOT NULL,
    goods_receipt BYTEA NOT NULL,
    number BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (org, goods_receipt, number),
    FOREIGN KEY (org, goods_receipt) REFERENCES goods_receipt (org, id)
);

-- The row that transactions which place raw products in families wait for, so that no family is made twice.
CREATE TABLE family_head (
    org TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    placed BIGINT NOT NULL
);

-- One and the same product, whoever speaks of it. The name is the one of its fields, to list by.
CREATE TABLE product_family (
    org TEXT NOT NULL,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    product TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX product_family_of_product ON product_family (org, product) WHERE product IS NOT NULL;

-- What is known of it now, and who said so.
CREATE TABLE family_field (
    org TEXT NOT NULL,
    family BYTEA NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    priority BIGINT NOT NULL,
    raw_product BYTEA,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (org, family, field),
    FOREIGN KEY (org, family) REFERENCES product_family (org, id)
);

-- Every value that a field ever took, with the one that it replaced.
CREATE TABLE family_field_change (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    org TEXT NOT NULL,
    family BYTEA NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    raw_product BYTEA,
    given_at BIGINT NOT NULL,
    value_before TEXT,
    source_before TEXT
);
CREATE INDEX family_field_change_of_family ON family_field_change (org, family, id);

-- What a family is found by: pages, GTINs, brand and article number; and the words of its name.
CREATE TABLE family_key (
    org TEXT NOT NULL,
    kind TEXT NOT NULL,
    family_key TEXT NOT NULL,
    family BYTEA NOT NULL,
    PRIMARY KEY (org, kind, family_key, family),
    FOREIGN KEY (org, family) REFERENCES product_family (org, id)
);
CREATE INDEX family_key_of_family ON family_key (org, family);

-- What was read somewhere of a product, as it was said. The key is the source's own; the fields are JSON; the hash is over all
-- that counts, so that the same again is known for what it is. The rung says how its family was found.
CREATE TABLE raw_product (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BYTEA NOT NULL,
    source TEXT NOT NULL,
    priority BIGINT NOT NULL,
    source_key TEXT NOT NULL,
    url TEXT,
    gtin TEXT,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    price TEXT,
    currency TEXT,
    hash BYTEA NOT NULL,
    snapshot TEXT,
    family BYTEA NOT NULL,
    rung TEXT,
    first_seen_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, source, source_key),
    FOREIGN KEY (org, family) REFERENCES product_family (org, id)
);
CREATE INDEX raw_product_of_family ON raw_product (org, family);

-- Public pages and GTINs that are looked up again and again. A problem of the last visit stays until one goes well.
CREATE TABLE page_target (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    supplier BYTEA,
    every_minutes BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    visited_at BIGINT,
    problem TEXT,
    failures BIGINT NOT NULL,
    products BIGINT NOT NULL,
    snapshot TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, kind, address),
    FOREIGN KEY (org, supplier) REFERENCES supplier (org, id)
);
CREATE INDEX page_target_due ON page_target (next_at);

-- How far each partition of a topic that is read from the bus was taken in.
CREATE TABLE bus_place (
    topic TEXT NOT NULL,
    bus_partition BIGINT NOT NULL,
    next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, bus_partition)
);
