-- What somebody asked for as a file, or what goes into a sheet of somebody else's. Days are written 20260131; no bound is 0 or
-- 99991231. A store that is empty means all of them. Without a spreadsheet it becomes a blob.
CREATE TABLE export (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    dataset TEXT NOT NULL,
    format TEXT NOT NULL,
    store TEXT NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,
    spreadsheet TEXT NOT NULL,
    sheet TEXT NOT NULL,
    state TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    blob_key TEXT,
    problem TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    finished_at BIGINT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX export_blob ON export (blob_key) WHERE blob_key IS NOT NULL;
CREATE INDEX export_expiry ON export (expires_at);

-- Exports that are made again and again, each of the last complete days before its moment.
CREATE TABLE export_plan (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    dataset TEXT NOT NULL,
    format TEXT NOT NULL,
    store TEXT NOT NULL,
    every_days BIGINT NOT NULL,
    days BIGINT NOT NULL,
    spreadsheet TEXT NOT NULL,
    sheet TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX export_plan_due ON export_plan (next_at);
