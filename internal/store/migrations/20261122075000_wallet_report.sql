-- +goose Up

-- How an adapter did in the conformance kit, the last time.
CREATE TABLE wallet_report (
  adapter TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  level   {{int}} NOT NULL,
  passed  {{int}} NOT NULL,
  failed  {{int}} NOT NULL,
  skipped {{int}} NOT NULL,
  at      {{int}} NOT NULL
){{strict}};
