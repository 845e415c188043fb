-- +goose Up

-- The ledger of credits: double entry, append-only. Its rules are triggers, so that a mistake in the
-- program, or a hand at the database, is refused as well.
CREATE TABLE ledger_account (
  id          {{int}} NOT NULL PRIMARY KEY,
  code        TEXT NOT NULL UNIQUE,
  asset       TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity')),
  min_balance {{int}},
  balance     {{int}} NOT NULL DEFAULT 0 CHECK (balance BETWEEN -4611686018427387904 AND 4611686018427387903),
  CHECK (min_balance IS NULL OR balance >= min_balance)
){{strict}};

-- One row a booking. hash covers prev_hash, so that each booking vouches for all before it.
CREATE TABLE ledger_txn (
  seq       {{int}} NOT NULL PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  kind      TEXT NOT NULL,
  idem_hash {{blob}} NOT NULL,
  reverses  TEXT REFERENCES ledger_txn (id),
  at        {{int}} NOT NULL,
  n         {{int}} NOT NULL CHECK (n >= 2),
  prev_hash {{blob}} NOT NULL,
  hash      {{blob}} NOT NULL UNIQUE,
  sealed    {{int}} NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1))
){{strict}};
CREATE UNIQUE INDEX ledger_one_reversal ON ledger_txn (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX ledger_txn_open ON ledger_txn (seq) WHERE sealed = 0;

CREATE TABLE ledger_posting (
  txn     {{int}} NOT NULL REFERENCES ledger_txn (seq),
  i       {{int}} NOT NULL,
  account {{int}} NOT NULL REFERENCES ledger_account (id),
  amount  {{int}} NOT NULL CHECK (amount <> 0 AND amount BETWEEN -1000000000000000 AND 1000000000000000),
  asset   TEXT NOT NULL,
  PRIMARY KEY (txn, i)
){{strict}};
CREATE INDEX ledger_posting_account ON ledger_posting (account, txn);

-- The last booking. Whoever books changes this row, so that no two bookings follow the same one.
CREATE TABLE ledger_head (
  one  {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
  seq  {{int}} NOT NULL,
  hash {{blob}} NOT NULL
){{strict}};

-- What the whole was when it was last checked from the beginning.
CREATE TABLE ledger_checkpoint (
  seq  {{int}} NOT NULL PRIMARY KEY,
  at   {{int}} NOT NULL,
  hash {{blob}} NOT NULL
){{strict}};

-- +engine sqlite
-- INSERT OR REPLACE deletes the old row without asking the delete trigger: the insert triggers refuse it.
-- +goose StatementBegin
CREATE TRIGGER ledger_account_insert BEFORE INSERT ON ledger_account
WHEN NEW.balance <> 0 OR EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id OR code = NEW.code)
BEGIN SELECT RAISE(ABORT, 'ledger: an account begins empty and once'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'ledger: accounts stay'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
WHEN NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.asset <> OLD.asset OR NEW.kind <> OLD.kind OR NEW.min_balance IS NOT OLD.min_balance
BEGIN SELECT RAISE(ABORT, 'ledger: of an account only the balance changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_txn_insert BEFORE INSERT ON ledger_txn
WHEN NEW.sealed <> 0 OR EXISTS (SELECT 1 FROM ledger_txn WHERE seq = NEW.seq OR id = NEW.id OR hash = NEW.hash OR reverses = NEW.reverses)
BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_txn_delete BEFORE DELETE ON ledger_txn
BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_txn_update BEFORE UPDATE ON ledger_txn
WHEN OLD.sealed = 1 OR NEW.sealed <> 1 OR NEW.seq <> OLD.seq OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind
  OR NEW.idem_hash <> OLD.idem_hash OR NEW.reverses IS NOT OLD.reverses OR NEW.at <> OLD.at OR NEW.n <> OLD.n
  OR NEW.prev_hash <> OLD.prev_hash OR NEW.hash <> OLD.hash
BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_txn_seal BEFORE UPDATE OF sealed ON ledger_txn WHEN NEW.sealed = 1
BEGIN
  SELECT RAISE(ABORT, 'ledger: wrong number of postings') WHERE (SELECT count(*) FROM ledger_posting WHERE txn = NEW.seq) <> NEW.n;
  SELECT RAISE(ABORT, 'ledger: unbalanced') WHERE EXISTS (SELECT 1 FROM ledger_posting WHERE txn = NEW.seq GROUP BY asset HAVING sum(amount) <> 0);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_txn_apply AFTER UPDATE OF sealed ON ledger_txn WHEN NEW.sealed = 1 AND OLD.sealed = 0
BEGIN
  UPDATE ledger_account SET balance = balance + (SELECT sum(amount) FROM ledger_posting p WHERE p.txn = NEW.seq AND p.account = ledger_account.id)
  WHERE id IN (SELECT account FROM ledger_posting WHERE txn = NEW.seq);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_posting_insert BEFORE INSERT ON ledger_posting
BEGIN
  SELECT RAISE(ABORT, 'ledger: asset mismatch') WHERE NEW.asset IS NOT (SELECT asset FROM ledger_account WHERE id = NEW.account);
  SELECT RAISE(ABORT, 'ledger: sealed') WHERE (SELECT sealed FROM ledger_txn WHERE seq = NEW.txn) IS NOT 0;
  SELECT RAISE(ABORT, 'ledger: append-only') WHERE EXISTS (SELECT 1 FROM ledger_posting WHERE txn = NEW.txn AND i = NEW.i);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_posting_update BEFORE UPDATE ON ledger_posting
BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_posting_delete BEFORE DELETE ON ledger_posting
BEGIN SELECT RAISE(ABORT, 'ledger: append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_head_insert BEFORE INSERT ON ledger_head WHEN EXISTS (SELECT 1 FROM ledger_head)
BEGIN SELECT RAISE(ABORT, 'ledger: there is one head'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_head_delete BEFORE DELETE ON ledger_head
BEGIN SELECT RAISE(ABORT, 'ledger: there is one head'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_head_update BEFORE UPDATE ON ledger_head WHEN NEW.seq <> OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'ledger: the head moves by one'); END;
-- +goose StatementEnd
-- +engine end

-- +engine postgres
-- +goose StatementBegin
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger: append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger_account_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.balance <> 0 THEN
      RAISE EXCEPTION 'ledger: an account begins empty' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.asset <> OLD.asset OR NEW.kind <> OLD.kind
    OR NEW.min_balance IS DISTINCT FROM OLD.min_balance THEN
    RAISE EXCEPTION 'ledger: of an account only the balance changes' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger_txn_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.sealed <> 0 THEN
      RAISE EXCEPTION 'ledger: a booking begins open' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.sealed = 1 OR NEW.sealed <> 1
    OR (NEW.seq, NEW.id, NEW.kind, NEW.idem_hash, NEW.at, NEW.n, NEW.prev_hash, NEW.hash)
      <> (OLD.seq, OLD.id, OLD.kind, OLD.idem_hash, OLD.at, OLD.n, OLD.prev_hash, OLD.hash)
    OR NEW.reverses IS DISTINCT FROM OLD.reverses THEN
    RAISE EXCEPTION 'ledger: append-only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (SELECT count(*) FROM ledger_posting WHERE txn = NEW.seq) <> NEW.n THEN
    RAISE EXCEPTION 'ledger: wrong number of postings' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM ledger_posting WHERE txn = NEW.seq GROUP BY asset HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'ledger: unbalanced' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger_txn_apply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_account a SET balance = a.balance + p.sum
  FROM (SELECT account, sum(amount)::bigint AS sum FROM ledger_posting WHERE txn = NEW.seq GROUP BY account) p
  WHERE a.id = p.account;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger_posting_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.asset IS DISTINCT FROM (SELECT asset FROM ledger_account WHERE id = NEW.account) THEN
    RAISE EXCEPTION 'ledger: asset mismatch' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (SELECT sealed FROM ledger_txn WHERE seq = NEW.txn) IS DISTINCT FROM 0 THEN
    RAISE EXCEPTION 'ledger: sealed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger_head_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <> OLD.seq + 1 THEN
    RAISE EXCEPTION 'ledger: the head moves by one' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_account_check BEFORE INSERT OR UPDATE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_account_check();
CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_account_truncate BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_txn_check BEFORE INSERT OR UPDATE ON ledger_txn FOR EACH ROW EXECUTE FUNCTION ledger_txn_check();
CREATE TRIGGER ledger_txn_apply AFTER UPDATE ON ledger_txn FOR EACH ROW WHEN (NEW.sealed = 1 AND OLD.sealed = 0) EXECUTE FUNCTION ledger_txn_apply();
CREATE TRIGGER ledger_txn_delete BEFORE DELETE ON ledger_txn FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_txn_truncate BEFORE TRUNCATE ON ledger_txn FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_posting_check BEFORE INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_posting_check();
CREATE TRIGGER ledger_posting_change BEFORE UPDATE OR DELETE ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_posting_truncate BEFORE TRUNCATE ON ledger_posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_head_check BEFORE UPDATE ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_head_check();
CREATE TRIGGER ledger_head_delete BEFORE DELETE ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_head_truncate BEFORE TRUNCATE ON ledger_head FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
-- +engine end

INSERT INTO ledger_head (one, seq, hash) VALUES (1, 0, CAST('genesis' AS {{blob}}));
