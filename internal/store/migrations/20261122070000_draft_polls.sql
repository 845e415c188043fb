-- +goose Up

-- The poll of a draft, as it was typed: one option a line, and for how many seconds it is to be open.
ALTER TABLE draft ADD COLUMN poll TEXT NOT NULL DEFAULT '';
ALTER TABLE draft ADD COLUMN poll_several {{int}} NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN poll_for {{int}} NOT NULL DEFAULT 0;
