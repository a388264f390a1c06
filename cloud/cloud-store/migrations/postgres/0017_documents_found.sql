-- Documents are found by words too: those that were changed are asked for again and again, and whoever keeps a copy of what can
-- be found begins anew.
CREATE INDEX document_changed ON document (changed_at);
DELETE FROM search_mark;
-- The purchase order that a document's goods were counted against.
ALTER TABLE document_receipt ADD COLUMN purchase_order BYTEA;
-- Products are found by what is said of their families, which are changed without an event of the product.
CREATE INDEX product_family_updated ON product_family (updated_at);
