-- 20260114 from windows
--
-- Shows  CRLF at every line's end, none of them inside a text.

CREATE TABLE windows (
    id    INTEGER PRIMARY KEY,  -- a comment; with a '
    name  TEXT
);

CREATE TRIGGER windows_insert AFTER INSERT ON windows BEGIN
    UPDATE windows SET name = CASE WHEN name IS NULL THEN 'none;' ELSE name END WHERE id = new.id;
END;

INSERT INTO windows (id, name) VALUES
    (1, 'one'),
    (2, NULL);
