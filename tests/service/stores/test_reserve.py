from pathlib import Path

from scrubrelay.service.stores.reserve import Reserve


def test_it_takes_real_room_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    assert not reserve.full
    assert reserve.fill()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 4 * 2**20
    assert reserve.release()
    assert not (tmp_path / "reserve").exists()


def test_it_is_given_up_once_whoever_asks(tmp_path: Path) -> None:
    one, other = Reserve(tmp_path / "reserve"), Reserve(tmp_path / "reserve")
    one.fill()
    assert (one.release(), other.release(), other.full) == (True, False, False)


def test_no_room_is_no_error(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "no such folder" / "reserve").fill()
