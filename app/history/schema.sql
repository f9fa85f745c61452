CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, started REAL NOT NULL,
    updated REAL NOT NULL, page INTEGER NOT NULL DEFAULT 0, offset INTEGER NOT NULL DEFAULT 0);
CREATE TABLE documents (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, position INTEGER NOT NULL, document TEXT NOT NULL,
    path TEXT NOT NULL, absolute TEXT NOT NULL, PRIMARY KEY (session, position));
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    position INTEGER NOT NULL, asked REAL NOT NULL, question TEXT NOT NULL, understood TEXT NOT NULL,
    state TEXT NOT NULL, note TEXT NOT NULL, answer TEXT, UNIQUE (session, position));
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, digest TEXT NOT NULL,
    document TEXT NOT NULL, file TEXT NOT NULL, page INTEGER, label TEXT, start INTEGER NOT NULL, text TEXT NOT NULL,
    UNIQUE (session, digest));
CREATE TABLE annotations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    page INTEGER NOT NULL, start INTEGER NOT NULL, end_page INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, place TEXT NOT NULL, note TEXT NOT NULL, made REAL NOT NULL);
CREATE TABLE cited (
    turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    page INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE, PRIMARY KEY (turn, page));
CREATE VIRTUAL TABLE words USING fts5(question, answer, quotes, tokenize = "ascii tokenchars '_'");
CREATE TRIGGER forget_words AFTER DELETE ON turns BEGIN DELETE FROM words WHERE rowid = old.id; END;
CREATE INDEX documents_by_id ON documents (document);
CREATE INDEX documents_by_path ON documents (absolute);
CREATE INDEX turns_by_time ON turns (asked);
CREATE INDEX cited_by_page ON cited (page);
