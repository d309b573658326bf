-- 20260126 only comments
--
-- Shows  That nothing is left to run: ; DROP TABLE galleries;

/* DROP TABLE images; 'not closed " nor this /* nested; */ $$
*/
;;
