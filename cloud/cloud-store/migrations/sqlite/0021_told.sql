-- The people whom alone a notice is for, as `,id,id,`; nobody here leaves it to roles and stores.
ALTER TABLE notice ADD COLUMN people TEXT NOT NULL DEFAULT '';
-- When it was planned to tell that it is over; what was over before is told of no more.
ALTER TABLE notice ADD COLUMN end_planned_at BIGINT;
UPDATE notice SET end_planned_at = settled_at WHERE settled_at IS NOT NULL;
CREATE INDEX notice_end_to_plan ON notice (id) WHERE settled_at IS NOT NULL AND end_planned_at IS NULL;
CREATE INDEX notice_broadcast ON notice (org, id) WHERE event = 'broadcast';
-- Whether somebody wants to be told that it is over; nothing said is: of what is critical.
ALTER TABLE notice_subscription ADD COLUMN tell_settled BIGINT;
-- What the other side calls the message that this one answers.
ALTER TABLE delivery ADD COLUMN reply_to TEXT;
-- How large a file of a report is; those that were made before do not say.
ALTER TABLE report_file ADD COLUMN size_bytes BIGINT;
