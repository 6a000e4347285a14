"""The ports of single pages, by name: what `web` asks for under `office.parts`.

One line a page module; the Protocol of each stands in `perahu/web/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perahu.node.link_memory import WebLinks
from perahu.node.map_shelf import MapShelf
from perahu.node.office import Office
from perahu.node.web_field import WebField
from perahu.node.web_handing_over import WebHandingOver
from perahu.node.web_printing import WebPrinting
from perahu.node.web_recording import WebRecording
from perahu.node.web_relay import WebRelay

if TYPE_CHECKING:
    from perahu.node.web_office import WebOffice


def parts_of(office: Office, web: WebOffice) -> dict[str, Any]:
    """Every part this node's pages may ask for."""
    return {
        "recording": WebRecording(office),
        "printing": WebPrinting(office),
        "handing_over": WebHandingOver(office),
        "field": WebField(office),
        "relay": WebRelay(office),
        "map": MapShelf(office.folder),
        "links": WebLinks(office),
    }
