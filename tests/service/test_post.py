"""Which of the workers a process is; what it does is shown by `test_run`."""

from pathlib import Path

import pytest

from scrubrelay.service.process.post import Post


@pytest.mark.parametrize("post", [Post(None), Post(Path("/etc/scrub relay.toml"), 1, 2)])
def test_a_post_survives_the_command_line(post):
    assert Post.parse(post.command()[3:]) == post
