-- 20260105 routines without delimiter
--
-- Shows  Bodies with semicolons in a file that says nothing of delimiters.

CREATE FUNCTION shout(word VARCHAR(50), loud BOOLEAN) RETURNS VARCHAR(200) DETERMINISTIC
BEGIN
    /* a comment; not nested /* it's */
    DECLARE answer VARCHAR(200) DEFAULT IF(loud, 'a "text"; it''s', "quoted; ""twice""");
    CASE word
        WHEN 'a;b' THEN SET answer = CONCAT(answer, '; END');
        ELSE BEGIN SET answer = UPPER(word); END;
    END CASE;
    RETURN CONCAT(answer, REPLACE(word, 'x', '\\;'), '100%');
END;

CREATE FUNCTION plain(n INTEGER) RETURNS INTEGER DETERMINISTIC RETURN n + 1;

CREATE PROCEDURE fill(IN n INTEGER)
BEGIN
    DECLARE i INTEGER DEFAULT 0;
    WHILE i < n DO
        INSERT INTO shouts (word, n) VALUES (shout('a;b', i MOD 2 = 0), plain(i));
        SET i = i + 1;
    END WHILE;
END;

CREATE TABLE shouts (word VARCHAR(200), n INTEGER);
CREATE TRIGGER shouts_insert BEFORE INSERT ON shouts FOR EACH ROW SET NEW.n = NEW.n * 10;
CALL fill(3);
