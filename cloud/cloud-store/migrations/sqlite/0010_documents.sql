-- Suppliers' documents: the file as it came, what was read of it, and what its lines are in the shop (both JSON). An archive's
-- documents have its hash and a place from 1; what is the file's own has 0. A store that is empty means the organisation.
CREATE TABLE document (
    org TEXT NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    store TEXT NOT NULL,
    parent BLOB,
    hash BLOB NOT NULL,
    place BIGINT NOT NULL,
    blob_key TEXT,
    file_name TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    format TEXT,
    kind TEXT,
    number TEXT,
    issued TEXT,
    currency TEXT,
    gross TEXT,
    supplier_name TEXT,
    supplier_key TEXT,
    layout TEXT,
    line_count BIGINT NOT NULL,
    sure_count BIGINT NOT NULL,
    warning_count BIGINT NOT NULL,
    search_text TEXT NOT NULL,
    parsed TEXT,
    matches TEXT,
    skipped TEXT NOT NULL,
    version BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (org, id),
    UNIQUE (org, store, hash, place)
);
CREATE INDEX document_of_parent ON document (org, parent, place) WHERE parent IS NOT NULL;
CREATE INDEX document_blob ON document (blob_key) WHERE blob_key IS NOT NULL;
CREATE INDEX document_deleted ON document (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX document_of_supplier ON document (org, supplier_key, id) WHERE supplier_key IS NOT NULL;

-- What people made of a document. The example is what the supplier's next document is read by; learning says how far that is
-- (waiting, learnt, refused, nothing), and its note why.
CREATE TABLE document_version (
    org TEXT NOT NULL,
    document BLOB NOT NULL,
    version BIGINT NOT NULL,
    parsed TEXT NOT NULL,
    matches TEXT NOT NULL,
    supplier_key TEXT,
    layout TEXT,
    example TEXT,
    learning TEXT NOT NULL,
    learning_note TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    undone_at BIGINT,
    PRIMARY KEY (org, document, version),
    FOREIGN KEY (org, document) REFERENCES document (org, id)
);
CREATE INDEX document_example ON document_version (org, made_at) WHERE learning = 'learnt';

-- What a supplier's articles and words were confirmed to be. The factor is in thousandths of a stock unit.
CREATE TABLE known_match (
    org TEXT NOT NULL,
    document BLOB NOT NULL,
    version BIGINT NOT NULL,
    line BIGINT NOT NULL,
    supplier_key TEXT NOT NULL,
    article TEXT NOT NULL,
    name_key TEXT NOT NULL,
    unit TEXT NOT NULL,
    product TEXT NOT NULL,
    factor BIGINT NOT NULL,
    PRIMARY KEY (org, document, version, line),
    FOREIGN KEY (org, document, version) REFERENCES document_version (org, document, version)
);
CREATE INDEX known_match_article ON known_match (org, supplier_key, article) WHERE article <> '';
CREATE INDEX known_match_name ON known_match (org, name_key) WHERE name_key <> '';

-- Goods that came by a document: once. What they cost is the line without tax, in minor units.
CREATE TABLE document_receipt (
    org TEXT NOT NULL,
    document BLOB NOT NULL,
    store TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, document),
    FOREIGN KEY (org, document) REFERENCES document (org, id),
    FOREIGN KEY (org, store) REFERENCES store (org, id)
);

CREATE TABLE document_receipt_line (
    org TEXT NOT NULL,
    document BLOB NOT NULL,
    place BIGINT NOT NULL,
    line BIGINT,
    product TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    cost_minor BIGINT,
    currency TEXT,
    PRIMARY KEY (org, document, place),
    FOREIGN KEY (org, document) REFERENCES document_receipt (org, document)
);
CREATE INDEX document_receipt_of_product ON document_receipt_line (org, product);
