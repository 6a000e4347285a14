// An office that replicates: a document a fact, packets as attachments, live with retry.
// Called as: node couch_office.js URL FOLDER; its files lie in FOLDER/out, FOLDER/small.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const cache = require("module").createRequire(path.join(process.env.PEER_MODULES, "x.js"));
const PouchDB = cache("pouchdb");

const [url, folder] = process.argv.slice(2);
const tell = (event, more) =>
  console.log(JSON.stringify({ event, t: Number(process.hrtime.bigint()) / 1e9, ...more }));
const filesOf = (name) => fs.readdirSync(path.join(folder, name)).sort()
  .map((file) => path.join(folder, name, file));
const db = new PouchDB(path.join(folder, "office"));
const wanted = filesOf("out").length + filesOf("small").length;

async function packets() {
  for (const file of filesOf("out")) {
    const body = fs.readFileSync(file);
    await db.put({
      _id: path.basename(file, ".bin"),
      size: body.length,
      _attachments: { body: { content_type: "application/octet-stream", data: body } },
    });
  }
}

async function small() {
  tell("recorded");
  const facts = filesOf("small").map((file) => {
    const fact = JSON.parse(fs.readFileSync(file, "utf8"));
    return { ...fact, _id: path.basename(file, ".json"), size: fs.statSync(file).size };
  });
  await db.bulkDocs(facts);
}

function go() {
  db.replicate.to(url, { live: true, retry: true })
    .on("paused", async (error) => {
      // Nothing left, and no error: the checkpoint stands at the end of the book.
      const { doc_count: count } = await db.info();
      if (!error && count >= wanted) tell("done");
    });
}

packets().then(() => {
  tell("ready");
  readline.createInterface({ input: process.stdin })
    .on("line", (line) => {
      if (line.trim() === "go") go();
      if (line.trim() === "small") small();
    })
    .on("close", () => process.exit(0));
});
