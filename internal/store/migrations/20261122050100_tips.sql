-- +goose Up

-- What a payer meant: who is to get how much of what, and for which post. Its money is in charges.
CREATE TABLE tip (
  id         {{int}} NOT NULL PRIMARY KEY,
  payer      {{int}} NOT NULL REFERENCES actor (id),
  payee      {{int}} NOT NULL REFERENCES actor (id),
  post       {{int}} NOT NULL DEFAULT 0,
  circle     {{int}} NOT NULL DEFAULT 0,
  asset      TEXT NOT NULL,
  amount     {{int}} NOT NULL CHECK (amount > 0),
  adapter    TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('open', 'held', 'paid', 'short', 'expired', 'canceled', 'failed', 'returned')),
  binding    {{blob}} NOT NULL,
  created_at {{int}} NOT NULL,
  paid_at    {{int}} NOT NULL DEFAULT 0,
  once       TEXT NOT NULL DEFAULT '',
  note       TEXT NOT NULL DEFAULT ''
){{strict}};
-- A form that is sent twice is one tip.
CREATE UNIQUE INDEX tip_once ON tip (payer, once) WHERE once <> '';
CREATE INDEX tip_payer ON tip (payer, id);
CREATE INDEX tip_payee ON tip (payee, id);
CREATE INDEX tip_post ON tip (post, id) WHERE post <> 0;

-- One try to have a tip paid over a rail. The counters are the rail's, as last believed; what the ledger
-- holds of them is booked from the differences.
CREATE TABLE charge (
  id         {{int}} NOT NULL PRIMARY KEY,
  tip        {{int}} NOT NULL REFERENCES tip (id),
  attempt    {{int}} NOT NULL,
  key        TEXT NOT NULL UNIQUE,
  adapter    TEXT NOT NULL,
  rail_id    TEXT NOT NULL DEFAULT '',
  payee_kind TEXT NOT NULL,
  payee_ref  TEXT NOT NULL,
  asset      TEXT NOT NULL,
  requested  {{int}} NOT NULL CHECK (requested > 0),
  revision   {{int}} NOT NULL DEFAULT -1,
  state      TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'settled', 'expired', 'canceled', 'failed', 'reversed', 'unknown')),
  pending    {{int}} NOT NULL DEFAULT 0 CHECK (pending >= 0),
  received   {{int}} NOT NULL DEFAULT 0 CHECK (received >= 0),
  refunded   {{int}} NOT NULL DEFAULT 0 CHECK (refunded >= 0),
  reversed   {{int}} NOT NULL DEFAULT 0 CHECK (reversed >= 0),
  fee        {{int}},
  late       {{int}} NOT NULL DEFAULT 0,
  held       {{int}} NOT NULL DEFAULT 0 CHECK (held >= 0),
  held_at    {{int}} NOT NULL DEFAULT 0,
  cancel_at  {{int}} NOT NULL DEFAULT 0,
  expires_at {{int}} NOT NULL,
  rail_expires_at {{int}} NOT NULL DEFAULT 0,
  settled_at {{int}} NOT NULL DEFAULT 0,
  created_at {{int}} NOT NULL,
  due_at     {{int}} NOT NULL DEFAULT 0,
  tries      {{int}} NOT NULL DEFAULT 0,
  locale     TEXT NOT NULL DEFAULT '',
  rail_ref   TEXT NOT NULL DEFAULT '',
  problem    TEXT NOT NULL DEFAULT '',
  actions    TEXT NOT NULL DEFAULT '',
  proof      TEXT NOT NULL DEFAULT '',
  CHECK (refunded + reversed <= received)
){{strict}};
CREATE UNIQUE INDEX charge_attempt ON charge (tip, attempt);
CREATE UNIQUE INDEX charge_rail ON charge (adapter, rail_id) WHERE rail_id <> '';
CREATE INDEX charge_due ON charge (due_at, id) WHERE due_at > 0;
CREATE INDEX charge_problem ON charge (id) WHERE problem <> '';

CREATE TABLE refund (
  id         {{int}} NOT NULL PRIMARY KEY,
  charge     {{int}} NOT NULL REFERENCES charge (id),
  key        TEXT NOT NULL UNIQUE,
  rail_id    TEXT NOT NULL DEFAULT '',
  amount     {{int}} NOT NULL CHECK (amount > 0),
  state      TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'settled', 'failed', 'unknown')),
  revision   {{int}} NOT NULL DEFAULT -1,
  asked_by   {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  due_at     {{int}} NOT NULL DEFAULT 0,
  tries      {{int}} NOT NULL DEFAULT 0,
  reason     TEXT NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX refund_charge ON refund (charge);
CREATE INDEX refund_rail ON refund (rail_id) WHERE rail_id <> '';
CREATE INDEX refund_due ON refund (due_at, id) WHERE due_at > 0;

-- How far each rail's own list of changes was read.
CREATE TABLE wallet_feed (
  adapter TEXT NOT NULL PRIMARY KEY,
  cursor  TEXT NOT NULL,
  at      {{int}} NOT NULL
){{strict}};

-- What each person has given for each post, net of what went back; people is what everybody may see.
CREATE TABLE tipper (
  post   {{int}} NOT NULL,
  payer  {{int}} NOT NULL,
  asset  TEXT NOT NULL,
  amount {{int}} NOT NULL,
  PRIMARY KEY (post, payer, asset)
){{strict}};
CREATE TABLE tipped (
  post   {{int}} NOT NULL PRIMARY KEY,
  people {{int}} NOT NULL
){{strict}};

-- Credits that an admin gave out, and why.
CREATE TABLE tip_grant (
  id     {{int}} NOT NULL PRIMARY KEY,
  person {{int}} NOT NULL REFERENCES actor (id),
  asset  TEXT NOT NULL,
  amount {{int}} NOT NULL CHECK (amount > 0),
  by     {{int}} NOT NULL,
  at     {{int}} NOT NULL,
  reason TEXT NOT NULL
){{strict}};
CREATE INDEX tip_grant_person ON tip_grant (person, id);
