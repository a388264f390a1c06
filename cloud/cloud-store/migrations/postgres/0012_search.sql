-- What can be found, as the index takes it: a copy of what other tables say, made again from them at any time. `change` rises
-- with each entry that is written, so that whoever keeps an index asks for what came since; one that was removed stays for a
-- while to say so.
CREATE TABLE search_entry (
    org TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    removed BIGINT NOT NULL,
    change BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org, kind, id)
);
CREATE UNIQUE INDEX search_entry_change ON search_entry (org, change);
CREATE INDEX search_entry_changed ON search_entry (change);
CREATE INDEX search_entry_removed ON search_entry (changed_at) WHERE removed = 1;

-- How far whoever keeps a copy has come: `entries` up to an event of the outbox, a search engine elsewhere up to a change.
CREATE TABLE search_mark (
    name TEXT NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    reviewed_at BIGINT NOT NULL
);
-- The last number that was given out, and the last of an entry that was removed and is forgotten.
CREATE TABLE search_change (
    one BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL,
    forgotten BIGINT NOT NULL
);
INSERT INTO search_change (one, last, forgotten) VALUES (1, 0, 0);

-- What a language model was asked, a day and a purpose a row. The cost is in millionths of the budget's currency.
CREATE TABLE language_use (
    org TEXT NOT NULL REFERENCES organisation (id),
    day BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    requests BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    tokens_in BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    PRIMARY KEY (org, day, purpose)
);
