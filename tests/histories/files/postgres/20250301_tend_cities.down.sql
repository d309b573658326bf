DROP INDEX cities_name_idx;
