DROP INDEX CONCURRENTLY galleries_title_idx;
