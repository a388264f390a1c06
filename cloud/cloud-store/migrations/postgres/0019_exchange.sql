-- Catalogues that came as files. What a row comes to is planned first, and applied when somebody says so (or at once).
CREATE TABLE catalogue_import (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BYTEA NOT NULL,
    file_name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    blob_key TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    format TEXT NOT NULL,
    match_by TEXT NOT NULL,
    missing TEXT NOT NULL,
    language TEXT NOT NULL,
    prices_from BIGINT,
    at_once BIGINT NOT NULL,
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    notes TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    new_count BIGINT NOT NULL,
    changed_count BIGINT NOT NULL,
    unchanged_count BIGINT NOT NULL,
    left_out_count BIGINT NOT NULL,
    retired_count BIGINT NOT NULL,
    finding_count BIGINT NOT NULL,
    done_count BIGINT NOT NULL,
    refused_count BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    planned_at BIGINT,
    finished_at BIGINT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX catalogue_import_blob ON catalogue_import (blob_key);
CREATE INDEX catalogue_import_expiry ON catalogue_import (expires_at);

-- What becomes of a row of the file, or of a product that the file lacks. Rows that change nothing are only counted. What it says and
-- what it changes are JSON.
CREATE TABLE catalogue_import_row (
    org TEXT NOT NULL,
    import BYTEA NOT NULL,
    number BIGINT NOT NULL,
    file_row BIGINT,
    outcome TEXT NOT NULL,
    product TEXT,
    label TEXT NOT NULL,
    said TEXT NOT NULL,
    changes TEXT NOT NULL,
    problem TEXT NOT NULL,
    done BIGINT NOT NULL,
    PRIMARY KEY (org, import, number),
    FOREIGN KEY (org, import) REFERENCES catalogue_import (org, id)
);
CREATE INDEX catalogue_import_row_open ON catalogue_import_row (org, import, number) WHERE done = 0;

-- What is odd about the catalogue as the file would have it.
CREATE TABLE catalogue_import_finding (
    org TEXT NOT NULL,
    import BYTEA NOT NULL,
    number BIGINT NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    finding TEXT NOT NULL,
    PRIMARY KEY (org, import, number),
    FOREIGN KEY (org, import) REFERENCES catalogue_import (org, id)
);

-- Sales that were handed to another system, each in a batch; confirmed ones are never handed over again.
CREATE TABLE exchange_sale (
    org TEXT NOT NULL,
    business_day BIGINT NOT NULL,
    sale BYTEA NOT NULL,
    batch BYTEA NOT NULL,
    confirmed_at BIGINT,
    PRIMARY KEY (org, business_day, sale)
);
CREATE INDEX exchange_sale_open ON exchange_sale (org, business_day, sale) WHERE confirmed_at IS NULL;
