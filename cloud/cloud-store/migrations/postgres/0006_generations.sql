-- Bodies that generations share, by their SHA-256: catalogues, calibrations, vectors.
CREATE TABLE content (
    org TEXT NOT NULL REFERENCES organisation (id),
    hash BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (org, hash)
);

CREATE TABLE generation (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    catalogue BYTEA NOT NULL,
    calibration BYTEA,
    model TEXT,
    views_hash BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    products BIGINT NOT NULL,
    views BIGINT NOT NULL,
    PRIMARY KEY (org, store, number),
    FOREIGN KEY (org, store) REFERENCES store (org, id),
    FOREIGN KEY (org, catalogue) REFERENCES content (org, hash),
    FOREIGN KEY (org, calibration) REFERENCES content (org, hash)
);
CREATE INDEX generation_catalogue ON generation (org, catalogue);
CREATE INDEX generation_calibration ON generation (org, calibration);

-- A view is in every generation from added_in on, up to the one before removed_in.
CREATE TABLE generation_view (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    view BYTEA NOT NULL,
    added_in BIGINT NOT NULL,
    removed_in BIGINT,
    product TEXT NOT NULL,
    vector BYTEA NOT NULL,
    PRIMARY KEY (org, store, view, added_in),
    FOREIGN KEY (org, vector) REFERENCES content (org, hash)
);
CREATE INDEX generation_view_vector ON generation_view (org, vector);
CREATE INDEX generation_view_removed ON generation_view (org, store, removed_in) WHERE removed_in IS NOT NULL;
