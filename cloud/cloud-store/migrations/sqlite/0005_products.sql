CREATE TABLE category (
    org TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    family TEXT NOT NULL,
    PRIMARY KEY (org, name)
);

-- Names are JSON by language; search_text is all names and numbers in small letters.
CREATE TABLE product (
    org TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL,
    sku TEXT NOT NULL,
    names TEXT NOT NULL,
    search_text TEXT NOT NULL,
    category TEXT,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    price_per TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    gtin TEXT,
    plu TEXT,
    age_limit BIGINT,
    archived BIGINT NOT NULL,
    picture TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, sku),
    UNIQUE (org, gtin),
    UNIQUE (org, plu),
    FOREIGN KEY (org, category) REFERENCES category (org, name)
);

CREATE TABLE price_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    product TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    price_per TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    applied_at BIGINT,
    UNIQUE (org, product, effective_from),
    FOREIGN KEY (org, product) REFERENCES product (org, id)
);
CREATE INDEX price_change_due ON price_change (effective_from) WHERE applied_at IS NULL;

CREATE TABLE photo (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    product TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    hash BLOB NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id)
);
-- A product has a photo once; one that was taken away may come again.
CREATE UNIQUE INDEX photo_of_product ON photo (org, product, hash) WHERE state <> 'removed';
CREATE INDEX photo_blob ON photo (blob_key);

-- The vector is as many 32-bit floats, the low byte first.
CREATE TABLE product_view (
    org TEXT NOT NULL,
    id BLOB NOT NULL,
    product TEXT NOT NULL,
    photo BLOB,
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id),
    FOREIGN KEY (org, photo) REFERENCES photo (org, id)
);
CREATE INDEX product_view_of_product ON product_view (org, product);
CREATE INDEX product_view_of_photo ON product_view (org, photo);
CREATE INDEX product_view_current ON product_view (org, model, id) WHERE retired_at IS NULL;
