-- 20260116 create indexes: undo

DROP INDEX galleries_hash_idx, galleries_words_idx, galleries_number_key, galleries_lower_idx;
DROP INDEX galleries_public_idx;
