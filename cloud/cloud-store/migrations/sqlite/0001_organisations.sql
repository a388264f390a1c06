-- Times are milliseconds since 1970, flags are 0 or 1, ids are names or the 16 bytes of a UUID.
CREATE TABLE organisation (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE store (
    org TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    taxes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org, id)
);

CREATE TABLE till (
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    seen_at BIGINT,
    seen_generation BIGINT,
    seen_sequence BIGINT,
    seen_software TEXT,
    PRIMARY KEY (org, store, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);

CREATE TABLE claim (
    id BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    code_hash BLOB NOT NULL UNIQUE,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    used_at BIGINT,
    FOREIGN KEY (org, store, till) REFERENCES till (org, store, id)
);
CREATE INDEX claim_of_till ON claim (org, store, till);

CREATE TABLE certificate (
    serial BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    claim BLOB REFERENCES claim (id),
    fingerprint BLOB NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    revoked_at BIGINT,
    FOREIGN KEY (org, store, till) REFERENCES till (org, store, id)
);
CREATE INDEX certificate_of_till ON certificate (org, store, till);
CREATE INDEX certificate_revoked ON certificate (not_after) WHERE revoked_at IS NOT NULL;
