-- +goose Up

-- Where people elsewhere can be paid, as their own servers say in their documents.
CREATE TABLE tip_link (
  actor {{int}} NOT NULL REFERENCES actor (id),
  i     {{int}} NOT NULL,
  kind  TEXT NOT NULL CHECK (kind IN ('endpoint', 'lightning', 'page')),
  href  TEXT NOT NULL,
  name  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (actor, i)
){{strict}};

-- Servers whose own actor showed where they take tips. Nobody else is sent a receipt.
CREATE TABLE tip_origin (
  host     TEXT NOT NULL PRIMARY KEY,
  endpoint TEXT NOT NULL,
  at       {{int}} NOT NULL
){{strict}};

-- The part of a tip that is between two servers. The payer's has one row with side 'payer', the payee's
-- one with side 'payee', under the same intent.
CREATE TABLE tip_abroad (
  tip        {{int}} NOT NULL PRIMARY KEY REFERENCES tip (id),
  side       TEXT NOT NULL CHECK (side IN ('payer', 'payee')),
  intent     TEXT NOT NULL UNIQUE,
  endpoint   TEXT NOT NULL DEFAULT '',
  object     TEXT NOT NULL,
  nonce      TEXT NOT NULL,
  exponent   {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  quote      TEXT NOT NULL DEFAULT '',
  receipt    TEXT NOT NULL DEFAULT '',
  payment    TEXT NOT NULL DEFAULT ''
){{strict}};
-- One receipt, and one payment that it proves, is for one tip.
CREATE UNIQUE INDEX tip_abroad_receipt ON tip_abroad (receipt) WHERE receipt <> '';
CREATE UNIQUE INDEX tip_abroad_payment ON tip_abroad (payment) WHERE payment <> '';

-- Whether a member shows other servers that they take tips.
ALTER TABLE tip_wish ADD COLUMN abroad {{int}} NOT NULL DEFAULT 0;
