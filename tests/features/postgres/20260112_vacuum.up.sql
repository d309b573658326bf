-- 20260112 vacuum

VACUUM (ANALYZE) galleries;
VACUUM;
