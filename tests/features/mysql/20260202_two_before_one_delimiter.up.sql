-- 20260202 two before one delimiter
--
-- Shows  Two statements before one delimiter, which the client sends as one packet; a delimiter of a word.

CREATE TABLE pairs (n INTEGER);
DELIMITER END_OF_IT
INSERT INTO pairs (n) VALUES (1); INSERT INTO pairs (n) VALUES (2) END_OF_IT
CREATE PROCEDURE one_pair() BEGIN INSERT INTO pairs (n) VALUES (3); INSERT INTO pairs (n) VALUES (4); END END_OF_IT
CALL one_pair() END_OF_IT
DELIMITER ;
