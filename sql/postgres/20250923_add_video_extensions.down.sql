-- 20250923 add video extensions: undo
--
-- Loses  The list of video extensions, of every owner.
-- Locks  The rows it deletes and renames, until the file is done; registry is read through.

DELETE FROM registry
WHERE key = 'config.app_video_extensions';

UPDATE registry
SET key = 'config.app_file_extensions'
WHERE key = 'config.app_image_extensions';
