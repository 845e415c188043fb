-- +goose Up

-- What somebody got in a day is summed before each tip to them. SQLite does that in the index alone; PostgreSQL
-- would have to write each row's entries anew whenever the state of a tip changes.
-- +engine sqlite
DROP INDEX tip_payee;
CREATE INDEX tip_payee ON tip (payee, id, asset, state, amount);
-- +engine end
