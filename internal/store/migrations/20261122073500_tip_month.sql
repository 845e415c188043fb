-- +goose Up

-- What a member gave in a month, as it stood when they were told: by asset, and to how many people in all.
CREATE TABLE tip_month (
  person {{int}} NOT NULL REFERENCES actor (id),
  month  {{int}} NOT NULL,
  asset  TEXT NOT NULL,
  amount {{int}} NOT NULL CHECK (amount > 0),
  people {{int}} NOT NULL CHECK (people > 0),
  PRIMARY KEY (person, month, asset)
){{strict}};

-- How far people were told: of the latest month that was begun, up to which person, and whether that was all.
CREATE TABLE tip_month_mark (
  one    {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  month  {{int}} NOT NULL,
  person {{int}} NOT NULL,
  done   {{int}} NOT NULL
){{strict}};

-- Whether a member does not want to be told.
ALTER TABLE tip_wish ADD COLUMN no_month {{int}} NOT NULL DEFAULT 0;
