-- Makes a new history, or an older one into one of this schema: until 2 there were no annotations, until 3 one index.
CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, started REAL NOT NULL,
    updated REAL NOT NULL, page INTEGER NOT NULL DEFAULT 0, offset INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS documents (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, position INTEGER NOT NULL, document TEXT NOT NULL,
    path TEXT NOT NULL, absolute TEXT NOT NULL, PRIMARY KEY (session, position));
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    position INTEGER NOT NULL, asked REAL NOT NULL, question TEXT NOT NULL, understood TEXT NOT NULL,
    state TEXT NOT NULL, note TEXT NOT NULL, answer TEXT, UNIQUE (session, position));
CREATE TABLE IF NOT EXISTS pages (
    id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, digest TEXT NOT NULL,
    document TEXT NOT NULL, file TEXT NOT NULL, page INTEGER, label TEXT, start INTEGER NOT NULL, text TEXT NOT NULL,
    UNIQUE (session, digest));
CREATE TABLE IF NOT EXISTS annotations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    page INTEGER NOT NULL, start INTEGER NOT NULL, end_page INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, place TEXT NOT NULL, note TEXT NOT NULL, made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS cited (
    turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    page INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE, PRIMARY KEY (turn, page));
DROP TRIGGER IF EXISTS forget_words;
DROP TABLE IF EXISTS words;
CREATE VIRTUAL TABLE words USING fts5(text, tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'");
CREATE VIRTUAL TABLE stems USING fts5(text, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* M* N* Co'");
CREATE TRIGGER forget_words AFTER DELETE ON turns BEGIN
    DELETE FROM words WHERE rowid = old.id;
    DELETE FROM stems WHERE rowid = old.id;
END;
CREATE INDEX IF NOT EXISTS documents_by_id ON documents (document);
CREATE INDEX IF NOT EXISTS documents_by_path ON documents (absolute);
CREATE INDEX IF NOT EXISTS turns_by_time ON turns (asked);
CREATE INDEX IF NOT EXISTS cited_by_page ON cited (page);
