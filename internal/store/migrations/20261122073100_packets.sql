-- +goose Up

-- Red packets: credits that a member lays down for others of a circle. The money is on the account
-- held:redpacket:<id> of the ledger until it is taken or goes back. closed_at is when nothing was left of it.
CREATE TABLE packet (
  id         {{int}} NOT NULL PRIMARY KEY,
  maker      {{int}} NOT NULL REFERENCES actor (id),
  circle     {{int}} NOT NULL REFERENCES circle (id),
  post       {{int}} NOT NULL DEFAULT 0,
  asset      TEXT NOT NULL,
  total      {{int}} NOT NULL CHECK (total > 0),
  shares     {{int}} NOT NULL CHECK (shares > 0),
  random     {{int}} NOT NULL DEFAULT 0,
  once       TEXT NOT NULL,
  created_at {{int}} NOT NULL,
  ends_at    {{int}} NOT NULL,
  closed_at  {{int}} NOT NULL DEFAULT 0,
  back       {{int}} NOT NULL DEFAULT 0 CHECK (back BETWEEN 0 AND total)
){{strict}};
CREATE UNIQUE INDEX packet_once ON packet (maker, once);
CREATE INDEX packet_maker ON packet (maker, id);
CREATE INDEX packet_open ON packet (circle, id) WHERE closed_at = 0;
CREATE INDEX packet_due ON packet (ends_at, id) WHERE closed_at = 0;
CREATE INDEX packet_post ON packet (post, id) WHERE post <> 0;

-- What a packet was split into, before anybody came. person = 0 is nobody yet; nobody takes two.
CREATE TABLE packet_share (
  packet {{int}} NOT NULL REFERENCES packet (id),
  n      {{int}} NOT NULL,
  amount {{int}} NOT NULL CHECK (amount > 0),
  person {{int}} NOT NULL DEFAULT 0,
  at     {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (packet, n)
){{strict}};
CREATE UNIQUE INDEX packet_share_once ON packet_share (packet, person) WHERE person <> 0;
CREATE INDEX packet_share_person ON packet_share (person, at) WHERE person <> 0;
