-- +goose Up

-- Hashtags of posts and comments, folded as text.TagKey does.
CREATE TABLE post_tag (
  tag  {{text}} NOT NULL,
  post {{int}} NOT NULL REFERENCES post (id),
  PRIMARY KEY (tag, post)
){{strict}};
CREATE INDEX post_tag_post ON post_tag (post, tag);

-- Tags that a person follows, or does not want to meet.
CREATE TABLE tag_wish (
  person {{int}} NOT NULL REFERENCES actor (id),
  tag    {{text}} NOT NULL,
  wish   TEXT NOT NULL CHECK (wish IN ('follow', 'block')),
  at     {{int}} NOT NULL,
  PRIMARY KEY (person, tag)
){{strict}};
