-- +goose Up

-- Where a circle's operators want to be told of what happens in it. acked is the last entry of the log that
-- was delivered or did not concern it; secret is in the clear, because deliveries are signed with it.
CREATE TABLE webhook (
  id            {{int}} NOT NULL PRIMARY KEY,
  circle        {{int}} NOT NULL REFERENCES actor (id),
  url           TEXT NOT NULL,
  secret        TEXT NOT NULL,
  events        TEXT NOT NULL,
  created_by    {{int}} NOT NULL,
  created_at    {{int}} NOT NULL,
  acked         {{int}} NOT NULL,
  delivered_at  {{int}} NOT NULL DEFAULT 0,
  failing_since {{int}} NOT NULL DEFAULT 0,
  next_try_at   {{int}} NOT NULL DEFAULT 0,
  last_status   {{int}} NOT NULL DEFAULT 0,
  last_error    TEXT NOT NULL DEFAULT '',
  disabled_at   {{int}} NOT NULL DEFAULT 0
){{strict}};
CREATE INDEX webhook_circle ON webhook (circle, id);
CREATE INDEX webhook_due ON webhook (next_try_at) WHERE disabled_at = 0;
