-- +goose Up

-- Circles that somebody put together under a name, to read them as one.
CREATE TABLE circle_list (
  id         {{int}} NOT NULL PRIMARY KEY,
  person     {{int}} NOT NULL REFERENCES actor (id),
  slug       TEXT NOT NULL,
  title      TEXT NOT NULL,
  about      TEXT NOT NULL DEFAULT '',
  public     {{int}} NOT NULL DEFAULT 0,
  created_at {{int}} NOT NULL
){{strict}};
CREATE UNIQUE INDEX circle_list_slug ON circle_list (person, slug);

CREATE TABLE circle_list_item (
  list   {{int}} NOT NULL REFERENCES circle_list (id),
  circle {{int}} NOT NULL REFERENCES circle (id),
  at     {{int}} NOT NULL,
  PRIMARY KEY (list, circle)
){{strict}};
