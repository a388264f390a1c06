CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    dedupe_key TEXT,
    is_fresh BIGINT NOT NULL,
    state TEXT NOT NULL,
    run_after BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    lease_owner TEXT,
    lease_expires_at BIGINT,
    problem TEXT,
    made_at BIGINT NOT NULL,
    finished_at BIGINT
);
-- A job that nobody has begun stands for the same asked again; one that has begun does not.
CREATE UNIQUE INDEX job_fresh ON job (org, kind, dedupe_key) WHERE is_fresh = 1;
CREATE INDEX job_due ON job (run_after, id) WHERE state = 'waiting';
CREATE INDEX job_leased ON job (lease_expires_at) WHERE state = 'running';
CREATE INDEX job_dead ON job (org, id) WHERE state = 'dead';
CREATE INDEX job_finished ON job (finished_at) WHERE state = 'done';

-- What only one process at a time may do.
CREATE TABLE duty (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
