-- 20250923 add video extensions
--
-- Why    The gallery shows videos too, so the list of file extensions splits in two. The list so
--        far is of images and gets the name; the application writes the list for videos itself.
-- Locks  The database for writing, as every change does; registry is read through.
-- Undo   The down file gives the list its old name back and deletes the list for videos.

UPDATE registry
SET key = 'config.app_image_extensions'
WHERE key = 'config.app_file_extensions';
