-- What a whole store and each of its categories are expected to sell, in minor units of the currency. Of a store the category is
-- empty; so it is of the category of products that have none. Figures are 64-bit integers, the low byte first: for each day the mean
-- that was agreed with the products, then the quantiles of the day, then those of the sum up to that day. Own is what each day was
-- expected to be by itself, empty where too little is known for that; sold is what the days before came to. Forecast_at is when the
-- newest of the forecasts was made that it sums up. Reasons are JSON.
CREATE TABLE forecast_total (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    level TEXT NOT NULL,
    category TEXT NOT NULL,
    currency TEXT NOT NULL,
    products BIGINT NOT NULL,
    run BYTEA NOT NULL,
    first_day BIGINT NOT NULL,
    days BIGINT NOT NULL,
    method TEXT NOT NULL,
    -- In millionths.
    mase BIGINT,
    mase_naive BIGINT,
    history_days BIGINT NOT NULL,
    figures BYTEA NOT NULL,
    own BYTEA NOT NULL,
    sold BYTEA NOT NULL,
    reasons TEXT NOT NULL,
    forecast_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, store, level, category),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);

-- What a product adds to the totals of a store: one 64-bit integer for each day, the low byte first, in minor units. The products of a
-- category sum up to it.
CREATE TABLE forecast_part (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    first_day BIGINT NOT NULL,
    amounts BYTEA NOT NULL,
    PRIMARY KEY (org, store, product),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, product) REFERENCES product (org, id)
);
