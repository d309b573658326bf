-- 20260102 create images and tags
--
-- Shows  Foreign keys with actions, one of them to the table itself.

CREATE TABLE images (
    id          INTEGER      NOT NULL PRIMARY KEY,
    gallery_id  BIGINT       NULL,
    cover_of    INTEGER      NULL,
    path        VARCHAR(100) NOT NULL,
    bytes       BIGINT       NULL,
    KEY images_gallery_idx (gallery_id),
    KEY images_cover_idx (cover_of),
    CONSTRAINT images_gallery_fk FOREIGN KEY (gallery_id) REFERENCES galleries (id) ON DELETE SET NULL,
    CONSTRAINT images_cover_fk FOREIGN KEY (cover_of) REFERENCES images (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE image_tags (
    image_id  INTEGER     NOT NULL,
    tag       VARCHAR(50) NOT NULL,
    PRIMARY KEY (image_id, tag),
    CONSTRAINT image_tags_image_fk FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
