-- Where another system tells of changes, with what it signs with. After a change of the secret the one before counts until its time is
-- over. Kinds are written `,price.changed,stock.counted,`.
CREATE TABLE incoming_hook (
    id BLOB NOT NULL PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    signing TEXT NOT NULL,
    kinds TEXT NOT NULL,
    secret TEXT NOT NULL,
    secret_before TEXT NOT NULL,
    secret_before_until BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE INDEX incoming_hook_of_org ON incoming_hook (org);

-- What was taken of a hook: each event once, and the same id with another content never.
CREATE TABLE hook_event (
    hook BLOB NOT NULL REFERENCES incoming_hook (id),
    event TEXT NOT NULL,
    hash BLOB NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (hook, event)
);
CREATE INDEX hook_event_taken ON hook_event (taken_at);

-- The last requests of a hook and how each was answered.
CREATE TABLE hook_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook BLOB NOT NULL REFERENCES incoming_hook (id),
    message TEXT NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    problem TEXT NOT NULL,
    events BIGINT NOT NULL,
    new_events BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL
);
CREATE INDEX hook_request_of_hook ON hook_request (hook, id);
CREATE INDEX hook_request_at ON hook_request (at);

-- What a product cost stays known: how each price came, and the price that is there without one. It counts since the product was made,
-- or, where scheduled prices took effect before, since the product was changed last.
ALTER TABLE price_change ADD COLUMN origin TEXT NOT NULL DEFAULT 'scheduled';
INSERT INTO price_change (org, product, effective_from, price_minor, currency, price_per, made_by, made_at, applied_at, origin)
SELECT org, id, since, price_minor, currency, price_per, 'system:migration', since, since, 'found'
FROM (SELECT product.*, CASE WHEN EXISTS (SELECT 1 FROM price_change AS known WHERE known.org = product.org
                                              AND known.product = product.id AND known.applied_at IS NOT NULL)
                             THEN product.updated_at ELSE product.created_at END AS since
      FROM product) AS present
WHERE NOT EXISTS (SELECT 1 FROM price_change AS newest WHERE newest.org = present.org AND newest.product = present.id
                      AND newest.applied_at IS NOT NULL AND newest.price_minor = present.price_minor
                      AND newest.currency = present.currency AND newest.price_per = present.price_per
                      AND NOT EXISTS (SELECT 1 FROM price_change AS later WHERE later.org = newest.org
                                          AND later.product = newest.product AND later.applied_at IS NOT NULL
                                          AND later.effective_from > newest.effective_from))
ON CONFLICT (org, product, effective_from) DO NOTHING;

-- Prices of products that were removed since. An empty store is the organisation.
CREATE TABLE past_price (
    org TEXT NOT NULL REFERENCES organisation (id),
    product TEXT NOT NULL,
    store TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    price_minor BIGINT,
    currency TEXT NOT NULL,
    price_per TEXT NOT NULL,
    origin TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (org, product, store, effective_from)
);
