-- What tills were told to do, and what became of it.
CREATE TABLE command (
    id BYTEA NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    store TEXT NOT NULL,
    till TEXT NOT NULL,
    operation TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    FOREIGN KEY (org, store, till) REFERENCES till (org, store, id)
);
CREATE INDEX command_open ON command (expires_at) WHERE state IN ('init', 'executing');
CREATE INDEX command_of_till ON command (org, store, till, made_at);
