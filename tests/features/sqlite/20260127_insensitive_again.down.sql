DROP TABLE like_that;
