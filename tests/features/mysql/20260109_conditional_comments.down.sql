-- 20260109 conditional comments: undo

/*M!100300 DROP SEQUENCE only_mariadb */;
DROP TABLE conditional;
