-- 20260105 slice arrays
--
-- Shows  Colons that psql would read as its variables, of which it has PORT, USER, HOST and DBNAME by itself.

CREATE TABLE slices (port INTEGER, "PORT" INTEGER, n INTEGER, a INTEGER[], b INTEGER[]);
INSERT INTO slices (port, "PORT", n, a) VALUES (2, 3, 4, '{1,2,3,4,5}'), (1, 1, 1, ARRAY[9,8,7]);
UPDATE slices SET b = a[1:PORT] || a[1:"PORT"] || a[1:n] || a[:n] || a[n:] || a[:PORT];
UPDATE slices SET b[1:port] = (a[2:4])::integer[], n = '7'::text::integer + length(':PORT'::text)
WHERE port = 2 AND 'x'::"char" = 'x';
SELECT b[1:PORT] FROM slices;
