"""Writes readings of one service's machine into a store that nobody has open."""

import json
import sqlite3
import sys

VERSION = 1

path, order = sys.argv[1], json.loads(sys.argv[2])
with sqlite3.connect(path, timeout=10) as store:
    (service,) = store.execute("SELECT id FROM services WHERE billing_id = ?", (order["service"],)).fetchone()
    (since,) = store.execute(
        "SELECT max(opened_at) FROM links WHERE service = ?", (service,)).fetchone()
    # What was read before the machine was the service's is not shown.
    at = max(order["at"], since or 0)
    for reading in order["readings"]:
        fact = {"state": "known", "value": {"version": VERSION, "observed": reading}}
        store.execute("INSERT OR REPLACE INTO facts (service, kind, value, observed_at) VALUES (?, ?, ?, ?)",
                      (service, reading["kind"], json.dumps(fact), at))
    for subject, seen in order["names"].items():
        store.execute("INSERT OR REPLACE INTO facts (service, kind, value, observed_at) VALUES (?, ?, ?, ?)",
                      (service, f"name:{subject}", json.dumps({"state": "known", "value": seen}), at))
    (text,) = store.execute(
        "SELECT value FROM facts WHERE service = ? AND kind = 'machine'", (service,)).fetchone()
    machine = json.loads(text)
    machine["value"].update(order["machine"])
    store.execute("UPDATE facts SET value = ?, observed_at = ? WHERE service = ? AND kind = 'machine'",
                  (json.dumps(machine), order["at"], service))
    if order["hostname"] is not None:
        store.execute("UPDATE services SET hostname = ? WHERE id = ?", (order["hostname"], service))
