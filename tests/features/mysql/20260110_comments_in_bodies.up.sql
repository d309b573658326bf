-- 20260110 comments in bodies
--
-- Shows  Comments that the server keeps with a routine, which a client may strip on the way.

DELIMITER $$
CREATE PROCEDURE commented()
BEGIN
    # it's a comment; to the end of its line
    -- it's "another"; END $ $
    /* and a third;
       of two lines */
    SELECT 1 /* inside; */ + /*! 1 + */ 1 -- after
    ;
    /*!50003 SELECT 2 */;
    --
    SELECT 5--1;
END$$
CREATE FUNCTION /* before the name */ commented_too() RETURNS INTEGER /* it's; */ DETERMINISTIC -- why
    RETURN /* ; */ 1 # last
$$
DELIMITER ;
CREATE VIEW commented_view AS SELECT 1 /* not kept; */ AS one -- nor this
;
