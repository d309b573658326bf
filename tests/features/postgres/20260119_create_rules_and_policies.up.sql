-- 20260119 create rules and policies

CREATE TABLE notes (id INTEGER PRIMARY KEY, owner NAME NOT NULL, text TEXT);
CREATE TABLE notes_log (id INTEGER, what TEXT);

CREATE RULE notes_keep AS ON DELETE TO notes DO INSTEAD NOTHING;
CREATE RULE notes_record AS ON UPDATE TO notes WHERE old.text <> new.text DO ALSO (
    INSERT INTO notes_log (id, what) VALUES (old.id, 'before; ' || old.text);
    INSERT INTO notes_log (id, what) VALUES (new.id, 'after; ' || new.text)
);

ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY notes_own ON notes AS PERMISSIVE FOR ALL TO PUBLIC
    USING (owner = current_user) WITH CHECK (owner = current_user AND text <> 'a;b');
CREATE POLICY notes_short ON notes AS RESTRICTIVE FOR SELECT USING (length(text) < 100);
COMMENT ON TABLE notes IS 'everybody''s own; nobody else''s';

INSERT INTO notes (id, owner, text) VALUES (1, 'nobody', 'one'), (2, 'nobody', 'two');
UPDATE notes SET text = 'uno' WHERE id = 1;
DELETE FROM notes;
