import pytest

from sensors.packets import ParseError
from sensors.parsers.dns_names import MAX_JUMPS, MAX_OCTETS, Names, text, unterminated


def wire(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def test_a_name_is_lower_case_without_final_dot():
    assert Names(wire(b"WWW", b"Example", b"org")).read(0) == (b"\x03WWW\x07Example\x03org\0", 17)
    assert text(wire(b"WWW", b"Example", b"org")) == "www.example.org"
    assert text(wire(b"WWW", b"Example"), True) == "WWW.Example"
    assert text(b"\0") == ""


def test_a_pointer_is_followed_and_the_position_stays_behind_it():
    data = wire(b"example", b"org") + b"\x03www\xc0\x00" + b"rest"
    assert Names(data).read(13) == (wire(b"www", b"example", b"org"), 19)


def test_pointers_to_pointers_give_one_name():
    data = wire(b"org") + b"\x07example\xc0\x00" + b"\x03www\xc0\x05" + b"\xc0\x0f"
    names = Names(data)
    assert names.read(21) == (wire(b"www", b"example", b"org"), 23)
    assert names.read(15) == (wire(b"www", b"example", b"org"), 21)


@pytest.mark.parametrize(
    "data",
    [b"\xc0\x00", b"\x01a\xc0\x00", b"\xc0\x02\xc0\x00", b"\xc0\x04\x00\x00\xc0\x00"],
    ids=["itself", "label before itself", "two", "forward and back"],
)
def test_a_loop_is_refused(data):
    with pytest.raises(ParseError):
        Names(data).read(0)


def test_as_many_jumps_as_labels_are_followed_and_not_one_more():
    def chain(jumps: int) -> tuple[bytes, int]:
        data = b"\x00\x00"
        for i in range(jumps):
            data += (0xC000 | max(2 * i, 0)).to_bytes(2)
        return data, len(data) - 2

    data, start = chain(MAX_JUMPS)
    assert Names(data).read(start)[0] == b"\0"
    data, start = chain(MAX_JUMPS + 2)
    with pytest.raises(ParseError, match="loop"):
        Names(data).read(start)


def test_a_name_of_255_octets_is_read_and_one_more_is_refused():
    longest = wire(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 61)
    assert len(longest) == 255
    assert len(text(Names(longest).read(0)[0])) == 253
    with pytest.raises(ParseError, match="too long"):
        Names(wire(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 62)).read(0)
    with pytest.raises(ParseError, match="too long"):
        Names(wire(b"b" * 63, b"c" * 63, b"d" * 63) + b"\x3f" + b"a" * 63 + b"\xc0\x00").read(193)


def test_a_cut_name_is_told_as_such():
    whole = wire(b"www", b"example", b"org")
    for size in range(len(whole)):
        with pytest.raises(IndexError):
            Names(whole[:size]).read(0)


@pytest.mark.parametrize("first", [0x40, 0x80, 0xBF])
def test_reserved_label_types_are_refused(first):
    with pytest.raises(ParseError, match="reserved"):
        Names(bytes([first]) + b"abc\0").read(0)


def test_names_of_one_message_have_a_common_budget():
    names = Names(wire(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 61))
    with pytest.raises(ParseError, match="too long"):
        for _ in range(200):
            names.read(0)


def test_a_name_that_was_read_before_counts_for_the_budget_and_for_pointers():
    name = wire(b"www", b"example", b"org")
    data = name + b"\xc0\x00" + b"\xc0\x04"
    read, told = Names(data), Names(data)
    assert read.read(0)[0] == name
    told.has_read(0, name)
    for pos in (len(name), len(name) + 2):
        assert told.read(pos) == read.read(pos)
    assert told._left == read._left < MAX_OCTETS


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ((b"a.b", b"c"), r"a\.b.c"),
        ((b"a\\b",), r"a\\b"),
        ((b"\xff\xfe", b"x"), r"\xff\xfe.x"),
        ((b"<img src=x onerror=alert(1)>", b"x"), "<img src=x onerror=alert(1)>.x"),
        ((b"nul\0", b"x"), r"nul\x00.x"),
        (("‮gpj".encode(), b"x"), r"\u202egpj.x"),
        (("ÄPFEL".encode(), b"LOCAL"), "Äpfel.local"),
        (("小佛專機".encode(),), "小佛專機"),
    ],
)
def test_hostile_labels_are_made_visible(labels, shown):
    assert text(wire(*labels)) == shown


def test_a_dot_inside_a_label_is_no_label_boundary():
    assert text(wire(b"www.evil", b"com")) != text(wire(b"www", b"evil", b"com"))


def test_a_text_made_too_long_by_escapes_keeps_its_last_labels():
    shown = text(wire(b"\xff" * 60, b"\xfe" * 60, b"\xfd" * 60, b"tunnel", b"evil", b"example"))
    assert len(shown) <= 255
    assert "…" in shown
    assert shown.endswith(".tunnel.evil.example")


def test_a_name_without_its_root_is_a_name_of_dhcp():
    assert unterminated(b"\x04Host\x04home") == "Host.home"
    assert unterminated(b"\x04Host\x04home\0") == "Host.home"
    assert unterminated(b"\x3fshort") is None
    assert unterminated(b"") is None
