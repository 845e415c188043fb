#!/usr/bin/env python3
"""A wallet adapter for Halqa in Python's standard library: a cash box.

Payers bring coins to a desk; whoever sits there runs `adapter.py paid CHARGE AMOUNT`. It is small on
purpose, so that it can be copied: replace the CashBox by your own rail and keep the rest. The contract is
in docs/adapters.md; `halqa wallet check` tells whether you kept it.

    export ADAPTER_SECRET=$(head -c 32 /dev/urandom | base64)     # the same in Halqa's environment
    ./adapter.py serve --listen 127.0.0.1:9000 --data cash.db
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ASSET = {"code": "EUR", "exponent": 2, "min": "10", "max": "20000", "step": "10"}  # ten cents to 200 euros
SKEW = 300  # seconds that a signed time may be away, either way
MAX_BODY = 64 << 10


class Problem(Exception):
    """An error of the contract: its word, and a sentence without secrets."""

    STATUS = {"bad-signature": 401, "not-found": 404, "key-reuse": 409, "invalid": 422, "mismatch": 422,
              "limit": 422, "overflow": 422, "unsupported": 501, "temporary": 503, "indeterminate": 502}

    def __init__(self, word, message):
        super().__init__(message)
        self.word, self.message, self.status = word, message, self.STATUS[word]


def minor(text):
    """Minor units from their string. A JSON number is refused: it may have lost digits on its way."""
    if not isinstance(text, str) or not re.fullmatch(r"-?(0|[1-9][0-9]{0,18})", text):
        raise Problem("invalid", "minor must be a whole number in a string")
    n = int(text)
    if not -(2**63) <= n < 2**63:
        raise Problem("overflow", "minor does not fit 64 bits")
    return n


def when(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class CashBox:
    """The rail, and what the adapter notes about it: one row a charge, written before it is answered."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.shift = 0  # seconds that the conformance check has moved the clock
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("""CREATE TABLE IF NOT EXISTS charge (
            key TEXT PRIMARY KEY, contents TEXT NOT NULL, amount INTEGER NOT NULL, expires INTEGER NOT NULL,
            received INTEGER NOT NULL DEFAULT 0, late INTEGER NOT NULL DEFAULT 0, canceled INTEGER NOT NULL DEFAULT 0,
            settled INTEGER NOT NULL DEFAULT 0, changes INTEGER NOT NULL DEFAULT 1) STRICT""")

    def now(self):
        return int(time.time()) + self.shift

    def create(self, ask):
        key = ask.get("key")
        if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_]{1,64}", key):
            raise Problem("invalid", "key must be 1 to 64 letters, digits and _")
        amount = ask.get("amount")
        if not isinstance(amount, dict) or set(amount) != {"minor", "asset"}:
            raise Problem("invalid", "amount must be {minor, asset}")
        n = minor(amount["minor"])
        if amount["asset"] != ASSET["code"]:
            raise Problem("mismatch", "this desk takes " + ASSET["code"])
        if n <= 0:
            raise Problem("invalid", "amount must be above zero")
        if not int(ASSET["min"]) <= n <= int(ASSET["max"]):
            raise Problem("limit", "this desk takes 0.10 to 200.00 EUR")
        if n % int(ASSET["step"]):
            raise Problem("invalid", "this desk takes no coins below ten cents")
        payee = ask.get("payee") or {}
        if payee.get("kind") != "desk" or not payee.get("ref"):
            raise Problem("invalid", "a payee is a desk")
        try:
            expires = int(datetime.fromisoformat(ask["expiresAt"].replace("Z", "+00:00")).timestamp())
        except (KeyError, ValueError, AttributeError):
            raise Problem("invalid", "expiresAt must be a time") from None
        # The contents are everything but the language: the same key with others is a mistake.
        contents = json.dumps({k: v for k, v in ask.items() if k != "locale"}, sort_keys=True)
        with self.lock:
            # One statement decides, however many ask at once.
            self.db.execute("INSERT INTO charge (key, contents, amount, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                            (key, contents, n, expires))
            if self.db.execute("SELECT contents FROM charge WHERE key = ?", (key,)).fetchone()[0] != contents:
                raise Problem("key-reuse", "this key asked for something else")
            return self.charge(key)

    def charge(self, key):
        """The charge as the contract has it. The lock is held."""
        row = self.db.execute("SELECT amount, expires, received, late, canceled, settled, changes FROM charge WHERE key = ?",
                              (key,)).fetchone()
        if row is None:
            raise Problem("not-found", "there is no such charge")
        amount, expires, received, late, canceled, settled, changes = row
        over = self.now() >= expires
        state = "settled" if received >= amount else "canceled" if canceled else "expired" if over else "pending"
        out = {"id": key, "key": key, "state": state, "requested": {"minor": str(amount), "asset": ASSET["code"]},
               # Running out of time is a change too, so each change leaves room for it.
               "revision": 2 * changes + (1 if state == "expired" else 0),
               "pending": "0", "received": str(received), "refunded": "0", "reversed": "0", "fee": "0",
               "late": bool(late), "expiresAt": when(expires), "actions": []}
        if settled:
            out["settledAt"] = when(settled)
        if state == "pending":
            out["actions"] = [{"kind": "address", "text": "Bring %d.%02d EUR to the desk and say: %s" % (*divmod(amount, 100), key)}]
        return out

    def get(self, key):
        with self.lock:
            return self.charge(key)

    def cancel(self, key):
        with self.lock:
            self.db.execute("UPDATE charge SET canceled = 1, changes = changes + 1 WHERE key = ? AND canceled = 0 AND received = 0", (key,))
            return self.charge(key)

    def paid(self, key, n):
        """Somebody counted coins into the box. They count also when they come late, in parts or too many."""
        with self.lock:
            done = self.db.execute(
                "UPDATE charge SET late = MAX(late, canceled, expires <= ?1), received = received + ?2, changes = changes + 1,"
                " settled = CASE WHEN settled = 0 AND received + ?2 >= amount THEN ?1 ELSE settled END WHERE key = ?3",
                (self.now(), n, key))
            if done.rowcount == 0:
                raise Problem("not-found", "there is no such charge")


DESCRIPTOR = {
    "name": "cash-box", "version": "1", "contract": "wallet/1", "assets": [ASSET], "custody": "none", "payeeKinds": ["desk"],
    "capabilities": ["find", "cancel"], "lateFunds": True, "inexactFunds": True, "splitFunds": True, "reversible": False,
    "finalitySeconds": 0, "configSchema": {"type": "object"}, "testMode": True,
}


class Signatures:
    """Who does not know the secret is not served, and nothing is served twice."""

    def __init__(self, secret):
        self.secret, self.seen, self.lock = secret, {}, threading.Lock()

    def mac(self, t, nonce, what, body):
        text = "%s.%s.%s.%s" % (t, nonce, what, hashlib.sha256(body).hexdigest())
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()

    def check(self, header, what, body):
        found = re.fullmatch(r"t=(\d{1,12}),n=(\w{32}),v1=([0-9a-f]{64})", header or "")
        if not found:
            raise Problem("bad-signature", "the header Wallet-Signature must be t=…,n=…,v1=…")
        t, nonce, v1 = found.groups()
        if not hmac.compare_digest(self.mac(t, nonce, what, body), v1):
            raise Problem("bad-signature", "the signature is not ours")
        now = time.time()
        if abs(now - int(t)) > SKEW:
            raise Problem("bad-signature", "the time is too far away")
        with self.lock:
            self.seen = {n: at for n, at in self.seen.items() if now - at < 2 * SKEW}
            if nonce in self.seen:
                raise Problem("bad-signature", "the number was used before")
            self.seen[nonce] = now
        return nonce

    def sign(self, nonce, status, body):
        t = str(int(time.time()))
        return "t=%s,n=%s,v1=%s" % (t, nonce, self.mac(t, nonce, str(status), body))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    box = signatures = None
    test_rail = False

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(length)
        if self.test_rail and self.path == "/_rail":
            self.answer(None, *self.rail(json.loads(body)))
            return
        nonce = None
        try:
            nonce = self.signatures.check(self.headers.get("Wallet-Signature"), self.command + "." + self.path, body)
            status, out = 200, self.route(body)
        except Problem as p:
            status, out = p.status, {"error": p.word, "message": p.message}
        except Exception as e:  # nobody knows what happened: that is an answer of its own
            print("error:", type(e).__name__, file=sys.stderr)
            status, out = 502, {"error": "indeterminate", "message": "the adapter failed"}
        self.answer(nonce, status, out)

    def route(self, body):
        url = urlsplit(self.path)
        path = url.path.split("/")[1:]
        if self.command == "GET" and path == ["v1", "describe"]:
            return DESCRIPTOR
        if self.command == "GET" and path == ["v1", "health"]:
            return {}
        if self.command == "POST" and path == ["v1", "charges"]:
            try:
                return self.box.create(json.loads(body))
            except ValueError:
                raise Problem("invalid", "the body is not JSON") from None
        if self.command == "GET" and path == ["v1", "charges"]:
            return self.box.get(parse_qs(url.query).get("key", [""])[0])
        if self.command == "GET" and path[:2] == ["v1", "charges"] and len(path) == 3:
            return self.box.get(unquote(path[2]))
        if self.command == "POST" and path[:2] == ["v1", "charges"] and path[3:] == ["cancel"]:
            return self.box.cancel(unquote(path[2]))
        raise Problem("unsupported", "there is no such route")

    def rail(self, order):
        """The desk, for the conformance check: docs/adapters.md lists the orders. Never on a live box."""
        try:
            if order["op"] == "pay" and order.get("final"):
                self.box.paid(order["charge"], minor(order["minor"]))
            elif order["op"] == "advance":
                self.box.shift += int(order["seconds"])
            elif order["op"] == "requests":
                try:
                    self.box.get(order["key"])
                    return 200, {"requests": 1}
                except Problem:
                    return 200, {}
            elif order["op"] == "logs":
                return 200, {"logs": "", "secrets": [self.signatures.secret.decode()]}
            else:
                return 501, {}
            return 200, {}
        except Problem as p:
            return 409, {"error": p.message}

    def answer(self, nonce, status, out):
        body = json.dumps(out).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if nonce:
            self.send_header("Wallet-Signature", self.signatures.sign(nonce, status, body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass  # addresses of requests name keys; nobody needs them in a log


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cash.db")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve")
    serve.add_argument("--listen", default="127.0.0.1:9000")
    serve.add_argument("--data", default="cash.db")
    serve.add_argument("--test-rail", action="store_true", help="let the conformance check pay at /_rail")
    paid = commands.add_parser("paid", help="coins were counted")
    paid.add_argument("charge")
    paid.add_argument("amount", help="in euros: 2.50")
    paid.add_argument("--data", default="cash.db")
    args = parser.parse_args()
    box = CashBox(args.data)
    if args.command == "paid":
        euros = re.fullmatch(r"(\d{1,6})\.(\d\d)", args.amount)
        if not euros:
            sys.exit("The amount must be euros and cents, such as 2.50.")
        try:
            box.paid(args.charge, 100 * int(euros[1]) + int(euros[2]))
        except Problem as p:
            sys.exit(p.message)
        return
    secret = os.environ.get("ADAPTER_SECRET", "").encode()
    if len(secret) < 32:
        sys.exit("ADAPTER_SECRET must have at least 32 bytes.")
    Handler.box, Handler.signatures, Handler.test_rail = box, Signatures(secret), args.test_rail
    host, _, port = args.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    print("listening on http://%s:%d" % server.server_address[:2], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
