-- +goose Up

-- Who paid from which account, card or node of a wallet, for as long as somebody may ask whether several
-- people pay from one. source is a hash with a key of this instance, never what the wallet said.
CREATE TABLE tip_source (
  source {{blob}} NOT NULL,
  payer  {{int}} NOT NULL,
  at     {{int}} NOT NULL,
  PRIMARY KEY (source, payer)
){{strict}};
CREATE INDEX tip_source_at ON tip_source (at);
CREATE INDEX tip_source_payer ON tip_source (payer);
