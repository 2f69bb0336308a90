"""Pictures, video and sound: uploading, describing, handing to posts, and forgetting.

Owns the rows of `media` and every file in the media store. Which post shows a picture is said by `posts`, which keeps
a copy of what it needs; whose face an avatar is, by `accounts`. The bytes of strangers are decoded by infra/images.py.
"""

from parvis.domain.media.attach import attach, attachment_of, detach
from parvis.domain.media.describe import describe
from parvis.domain.media.film import TRANSCODE_JOB, transcode, upload_film
from parvis.domain.media.find import unattached
from parvis.domain.media.portraits import discard_portrait, small_of, store_avatar, store_header
from parvis.domain.media.purge import discard, purge_of_post, purge_unattached
from parvis.domain.media.rules import ACCEPTED_TYPES, DESCRIPTION_CHARACTERS, FILM_TYPES, MOST_FRAMES, sort_of
from parvis.domain.media.types import Attachment, Media, Picture
from parvis.domain.media.upload import upload_image

__all__ = [
    "ACCEPTED_TYPES", "DESCRIPTION_CHARACTERS", "FILM_TYPES", "MOST_FRAMES", "TRANSCODE_JOB", "Attachment", "Media",
    "Picture", "attach", "attachment_of", "describe", "detach", "discard", "discard_portrait", "purge_of_post",
    "purge_unattached", "small_of", "sort_of", "store_avatar", "store_header", "transcode", "unattached",
    "upload_film", "upload_image",
]  # fmt: skip
