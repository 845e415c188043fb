-- +goose Up

-- rev counts how often people took a webhook into use again: a delivery that ran meanwhile knows by it that
-- its trouble is over.
ALTER TABLE webhook ADD COLUMN rev {{int}} NOT NULL DEFAULT 0;
