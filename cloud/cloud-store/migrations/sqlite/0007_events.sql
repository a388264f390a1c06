-- An event that the bus refuses is tried some times and then parked, with the reason, so that it holds up nothing.
ALTER TABLE outbox_event ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox_event ADD COLUMN problem TEXT;
ALTER TABLE outbox_event ADD COLUMN parked_at BIGINT;

DROP INDEX outbox_event_waiting;
CREATE INDEX outbox_event_waiting ON outbox_event (id) WHERE sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_event_parked ON outbox_event (org, id) WHERE parked_at IS NOT NULL;
