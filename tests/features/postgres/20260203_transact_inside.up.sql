-- migrate: no-transaction
-- 20260203 transact inside
--
-- Shows  A procedure and a DO block that commit by themselves.

CREATE TABLE batches (n INTEGER);
CREATE PROCEDURE fill_batches() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..3 LOOP
        INSERT INTO batches (n) VALUES (i);
        COMMIT;
    END LOOP;
    INSERT INTO batches (n) VALUES (99);
    ROLLBACK;
END;
$$;
CALL fill_batches();
DO $$ BEGIN DELETE FROM batches WHERE n = 2; COMMIT; END $$;
