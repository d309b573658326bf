-- 20260109 conditional comments
--
-- Shows  Code in comments: for both, for MariaDB alone, for MySQL alone, for neither; hints are comments and stay.

CREATE TABLE conditional (id INTEGER /*! NOT NULL */, n INTEGER /*!40100 DEFAULT 7 */) /*!50100 ENGINE=InnoDB */;
/*!40101 SET @old_sql_mode = @@sql_mode, sql_mode = 'NO_AUTO_VALUE_ON_ZERO' */;
/*!50003 INSERT INTO conditional (id) VALUES (1), (/*!99999 100 + */ 2) */;
/*M!100300 CREATE SEQUENCE only_mariadb START WITH 5 INCREMENT BY 5 */;
/*M!100300 INSERT INTO conditional (id, n) VALUES (3, NEXT VALUE FOR only_mariadb) */;
/*!80013 CREATE INDEX only_mysql ON conditional ((id * 2), n DESC) */;
/*!99999 DROP TABLE galleries, "it is never run;" */;
/*!50003 CREATE */ /*!50020 DEFINER=CURRENT_USER */ /*!50003 TRIGGER conditional_insert
BEFORE INSERT ON conditional FOR EACH ROW SET NEW.n = 8 */;
SELECT /*+ MAX_EXECUTION_TIME(100000) */ COUNT(*) FROM conditional;
/*!40101 SET sql_mode = @old_sql_mode */;
