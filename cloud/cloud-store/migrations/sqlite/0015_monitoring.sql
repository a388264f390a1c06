-- Sales that a till has and the cloud has not acked, as the till says.
ALTER TABLE till ADD COLUMN seen_unsent BIGINT;

-- How each part is doing and since when: of tills (`till:STORE/TILL`), of the cloud's own processes (`process:server`) and of
-- services outside (`service:mail`). An empty organisation is the cloud's own.
CREATE TABLE part_health (
    org TEXT NOT NULL,
    subject TEXT NOT NULL,
    part TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    since BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (org, subject, part)
);
-- What it was before: a row for each time that a state became another.
CREATE TABLE health_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    subject TEXT NOT NULL,
    part TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX health_change_of_org ON health_change (org, id);
CREATE INDEX health_change_of_part ON health_change (org, subject, part, id);
CREATE INDEX health_change_at ON health_change (at);

-- Each time that a service outside was asked whether it answers.
CREATE TABLE service_check (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    at BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX service_check_of ON service_check (service, at);
CREATE INDEX service_check_at ON service_check (at);

-- What a day or a week was like. An empty store is the whole organisation; the facts are JSON, the files are blobs.
CREATE TABLE report (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    store TEXT NOT NULL,
    kind TEXT NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,
    facts TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, store, kind, first_day)
);
CREATE TABLE report_file (
    org TEXT NOT NULL,
    report BLOB NOT NULL,
    language TEXT NOT NULL,
    format TEXT NOT NULL,
    blob TEXT NOT NULL,
    PRIMARY KEY (org, report, language, format),
    FOREIGN KEY (org, report) REFERENCES report (org, id)
);
CREATE INDEX report_file_blob ON report_file (blob);
