-- +goose Up

-- How many bytes of posts each server had kept here for our circles to announce since the day of all of them
-- began: a restart is no new day. The program counts in memory and writes this about once a minute.
CREATE TABLE kept (
  host  TEXT NOT NULL PRIMARY KEY,
  since {{int}} NOT NULL,
  bytes {{int}} NOT NULL
){{strict}};
