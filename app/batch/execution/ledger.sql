CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, machine TEXT NOT NULL, work TEXT NOT NULL, jobs INTEGER, started REAL NOT NULL,
    ended REAL, planned_seconds REAL, seconds REAL, planned_bytes INTEGER, peak_bytes INTEGER);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, path TEXT NOT NULL,
    machine TEXT NOT NULL, started REAL NOT NULL, ended REAL, outcome TEXT, reason TEXT,
    seconds REAL, peak_bytes INTEGER, tokens INTEGER);
