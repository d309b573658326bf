-- 20250923 add video extensions: undo
--
-- Loses  The list of video extensions, of every owner.
-- Locks  The rows of registry, which is read through, until the file is done.

DELETE FROM registry
WHERE `key` = 'config.app_video_extensions';

UPDATE registry
SET `key` = 'config.app_file_extensions'
WHERE `key` = 'config.app_image_extensions';
