-- What a product costs in one store from a moment on, in place of the organisation's price; without an amount the
-- organisation's price counts again. The newest row whose moment has come counts. What has taken effect stays.
CREATE TABLE store_price (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    price_minor BIGINT,
    currency TEXT NOT NULL,
    price_per TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    applied_at BIGINT,
    PRIMARY KEY (org, store, product, effective_from),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id)
);
CREATE INDEX store_price_due ON store_price (effective_from) WHERE applied_at IS NULL;
CREATE INDEX store_price_of_product ON store_price (org, product);
