"""Pictures, video and sound: uploading, describing, handing to posts, and forgetting.

Owns the rows of `media` and every file in the media store. Which post shows a picture is said by `posts`, which keeps
a copy of what it needs; whose face an avatar is, by `accounts`. The bytes of strangers are decoded by infra/images.py.
"""

from parvis.domain.media import emoji
from parvis.domain.media.aside import (
    ASIDE,
    FilesBusy,
    aside_key,
    files_locked,
    is_own_file,
    open_anywhere,
    post_of,
    posts_with_files,
    set_aside,
    set_portraits_aside,
)
from parvis.domain.media.attach import attach, attachment_of, detach
from parvis.domain.media.captions import (
    CAPTION_BYTES,
    caption,
    captions_of,
    languages_of,
    own_video,
    uncaption,
)  # fmt: skip
from parvis.domain.media.describe import describe
from parvis.domain.media.film import transcode, transcode_again, upload_film
from parvis.domain.media.find import totals, unattached
from parvis.domain.media.portraits import discard_portrait, small_of, store_avatar, store_header
from parvis.domain.media.poster import choose_poster, read_poster
from parvis.domain.media.purge import discard, purge_of_account, purge_of_post, purge_unattached
from parvis.domain.media.resumable import (
    Part,
    begin,
    end_upload,
    find_upload,
    purge_uploads,
    receive,
)  # fmt: skip
from parvis.domain.media.rules import ACCEPTED_TYPES, DESCRIPTION_CHARACTERS, FILM_TYPES, MOST_FRAMES, sort_of
from parvis.domain.media.stored import belonging, is_ours, key_of, lost_files, naming, place_of, some_ready, uploads_of
from parvis.domain.media.types import Attachment, Media, Picture, Upload
from parvis.domain.media.upload import upload_image
from parvis.domain.media.waiting import TRANSCODE_JOB

__all__ = [
    "ACCEPTED_TYPES", "ASIDE", "CAPTION_BYTES", "DESCRIPTION_CHARACTERS", "FILM_TYPES", "MOST_FRAMES",
    "TRANSCODE_JOB", "Attachment", "FilesBusy", "Media", "Part", "Picture", "Upload", "aside_key", "attach", "attachment_of",
    "begin", "belonging", "caption",
    "captions_of", "choose_poster", "describe", "detach", "discard", "discard_portrait", "emoji", "end_upload", "files_locked",
    "find_upload", "is_ours", "is_own_file", "key_of", "languages_of", "lost_files", "naming", "open_anywhere",
    "own_video", "place_of", "post_of", "posts_with_files", "purge_of_account", "purge_of_post", "purge_unattached",
    "purge_uploads",
    "read_poster", "receive", "set_aside", "set_portraits_aside", "small_of", "some_ready", "sort_of",
    "store_avatar", "store_header", "totals", "transcode", "transcode_again", "unattached", "uncaption",
    "upload_film", "upload_image", "uploads_of",
]  # fmt: skip
