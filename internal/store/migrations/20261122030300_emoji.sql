-- +goose Up

-- Small pictures of other servers that stand for a :word: in what their people write. id is drawn from
-- the address, so that a text can name one before it is stored.
CREATE TABLE emoji (
  id  TEXT NOT NULL PRIMARY KEY,
  url TEXT NOT NULL,
  at  {{int}} NOT NULL
){{strict}};

-- Those of an actor's display name: "word=id word=id".
ALTER TABLE actor ADD COLUMN emoji TEXT NOT NULL DEFAULT '';
