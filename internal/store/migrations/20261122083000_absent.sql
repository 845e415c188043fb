-- +goose Up

-- 1 = only its place in a thread is known: it was gone before it came here, and something hangs below it.
ALTER TABLE post ADD COLUMN absent {{int}} NOT NULL DEFAULT 0;
