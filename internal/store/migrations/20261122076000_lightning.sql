-- +goose Up

-- What a wallet must not forget of its charges, in its own words. No two charges of a wallet have the same
-- mark: over Lightning it is the payment hash, and one payment pays one charge.
CREATE TABLE wallet_note (
  adapter TEXT NOT NULL,
  key     TEXT NOT NULL,
  mark    TEXT NOT NULL,
  note    TEXT NOT NULL,
  at      {{int}} NOT NULL,
  PRIMARY KEY (adapter, key),
  UNIQUE (adapter, mark)
){{strict}};

-- Members whom every Lightning wallet can pay at name@host.
CREATE TABLE tip_address (
  person {{int}} NOT NULL PRIMARY KEY REFERENCES actor (id),
  at     {{int}} NOT NULL
){{strict}};
