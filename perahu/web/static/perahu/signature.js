/* The signature on a sheet on the screen: pen, finger or mouse.

   Enhances `<canvas data-signature>` in the form of recording/_signature_pad.html, whose words
   it uses. The form sends a PNG, in the file field `signature`, that carries the pen's path in
   a chunk `peNa`: the record of a signature keeps the path (perahu/devices/from_browser.py). */

const PAD_WIDTH = 3200; // pad units: 50 a millimetre on the pad of the desk
const POINTS_MAX = 20000;
const POINTS_MIN = 8;
const INK_MIN = 400;
const STEP_MIN = 4; // pad units between two points kept
const PICTURE_WIDTH = 960;
const INK = "#101418";
const LATEST_MS = 65535;

const CRC_TABLE = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

function crcOf(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/* The PNG with one more chunk, right before its end. */
function withChunk(png, name, content) {
  const end = png.length - 12; // IEND is empty: length, name, check sum
  const chunk = new Uint8Array(content.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length);
  chunk.set(new TextEncoder().encode(name), 4);
  chunk.set(content, 8);
  view.setUint32(chunk.length - 4, crcOf(chunk.subarray(4, chunk.length - 4)));
  const whole = new Uint8Array(png.length + chunk.length);
  whole.set(png.subarray(0, end));
  whole.set(chunk, end);
  whole.set(png.subarray(end), end + chunk.length);
  return whole;
}

/* Seven bytes a point, as from_browser.py reads them. */
function packed(points) {
  const view = new DataView(new ArrayBuffer(points.length * 7));
  points.forEach((point, n) => {
    view.setUint16(n * 7, point.x);
    view.setUint16(n * 7 + 2, point.y);
    view.setUint16(n * 7 + 4, point.at);
    view.setUint8(n * 7 + 6, point.press);
  });
  return new Uint8Array(view.buffer);
}

/* The path as a smooth line: curves through the middles between points. */
function draw(context, points, scale) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = INK;
  context.fillStyle = INK;
  let before = null;
  let middle = null;
  for (const point of points) {
    const here = { x: point.x * scale, y: point.y * scale };
    if (!point.press) {
      before = null;
      continue;
    }
    context.lineWidth = (10 + point.press / 16) * scale;
    context.beginPath();
    if (before) {
      const next = { x: (before.x + here.x) / 2, y: (before.y + here.y) / 2 };
      context.moveTo(middle.x, middle.y);
      context.quadraticCurveTo(before.x, before.y, next.x, next.y);
      context.stroke();
      middle = next;
    } else {
      context.arc(here.x, here.y, context.lineWidth / 2, 0, 2 * Math.PI);
      context.fill();
      middle = here;
    }
    before = here;
  }
}

class Pad {
  constructor(canvas) {
    this.canvas = canvas;
    this.form = canvas.closest("form");
    this.file = this.form.querySelector("input[type=file]");
    this.say = this.form.querySelector("[data-say]");
    this.pointer = null;
    this.pen = false;
    canvas.dataset.ready = "";
    this.form.querySelector("[data-pad]").hidden = false;
    this.form.querySelector("[data-without]").hidden = true;
    this.form.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.form.addEventListener("submit", (event) => this.send(event));
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    new ResizeObserver(() => this.fit()).observe(canvas);
    this.clear();
  }

  /* As many pixels as the screen has. Pad units follow the width of the sheet, so what was
     written keeps its shape when the window changes. */
  fit() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.redraw();
  }

  redraw() {
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    draw(context, this.points, this.canvas.width / PAD_WIDTH);
  }

  clear() {
    this.points = [];
    this.began = 0;
    this.file.value = "";
    this.tell("start");
    this.fit();
  }

  tell(name) {
    this.say.textContent = this.say.dataset[name];
  }

  down(event) {
    if (event.pointerType === "pen") this.pen = true;
    // A hand that rests on the glass while the pen writes is no signature.
    if (this.pointer !== null || event.button !== 0) return;
    if (this.pen && event.pointerType === "touch") return;
    event.preventDefault();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    if (!this.points.length) this.began = event.timeStamp;
    this.add(event, true);
    this.redraw();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of all.length ? all : [event]) this.add(each, false);
    this.redraw();
  }

  up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    const last = this.points.at(-1);
    if (last && last.press) this.points.push({ ...last, press: 0 });
    this.tell(this.isEnough() ? "ready" : "small");
  }

  add(event, first) {
    if (this.points.length >= POINTS_MAX - 1) return;
    const scale = PAD_WIDTH / this.canvas.clientWidth;
    const box = this.canvas.getBoundingClientRect();
    const inside = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * scale);
    const point = {
      x: inside(event.clientX - box.left, box.width - 1),
      y: inside(event.clientY - box.top, box.height - 1),
      at: Math.min(Math.max(0, Math.round(event.timeStamp - this.began)), LATEST_MS),
      press: Math.min(255, Math.max(30, Math.round((event.pressure || 0.5) * 255))),
    };
    const last = this.points.at(-1);
    if (!first && last && Math.hypot(point.x - last.x, point.y - last.y) < STEP_MIN) return;
    this.points.push(point);
  }

  isEnough() {
    let ink = 0;
    this.points.forEach((point, n) => {
      const before = this.points[n - 1];
      if (n && point.press && before.press) {
        ink += Math.hypot(point.x - before.x, point.y - before.y);
      }
    });
    return this.points.length >= POINTS_MIN && ink >= INK_MIN;
  }

  /* The picture for the eye, with the path inside. */
  png() {
    const sheet = document.createElement("canvas");
    sheet.width = PICTURE_WIDTH;
    sheet.height = Math.round((PICTURE_WIDTH * this.canvas.height) / this.canvas.width);
    const context = sheet.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    draw(context, this.points, PICTURE_WIDTH / PAD_WIDTH);
    const text = atob(sheet.toDataURL("image/png").split(",")[1]);
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return withChunk(bytes, "peNa", packed(this.points));
  }

  send(event) {
    if (!this.isEnough()) {
      // Stopped here: perahu.js would take the form for one that was sent.
      event.preventDefault();
      event.stopImmediatePropagation();
      this.tell(this.points.length ? "small" : "empty");
      return;
    }
    const given = new DataTransfer();
    given.items.add(new File([this.png()], "tanda-tangan.png", { type: "image/png" }));
    this.file.files = given.files;
  }
}

function enhance(root) {
  for (const canvas of root.querySelectorAll("canvas[data-signature]:not([data-ready])")) {
    new Pad(canvas);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.target));
