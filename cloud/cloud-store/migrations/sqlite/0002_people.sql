CREATE TABLE person (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    PRIMARY KEY (org, id)
);

-- An empty store means the whole organisation.
CREATE TABLE person_grant (
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    role TEXT NOT NULL,
    store TEXT NOT NULL,
    PRIMARY KEY (org, person, role, store),
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);

CREATE TABLE service_token (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    store TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at BIGINT,
    PRIMARY KEY (org, id)
);

CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);
CREATE INDEX session_of_person ON session (org, person);
CREATE INDEX session_expiry ON session (expires_at);

-- The key is an e-mail address or a network address, as whoever counts chooses.
CREATE TABLE failed_sign_in (
    sign_in_key TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX failed_sign_in_key ON failed_sign_in (sign_in_key, at);
CREATE INDEX failed_sign_in_at ON failed_sign_in (at);

CREATE TABLE audit_head (
    org TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    number BIGINT NOT NULL,
    hash BLOB NOT NULL
);

CREATE TABLE audit_entry (
    org TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (org, number)
);
