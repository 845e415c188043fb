-- +goose Up

-- Lists leave out what is in suspended circles: each statement reads their part of this index once, and that
-- has few rows.
CREATE INDEX actor_suspended ON actor (kind, suspended_at, id) WHERE suspended_at <> 0;

-- Everyone can read since when a server is limited or blocked.
CREATE INDEX modlog_host ON modlog (host, at) WHERE host <> '';
