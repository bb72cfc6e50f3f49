"""A reload over HTTP."""


async def test_the_new_configuration_holds_in_every_worker(admin):
    answer = (await admin.ask("POST", "/api/reload")).json
    assert answer == {
        "taken": True,
        "problems": [],
        "workers": [{"worker": 0, "generation": 2, "problems": []}],
        "silent": [],
    }


async def test_what_is_wrong_is_told_and_the_old_one_stays(admin, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text("[servr]\n")
    answer = (await admin.ask("POST", "/api/reload")).json
    assert (answer["taken"], answer["workers"][0]["generation"]) == (False, 1)
    assert "[servr]: unknown table" in answer["problems"][0]
