/* The photo from a webcam, with guidance while the citizen is still there.

   Enhances `<form data-photo>` of recording/_webcam.html. Without this file the form is a plain
   upload. Every word on the screen comes from that template's data attributes.

   - The picture on the screen is the photo: the middle 3:4 of what the camera sees.
   - "Ambil" freezes it, judges that very frame, and puts it into the form's file field;
     the form is sent by its own submit button, or the photo is taken again.
   - What is not as it should be is said; it never forbids the photo: the node scores it, and
     the rules decide. Some people cannot open their eyes. */

const WIDTH = 480;
const HEIGHT = 640;
const TICK_MS_MIN = 150;
const STEADY_TICKS = 2; // said aloud only when it stays so: a screen reader must not babble
const JPEG_QUALITY = 0.92;
const JPEG_HEIGHT_MAX = 960;
const CAMERA_KEPT = "perahu-camera";
const ORDER = ["face", "light", "centred", "eyes", "sharp", "background"];

// One of each for all forms of the page, loaded when the first camera starts.
let measure = null;
let finder = null;

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(address));
    document.head.append(script);
  });
}

/* The finder of faces, from this node alone: its models and its WebAssembly lie beside it. */
async function loadFinder(human) {
  await loadScript(human);
  const beside = new URL(".", new URL(human, document.baseURI)).href;
  const off = { enabled: false };
  const made = new globalThis.Human.Human({
    backend: "wasm", wasmPath: beside, modelBasePath: `${beside}models/`, cacheModels: false,
    warmup: "none", async: false, cacheSensitivity: 0, filter: off, gesture: off, body: off,
    hand: off, object: off, segmentation: off,
    face: {
      enabled: true, attention: off, description: off, emotion: off, antispoof: off,
      liveness: off,
      detector: { modelPath: "blazeface.json", rotation: false, maxDetected: 2,
        minConfidence: 0.3 },
      mesh: { enabled: true, modelPath: "facemesh.json", keepInvalid: false },
      iris: { enabled: true, modelPath: "iris.json" },
    },
  });
  await made.load();
  return made;
}

class Webcam {
  constructor(form) {
    this.form = form;
    this.find = (name) => form.querySelector(`[data-${name}]`);
    this.video = form.querySelector("video");
    this.overlay = this.find("overlay");
    this.still = this.find("still");
    this.file = form.querySelector("input[type=file]");
    this.frame = document.createElement("canvas");
    this.frame.width = WIDTH;
    this.frame.height = HEIGHT;
    this.finder = null;
    this.said = { words: "", ticks: 0 };
    this.find("start").addEventListener("click", () => this.startByHand());
    this.find("retry").addEventListener("click", () => this.startByHand());
    this.find("take").addEventListener("click", () => this.take());
    this.find("again").addEventListener("click", () => this.again());
    this.find("cameras").addEventListener("change", (event) => this.change(event));
    window.addEventListener("pagehide", () => this.stop());
    form.dataset.state = "off";
    this.startIfAllowed();
  }

  /* A camera that was allowed before starts by itself; else a button asks for it first. */
  async startIfAllowed() {
    try {
      const asked = await navigator.permissions.query({ name: "camera" });
      if (asked.state === "granted") this.start();
    } catch {
      // A browser that cannot be asked shows the button.
    }
  }

  /* The pressed button goes away: the focus goes on to the next one. */
  async startByHand() {
    await this.start();
    this.find(this.form.dataset.state === "live" ? "take" : "retry").focus();
  }

  async start() {
    this.stop();
    if (!navigator.mediaDevices) return this.trouble("insecure");
    this.form.dataset.state = "starting";
    const mine = (this.attempt = Symbol("attempt"));
    try {
      // Its address carries its version, so it is named by the page and not by this file.
      measure = measure || (await import(this.form.dataset.measure));
      const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: {
        ...this.wanted(), width: { ideal: 1280 }, height: { ideal: 960 },
      } });
      if (this.attempt !== mine) return this.release(stream);
      this.stream = stream;
      stream.getVideoTracks()[0].onended = () => this.trouble("lost");
      this.video.srcObject = stream;
      await this.video.play();
    } catch (error) {
      if (this.attempt !== mine) return undefined; // another camera was chosen meanwhile
      const known = { NotAllowedError: "refused", NotFoundError: "absent",
        OverconstrainedError: "absent", NotReadableError: "busy" };
      return this.trouble(known[error.name] || "failed");
    }
    if (this.attempt !== mine) return undefined;
    this.form.dataset.state = "live";
    this.listCameras();
    this.loadGuidance();
    this.tick();
    return undefined;
  }

  wanted() {
    try {
      const kept = localStorage.getItem(CAMERA_KEPT);
      return kept ? { deviceId: { ideal: kept } } : { facingMode: "user" };
    } catch {
      return {};
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.attempt = null;
    if (this.stream) this.release(this.stream);
    this.stream = null;
  }

  release(stream) {
    for (const track of stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
  }

  trouble(why) {
    this.stop();
    this.form.dataset.state = "trouble";
    this.find("trouble-words").textContent = this.find("trouble").dataset[why];
  }

  async listCameras() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const cameras = all.filter((each) => each.kind === "videoinput" && each.deviceId);
    const chosen = this.stream?.getVideoTracks()[0].getSettings().deviceId;
    const select = this.find("cameras");
    select.closest("label").hidden = cameras.length < 2;
    select.replaceChildren(...cameras.map((camera, n) => {
      const name = camera.label || `${n + 1}`;
      return new Option(name, camera.deviceId, false, camera.deviceId === chosen);
    }));
  }

  change(event) {
    try {
      localStorage.setItem(CAMERA_KEPT, event.target.value);
    } catch {
      // Not kept for the next time; the choice still counts now.
    }
    this.start();
  }

  async loadGuidance() {
    try {
      finder = finder || loadFinder(this.form.dataset.human);
      this.finder = await finder;
    } catch {
      finder = null;
      this.form.dataset.guidance = "none";
    }
  }

  /* The middle 3:4 of the picture, as large as `height` asks. */
  draw(canvas) {
    const [w, h] = [this.video.videoWidth, this.video.videoHeight];
    const across = Math.min(w, (h * 3) / 4);
    const tall = (across * 4) / 3;
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.video, (w - across) / 2, (h - tall) / 2, across, tall,
      0, 0, canvas.width, canvas.height);
  }

  /* One frame after another: the finder has one picture in hand at a time. */
  judge() {
    this.turn = (this.turn || Promise.resolve()).then(() => this.judgeNow());
    return this.turn;
  }

  async judgeNow() {
    let faces = null;
    if (this.finder) {
      const seen = await this.finder.detect(this.frame);
      faces = seen.error ? null : seen.face;
    }
    return measure.judge(this.frame, faces, this.form.dataset.background);
  }

  async tick() {
    const began = performance.now();
    if (!this.form.isConnected) return this.stop();
    if (this.form.dataset.state === "live" && !document.hidden && this.video.videoWidth) {
      this.draw(this.frame);
      const states = await this.judge();
      // "Ambil" may have been pressed meanwhile: then its own frame is on the screen.
      if (this.form.dataset.state === "live") this.show(states);
    }
    // At most half of the machine: the node may live on the same one.
    const spent = performance.now() - began;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), Math.max(TICK_MS_MIN, spent));
    return undefined;
  }

  show(states) {
    for (const [name, state] of Object.entries(states)) {
      const row = this.form.querySelector(`[data-check="${name}"]`);
      if (!row) continue;
      row.dataset.state = state === "ok" || state === "wait" ? state : "wrong";
      row.querySelector("[data-words]").textContent = row.dataset[state] || row.dataset.wait;
    }
    this.outline(states);
    this.say(this.sentence(states));
  }

  /* What to do first, in one sentence. */
  sentence(states) {
    const wrong = ORDER.find((name) => !["ok", "wait"].includes(states[name]));
    if (wrong) return this.form.querySelector(`[data-check="${wrong}"]`)?.dataset[states[wrong]];
    const words = this.find("say").dataset;
    if (this.form.dataset.guidance === "none") return words.alone;
    return ORDER.some((name) => states[name] === "wait") ? words.wait : words.ready;
  }

  say(words, now = false) {
    const same = words === this.said.words;
    this.said = { words, ticks: same ? this.said.ticks + 1 : 1 };
    const say = this.find("say");
    if ((now || this.said.ticks >= STEADY_TICKS) && say.textContent !== words) {
      say.textContent = words;
    }
  }

  /* The oval where the face belongs: whole and green when it is there. */
  outline(states) {
    const canvas = this.overlay;
    const pen = canvas.getContext("2d");
    const good = states.face === "ok" && states.centred === "ok";
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const [colour, width] of [["#000a", 9], [good ? "#7bea8f" : "#fff", 5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.setLineDash(good ? [] : [18, 12]);
      pen.beginPath();
      pen.ellipse(WIDTH / 2, HEIGHT * 0.45, WIDTH * 0.27, HEIGHT * 0.27, 0, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  async take() {
    if (this.form.dataset.state !== "live" || !this.video.videoWidth) return;
    this.form.dataset.state = "judging";
    const tall = Math.min(this.video.videoHeight, (this.video.videoWidth * 4) / 3);
    this.still.height = Math.round(Math.min(tall, JPEG_HEIGHT_MAX));
    this.still.width = Math.round((this.still.height * 3) / 4);
    this.draw(this.still);
    await this.turn;
    this.frame.getContext("2d").drawImage(this.still, 0, 0, WIDTH, HEIGHT);
    const states = await this.judge();
    const blob = await new Promise((done) => {
      this.still.toBlob(done, "image/jpeg", JPEG_QUALITY);
    });
    const given = new DataTransfer();
    given.items.add(new File([blob], "foto.jpg", { type: "image/jpeg" }));
    this.file.files = given.files;
    this.form.dataset.state = "taken";
    this.show(states);
    this.ask(states);
  }

  /* Use it or take it again; the likelier answer has the focus. */
  ask(states) {
    const good = Object.values(states).every((state) => state === "ok" || state === "wait");
    const words = this.find("say").dataset;
    this.say(good ? words.good : `${this.sentence(states)} ${words.poor}`, true);
    this.find(good ? "use" : "again").focus();
  }

  again() {
    this.file.value = "";
    this.form.dataset.state = "live";
    this.find("take").focus();
  }
}

function enhance(root) {
  for (const form of root.querySelectorAll("form[data-photo]:not([data-state])")) {
    new Webcam(form);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.target));
