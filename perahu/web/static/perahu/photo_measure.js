/* What a frame of the webcam is worth: numbers from its pixels and from the face found.

   Sharpness, light and background are measured on the same regions with the same limits as
   perahu/devices/face_check.py and pictures.background_seen: the desk must not hear another
   verdict from the node than the one on the screen. A change here is a change there. */

const WIDTH = 480;
const HEIGHT = 640;

const SHARP_MIN = 14; // of the 20 that give a full score: 70, what the rules ask for
const DARK_MAX = 47; // mean grey below this scores less than 70
const BRIGHT_MIN = 218;

const EYE_SHUT_MAX = 0.17; // height of an eye by its width; open ones are above 0.25
const TILT_MAX = 0.14; // radians: 8 degrees
const TURN_MAX = 0.2; // the nose beside the middle of the eyes, by their distance
const FACE_TALL_MIN = 0.3; // forehead to chin, by the height of the photo
const FACE_TALL_MAX = 0.6;
const BESIDE_MAX = 0.1;
const EYES_HIGH_MIN = 0.28;
const EYES_HIGH_MAX = 0.56;
const SECOND_FACE_MIN = 0.5;

const small = document.createElement("canvas");
const smallContext = small.getContext("2d", { willReadFrequently: true });

function pixels(frame, width, height) {
  small.width = width;
  small.height = height;
  smallContext.imageSmoothingQuality = "medium";
  smallContext.drawImage(frame, 0, 0, width, height);
  return smallContext.getImageData(0, 0, width, height).data;
}

/* The face's region in grey, at 120 x 176 of a frame of 240 x 320. */
function greyRegion(frame) {
  const rgba = pixels(frame, 240, 320);
  const grey = new Float32Array(120 * 176);
  for (let y = 0; y < 176; y += 1) {
    for (let x = 0; x < 120; x += 1) {
      const at = ((y + 64) * 240 + x + 60) * 4;
      grey[y * 120 + x] = 0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2];
    }
  }
  return grey;
}

/* Mean, and the variance of the Laplacian after a smoothing of 3 x 3. */
export function sharpAndLight(frame) {
  const [w, h] = [120, 176];
  const grey = greyRegion(frame);
  const smooth = new Float32Array(grey.length);
  for (let y = 1; y < h - 1; y += 1) {
    for (let x = 1; x < w - 1; x += 1) {
      let sum = 0;
      for (let dy = -w; dy <= w; dy += w) {
        const at = y * w + x + dy;
        sum += grey[at - 1] + grey[at] + grey[at + 1];
      }
      smooth[y * w + x] = sum / 9;
    }
  }
  let [count, sum, squares] = [0, 0, 0];
  for (let y = 2; y < h - 2; y += 1) {
    for (let x = 2; x < w - 2; x += 1) {
      const at = y * w + x;
      const around = smooth[at - 1] + smooth[at + 1] + smooth[at - w] + smooth[at + w];
      const edge = around - 4 * smooth[at];
      count += 1;
      sum += edge;
      squares += edge * edge;
    }
  }
  const light = grey.reduce((total, each) => total + each, 0) / grey.length;
  return { sharp: squares / count - (sum / count) ** 2, light };
}

function hueOf(red, green, blue, most, span) {
  if (most === red) return (60 * ((green - blue) / span) + 360) % 360;
  if (most === green) return 60 * ((blue - red) / span) + 120;
  return 60 * ((red - green) / span) + 240;
}

/* The colour in both upper corners, where no head is: red, blue, orange or "". */
function backgroundOf(frame) {
  const rgba = pixels(frame, 60, 80);
  const found = { red: 0, orange: 0, blue: 0 };
  let [count, strong] = [0, 0];
  for (let y = 3; y < 22; y += 1) {
    for (let x = 2; x < 58; x += x === 11 ? 37 : 1) {
      const at = (y * 60 + x) * 4;
      const [red, green, blue] = [rgba[at], rgba[at + 1], rgba[at + 2]];
      const most = Math.max(red, green, blue);
      const span = most - Math.min(red, green, blue);
      count += 1;
      if (most <= 60 || (span / most) * 255 <= 90) continue;
      strong += 1;
      const hue = hueOf(red, green, blue, most, span);
      if (hue < 15 || hue > 335) found.red += 1;
      else if (hue < 48) found.orange += 1;
      else if (hue > 195 && hue < 255) found.blue += 1;
    }
  }
  if (strong < 0.6 * count) return "";
  return Object.keys(found).find((name) => found[name] > 0.8 * strong) || "";
}

const apart = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);

/* How open an eye is: the mean of three heights by the width between its corners. The
   numbers are those of the points in MediaPipe's mesh of a face. */
function openness(mesh, [outer, inner], heights) {
  const tall = heights.reduce((sum, [up, down]) => sum + apart(mesh[up], mesh[down]), 0);
  return tall / heights.length / apart(mesh[outer], mesh[inner]);
}

function eyesOf(mesh) {
  const right = openness(mesh, [33, 133], [[160, 144], [159, 145], [158, 153]]);
  const left = openness(mesh, [362, 263], [[385, 380], [386, 374], [387, 373]]);
  return Math.min(right, left) < EYE_SHUT_MAX ? "shut" : "ok";
}

const between = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];

/* Where the face is, in the words of the list's data attributes. */
function placeOf(mesh) {
  const right = between(mesh[33], mesh[133]);
  const left = between(mesh[362], mesh[263]);
  const eyes = between(right, left);
  const tall = apart(mesh[10], mesh[152]) / HEIGHT;
  const beside = eyes[0] / WIDTH - 0.5;
  if (tall < FACE_TALL_MIN) return "far";
  if (tall > FACE_TALL_MAX) return "near";
  if (Math.abs(beside) > BESIDE_MAX) return beside < 0 ? "left" : "right";
  if (eyes[1] / HEIGHT < EYES_HIGH_MIN) return "high";
  if (eyes[1] / HEIGHT > EYES_HIGH_MAX) return "low";
  if (Math.abs(Math.atan2(left[1] - right[1], left[0] - right[0])) > TILT_MAX) return "tilted";
  if (Math.abs(mesh[1][0] - eyes[0]) / apart(right, left) > TURN_MAX) return "turned";
  return "ok";
}

/* The state of every check: "ok", "wait" where it cannot be told yet, or what is wrong.
   `faces` is null where the finder of faces is not (or not yet) there. */
export function judge(frame, faces, wanted) {
  const { sharp, light } = sharpAndLight(frame);
  const seen = backgroundOf(frame);
  const states = { face: "wait", centred: "wait", eyes: "wait" };
  states.sharp = sharp < SHARP_MIN ? "blurred" : "ok";
  states.light = light < DARK_MAX ? "dark" : light > BRIGHT_MIN ? "bright" : "ok";
  states.background = seen === wanted ? "ok" : "other";
  if (faces === null) return states;
  const sure = faces.filter((face, n) => n === 0 || face.boxScore >= SECOND_FACE_MIN);
  states.face = sure.length === 1 ? "ok" : sure.length ? "many" : "none";
  if (states.face === "ok") {
    states.centred = placeOf(sure[0].mesh);
    states.eyes = eyesOf(sure[0].mesh);
  } else {
    states.sharp = states.face === "none" ? "wait" : states.sharp;
  }
  return states;
}
