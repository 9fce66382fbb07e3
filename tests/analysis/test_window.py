"""Windows: distinct values in time, and bounds that hold and are counted."""

from analysis.window import DistinctWindow, RecentSet, RecentTable


def test_distinct_values_count_once_and_leave_with_time() -> None:
    window = DistinctWindow(60)
    assert [window.add("a", v, t) for v, t in [(1, 0), (2, 1), (1, 2), (3, 30)]] == [1, 2, 2, 3]
    assert window.add("a", 4, 62) == 3  # 2 left; 1 was refreshed at 2
    assert window.values("a") == [1, 3, 4] and len(window) == 3


def test_discard_and_forget() -> None:
    window = DistinctWindow(60)
    for value in range(5):
        window.add("a", value, value)
    window.discard("a", 3)
    window.discard("a", 99)
    window.discard("b", 1)
    assert window.count("a") == 4 == len(window)
    window.forget("a")
    window.forget("a")
    assert window.count("a") == 0 == len(window)


def test_the_time_of_the_nth_newest() -> None:
    window = DistinctWindow(60)
    for value in range(5):
        window.add("a", value, value * 10.0)
    assert [window.nth_newest("a", n) for n in (1, 3, 5, 6)] == [40, 20, 0, None]
    assert window.nth_newest("b", 1) is None


def test_a_key_and_the_whole_are_bounded() -> None:
    window = DistinctWindow(1e9, max_values=10, max_total=50)
    for value in range(100):
        window.add("one", value, value)
    assert window.count("one") == 10 and window.evictions == 90
    for key in range(1000):
        window.add(key, 1, 100.0 + key)
    assert len(window) <= 50 and window.evictions == 1100 - len(window)
    assert window.count("one") == 0 and window.count(999) == 1


def test_a_recent_set_forgets_what_was_longest_unseen() -> None:
    recent = RecentSet(3)
    assert [recent.add(key, ts) for key, ts in [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("d", 5)]] == [
        True, True, False, True, True,
    ]  # fmt: skip
    assert "b" not in recent and "a" in recent and recent["a"] == 3
    assert recent.evictions == 1 and len(recent) == 3


def test_a_full_table_forgets_what_was_put_longest_ago() -> None:
    table = RecentTable(2)
    for key in ("a", "b", "a", "c"):
        table.put(key, key.upper())
    assert list(table.items()) == [("a", "A"), ("c", "C")] and table.evictions == 1
