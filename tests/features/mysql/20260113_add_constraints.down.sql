-- 20260113 add constraints: undo

ALTER TABLE galleries DROP FOREIGN KEY galleries_owner_fk;
ALTER TABLE galleries DROP INDEX galleries_owner_fk;
ALTER TABLE galleries DROP COLUMN owner_id;
DROP TABLE owners;
ALTER TABLE images DROP CONSTRAINT images_bytes_check;
