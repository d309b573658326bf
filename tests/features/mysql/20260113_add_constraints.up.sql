-- 20260113 add constraints
--
-- Shows  CHECK, UNIQUE and a foreign key by ALTER TABLE. Dropping the key leaves the index that it made.

ALTER TABLE images ADD CONSTRAINT images_bytes_check CHECK (bytes BETWEEN 0 AND 1000000 AND path <> 'a;b');
CREATE TABLE owners (id INTEGER PRIMARY KEY, name VARCHAR(20));
ALTER TABLE galleries ADD COLUMN owner_id INTEGER NULL AFTER slug;
ALTER TABLE galleries ADD CONSTRAINT galleries_owner_fk FOREIGN KEY (owner_id) REFERENCES owners (id) ON UPDATE CASCADE;
ALTER TABLE owners ADD CONSTRAINT owners_name_key UNIQUE (name);
