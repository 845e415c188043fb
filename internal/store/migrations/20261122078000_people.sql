-- +goose Up

-- The people of a circle are listed by when they came.
CREATE INDEX membership_at ON membership (circle, at, person);
