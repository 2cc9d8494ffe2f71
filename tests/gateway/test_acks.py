"""What the ack topic says is short, bounded, and never more than the database holds."""

from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain.codec import decode
from forewarn.domain.observation import MAX_BATCH_BYTES, DurableAck
from gateway.acks import MAX_BOOTS, MAX_GATEWAYS, MAX_RANGES, AckBook, shorten


def ack(boot_id: str, *stored: tuple[int, int], gateway: str = "g") -> DurableAck:
    return DurableAck(gateway=gateway, boot_id=boot_id, stored=list(stored))


def told(book: AckBook, gateway: str = "g") -> list[DurableAck]:
    return decode(book.payload(gateway), list[DurableAck])


def test_the_newest_ack_of_a_boot_replaces_the_one_before() -> None:
    book = AckBook()
    for stored in ((1, 1), (1, 7)):
        book.note(ack("b1", stored))
    assert told(book) == [ack("b1", (1, 7))]


def test_only_the_boots_that_spoke_last_are_told_of() -> None:
    book = AckBook()
    for number in range(MAX_BOOTS + 1):
        book.note(ack(f"b{number}", (1, 1)))
        book.note(ack("b0", (1, number + 1)))
    assert [a.boot_id for a in told(book)] == [f"b{n}" for n in range(2, MAX_BOOTS + 1)] + ["b0"]


def test_gateways_are_bounded_too() -> None:
    book = AckBook()
    for number in range(MAX_GATEWAYS + 5):
        book.note(ack("b", (1, 1), gateway=f"g{number}"))
    assert len(list(book.payloads())) == MAX_GATEWAYS
    assert told(book, "g0") == []


@given(st.integers(0, 3 * MAX_RANGES))
def test_shortened_ranges_are_some_of_the_true_ones_with_both_ends(count: int) -> None:
    whole = ack("b", *((3 * n + 1, 3 * n + 2) for n in range(count)))
    short = shorten(whole).stored
    assert set(short) <= set(whole.stored)
    assert len(short) == min(count, MAX_RANGES)
    assert short[:1] + short[-1:] == whole.stored[:1] + whole.stored[-1:]


def test_the_longest_payload_fits_a_small_broker() -> None:
    book = AckBook()
    ranges = [(n * 10**6, n * 10**6 + 1) for n in range(1, 3 * MAX_RANGES)]
    for number in range(MAX_BOOTS):
        book.note(ack(f"{number:032}", *ranges))
    assert len(book.payload("g")) < MAX_BATCH_BYTES
