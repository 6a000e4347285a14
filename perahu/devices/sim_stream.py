"""The live picture of a simulated device: STREAM /stream, three frames a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO

import numpy as np
from PIL import Image

from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE
from perahu.devices.sim_desk import Desk, Device
from perahu.devices.synth import face, finger, iris

_BOUNDARY = b"BoundaryString"
_FRAME_S = 0.3
_FRAMES_MAX = 600


async def frames(desk: Desk, body: bytes) -> AsyncIterator[bytes]:
    """The stream's bytes: a head, then one JPEG after another."""
    device = _device(desk, body)
    if device is None:
        yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        return
    yield (
        b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nConnection: close\r\n"
        b"Content-Type: multipart/x-mixed-replace; boundary=" + _BOUNDARY + b"\r\n\r\n"
    )
    for number in range(_FRAMES_MAX):
        picture = frame(desk, device, number)
        yield (
            b"--" + _BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: "
            + str(len(picture)).encode() + b"\r\n\r\n" + picture + b"\r\n"
        )  # fmt: skip
        await asyncio.sleep(_FRAME_S)


def _device(desk: Desk, body: bytes) -> Device | None:
    """The device that was asked for, if it can show something."""
    try:
        wanted = str(json.loads(body)["deviceId"])
    except (ValueError, KeyError, TypeError):
        return None
    for device in desk.plugged():
        if device.device_id == wanted and device.kind != SIGNATURE:
            return device
    return None


def frame(desk: Desk, device: Device, number: int) -> bytes:
    """One frame, at a third of the size of a capture."""
    seed = desk.person.seed
    if device.kind == FACE:
        own = face.face_of(seed, desk.person.sex)
        image = face.draw(own, desk.person.backdrop or "red", (seed, -number - 1), 80)
    elif device.kind == IRIS:
        gaze = iris.gaze_of(seed, "left_iris", -number - 1, 80)
        eye = iris.draw(iris.texture_of(seed, "left_iris"), gaze, (seed, "left_iris"))
        image = Image.fromarray(eye)
    else:
        assert device.kind == FINGER
        press = finger.pressing_of(seed, "right_index", -number - 1, 80)
        own_finger = finger.finger_of(seed, "right_index")
        image = Image.fromarray(finger.draw(own_finger, press, (seed, "right_index")))
    small = Image.fromarray(np.asarray(image.reduce(3)))
    out = BytesIO()
    small.save(out, format="JPEG", quality=70)
    return out.getvalue()
