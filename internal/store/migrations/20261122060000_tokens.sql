-- +goose Up

-- A program that asks people for leave to act for them. secret is the SHA-256 of its own, '' if it
-- can keep none. redirects are the addresses that it may be answered at, one a line.
CREATE TABLE oauth_client (
  id         TEXT NOT NULL PRIMARY KEY,
  secret     TEXT NOT NULL,
  name       TEXT NOT NULL,
  website    TEXT NOT NULL,
  redirects  TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  refreshes  {{int}} NOT NULL,
  created_at {{int}} NOT NULL
){{strict}};
CREATE INDEX oauth_client_created ON oauth_client (created_at);

-- Leave that a person gave to a program, or to a token of their own (client ''). One that is taken back
-- is deleted. serial is that of its newest token.
CREATE TABLE access_grant (
  id         {{int}} NOT NULL PRIMARY KEY,
  person     {{int}} NOT NULL REFERENCES account (person),
  client     TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('personal', 'app', 'session')),
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  serial     {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  used_at    {{int}} NOT NULL,
  expires_at {{int}} NOT NULL
){{strict}};
CREATE INDEX access_grant_person ON access_grant (person);
CREATE INDEX access_grant_client ON access_grant (client);
CREATE INDEX access_grant_expires ON access_grant (expires_at);

-- An authorization code, by its SHA-256. A used one is kept until it expires, with the grant it became,
-- so that using it again takes that back.
CREATE TABLE oauth_code (
  hash       TEXT NOT NULL PRIMARY KEY,
  client     TEXT NOT NULL,
  person     {{int}} NOT NULL REFERENCES account (person),
  redirect   TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  challenge  TEXT NOT NULL,
  expires_at {{int}} NOT NULL,
  became     {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX oauth_code_expires ON oauth_code (expires_at);
CREATE INDEX oauth_code_person ON oauth_code (person);

-- What a request with an Idempotency-Key was answered; status 0 while it is under way.
CREATE TABLE idempotent (
  person   {{int}} NOT NULL REFERENCES account (person),
  key      TEXT NOT NULL,
  request  TEXT NOT NULL,
  status   {{int}} NOT NULL,
  location TEXT NOT NULL,
  body     {{blob}} NOT NULL,
  at       {{int}} NOT NULL,
  PRIMARY KEY (person, key)
){{strict}};
CREATE INDEX idempotent_at ON idempotent (at);
