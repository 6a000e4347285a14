/* A QR code before the camera, put into a search box and searched at once.

   Enhances `<form data-scan>` of _scan.html, whose words it uses. Typing the code always works;
   the reader is loaded when the camera starts, from this node alone. */

const TICK_MS_MIN = 120;
const SIDE_MAX = 960; // a proof's code has 1,024 letters: it needs the camera's own pixels

let reader = null;

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(address));
    document.head.append(script);
  });
}

/* The reader of codes; its WebAssembly lies beside it. */
async function loadReader(address) {
  await loadScript(address);
  const made = globalThis.ZXingWASM;
  const beside = new URL(".", new URL(address, document.baseURI)).href;
  await made.prepareZXingModule({
    overrides: { locateFile: (name) => beside + name }, fireImmediately: true,
  });
  return made;
}

class Scan {
  constructor(form) {
    this.form = form;
    this.find = (name) => form.querySelector(`[data-${name}]`);
    this.video = form.querySelector("video");
    this.sheet = document.createElement("canvas");
    this.find("start").addEventListener("click", () => this.start());
    window.addEventListener("pagehide", () => this.stop());
    form.dataset.state = "off";
    this.find("start").hidden = false;
    this.startIfAllowed();
  }

  async startIfAllowed() {
    try {
      const asked = await navigator.permissions.query({ name: "camera" });
      if (asked.state === "granted") this.start();
    } catch {
      // A browser that cannot be asked keeps the button.
    }
  }

  async start() {
    this.stop();
    if (!navigator.mediaDevices) return this.trouble("insecure");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: {
        facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 },
      } });
      this.stream.getVideoTracks()[0].onended = () => this.trouble("lost");
      this.video.srcObject = this.stream;
      await this.video.play();
      this.find("stage").hidden = false;
      this.find("start").hidden = true;
      this.form.dataset.state = "live";
      this.tell("aim");
      reader = reader || loadReader(this.form.dataset.reader);
      this.reader = await reader;
    } catch (error) {
      reader = this.reader ? reader : null;
      const known = { NotAllowedError: "refused", NotFoundError: "absent",
        OverconstrainedError: "absent", NotReadableError: "busy" };
      return this.trouble(known[error.name] || "failed");
    }
    return this.tick();
  }

  stop() {
    clearTimeout(this.timer);
    for (const track of this.stream ? this.stream.getTracks() : []) {
      track.onended = null;
      track.stop();
    }
    this.stream = null;
  }

  trouble(why) {
    this.stop();
    this.form.dataset.state = "trouble";
    this.find("stage").hidden = true;
    this.find("start").hidden = false;
    this.tell(why);
  }

  tell(name) {
    this.find("say").textContent = this.find("say").dataset[name];
  }

  async tick() {
    if (!this.stream) return;
    const began = performance.now();
    if (!this.form.isConnected) {
      this.stop();
      return;
    }
    const text = document.hidden ? "" : await this.read();
    if (text) {
      this.found(text);
      return;
    }
    // At most half of the machine: the node may live on the same one.
    const spent = performance.now() - began;
    this.timer = setTimeout(() => this.tick(), Math.max(TICK_MS_MIN, spent));
  }

  /* The text of the code in the middle of the picture, or "". */
  async read() {
    const [w, h] = [this.video.videoWidth, this.video.videoHeight];
    if (!w) return "";
    const side = Math.min(w, h);
    const kept = Math.min(side, SIDE_MAX);
    [this.sheet.width, this.sheet.height] = [kept, kept];
    const context = this.sheet.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.video, (w - side) / 2, (h - side) / 2, side, side, 0, 0, kept, kept);
    const codes = await this.reader.readBarcodes(context.getImageData(0, 0, kept, kept), {
      formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true,
    });
    const code = codes.find((each) => each.isValid);
    return code ? code.text : "";
  }

  found(text) {
    const field = this.find("result");
    if (text.length > field.maxLength) {
      this.trouble("foreign");
      return;
    }
    this.stop();
    field.value = text;
    this.tell("found");
    this.form.requestSubmit();
  }
}

function enhance(root) {
  for (const form of root.querySelectorAll("form[data-scan]:not([data-state])")) new Scan(form);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.target));
