import threading

import pytest

from sharing import make_once


def test_a_folder_is_made_once_and_whoever_comes_later_waits(tmp_path):
    folder, made = tmp_path / "run", []

    def make():
        started.set()
        go_on.wait(timeout=10)
        made.append(1)

    started, go_on = threading.Event(), threading.Event()
    first = threading.Thread(target=make_once, args=(folder, make))
    first.start()
    assert started.wait(timeout=10)
    second = threading.Thread(target=make_once, args=(folder, make))
    second.start()
    second.join(timeout=0.2)
    assert second.is_alive()
    go_on.set()
    first.join(timeout=10)
    second.join(timeout=10)
    assert made == [1]


def test_what_one_failed_to_make_fails_for_all(tmp_path):
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        make_once(tmp_path / "run", fail)
    with pytest.raises(AssertionError, match="failed to make run"):
        make_once(tmp_path / "run", fail)
