-- 20260123 from windows
--
-- Shows  CRLF at every line's end, those inside a text included.

CREATE TABLE windows (id INTEGER, text TEXT);
INSERT INTO windows (id, text) VALUES (1, 'first
second; line'), (2, $$dollar
quoted$$);
CREATE FUNCTION windows_count() RETURNS BIGINT LANGUAGE sql AS $$
    SELECT count(*) FROM windows;  -- a comment; with a '
$$;
