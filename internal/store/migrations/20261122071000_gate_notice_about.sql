-- +goose Up

-- What a notice of a gate is about: what was written (''), a change of it, or the wish to follow the circle.
ALTER TABLE gate_notice ADD COLUMN about TEXT NOT NULL DEFAULT '' CHECK (about IN ('', 'edit', 'follow'));
