"""What clients do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.lab.conftest import DEVICES
from tests.lab.network import Host


@contextmanager
def acting(do: Callable[[Host], object], host: Host) -> Iterator[None]:
    """The action beside the block; at its end the action must be over and well."""
    failures: list[BaseException] = []

    def act() -> None:
        try:
            do(host)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        thread.join(1)
        for failure in failures:
            raise failure
        raise
    thread.join(60)
    assert not thread.is_alive(), "the client does not end"
    for failure in failures:
        raise failure


def address_of(device: str) -> str:
    """The fixed address of one of the lab's devices."""
    return next(address for name, _, address in DEVICES if name == device)
