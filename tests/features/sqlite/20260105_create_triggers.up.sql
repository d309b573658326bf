-- 20260105 create triggers
--
-- Shows  Several statements in a body, CASE ... END, WHEN, RAISE, comments and quotes inside, no BEGIN of a transaction.

CREATE TABLE events (id INTEGER PRIMARY KEY, what TEXT NOT NULL, "end" TEXT);

CREATE TRIGGER image_tags_insert AFTER INSERT ON image_tags
FOR EACH ROW WHEN new.tag <> 'silent;' BEGIN
    -- It's a comment; it ends here: END;
    INSERT INTO events (what, "end") VALUES (
        CASE new.tag WHEN 'begin' THEN 'one;' WHEN 'x' THEN CASE WHEN 1 THEN 'two' END ELSE 'end' END,
        'tag; ' || new.tag
    );
    UPDATE events SET "end" = upper("end") WHERE what = 'one;'; /* END; */
    SELECT 1;
END;

CREATE TRIGGER galleries_keep BEFORE DELETE ON galleries WHEN old.slug = 'percent'
BEGIN
    SELECT RAISE(ABORT, 'the gallery "percent" stays; 100%');
END;

INSERT INTO image_tags (image_id, tag) VALUES (4, 'begin'), (4, 'x'), (4, 'silent;');
