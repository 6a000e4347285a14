"""The papers that peers showed stay here: who begins a new epoch shows it to all it meets."""

from __future__ import annotations

from perahu.sync import passport
from perahu.sync.memory import Memory, passports_heard
from tests.cast import District
from tests.sync.road import Meeting


def test_it_keeps_what_each_peer_showed_last(
    district: District, meeting: Meeting
) -> None:
    """The epoch that Enggano began with nothing said yet is known from its greeting."""
    hub, enggano = meeting.answerer, meeting.caller
    enggano.begin_epoch()
    meeting.hold()
    ketahun = district.open("Ketahun")
    Meeting(ketahun, hub).hold()
    shown = [passport.read(one, hub.root_public) for one in passports_heard(hub.local)]
    epochs = {one.node_id: one.chain.epoch.epoch for one in shown}
    assert epochs == {enggano.node_id: 2, ketahun.node_id: 1} and len(shown) == 2


def test_it_has_none_of_whom_it_never_met(district: District) -> None:
    """A file was written for Ketahun, which showed nothing yet."""
    hub = district.open("Hub")
    assert passports_heard(hub.local) == []
    Memory.load(hub.local, district.members["Ketahun"].node_id).save()
    assert passports_heard(hub.local) == []
