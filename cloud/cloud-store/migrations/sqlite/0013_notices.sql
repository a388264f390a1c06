-- What people are told of. One that is raised again under a key that is open changes nothing but `last_seen_at`. An empty store means
-- the whole organisation; empty roles mean everybody, others are written `,manager,clerk,`.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL REFERENCES organisation (id),
    store TEXT NOT NULL,
    event TEXT NOT NULL,
    severity TEXT NOT NULL,
    notice_key TEXT NOT NULL,
    data TEXT NOT NULL,
    roles TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    settled_at BIGINT,
    planned_at BIGINT,
    acknowledged_at BIGINT,
    acknowledged_by TEXT
);
CREATE UNIQUE INDEX notice_open ON notice (org, event, notice_key) WHERE settled_at IS NULL;
CREATE INDEX notice_of_org ON notice (org, id);
CREATE INDEX notice_to_plan ON notice (id) WHERE planned_at IS NULL;
CREATE INDEX notice_raised ON notice (raised_at);

-- What somebody has read: everything up to a notice, and single ones after it.
CREATE TABLE notice_reader (
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    read_up_to BIGINT NOT NULL,
    PRIMARY KEY (org, person),
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);
CREATE TABLE notice_read (
    person BLOB NOT NULL,
    notice BIGINT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    PRIMARY KEY (person, notice)
);
CREATE INDEX notice_read_of ON notice_read (notice);

-- Where somebody is reached. Nothing but the code that confirms it goes to an address that is not confirmed.
CREATE TABLE notice_address (
    id BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    secret TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    code_hash BLOB,
    code_expires_at BIGINT,
    code_tries BIGINT NOT NULL,
    confirmed_at BIGINT,
    off_at BIGINT,
    off_reason TEXT,
    UNIQUE (org, person, channel, address),
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);
CREATE INDEX notice_address_of ON notice_address (channel, address);

-- What somebody wants to be told of, where. An empty store or event means every one.
CREATE TABLE notice_subscription (
    id BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    address BLOB NOT NULL REFERENCES notice_address (id) ON DELETE CASCADE,
    store TEXT NOT NULL,
    event TEXT NOT NULL,
    least_severity TEXT NOT NULL,
    pace TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    UNIQUE (address, store, event),
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);
CREATE INDEX notice_subscription_of ON notice_subscription (org, person);

-- When somebody wants to be left alone. Minutes count from midnight where they are.
CREATE TABLE notice_habit (
    org TEXT NOT NULL,
    person BLOB NOT NULL,
    time_zone TEXT NOT NULL,
    quiet_from_minute BIGINT NOT NULL,
    quiet_until_minute BIGINT NOT NULL,
    critical_always BIGINT NOT NULL,
    digest_minute BIGINT NOT NULL,
    PRIMARY KEY (org, person),
    FOREIGN KEY (org, person) REFERENCES person (org, id)
);

-- What an organisation says in its own words. The newest version counts; one without text goes back to what is built in.
CREATE TABLE notice_template (
    org TEXT NOT NULL REFERENCES organisation (id),
    event TEXT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, event, language, version)
);

-- What goes to an address, whole and once for each key. `sending` is written before a byte leaves, so that after a crash only those
-- rows are in doubt.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL REFERENCES organisation (id),
    delivery_key TEXT NOT NULL UNIQUE,
    notice BIGINT,
    person BLOB,
    address BLOB NOT NULL REFERENCES notice_address (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT NOT NULL,
    picture TEXT NOT NULL,
    state TEXT NOT NULL,
    run_after BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    doubtful BIGINT NOT NULL,
    sender TEXT,
    problem TEXT,
    remote_id TEXT,
    made_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX delivery_waiting ON delivery (channel, address, id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery (channel) WHERE state = 'sending';
CREATE INDEX delivery_of_org ON delivery (org, id);
CREATE INDEX delivery_of_notice ON delivery (notice);
CREATE INDEX delivery_dead ON delivery (org, id) WHERE state = 'dead';
CREATE INDEX delivery_settled ON delivery (settled_at) WHERE settled_at IS NOT NULL;

-- What waits to be told of together.
CREATE TABLE digest_item (
    address BLOB NOT NULL REFERENCES notice_address (id) ON DELETE CASCADE,
    notice BIGINT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (address, notice)
);
CREATE INDEX digest_due ON digest_item (due_at, address);
